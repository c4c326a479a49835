package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format/field"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/internal/docparts"
)

// TestDoc: docs/policies.md names every value, those with a name of each argument by their pattern,
// and every shipped policy. After a change: go test ./analyze/policy -run Doc -update
func TestDoc(t *testing.T) {
	var b strings.Builder
	b.WriteString("| value | type | is |\n|---|---|---|\n")
	seen := map[string]bool{}
	for _, v := range Values() {
		if _, known := field.ByName(v.Name); known {
			continue
		}
		group, name, nested := strings.Cut(v.Name, ".")
		doc := v.Doc
		if nested && group != "proc" && (group == "args" || group == "shown" || !slices.Contains(commonViews, name)) {
			v.Name, doc = group+".ARGUMENT", strings.ReplaceAll(doc, name, "ARGUMENT")
			if v.Type == "list of text" {
				continue // argv is a list
			}
		}
		if !seen[v.Name] {
			seen[v.Name] = true
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", v.Name, v.Type, doc)
		}
	}
	doc := docparts.Check(t, "../../docs/policies.md", "./analyze/policy", map[string]string{"values": b.String()})
	for _, p := range Shipped() {
		rows := "one row"
		if n := len(p.Steps); n > 1 {
			rows = fmt.Sprintf("%d steps, %s, %s", n, p.Scope, show.Duration(int64(p.Within)))
		}
		if want := fmt.Sprintf("| `%s` | %s | %s | %s | %s |\n", p.Name, p.Severity, p.Title, strings.Join(p.MITRE, ", "), rows); !strings.Contains(doc, want) {
			t.Errorf("docs/policies.md does not have %s", want)
		}
	}
}

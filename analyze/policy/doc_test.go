package policy

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format/field"
	"github.com/tracerec/tracerec/format/show"
)

var update = flag.Bool("update", false, "rewrite the generated part of docs/policies.md")

// TestDoc: docs/policies.md names every value, those with a name of each argument by their pattern,
// and every shipped policy. After a change: go test ./analyze/policy -run Doc -update
func TestDoc(t *testing.T) {
	const path = "../../docs/policies.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- generated: values -->\n", "<!-- end: values -->"
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("docs/policies.md has no generated part")
	}
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
	doc := before + begin + b.String() + end + after
	switch {
	case doc == string(text):
	case *update:
		if err := os.WriteFile(path, []byte(doc), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Error("docs/policies.md is stale: go test ./analyze/policy -run Doc -update")
	}
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

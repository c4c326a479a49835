package field

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/internal/docparts"
)

// TestDoc: the table in docs/filters.md is that of the code. After a change:
// go test ./format/field -run Doc -update
func TestDoc(t *testing.T) {
	var b strings.Builder
	b.WriteString("| field | type | is |\n|---|---|---|\n")
	for _, f := range All() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", f.Name, f.Type, f.Doc)
	}
	docparts.Check(t, "../../docs/filters.md", "./format/field", map[string]string{"fields": b.String()})
}

package field

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the generated part of docs/filters.md")

// TestDoc: the table in docs/filters.md is that of the code. After a change:
// go test ./format/field -update
func TestDoc(t *testing.T) {
	const path = "../../docs/filters.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- generated: fields -->\n", "<!-- end: fields -->"
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("docs/filters.md has no generated part")
	}
	var b strings.Builder
	b.WriteString("| field | type | is |\n|---|---|---|\n")
	for _, f := range All() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", f.Name, f.Type, f.Doc)
	}
	doc := before + begin + b.String() + end + after
	switch {
	case doc == string(text):
	case *update:
		if err := os.WriteFile(path, []byte(doc), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Error("docs/filters.md is stale: go test ./format/field -run Doc -update")
	}
}

package docparts

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the generated parts of documents")

// Check compares parts of the document at path, by name, with what they should be,
// and gives the document with these. A part stands between the line
// "<!-- generated: NAME -->" and "<!-- end: NAME -->"; one that the document does not have is an
// error. With -update the document is rewritten; else one that differs is stale: packages is what `go test`
// is to be given, after which it no longer is.
func Check(t *testing.T, path, packages string, parts map[string]string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc := string(text)
	for name, part := range parts {
		begin, end := "<!-- generated: "+name+" -->\n", "<!-- end: "+name+" -->"
		before, rest, ok := strings.Cut(doc, begin)
		_, after, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Fatalf("%s has no part %q", path, name)
		}
		doc = before + begin + part + end + after
	}
	switch {
	case doc == string(text):
	case *update:
		if err := os.WriteFile(path, []byte(doc), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is stale: go test %s -run Doc -update", path, packages)
	}
	return doc
}

package analyze

import (
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// writeFile writes a trace as a sealed file.
func writeFile(t testing.TB, path string, tr *trace) {
	t.Helper()
	w, err := format.Create(path, &tr.header, format.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(tr.b, tr.header.Clock); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(&format.Totals{Reason: "command ended"}); err != nil {
		t.Fatal(err)
	}
}

// TestMadeOfACutOffFile asks that a file is no more complete than what it was
// made of: merge, split and repack seal what they write.
func TestMadeOfACutOffFile(t *testing.T) {
	from := []format.Source{{File: "a.trc", State: format.Sealed.String()}, {File: "b.trc", State: format.Unsealed.String()}}
	for want, o := range map[string]format.Origin{
		"the file was made of b.trc, which was still being written or cut off": {By: "merge", From: from},
		"made of a damaged file: the last block":                               {By: "repair", From: from[1:], Lost: []string{"the last block"}},
		"":                                                                     {By: "repack", From: from[:1]},
	} {
		var l lack
		l.header("the file", &format.Header{Origin: []format.Origin{o}})
		if got := strings.Join(l.damage, "\n"); got != want {
			t.Errorf("%s: %q, want %q", o.By, got, want)
		}
	}
}

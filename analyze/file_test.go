package analyze

import (
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

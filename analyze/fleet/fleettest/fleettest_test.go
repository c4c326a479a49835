package fleettest

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/verify"
)

// TestMake: the files are whole recordings with their sources' findings, under ids of their own.
func TestMake(t *testing.T) {
	source := "../../../testdata/captures/open.trc"
	ids := func(file string) (ids []string) {
		c, err := analyze.File(file, analyze.Options{Analyses: []string{"toctou"}}, func(f *analyze.Finding) { ids = append(ids, f.ID) })
		if err != nil {
			t.Fatal(err)
		}
		if len(ids) == 0 || c.Damaged {
			t.Errorf("%s: %d findings, damaged %v", file, len(ids), c.Damaged)
		}
		slices.Sort(ids)
		return ids
	}
	dir := t.TempDir()
	if err := Make(dir, []string{source}, 4, 2); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.trc"))
	if err != nil || len(files) != 4 {
		t.Fatalf("%v, %v", files, err)
	}
	want := ids(source)
	for i, file := range files {
		got := ids(file)
		if len(got) != len(want) {
			t.Errorf("%s has %d findings, its source %d", file, len(got), len(want))
		}
		if other := ids(files[(i+2)%4]); slices.Equal(got, other) {
			t.Error("two hosts' findings have the same ids")
		}
		r, err := format.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		if report, err := verify.File(r, file, nil); err != nil || !report.Good() {
			t.Errorf("%s: %v, %+v", file, err, report)
		}
		r.Close()
	}
	again := filepath.Join(dir, "again.trc")
	begin := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	if err := Rewrite(source, again, "host-00000", uuid("host-00000", 0), begin); err != nil {
		t.Fatal(err)
	}
	a, _ := os.ReadFile(again)
	b, _ := os.ReadFile(files[0])
	if !bytes.Equal(a, b) {
		t.Error("the same file twice has other bytes")
	}
}

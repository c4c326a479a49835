package analyze

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// TestLazyReadsEnough: a pass of toctou over recordings of all kinds says the same whether it reads all columns or, when
// rows ask for them, those of such rows, although what it did not ask for is nonsense.
func TestLazyReadsEnough(t *testing.T) {
	paths, err := filepath.Glob("../testdata/*/*.trc")
	if err != nil || len(paths) < 15 {
		t.Fatal(paths, err)
	}
	spoiled := 0
	spoil = func(side *format.Batch, cols []format.ColumnID, rows []int32) {
		spoiled += len(rows)
		for _, c := range cols {
			for _, i := range rows {
				if format.Columns[c].Type == format.Bytes {
					side.U32[c][i] = 0
				} else {
					side.Set(c, int(i), 0x5a5a5a5a5a5a5a5a)
				}
			}
		}
	}
	defer func() { spoil = nil }()
	only := []string{"toctou"}
	for _, o := range []Options{{Analyses: only}, {Analyses: only, Info: true}, {Analyses: only, Verdicts: allVerdicts}} {
		for _, path := range paths {
			r, err := format.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			want := reportOf(t, func(emit func(*Finding)) (*Coverage, error) {
				losses := NewLosses()
				for b, err := range r.Blocks(format.ReadOptions{Columns: LossColumns, Events: []format.EventID{format.EventLost}}) {
					if err != nil {
						return nil, err
					}
					losses.Fold(b)
				}
				s, err := NewSession(*r.Header(), losses, o, emit)
				if err != nil {
					return nil, err
				}
				for b, err := range r.Blocks(format.ReadOptions{Columns: s.Columns()}) {
					if err != nil {
						return nil, err
					}
					s.Fold(b)
				}
				return s.Finish(nil, nil), nil
			})
			got := reportOf(t, func(emit func(*Finding)) (*Coverage, error) { return File(path, o, emit) })
			if got != want {
				t.Errorf("%s: another report\n%s", path, firstDifference(got, want))
			}
		}
	}
	if spoiled == 0 {
		t.Error("all columns were read of all rows")
	}
}

// reportOf is the report of an analysis of one file, but for what only the file says.
func reportOf(t *testing.T, run func(emit func(*Finding)) (*Coverage, error)) string {
	var out bytes.Buffer
	lines := NewJSON(&out)
	c, err := run(func(f *Finding) {
		f.File = ""
		if err := lines.Finding(f); err != nil {
			t.Fatal(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	c.File, c.Notes, c.Incomplete, c.Segments, c.Damaged = "", nil, nil, nil, false
	if err := lines.Coverage(c); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

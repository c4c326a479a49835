package derive

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/filter"
	"github.com/tracerec/tracerec/format/verify"
)

// dump is every value of every row, as text.
func dump(t testing.TB, in *Input) (rows []string) {
	t.Helper()
	for b, err := range in.Blocks(format.ReadOptions{Verify: true}) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.N {
			var row strings.Builder
			for c := range format.Columns {
				if format.Columns[c].Type == format.Bytes {
					fmt.Fprintf(&row, "%q,", b.Value(format.ColumnID(c), i))
				} else {
					fmt.Fprintf(&row, "%d,", b.Int(format.ColumnID(c), i))
				}
			}
			rows = append(rows, row.String())
		}
	}
	return rows
}

// good opens what was made and checks it.
func good(t testing.TB, path, by string) *Input {
	t.Helper()
	in := openFile(t, path)
	report, err := verify.File(in.Reader, path, nil)
	if err != nil || !report.Good() || !report.Sealed {
		t.Errorf("%s: %+v, %v", path, report, err)
	}
	if o := in.Header().Origin; len(o) == 0 || !strings.HasPrefix(o[len(o)-1].By, by) {
		t.Errorf("%s: origin %+v", path, o)
	}
	return in
}

func same(t testing.TB, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("row %d is\n%s, want\n%s", i, got[i], want[i])
		}
	}
}

// lives makes a sample in which calls have company: process 100 forks 101 in
// row 3, a view precedes every fourth call.
func lives(b *format.Batch, i int, call uint64) {
	switch {
	case call == 3:
		b.U16[format.ColEvent][i], b.U64[format.ColArg0][i], b.U64[format.ColArg1][i] = uint16(format.EventFork), 100, 100
	case call == 20:
		b.U16[format.ColEvent][i] = uint16(format.EventClock)
	case call%4 == 2:
		b.U16[format.ColEvent][i] = uint16(format.EventView)
		b.U64[format.ColCall][i] += 2 // the next call of the same process
		b.SetBytes(format.ColAEnter, i, nil)
	}
}

func TestFilter(t *testing.T) {
	in := openFile(t, sampleFile(t, sample{change: lives}))
	all := dump(t, in)
	for text, want := range map[string][]int{
		`false`:           {3, 20},
		`true`:            nil,
		`seq == 3`:        {3, 20, 2, 4}, // call 4: with its view
		`event == "view"`: {3, 20, 2, 4, 6, 8, 10, 12, 14, 16, 18, 22, 24, 26, 28, 30, 32},
		`seq == 8`:        {3, 20, 9}, // call 9 alone
		`a_enter == "/dir/file-1" and syscall == "openat" and event == "syscall"`: {3, 20, 1, 11, 21, 31, 14, 16},
	} {
		f, err := filter.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "f.trc")
		done, err := Filter(in, f, &Output{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		keep := map[int]bool{}
		for _, call := range want {
			keep[call] = true
		}
		var rows []string
		for i, row := range all {
			if want == nil || keep[i+1] {
				rows = append(rows, row)
			}
		}
		t.Log(text, done)
		same(t, dump(t, good(t, path, "filter "+text)), rows)
		if done.Kept != uint64(len(rows)) || done.Rows != uint64(len(all)) {
			t.Errorf("%s: %+v", text, done)
		}
	}
}

func TestRepack(t *testing.T) {
	in := openFile(t, sampleFile(t, sample{}))
	path := filepath.Join(t.TempDir(), "r.trc")
	rows, err := Repack(in, &Output{Path: path})
	if err != nil || rows != sampleBlocks*sampleRows {
		t.Fatal(rows, err)
	}
	out := good(t, path, "repack")
	same(t, dump(t, out), dump(t, in))
	if out.BlockCount() != 1 || out.Totals().Seen != rows || out.Totals().Reason != "command ended" {
		t.Errorf("%d blocks, %+v", out.BlockCount(), out.Totals())
	}
	if _, err := Repack(damaged(t, func(f []byte, r *format.Reader) []byte { return append(f, 1) }), &Output{Path: path, Force: true}); err == nil || !strings.Contains(err.Error(), "repair first") {
		t.Errorf("%v", err)
	}
}

// TestSplitMerge: parts are chained, and together are what was split.
func TestSplitMerge(t *testing.T) {
	for name, c := range map[string]struct {
		by    SplitBy
		parts int
	}{
		"rows": {SplitBy{Rows: 5}, 7}, "time": {SplitBy{Every: 10_000}, 4}, "size": {SplitBy{Size: 1}, 4}, "one": {SplitBy{Rows: 1000}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			in := openFile(t, sampleFile(t, sample{change: func(b *format.Batch, i int, call uint64) {
				if call == 3 {
					lives(b, i, call)
				}
			}}))
			dir := t.TempDir()
			parts, err := Split(in, c.by, &Output{Path: filepath.Join(dir, "p.trc")})
			if err != nil || len(parts) != c.parts {
				t.Fatalf("%+v, %v", parts, err)
			}
			var inputs []*Input
			var reports []*verify.Report
			for i, p := range parts {
				part := good(t, p.File, "split")
				inputs = append([]*Input{part}, inputs...) // in any order
				report, err := verify.File(part.Reader, p.File, nil)
				if err != nil {
					t.Fatal(err)
				}
				reports = append(reports, report)
				if rows := dump(t, part); i > 0 && !strings.Contains(rows[0], "1000003000,") {
					t.Errorf("part %d does not begin with the life of process 100: %s", i, rows[0])
				}
			}
			if verify.Files(reports); !reports[len(reports)-1].Good() {
				t.Errorf("%+v", reports[len(reports)-1].Problems)
			}
			path := filepath.Join(dir, "m.trc")
			if _, err := Merge(inputs, &Output{Path: path}); err != nil {
				t.Fatal(err)
			}
			same(t, dump(t, good(t, path, "merge")), dump(t, in))
			if len(inputs) > 2 {
				if _, err := Merge([]*Input{inputs[0], inputs[2]}, &Output{Path: path, Force: true}); err == nil || !strings.Contains(err.Error(), "are missing") {
					t.Errorf("%v", err)
				}
				if _, err := Merge([]*Input{inputs[0], inputs[0]}, &Output{Path: path + "2"}); err == nil || !strings.Contains(err.Error(), "same part") {
					t.Errorf("%v", err)
				}
			}
		})
	}
	in := openFile(t, sampleFile(t, sample{change: lives}))
	dir := t.TempDir()
	parts, err := Split(in, SplitBy{Process: true}, &Output{Path: filepath.Join(dir, "p.trc")})
	if err != nil || len(parts) != 2 || parts[0].PID != 100 || parts[1].File != filepath.Join(dir, "p-pid101.trc") {
		t.Fatalf("%+v, %v", parts, err)
	}
	for _, p := range parts {
		for _, row := range dump(t, good(t, p.File, "filter")) {
			if f := strings.Split(row, ","); f[6] != fmt.Sprint(p.PID) && f[2] == "1" {
				t.Errorf("%s has %s", p.File, row)
			}
		}
	}
}

// TestMerge: recordings of one boot are ordered by when rows were written; what
// cannot be placed is refused.
func TestMerge(t *testing.T) {
	other := func(b *format.Batch, i int, call uint64) {
		b.U32[format.ColTID][i] += 1000
		b.SetBytes(format.ColComm, i, []byte("other"))
	}
	a := openFile(t, sampleFile(t, sample{}))
	b := openFile(t, sampleFile(t, sample{id: 1, time: 1e9 + 300, change: other}))
	path := filepath.Join(t.TempDir(), "m.trc")
	rows, err := Merge([]*Input{a, b}, &Output{Path: path})
	if err != nil || rows != 2*sampleBlocks*sampleRows {
		t.Fatal(rows, err)
	}
	merged := good(t, path, "merge")
	want, second := dump(t, a), dump(t, b)
	for i := range second { // they alternate
		want = append(want[:2*i+1], append([]string{second[i]}, want[2*i+1:]...)...)
	}
	same(t, dump(t, merged), want)
	if merged.Totals().Seen != rows || len(merged.Header().Origin[0].From) != 2 {
		t.Errorf("%+v", merged.Totals())
	}
	for says, c := range map[string]*Input{
		"both recorded thread": openFile(t, sampleFile(t, sample{id: 2, time: 1e9 + 100})),
		"repair first":         damaged(t, func(f []byte, r *format.Reader) []byte { return append(f, 1) }),
	} {
		if _, err := Merge([]*Input{a, c}, &Output{Path: path + "x"}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}

package derive

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/verify"
)

// damaged writes a changed copy of a sample file and opens it.
func damaged(t *testing.T, change func(file []byte, r *format.Reader) []byte) *Input {
	t.Helper()
	path := sampleFile(t, sample{})
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := openFile(t, path)
	bad := filepath.Join(t.TempDir(), "bad.trc")
	if err := os.WriteFile(bad, change(file, r.Reader), 0o600); err != nil {
		t.Fatal(err)
	}
	return openFile(t, bad)
}

func block(file []byte, r *format.Reader, i int) []byte {
	info := r.BlockInfo(i)
	return file[info.Offset : info.Offset+info.Size]
}

func TestRepair(t *testing.T) {
	const blocks, rows = sampleBlocks, sampleRows
	for name, c := range map[string]struct {
		change  func(file []byte, r *format.Reader) []byte
		saved   []int // blocks
		missing uint64
		unknown bool
		lost    string
	}{
		"cut behind the blocks": {func(f []byte, r *format.Reader) []byte { return f[:len(f)-10] }, []int{0, 1, 2, 3}, 0, false, "index and totals"},
		"cut in a block":        {func(f []byte, r *format.Reader) []byte { return f[:r.BlockInfo(2).Offset+500] }, []int{0, 1}, 0, true, "the file ends at offset"},
		"a bit": {func(f []byte, r *format.Reader) []byte {
			b := block(f, r, 1)
			b[len(b)-9] ^= 1
			return f
		}, []int{0, 2, 3}, rows, false, "block 1: "},
		"last block": {func(f []byte, r *format.Reader) []byte {
			b := block(f, r, blocks-1)
			b[len(b)-9] ^= 1
			return f
		}, []int{0, 1, 2}, rows, false, "block 3: "},
		"metadata": {func(f []byte, r *format.Reader) []byte {
			block(f, r, 1)[20] ^= 1
			return f
		}, []int{0, 2, 3}, rows, false, "block 1"},
		"swapped": {func(f []byte, r *format.Reader) []byte {
			a, b := r.BlockInfo(1), r.BlockInfo(2)
			out := append([]byte{}, f[:a.Offset]...)
			out = append(out, f[b.Offset:b.Offset+b.Size]...)
			out = append(out, f[a.Offset:a.Offset+a.Size]...)
			return append(out, f[b.Offset+b.Size:]...)
		}, []int{0, 1, 2, 3}, 0, false, ""},
		"dropped": {func(f []byte, r *format.Reader) []byte {
			a := r.BlockInfo(1)
			return append(f[:a.Offset:a.Offset], f[a.Offset+a.Size:]...)
		}, []int{0, 2, 3}, rows, true, "block 1 is missing"},
		"the beginning overwritten": {func(f []byte, r *format.Reader) []byte {
			for i := range 100 {
				f[1000+i] = 0xAA
			}
			return f
		}, []int{0, 1, 2, 3}, 0, true, "offset 0"},
		"noise at the end": {func(f []byte, r *format.Reader) []byte { return append(f, "some bytes"...) }, []int{0, 1, 2, 3}, 0, true, "bytes follow the end"},
	} {
		t.Run(name, func(t *testing.T) {
			in := damaged(t, c.change)
			path := filepath.Join(t.TempDir(), "new.trc")
			rep, err := Repair(in, &Output{Path: path, Args: []string{"repair"}})
			if err != nil {
				t.Fatal(err)
			}
			if rep.Rows != uint64(len(c.saved)*rows) || rep.Missing != c.missing || rep.Unknown != c.unknown || rep.Intact ||
				!strings.Contains(strings.Join(rep.Lost, "\n"), c.lost) {
				t.Errorf("%+v", rep)
			}
			out := openFile(t, path)
			h := out.Header()
			if len(h.Origin) != 1 || h.Origin[0].By != "repair" || h.Origin[0].From[0].File != "bad.trc" || len(h.Missing()) != len(rep.Lost) {
				t.Errorf("%+v", h.Origin)
			}
			report, err := verify.File(out.Reader, path, nil)
			if err != nil || !report.Good() || !report.Sealed {
				t.Errorf("what repair made does not verify: %+v, %v", report, err)
			}
			wantRows(t, out.Reader, c.saved, c.missing)
		})
	}
}

// wantRows checks that the rows of out are those of blocks of the sample, and
// that lost rows count missing.
func wantRows(t *testing.T, out *format.Reader, blocks []int, missing uint64) {
	t.Helper()
	var want []uint64
	for _, n := range blocks {
		for i := range sampleRows {
			want = append(want, sampleCall(n, i))
		}
	}
	var lost uint64
	for b, err := range out.Blocks(format.ReadOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.N {
			if b.U16[format.ColEvent][i] == uint16(format.EventLost) {
				lost += b.U64[format.ColArg2][i]
				if b.U64[format.ColArg1][i] != uint64(format.ClassDamaged) || b.I64[format.ColTime][i] < int64(b.U64[format.ColArg5][i]) {
					t.Error("a lost row says nothing of when and what")
				}
				continue
			}
			if len(want) == 0 || b.U64[format.ColCall][i] != want[0] || string(b.Value(format.ColAEnter, i)) != samplePath(want[0]) {
				t.Fatalf("call %d where %v should follow", b.U64[format.ColCall][i], want[:min(1, len(want))])
			}
			want = want[1:]
		}
	}
	if lost != missing || len(want) > 0 {
		t.Errorf("%d rows lost, want %d; %d are missing", lost, missing, len(want))
	}
}

func TestRepairNothing(t *testing.T) {
	out := filepath.Join(t.TempDir(), "new.trc")
	intact := openFile(t, sampleFile(t, sample{}))
	rep, err := Repair(intact, &Output{Path: out})
	if err != nil || !rep.Intact || rep.Rows != sampleBlocks*sampleRows {
		t.Errorf("%+v, %v", rep, err)
	}
	none := damaged(t, func(f []byte, r *format.Reader) []byte { return f[:r.BlockInfo(0).Offset+8] })
	if _, err := Repair(none, &Output{Path: out}); !errors.Is(err, ErrNothing) {
		t.Errorf("%v", err)
	}
	if _, err := Repair(none, &Output{Path: none.Path, Force: true}); err == nil || !strings.Contains(err.Error(), "is read and cannot be written") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a file was written")
	}
}

// TestRepairAnywhere: whatever bit is flipped and wherever the file is cut, what
// repair makes verifies, and has only rows that were written.
func TestRepairAnywhere(t *testing.T) {
	path := sampleFile(t, sample{})
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	visited, saved := 0, 0
	step := 97
	if testing.Short() {
		step = 997
	}
	try := func(bad []byte) {
		visited++
		name, out := filepath.Join(dir, "bad"), filepath.Join(dir, "new")
		if err := os.WriteFile(name, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		in, err := Open(name)
		if err != nil {
			return // no recording any more, or nothing in it: said
		}
		defer in.Close()
		rep, err := Repair(in, &Output{Path: out, Force: true})
		if errors.Is(err, ErrNothing) {
			return
		}
		if err != nil || rep.Intact {
			t.Fatalf("%+v, %v", rep, err)
		}
		r, err := Open(out)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		report, err := verify.File(r.Reader, out, nil)
		if err != nil || !report.Good() || !report.Sealed {
			t.Fatalf("%+v, %v", report, err)
		}
		saved++
	}
	for at := 0; at < len(file); at += step {
		try(file[:at])
		bad := append([]byte{}, file...)
		bad[at] ^= 1 << (at % 8)
		try(bad)
	}
	if saved < visited/2 {
		t.Errorf("of %d damaged files %d could be repaired", visited, saved)
	}
}

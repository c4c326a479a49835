package format

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCreate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.trc")
	w, err := Create(path, sampleHeader(), WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	b := NewBatch(1)
	b.Append()
	if err := w.Write(b, Clock{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Sync(); err != nil {
		t.Fatal(err)
	}
	growing, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if state, detail := growing.State(); state != Unsealed || !strings.HasPrefix(detail.Error(), path+": still being written or cut off at offset") {
		t.Errorf("%s, %v", state, detail)
	}
	growing.Close()
	if err := w.Close(&Totals{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(b, Clock{}); err == nil {
		t.Error("a closed writer writes")
	}
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if hash, ok := r.Hash(); !ok || hash != w.Hash() {
		t.Error("the reader's final hash is not the writer's")
	}
	if state, _ := r.State(); state != Sealed || r.Rows() != 1 {
		t.Errorf("%s, %d rows", state, r.Rows())
	}

	if _, err := Create(path, sampleHeader(), WriterOptions{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over an existing file: %v", err)
	}
	w, err = Create(path, sampleHeader(), WriterOptions{Force: true})
	if err != nil {
		t.Fatal(err)
	}
	w.Abort()

	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "target"), link); err != nil {
		t.Fatal(err)
	}
	for _, force := range []bool{false, true} {
		if _, err := Create(link, sampleHeader(), WriterOptions{Force: force}); err == nil {
			t.Errorf("follows a symbolic link, force %v", force)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "target")); err == nil {
		t.Error("the link's target exists")
	}

	h := sampleHeader()
	h.Host = strings.Repeat("x", MaxHeader+1)
	failed := filepath.Join(dir, "failed.trc")
	var limit *LimitError
	if _, err := Create(failed, h, WriterOptions{}); !errors.As(err, &limit) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(failed); err == nil {
		t.Error("a failed Create leaves a file")
	}
}

// disk fails when it is full.
type disk struct{ room int }

func (d *disk) Write(p []byte) (int, error) {
	if len(p) > d.room {
		n := d.room
		d.room = 0
		return n, errors.New("no space left on device")
	}
	d.room -= len(p)
	return len(p), nil
}

func TestFullDisk(t *testing.T) {
	w, err := NewWriter(&disk{20 << 10}, sampleHeader(), WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	b := NewBatch(1)
	b.Append()
	var first error
	for range 100 {
		if first = w.Write(b, Clock{}); first != nil {
			break
		}
	}
	if first == nil || !strings.Contains(first.Error(), "no space") {
		t.Fatal(first)
	}
	if err := w.Write(b, Clock{}); err != first {
		t.Errorf("the next Write: %v", err)
	}
	if err := w.Close(&Totals{}); !errors.Is(err, first) {
		t.Errorf("Close: %v", err)
	}
}

func TestBadBatches(t *testing.T) {
	small := NewBatch(2)
	small.AppendRows(2)
	small.U16[ColCPU] = small.U16[ColCPU][:1]
	big := &Batch{N: MaxRows + 1, Dict: NewDict()}
	wild := NewBatch(1)
	wild.Append()
	wild.U32[ColPath][0] = 5
	for name, b := range map[string]*Batch{"short column": small, "too many rows": big, "wild reference": wild} {
		w, err := NewWriter(&disk{1 << 20}, sampleHeader(), WriterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(b, Clock{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestSparse: columns that a batch does not have are zeros in the file.
func TestSparse(t *testing.T) {
	b := &Batch{N: 3, Dict: NewDict()}
	b.I64[ColTime] = []int64{1, 2, 3}
	r := openBytes(t, writeFile(t, true, b))
	got, err := r.ReadBlock(0, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.Int(ColTime, 2) != 3 || got.Int(ColTID, 2) != 0 || got.Value(ColPath, 1) != nil {
		t.Error("wrong values")
	}
}

// TestWriteAllocates nothing per row, and little per block.
func TestWriteAllocates(t *testing.T) {
	w, err := NewWriter(&disk{math.MaxInt}, sampleHeader(), WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	b := NewBatch(BlockRows)
	newSampler(1).fill(b, 5000)
	w.Write(b, Clock{})
	if n := testing.AllocsPerRun(20, func() { w.Write(b, Clock{}) }); n > 5 {
		t.Errorf("%v allocations per block", n)
	}
}

// TestBatchAppend: rows are zero even in memory that was used before.
func TestBatchAppend(t *testing.T) {
	b := NewBatch(4)
	for range 3 {
		for k := range 10 {
			i := b.Append()
			if k%3 == 0 {
				i = b.AppendRows(2) + 1
			}
			for c := range Columns {
				if b.Int(ColumnID(c), i) != 0 {
					t.Fatalf("column %s of a new row is %d", Columns[c].Name, b.Int(ColumnID(c), i))
				}
				b.Set(ColumnID(c), i, ^uint64(0))
			}
		}
		b.Reset()
	}
	d := &Dict{bytes: []byte("abcd"), ends: []uint32{0, 3, 4}}
	if d.Ref([]byte("d")) != 2 || d.Ref([]byte("e")) != 3 || string(d.Bytes(1)) != "abc" {
		t.Error("a dictionary that was read cannot be added to")
	}
}

// TestAppendToRead: rows can be appended to a batch that was read, however
// often its memory was used before.
func TestAppendToRead(t *testing.T) {
	big, small := NewBatch(0), NewBatch(0)
	newSampler(3).fill(big, 700)
	newSampler(4).fill(small, 5)
	r := openBytes(t, writeFile(t, true, big, small, big))
	var b *Batch
	for i, want := range []*Batch{big, small, big} {
		var err error
		if b, err = r.ReadBlock(i, nil, b); err != nil {
			t.Fatal(err)
		}
		if d := difference(want, b); d != "" {
			t.Fatal(d)
		}
		for k := range 600 {
			row := b.Append()
			if row != want.N+k {
				t.Fatalf("row %d, want %d", row, want.N+k)
			}
			for c := range Columns {
				if b.Int(ColumnID(c), row) != 0 {
					t.Fatalf("column %s of a new row is not zero", Columns[c].Name)
				}
				b.Set(ColumnID(c), row, ^uint64(0))
			}
			b.SetBytes(ColPath, row, []byte("new"))
		}
		for c := range Columns { // the rows that were read are as they were
			if b.Int(ColumnID(c), want.N-1) != want.Int(ColumnID(c), want.N-1) && Columns[c].Type != Bytes {
				t.Fatalf("column %s of a row that was read changed", Columns[c].Name)
			}
		}
		if d := string(b.Value(ColPath, b.N-1)); d != "new" {
			t.Fatal(d)
		}
	}
}

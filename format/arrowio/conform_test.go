package arrowio

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"

	"github.com/tracerec/tracerec/format"
)

// batch fills every column with values of all widths, nulls and repeats.
func batch(rows int, seed uint64) *format.Batch {
	rng := rand.New(rand.NewPCG(seed, 7))
	b := format.NewBatch(rows)
	for range rows {
		i := b.Append()
		for c := range format.Columns {
			id := format.ColumnID(c)
			switch {
			case (c+int(seed))%5 == 0: // all zero, all null
			case format.Columns[c].Type != format.Bytes:
				b.Set(id, i, rng.Uint64()>>rng.IntN(64))
			case c%2 == 0 || rng.IntN(3) > 0:
				b.SetBytes(id, i, bytes.Repeat([]byte{byte(seed), 0xFF}, rng.IntN(30)))
			}
		}
	}
	return b
}

// TestConformance: Arrow's own reader sees in a .trc file exactly the batches
// that were written, dictionaries replaced from block to block.
func TestConformance(t *testing.T) {
	for _, sealed := range []bool{true, false} {
		batches := []*format.Batch{batch(1000, 1), batch(1, 2), batch(257, 3), batch(40000, 4), batch(3, 5)}
		var file bytes.Buffer
		w, err := format.NewWriter(&file, &format.Header{Host: "h"}, format.WriterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range batches {
			if err := w.Write(b, format.Clock{}); err != nil {
				t.Fatal(err)
			}
		}
		if sealed {
			err = w.Close(&format.Totals{})
		} else {
			err = w.Abort()
		}
		if err != nil {
			t.Fatal(err)
		}
		r, err := ipc.NewReader(&file)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := r.Schema(), fileSchema(); !got.Equal(want) {
			t.Fatalf("schema is\n%s\nwant\n%s", got, want)
		}
		meta := r.Schema().Metadata()
		var h format.Header
		if at := meta.FindKey("tracerec.header"); at < 0 {
			t.Error("no header in the schema's metadata")
		} else if err := json.Unmarshal([]byte(meta.Values()[at]), &h); err != nil || h.Host != "h" || h.Version != format.Version {
			t.Errorf("header is %+v (%v)", h, err)
		}
		n := 0
		for r.Next() {
			if n == len(batches) {
				t.Fatal("more records than blocks")
			}
			equal(t, batches[n], r.Record(), true)
			n++
		}
		if r.Err() != nil && sealed || n != len(batches) {
			t.Fatalf("%d records, want %d (%v)", n, len(batches), r.Err())
		}
		r.Release()
	}
}

func TestEmptyFile(t *testing.T) {
	var file bytes.Buffer
	w, err := format.NewWriter(&file, &format.Header{}, format.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(&format.Totals{}); err != nil {
		t.Fatal(err)
	}
	r, err := ipc.NewReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	if r.Next() || r.Err() != nil {
		t.Errorf("a record, or an error: %v", r.Err())
	}
}

func TestRecord(t *testing.T) {
	b := batch(300, 9)
	rec, err := Record(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Release()
	equal(t, b, rec, false)
	if _, err := Record(&format.Batch{N: 1, Dict: format.NewDict()}, []format.ColumnID{format.ColTime}); err == nil {
		t.Error("a column that the batch does not have is no error")
	}
}

// fileSchema is Schema, but that coded columns say so. Text is never coded.
func fileSchema() *arrow.Schema {
	fields := Schema(nil).Fields()
	coded := 0
	for i := range fields {
		if fields[i].Name = format.StoredName(format.ColumnID(i)); fields[i].Name != format.Columns[i].Name {
			coded++
		}
	}
	if coded < 20 || coded == len(fields) {
		panic("which columns are coded?")
	}
	return arrow.NewSchema(fields, nil)
}

// equal compares a record with the batch. In a file, the values of coded
// columns are not what Arrow shows, and a path that is the same as a_enter
// is null.
func equal(t *testing.T, b *format.Batch, rec arrow.Record, file bool) {
	t.Helper()
	compared := 0
	if rec.NumRows() != int64(b.N) || int(rec.NumCols()) != len(format.Columns) {
		t.Fatalf("%d rows, %d columns, want %d, %d", rec.NumRows(), rec.NumCols(), b.N, len(format.Columns))
	}
	for c := range format.Columns {
		id, name := format.ColumnID(c), format.Columns[c].Name
		if file && format.StoredName(id) != name {
			if rec.Column(c).NullN() != 0 {
				t.Errorf("%s has nulls", name)
			}
			continue
		}
		compared++
		for i := range b.N {
			if d, ok := rec.Column(c).(*array.Dictionary); ok {
				want := b.Value(id, i)
				if file && id == format.ColPath && d.IsNull(i) && (b.Int(format.ColDev, i) != 0 || b.Int(format.ColIno, i) != 0) && bytes.Equal(want, b.Value(format.ColAEnter, i)) {
					continue
				}
				if d.IsNull(i) != (want == nil) {
					t.Fatalf("%s row %d: null is %v", name, i, d.IsNull(i))
				}
				if want != nil && !bytes.Equal(d.Dictionary().(*array.Binary).Value(d.GetValueIndex(i)), want) {
					t.Fatalf("%s row %d differs", name, i)
				}
				continue
			}
			if got := integer(rec.Column(c), i); got != b.Int(id, i) {
				t.Fatalf("%s row %d is %d, want %d", name, i, got, b.Int(id, i))
			}
		}
	}
}

func integer(a arrow.Array, i int) int64 {
	switch a := a.(type) {
	case *array.Uint8:
		return int64(a.Value(i))
	case *array.Uint16:
		return int64(a.Value(i))
	case *array.Uint32:
		return int64(a.Value(i))
	case *array.Uint64:
		return int64(a.Value(i))
	case *array.Int32:
		return int64(a.Value(i))
	case *array.Int64:
		return a.Value(i)
	}
	panic("no integer column")
}

// TestWhoImportsArrow: Arrow stays in this package (and commands that export
// by it), and format imports nothing of ours.
func TestWhoImportsArrow(t *testing.T) {
	const module = "github.com/tracerec/tracerec"
	out, err := exec.Command("go", "list", "-e", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, module+"/...").Output()
	if err != nil {
		t.Skipf("go list: %v", err)
	}
	visited := 0
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		visited++
		for _, imported := range words[1:] {
			if strings.Contains(imported, "apache/arrow") && words[0] != module+"/format/arrowio" {
				t.Errorf("%s imports %s: only format/arrowio may", words[0], imported)
			}
			if imported == module+"/format/arrowio" && !strings.HasPrefix(words[0], module+"/cmd/") {
				t.Errorf("%s imports format/arrowio: only commands may", words[0])
			}
		}
	}
	deps, err := exec.Command("go", "list", "-deps", module+"/format").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(deps)) {
		dep := strings.TrimSpace(line)
		if strings.HasPrefix(dep, module+"/") && dep != module+"/format" {
			t.Errorf("format depends on %s", dep)
		}
		if strings.Contains(dep, "apache/arrow") {
			t.Errorf("format depends on %s", dep)
		}
	}
	if visited < 3 {
		t.Errorf("only %d packages visited", visited)
	}
}

package arrowio

import (
	"bytes"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"

	"github.com/tracerec/tracerec/format"
)

// TestStream: chosen rows and columns of several batches come back as they were.
func TestStream(t *testing.T) {
	var file bytes.Buffer
	columns := []format.ColumnID{format.ColTime, format.ColPath}
	s := NewStream(&file, columns)
	var want []string
	for n := range 3 {
		b := format.NewBatch(0)
		for k := range 6 {
			i := b.Append()
			b.I64[format.ColTime][i] = int64(100*n + k)
			if k%3 != 0 {
				b.SetBytes(format.ColPath, i, []byte{'/', byte('a' + n), byte('0' + k), 0xff})
			}
		}
		if err := s.Write(b, []int{1, 3, 4}); err != nil {
			t.Fatal(err)
		}
		for _, k := range []int{1, 3, 4} {
			want = append(want, string(b.Value(format.ColPath, k)))
		}
		if err := s.Write(b, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := ipc.NewReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	if got := r.Schema().Fields(); len(got) != 2 || got[1].Name != "path" {
		t.Fatal(got)
	}
	var got []string
	for r.Next() {
		rec := r.Record()
		times, paths := rec.Column(0).(*array.Int64), rec.Column(1).(*array.Dictionary)
		for i := range int(rec.NumRows()) {
			v := ""
			if !paths.IsNull(i) {
				v = string(paths.Dictionary().(*array.Binary).Value(paths.GetValueIndex(i)))
			}
			got = append(got, v)
			if n := len(got) - 1; times.Value(i) != int64(n/3*100)+[]int64{1, 3, 4}[n%3] {
				t.Errorf("row %d has time %d", len(got)-1, times.Value(i))
			}
		}
	}
	if r.Err() != nil || len(got) != len(want) {
		t.Fatal(got, r.Err())
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("row %d: %q, want %q", i, got[i], want[i])
		}
	}
}

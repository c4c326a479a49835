package format

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// writeFile writes batches as a file in memory. seal says whether to close it.
func writeFile(t testing.TB, seal bool, batches ...*Batch) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := NewWriter(&buf, sampleHeader(), WriterOptions{ID: [16]byte{1, 2, 3}})
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range batches {
		if err := w.Write(b, Clock{int64(i), int64(i) + 1000}); err != nil {
			t.Fatal(err)
		}
	}
	if !seal {
		w.Abort()
	} else if err := w.Close(&Totals{Reason: "end"}); err != nil {
		t.Fatal(err)
	}
	if w.BytesWritten() != int64(buf.Len()) {
		t.Fatalf("BytesWritten is %d, the file has %d", w.BytesWritten(), buf.Len())
	}
	return buf.Bytes()
}

func openBytes(t testing.TB, file []byte) *Reader {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// difference says where two batches differ, in the columns that want has.
func difference(want, got *Batch) string {
	if want.N != got.N {
		return "different number of rows"
	}
	for c := range Columns {
		for i := range want.N {
			same := true
			if Columns[c].Type == Bytes {
				w, g := want.Value(ColumnID(c), i), got.Value(ColumnID(c), i)
				same = (w == nil) == (g == nil) && bytes.Equal(w, g)
			} else {
				same = want.Int(ColumnID(c), i) == got.Int(ColumnID(c), i)
			}
			if !same {
				return "column " + Columns[c].Name
			}
		}
	}
	return ""
}

// randomBatch draws rows with extreme values, nulls and empty strings.
func randomBatch(t *rapid.T) *Batch {
	b := NewBatch(0)
	rows := rapid.IntRange(1, 100).Draw(t, "rows")
	values := rapid.SliceOfN(rapid.Uint64(), 8, 8).Draw(t, "values")
	texts := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 40), 4, 4).Draw(t, "texts")
	fill := rapid.SliceOfN(rapid.IntRange(0, 3), int(NumColumns), int(NumColumns)).Draw(t, "fill")
	for range rows {
		i := b.Append()
		for c := range Columns {
			if fill[c] == 0 {
				continue
			}
			k := (i*fill[c] + c) % 8
			if Columns[c].Type != Bytes {
				b.Set(ColumnID(c), i, values[k])
			} else if k < 4 || fill[c] == 1 {
				b.SetBytes(ColumnID(c), i, texts[k%4])
			}
		}
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var batches []*Batch
		for range rapid.IntRange(0, 3).Draw(t, "batches") {
			batches = append(batches, randomBatch(t))
		}
		var buf bytes.Buffer
		w, err := NewWriter(&buf, sampleHeader(), WriterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range batches {
			if err := w.Write(b, Clock{}); err != nil {
				t.Fatal(err)
			}
		}
		sealed := rapid.Bool().Draw(t, "sealed")
		if sealed {
			err = w.Close(&Totals{})
		} else {
			err = w.Abort()
		}
		if err != nil {
			t.Fatal(err)
		}
		r, err := NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if state, detail := r.State(); (state == Sealed) != sealed || state == Corrupt || (r.Totals() != nil) != sealed {
			t.Fatalf("state is %s (%v)", state, detail)
		}
		n := 0
		for b, err := range r.Blocks(ReadOptions{Verify: true}) {
			if err != nil {
				t.Fatal(err)
			}
			if d := difference(batches[n], b); d != "" || b.Seq != batches[n].Seq {
				t.Fatalf("block %d: %s, seq %d want %d", n, d, b.Seq, batches[n].Seq)
			}
			n++
		}
		if n != len(batches) {
			t.Fatalf("%d blocks, want %d", n, len(batches))
		}
	})
}

package format

import (
	"bytes"
	"fmt"
	"testing"
)

// A writer in a hurry writes other bytes for the same rows, and its totals say
// how many blocks are so.
func TestFastBlocks(t *testing.T) {
	write := func(fast ...bool) []byte {
		var out bytes.Buffer
		w, err := NewWriter(&out, &Header{}, WriterOptions{ID: [16]byte{1}})
		if err != nil {
			t.Fatal(err)
		}
		for n, on := range fast {
			b := NewBatch(0)
			for k := range 2000 {
				i := b.Append()
				b.U16[ColEvent][i] = uint16(EventSyscall)
				b.I64[ColTime][i] = int64(n*1000 + k)
				b.SetBytes(ColAEnter, i, fmt.Appendf(nil, "/some/where/%d/in/%d", k*k%977, k%13))
			}
			w.Fast(on)
			if err := w.Write(b, Clock{}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(&Totals{}); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	usual, mixed := write(false, false, false), write(false, true, false)
	if bytes.Equal(usual, mixed) {
		t.Error("the faster codec writes the same bytes: it is not used")
	}
	for _, c := range []struct {
		file []byte
		fast uint64
	}{{usual, 0}, {mixed, 1}} {
		r, err := NewReader(bytes.NewReader(c.file), int64(len(c.file)))
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for b, err := range r.Blocks(ReadOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			rows += b.N
		}
		if got := r.Totals().Fast; got != c.fast || rows != 6000 {
			t.Errorf("%d fast blocks and %d rows, want %d and 6000", got, rows, c.fast)
		}
	}
}

package derive

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/tracerec/tracerec/format"
)

const sampleBlocks, sampleRows = 4, 8

// sampleCall numbers the rows of a sample from 1.
func sampleCall(block, i int) uint64 { return uint64(block*sampleRows + i + 1) }

func samplePath(call uint64) string { return fmt.Sprintf("/dir/file-%d", call%5) }

// sample is a file of sampleBlocks blocks: openat calls of two processes in turn.
type sample struct {
	header format.Header
	open   bool
	time   int64 // of the first row, ns since boot
	id     byte
	change func(b *format.Batch, i int, call uint64)
}

func sampleFile(t testing.TB, s sample) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sample.trc")
	h := s.header
	if h.Host == "" {
		h.Host, h.BootID, h.Machine = "host", "boot", "x86_64"
	}
	if s.time == 0 {
		s.time = 1e9
	}
	if h.Clock == (format.Clock{}) {
		h.Clock = format.Clock{Boottime: s.time, Realtime: 1_700_000_000_000_000_000}
	}
	w, err := format.Create(path, &h, format.WriterOptions{ID: [16]byte{42, s.id}})
	if err != nil {
		t.Fatal(err)
	}
	for n := range sampleBlocks {
		b := format.NewBatch(0)
		for k := range sampleRows {
			i, call := b.Append(), sampleCall(n, k)
			b.I64[format.ColTime][i] = s.time + int64(call)*1000
			b.I64[format.ColDuration][i] = 500
			b.U16[format.ColEvent][i] = uint16(format.EventSyscall)
			pid := uint32(100 + call%2)
			b.U32[format.ColTID][i], b.U32[format.ColTGID][i] = pid, pid
			b.U64[format.ColStart][i], b.U64[format.ColCall][i] = 5, call
			b.U8[format.ColABI][i], b.I32[format.ColNR][i] = uint8(format.ABIAMD64), 257
			b.I64[format.ColRet][i] = int64(call%4) - 1
			b.SetBytes(format.ColComm, i, fmt.Appendf(nil, "prog%d", pid))
			b.SetBytes(format.ColAEnter, i, []byte(samplePath(call)))
			b.U8[format.ColAEnterStatus][i] = uint8(format.ViewOK)
			if s.change != nil {
				s.change(b, i, call)
			}
		}
		if err := w.Write(b, format.Clock{Boottime: b.I64[format.ColTime][b.N-1] + 600, Realtime: h.Clock.Realtime + b.I64[format.ColTime][b.N-1] + 600 - h.Clock.Boottime}); err != nil {
			t.Fatal(err)
		}
	}
	if s.open {
		err = w.Abort()
	} else {
		n := w.Rows()
		err = w.Close(&format.Totals{Reason: "command ended", Read: n, Seen: n, Ended: format.Clock{Boottime: s.time + 1e6}})
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func openFile(t testing.TB, path string) *Input {
	t.Helper()
	in, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	return in
}

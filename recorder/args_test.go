//go:build linux

package recorder

import (
	"testing"

	"github.com/tracerec/tracerec/format"
)

// TestDropUnusedArgs: registers that a call does not use are cleared, all
// others are kept, and those of calls that nothing is known of.
func TestDropUnusedArgs(t *testing.T) {
	b := format.NewBatch(0)
	for _, c := range []struct {
		event format.EventID
		abi   format.ABI
		nr    int32
		keep  int
	}{
		{format.EventSyscall, format.ABIAMD64, 39, 0},   // getpid
		{format.EventSyscall, format.ABIAMD64, 3, 1},    // close
		{format.EventSyscall, format.ABIAMD64, 257, 4},  // openat
		{format.EventSyscall, format.ABIAMD64, 9, 6},    // mmap
		{format.EventSyscall, format.ABIIA32, 90, 1},    // old mmap: a pointer to its arguments
		{format.EventSyscall, format.ABIAMD64, 9999, 6}, // unknown
		{format.EventSyscall, format.ABINone, 3, 6},
		{format.EventFork, format.ABIAMD64, 3, 6},
	} {
		i := b.Append()
		b.U16[format.ColEvent][i], b.U8[format.ColABI][i], b.I32[format.ColNR][i] = uint16(c.event), uint8(c.abi), c.nr
		for n := range 6 {
			b.U64[int(format.ColArg0)+n][i] = 7
		}
		dropUnusedArgs(b)
		for n := range 6 {
			if kept := b.U64[int(format.ColArg0)+n][i] == 7; kept != (n < c.keep) {
				t.Errorf("event %d, abi %d, nr %d: argument %d kept: %v", c.event, c.abi, c.nr, n, kept)
			}
		}
	}
}

//go:build linux

package recorder

import (
	"fmt"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
)

// TestSpares: where the first programs run, the spare ones write nothing
// again; where they do not, the spare ones write the same.
func TestSpares(t *testing.T) {
	forceSpares = true
	defer func() { forceSpares, onAttached = false, nil }()
	record := func() (marks []string) {
		for b, i := range callsOf(t, whoArg, Options{Select: every(t)}) {
			if n := int(b.U64[format.ColArg0][i]) - mark(0); n >= 0 && n < 6 && b.I32[format.ColNR][i] == unix.SYS_CLOSE {
				marks = append(marks, fmt.Sprintf("%d %s %d flags %d", n, b.Value(format.ColComm, i), b.I64[format.ColRet][i], b.U16[format.ColFlags][i]))
			}
		}
		return marks
	}
	both := record()
	if len(both) != 6 {
		t.Errorf("with both: %q, want each of 6 calls once", both)
	}
	ran := uint64(0)
	onAttached = func(k *kernel) { // the first links are those of sys_enter and sys_exit
		for _, l := range k.links[:2] {
			l.Close()
		}
		ran++
	}
	if alone := record(); !slices.Equal(alone, both) || ran != 1 {
		t.Errorf("the spare ones alone wrote %q, want %q", alone, both)
	}
}

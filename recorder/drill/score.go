//go:build linux

package drill

import (
	"bytes"
	"fmt"

	"github.com/tracerec/tracerec/format"
)

// CallKey is the identity of a call in a trace.
type CallKey struct {
	TID   uint32
	Start uint64
	Call  uint64
}

// Call is a recorded call that belongs to an attempt of a case.
type Call struct {
	Key     CallKey
	Attempt *Attempt
	Slot    int
	// Witnessed says that the row has a kernel view; Kernel is it, and Enter
	// what the program showed.
	Witnessed     bool
	Enter, Kernel []byte
	Further       [][]byte // copies that the kernel made after it and that differ from it
	Dev           uint32
	Ino           uint64
}

// Known says whether the case itself found out what the kernel used. Of a call
// that failed it did not.
func (c *Call) Known(t *Truth) bool { return c.Used(t) != nil }

// Used is what the case itself found out that the kernel used; nil when that is not known.
func (c *Call) Used(t *Truth) []byte { return c.Attempt.used(t) }

// Agrees says whether the kernel view, the last where there are several, is
// what the case itself found out that the kernel used.
func (c *Call) Agrees(t *Truth) bool {
	used, last := c.Used(t), c.Kernel
	if n := len(c.Further); n > 0 {
		last = c.Further[n-1]
	}
	return used != nil && bytes.Equal(last, used)
}

// used is the value that the kernel used; nil when that is not known.
func (a *Attempt) used(t *Truth) []byte {
	switch {
	case a.Errno != 0:
		return nil
	case a.Value != nil:
		return a.Value
	case a.Got == "a":
		return t.Setup.A
	case a.Got == "b":
		return t.Setup.B
	}
	return nil
}

// Match finds the calls of a case's attempts in a trace. Attempts and calls of
// one thread are in the same order; nothing else is assumed.
func Match(r *format.Reader, t *Truth) ([]Call, error) {
	name, argument := t.Setup.Syscall, t.Setup.Argument
	c, ok := Find(t.Setup.Case)
	if !ok {
		return nil, fmt.Errorf("no case %q", t.Setup.Case)
	}
	if name == "" {
		name = c.Syscall
	}
	if argument == "" {
		argument = c.Argument
	}
	call, slot := compared(name, argument)
	if call == nil {
		return nil, nil // this version does not compare it
	}

	// The attempts of each thread, in order.
	type thread struct{ pid, tid int }
	waiting := make(map[thread][]*Attempt)
	for i := range t.Attempts {
		a := &t.Attempts[i]
		th := thread{t.Setup.PID, t.Setup.TID}
		if a.PID != 0 {
			th = thread{a.PID, a.TID}
		} else if a.TID != 0 {
			th.tid = a.TID
		}
		waiting[th] = append(waiting[th], a)
	}

	var calls []Call
	view := call.Views[slot]
	s := format.Slots[slot]
	arg := format.ColArg0 + format.ColumnID(view.Arg)
	further := make(map[CallKey][][]byte) // of calls whose row is still to come
	for b, err := range r.Blocks(format.ReadOptions{Events: []format.EventID{format.EventSyscall, format.EventView}}) {
		if err != nil {
			return calls, err
		}
		for i := range b.N {
			key := CallKey{b.U32[format.ColTID][i], b.U64[format.ColStart][i], b.U64[format.ColCall][i]}
			if format.EventID(b.U16[format.ColEvent][i]) == format.EventView {
				if b.Int(format.ColArg0, i) == int64(slot) && format.View(b.Int(format.ColArg1, i)) == format.ViewKernel {
					further[key] = append(further[key], bytes.Clone(b.Value(format.Slots[0].Kernel, i)))
				}
				continue
			}
			copies := further[key]
			delete(further, key)
			abi := b.U8[format.ColABI][i]
			if int(abi) >= len(call.NR) { // the file may say anything
				continue
			}
			if format.EventID(b.U16[format.ColEvent][i]) != format.EventSyscall || int32(call.NR[abi]) != b.I32[format.ColNR][i] {
				continue
			}
			if format.RowFlags(b.U16[format.ColFlags][i])&format.FlagRestarted != 0 {
				continue // the attempt is the call that comes of it
			}
			if t.Setup.Buffer != 0 && b.U64[arg][i] != t.Setup.Buffer {
				continue
			}
			pid, tid := int(b.U32[format.ColTGID][i]), int(b.U32[format.ColTID][i])
			for _, th := range []thread{{pid, tid}, {pid, 0}} {
				if len(waiting[th]) == 0 {
					continue
				}
				found := Call{Key: key, Slot: slot, Further: copies}
				found.Attempt, waiting[th] = waiting[th][0], waiting[th][1:]
				found.Enter = bytes.Clone(b.Value(s.Enter, i))
				found.Dev, found.Ino = b.U32[format.ColDev][i], b.U64[format.ColIno][i]
				switch format.ViewStatus(b.U8[s.KernelStatus][i]) {
				case format.ViewSame:
					found.Witnessed, found.Kernel = true, found.Enter
				case format.ViewOK, format.ViewTruncated:
					found.Witnessed, found.Kernel = true, bytes.Clone(b.Value(s.Kernel, i))
				}
				calls = append(calls, found)
				break
			}
		}
	}
	return calls, nil
}

func compared(name, argument string) (*format.Syscall, int) {
	for i := range format.Syscalls {
		c := &format.Syscalls[i]
		if c.Name != name {
			continue
		}
		for k, v := range c.Views {
			if c.Args[v.Arg].Name == argument {
				return c, k
			}
		}
	}
	return nil, 0
}

package replay

import (
	"github.com/tracerec/tracerec/format"
)

// Results of calls, negative: errno-base.h, errno.h.
const (
	eBADF       = -9
	eINPROGRESS = -115
)

// call is a row of a call, while its effect is applied.
type call struct {
	t   *Task
	e   *effect
	b   *format.Batch
	i   int
	at  int64 // when it returned: that is when its effect is there for sure
	ret int64
}

func (c *call) arg(n int8) uint64 { return c.b.U64[format.ColArg0+format.ColumnID(n)][c.i] }

// fd is argument n as a descriptor: int in the kernel, whatever the upper half.
func (c *call) fd(n int8) int32 { return int32(c.arg(n)) }

// effect applies what a call that has an effect did.
func (s *State) effect(t *Task, e *effect, b *format.Batch, i int) {
	ret, flags := b.I64[format.ColRet][i], format.RowFlags(b.U16[format.ColFlags][i])
	if flags&(format.FlagRestarted|format.FlagNoExit|format.FlagNoEnter) != 0 || t.gone {
		return
	}
	failed := ret < 0 && ret >= -4095
	c := call{t, e, b, i, b.I64[format.ColTime][i] + b.I64[format.ColDuration][i], ret}
	if t.files != nil && c.at < t.files.asOf {
		return // what it did is in the state rows
	}
	switch e.Op {
	case opRead, opWrite:
		if !failed {
			s.moved(&c, e.Op == opWrite, c.fd(e.FD))
		}
		return
	case opReceive:
		if !failed {
			s.moved(&c, false, c.fd(e.FD))
			s.received(&c)
		}
		return
	case opReceiveMany:
		if !failed {
			s.used(&c, c.fd(e.FD))
			s.received(&c)
		}
		return
	case opConnect:
		if !failed || ret == eINPROGRESS {
			s.connect(&c)
		}
		return
	case opClose:
		if ret != eBADF {
			s.closeCall(&c)
		} else {
			s.notThere(&c)
		}
		return
	case opDup, opFcntl:
		if ret == eBADF {
			s.notThere(&c)
		}
	}
	if failed {
		return
	}
	switch e.Op {
	case opNew, opOpen:
		s.newFD(&c)
	case opDup:
		s.dup(&c, int32(ret), false)
	case opDupTo:
		if c.fd(e.FD) != c.fd(e.Arg) {
			s.dup(&c, c.fd(e.Arg), true)
		}
	case opPair:
		s.pair(&c)
	case opFcntl:
		s.fcntl(&c)
	case opCloseRange:
		s.closeRange(&c)
	case opCopy:
		s.moved(&c, false, c.fd(e.FD))
		s.moved(&c, true, c.fd(e.Arg))
	case opBind:
		if sock := s.socketOf(&c); sock != nil {
			sock.Local = c.address()
			if sock.State == SocketNew {
				sock.State = SocketBound
			}
		}
	case opListen:
		if sock := s.socketOf(&c); sock != nil {
			sock.State = SocketListening
		}
	case opAccept:
		s.accept(&c)
	case opShutdown:
		if sock := s.socketOf(&c); sock != nil && c.arg(e.Arg) == 2 {
			sock.State = SocketShut
		}
	case opUse, opURingEnter:
		s.used(&c, c.fd(e.FD))
	case opUnshare:
		if c.arg(e.Arg)&cloneFiles != 0 {
			s.unshareFiles(t, c.at)
		}
		if c.arg(e.Arg)&(cloneFS|cloneNewNS) != 0 {
			s.unshareFS(t)
		}
	case opChdir:
		s.chdir(&c)
	case opName:
		s.nameChange(&c)
	case opMount, opUmount, opMoveMount, opPivot:
		s.mountCall(&c)
	}
}

// view is what the kernel used for the argument in a slot, nil when unknown.
func (c *call) view(slot int) []byte {
	sl := &format.Slots[slot]
	if v := c.b.Value(sl.Kernel, c.i); v != nil {
		return v
	}
	return c.b.Value(sl.Enter, c.i)
}

// fcntl commands: linux/fcntl.h.
const (
	fDupFD        = 0
	fSetFD        = 2
	fDupFDCloexec = 1030
)

// onExec closes what is to close on exec, and forgets of what that is not known; the caller's table is its own from
// then on (begin_new_exec).
func (s *State) onExec(t *Task, at int64) {
	s.unshareFiles(t, at)
	f := s.filesOf(t, at)
	var closing []int32
	for fd, d := range f.All {
		if d.Cloexec || d.guessed {
			closing = append(closing, fd)
		}
	}
	for _, fd := range closing {
		s.shut(f, fd)
	}
}

package replay

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// FollowOptions choose a descriptor, and the rows of it.
type FollowOptions struct {
	PID      uint32
	FD       int32
	From, To int64
	JSON     bool
	Show     show.Options
}

// Follow writes every row that has to do with a descriptor of a process: how
// it came to be, what was done through it, to which others the same open file
// went — copies, children, other processes that use it — and how it ended.
func Follow(w io.Writer, src Source, o FollowOptions) error {
	f := &follower{s: New(), o: o, out: bufio.NewWriterSize(w, 1<<16), files: map[*File]bool{}}
	f.s.living = true
	f.o.Show.TaskWidth = 22
	var errs []error
	known := 0
	for b := range damaged(tellCut(f.s, src.Blocks(nil, math.MinInt64, o.To)), &errs) {
		if len(errs) > known {
			known = len(errs)
			f.s.Hole()
		}
		if err := f.batch(b); err != nil {
			return err
		}
	}
	if err := f.out.Flush(); err != nil {
		return err
	}
	if f.shown == 0 && errs == nil {
		return fmt.Errorf("descriptor %d of process %d occurs in no row: the view lsof lists those there are", o.FD, o.PID)
	}
	if errs != nil {
		return &Damage{errs}
	}
	return nil
}

type follower struct {
	s     *State
	o     FollowOptions
	out   *bufio.Writer
	files map[*File]bool // that the descriptor referred to, and are open
	shown int
	prev  *File
}

// batch applies the rows one by one, with a look before and after. Runs of
// rows that cannot matter are applied at once.
func (f *follower) batch(b *format.Batch) error {
	from := 0
	flush := func(to int) error {
		if from < to {
			if err := f.s.ApplyRows(b, from, to); err != nil {
				return err
			}
		}
		from = to
		return nil
	}
	for i := range b.N {
		if !f.matters(b, i) {
			continue
		}
		if err := flush(i); err != nil {
			return err
		}
		before := f.uses(b, i)
		if err := flush(i + 1); err != nil {
			return err
		}
		now := f.target()
		changed := now != f.prev
		if now != nil {
			f.files[now] = true
		}
		if t := b.I64[format.ColTime][i]; t < f.o.From || t > f.o.To {
			f.prev = now
			continue
		}
		if before || changed || f.uses(b, i) {
			if err := f.row(b, i, now, changed); err != nil {
				return err
			}
		}
		f.prev = now
	}
	if err := flush(b.N); err != nil {
		return err
	}
	for file := range f.files {
		if file.refs <= 0 {
			delete(f.files, file)
		}
	}
	return nil
}

// matters says whether a row can change or use descriptors at all.
func (f *follower) matters(b *format.Batch, i int) bool {
	switch id := format.EventID(b.U16[format.ColEvent][i]); id {
	case format.EventSyscall:
		e := effectAt(b, i)
		return e != nil && (b.U32[format.ColTGID][i] == f.o.PID || len(f.files) > 0)
	case format.EventFork, format.EventExec, format.EventExit, format.EventFD:
		return b.U32[format.ColTGID][i] == f.o.PID || uint32(b.U64[format.ColArg1][i]) == f.o.PID
	case format.EventURingSubmit, format.EventURingComplete:
		return b.U32[format.ColTGID][i] == f.o.PID
	}
	return false
}

func effectAt(b *format.Batch, i int) *effect {
	abi, nr := b.U8[format.ColABI][i], uint32(b.I32[format.ColNR][i])
	if int(abi) >= len(effectOf) || nr >= format.MaxSyscall || effectOf[abi][nr] == 0 {
		return nil
	}
	return &effects[effectOf[abi][nr]-1]
}

// target is the file that the descriptor refers to.
func (f *follower) target() *File {
	p := f.s.group[f.o.PID]
	if p == nil || p.End != EndNone {
		return nil
	}
	files := p.Files()
	if files == nil {
		return nil
	}
	d, _ := files.Get(f.o.FD)
	return d.File
}

// uses says whether a call has to do with one of the files.
func (f *follower) uses(b *format.Batch, i int) bool {
	if format.EventID(b.U16[format.ColEvent][i]) != format.EventSyscall {
		return false
	}
	t := f.s.Task(b.U32[format.ColTID][i], b.U64[format.ColStart][i])
	e := effectAt(b, i)
	if t == nil || t.files == nil || e == nil {
		return false
	}
	is := func(fd int32) bool {
		if t.Process.PID == f.o.PID && fd == f.o.FD {
			return true
		}
		d, ok := t.files.Get(fd)
		return ok && f.files[d.File]
	}
	for k, arg := range e.row.Args {
		if k < 6 && (arg.Kind == format.KindFD || arg.Kind == format.KindDirFD) && is(int32(b.U64[format.ColArg0+format.ColumnID(k)][i])) {
			return true
		}
	}
	ret := b.I64[format.ColRet][i]
	switch e.Op {
	case opNew, opOpen, opDup, opAccept, opFcntl:
		return ret >= 0 && ret <= maxFD && is(int32(ret))
	}
	return false
}

func (f *follower) row(b *format.Batch, i int, now *File, changed bool) error {
	f.shown++
	if f.o.JSON {
		line := show.RowJSON(nil, b, i, &f.o.Show)
		if changed && len(line) > 1 && line[len(line)-1] == '}' {
			target := ""
			if now != nil {
				target = now.Name()
			}
			line = fmt.Appendf(line[:len(line)-1], `,"now":%q}`, target)
		}
		_, err := f.out.Write(append(line, '\n'))
		return err
	}
	line := show.Row(nil, b, i, &f.o.Show)
	if changed {
		if now == nil {
			line = fmt.Appendf(line, "\n    ⇒ %d of %d is closed", f.o.FD, f.o.PID)
		} else {
			line = fmt.Appendf(line, "\n    ⇒ %d of %d is %s", f.o.FD, f.o.PID, escape(now.Name()))
		}
	}
	if _, err := f.out.Write(append(line, '\n')); err != nil {
		return errors.Join(err)
	}
	return nil
}

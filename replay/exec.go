package replay

import (
	"slices"
	"strings"

	"github.com/tracerec/tracerec/format"
)

// exec folds the row that says that a new image is in place.
func (s *State) exec(t *Task, b *format.Batch, i int) {
	at, p := b.I64[format.ColTime][i], t.Process
	t.Counts.Execs++
	// 1. All other threads end. A caller that was not the leader takes over
	//    the leader's place. Its row may name it as it was (tid is the old
	//    one) or as it became (tid is the pid, and old_tid the old one).
	caller := t
	if t.TID != p.PID {
		t = s.takeOver(t, at)
	} else if old := s.live[uint32(b.U64[format.ColArg0][i])]; old != nil && old.Process == p {
		caller = old
	}
	for _, other := range p.Tasks {
		if other != t && other != caller {
			other.end(at, EndExec)
			s.release(other)
		}
	}
	if caller != t {
		caller.Ended, caller.End = at, EndExec
		s.handOver(caller, t)
	}
	p.exiting = false
	// The leader has had its exit row by then, and lives on as the caller.
	t.Ended, t.End, t.Status, t.gone = 0, EndNone, 0, false
	p.Ended, p.End, p.Status = 0, EndNone, 0
	s.called(t, b, i, at) // the row was by the caller
	s.onExec(t, at)

	// 2. The image, as the kernel ran it.
	image := &Image{
		At: at, Origin: ImageExec, Path: s.intern(b.Value(format.ColPath, i)),
		Dev: b.U32[format.ColDev][i], Ino: b.U64[format.ColIno][i],
		call: b.U64[format.ColCall][i], tids: [2]uint32{t.TID, caller.TID},
	}
	if name := b.Value(format.ColAKernel, i); name != nil {
		image.Ran = View{format.ViewOK, s.intern(name)}
	}
	if argv := b.Value(format.ColBKernel, i); argv != nil {
		image.RanArgv = View{format.ViewStatus(b.U8[format.ColBKernelStatus][i]), string(argv)}
		if !image.RanArgv.Known() {
			image.RanArgv.Status = format.ViewOK
		}
	}
	if interp := b.Value(format.ColAEnter, i); interp != nil && string(interp) != image.Ran.Value {
		image.Interp = s.intern(interp)
	}
	p.Images = push(p.Images, image)
}

// takeOver makes the leader's place that of t, whose execve ended the leader:
// from now on t is known by the pid. Rows that follow may carry the leader's
// start, as the kernel has it, or still that of t, which is all that shows
// who it was.
func (s *State) takeOver(t *Task, at int64) *Task {
	p := t.Process
	if p.leader == nil {
		p.leader = &Task{TID: p.PID, Process: p, First: at, Last: at}
		p.Tasks = append(p.Tasks, p.leader)
		s.tasks[taskKey{p.PID, 0}] = p.leader
	}
	s.tasks[taskKey{p.PID, t.Start}] = p.leader
	s.live[p.PID] = p.leader
	t.Ended, t.End = at, EndExec
	s.handOver(t, p.leader)
	p.leader.Ended, p.leader.End, p.leader.Status = 0, EndNone, 0
	p.Ended, p.End, p.Status = 0, EndNone, 0
	return p.leader
}

// handOver gives the leader's place what the thread had that takes it.
func (s *State) handOver(from, to *Task) {
	if from == to || from.gone {
		return
	}
	files, fs := from.files, from.fs
	from.files, from.fs, from.gone = nil, nil, true
	if files != nil {
		if to.files != nil {
			s.leave(to.files)
		}
		to.files = files
	}
	if fs != nil {
		if to.fs != nil {
			to.fs.users--
		}
		to.fs = fs
	}
	to.gone = false
}

// execCall folds the row of an execve call: what was asked for.
func (s *State) execCall(t *Task, b *format.Batch, i int) {
	flags := format.RowFlags(b.U16[format.ColFlags][i])
	if b.I64[format.ColRet][i] != 0 || flags&format.FlagRestarted != 0 {
		return
	}
	row := format.SyscallOf(format.ABI(b.U8[format.ColABI][i]), b.I32[format.ColNR][i])
	p, call := t.Process, b.U64[format.ColCall][i]
	var image *Image
	if n := len(p.Images); n > 0 && call != 0 && p.Images[n-1].call == call && slices.Contains(p.Images[n-1].tids[:], t.TID) {
		image = p.Images[n-1]
	}
	if image == nil && flags&format.FlagNoEnter != 0 && ranJustNow(p, b.I64[format.ColTime][i]) {
		return // the execution brought the task into scope: its event says what ran, the end of the call nothing
	}
	if image == nil {
		if flags&format.FlagNoExit != 0 {
			return // whether it succeeded is not known
		}
		at := b.I64[format.ColTime][i] + b.I64[format.ColDuration][i]
		image = &Image{At: at, Origin: ImageExec, ExecLost: true, call: call, tids: [2]uint32{t.TID},
			Path: s.intern(b.Value(format.ColPath, i)), Dev: b.U32[format.ColDev][i], Ino: b.U64[format.ColIno][i]}
		t.Counts.Execs++
		p.Images = push(p.Images, image)
	}
	for n := range row.Views {
		if row.Views[n].Kind == format.KindEnv {
			continue
		}
		slot := &format.Slots[n]
		asked := s.view(b, slot.Enter, slot.EnterStatus, i)
		kernel := s.view(b, slot.Kernel, slot.KernelStatus, i)
		if row.Views[n].Kind == format.KindArgv {
			image.AskedArgv = asked
			if !image.RanArgv.Known() {
				image.RanArgv = kernel.or(asked)
			}
			image.ArgvDiffers = asked.Known() && kernel.Status != format.ViewSame &&
				argvDiffers(asked, image.RanArgv, image.Interp != "")
			continue
		}
		image.Asked = asked
		switch {
		case kernel.Known():
			// The recorder compared the copy itself. For execveat it is
			// another than bprm->filename, which the kernel makes up.
			image.Ran = kernel
			image.PathDiffers = asked.Known()
		case kernel.Status == format.ViewSame:
			image.Ran = asked
		default:
			byFD := row.Args[0].Kind == format.KindDirFD
			image.PathDiffers = !byFD && pathDiffers(asked, image.Ran)
		}
	}
}

// ranJustNow says whether the process has a new program, of which nobody asked as far as is known.
func ranJustNow(p *Process, at int64) bool {
	const soon = 1e9
	n := len(p.Images)
	if n == 0 {
		return false
	}
	last := p.Images[n-1]
	return last.Origin == ImageExec && !last.ExecLost && !last.Asked.Known() && last.At <= at && at-last.At < soon
}

func (s *State) view(b *format.Batch, value, status format.ColumnID, i int) View {
	v := View{Status: format.ViewStatus(b.U8[status][i])}
	if v.Known() {
		v.Value = s.intern(b.Value(value, i))
	}
	return v
}

// or is v, or the enter view where v says that it is the same.
func (v View) or(enter View) View {
	if v.Status == format.ViewSame {
		return enter
	}
	return v
}

// pathDiffers compares as far as both were recorded.
func pathDiffers(a, b View) bool {
	if !a.Known() || !b.Known() {
		return false
	}
	return cutDiffers(a.Value, b.Value, a.Status == format.ViewTruncated, b.Status == format.ViewTruncated)
}

// argvDiffers compares argument vectors. For a script the kernel puts the
// interpreter, its argument and the script's name in the place of argv[0].
func argvDiffers(asked, ran View, script bool) bool {
	if !asked.Known() || !ran.Known() {
		return false
	}
	cutA, cutR := asked.Status == format.ViewTruncated, ran.Status == format.ViewTruncated
	if !script {
		return cutDiffers(asked.Value, ran.Value, cutA, cutR)
	}
	_, tail, _ := strings.Cut(asked.Value, "\x00")
	if cutA || cutR {
		return false // where the tail begins cannot be told
	}
	return !strings.HasSuffix(ran.Value, tail)
}

func cutDiffers(a, b string, cutA, cutB bool) bool {
	switch {
	case cutA && cutB:
		n := min(len(a), len(b))
		return a[:n] != b[:n]
	case cutA:
		return !strings.HasPrefix(b, a)
	case cutB:
		return !strings.HasPrefix(a, b)
	}
	return a != b
}

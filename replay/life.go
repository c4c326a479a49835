package replay

import "github.com/tracerec/tracerec/format"

// event folds a row that is no call.
func (s *State) event(t *Task, b *format.Batch, i int) {
	id := format.EventID(b.U16[format.ColEvent][i])
	switch id {
	case format.EventFork:
		s.fork(t, b, i)
	case format.EventExec:
		s.exec(t, b, i)
	case format.EventExit:
		s.exit(t, b, i)
	case format.EventTask:
		s.initial(t, b, i)
	default:
		if int(id) < len(format.Events) && format.Events[id].Class == format.ClassWitness {
			t.Counts.Witnesses++
		}
	}
}

const cloneParent = 0x8000 // CLONE_PARENT: the creator's parent becomes the child's

func (s *State) fork(creator *Task, b *format.Batch, i int) {
	tid, pid := uint32(b.U64[format.ColArg0][i]), uint32(b.U64[format.ColArg1][i])
	start, at := int64(b.U64[format.ColArg2][i]), b.I64[format.ColTime][i]
	if tid == 0 {
		return
	}
	t := s.tasks[taskKey{tid, start}]
	if t == nil {
		t = s.newTask(tid, pid, start, at)
	}
	if t == creator || t.Origin == OriginForked {
		return // no task creates itself, or is created twice
	}
	t.Origin = OriginForked
	t.saw(at, at)
	if n := len(creator.Names); n > 0 && (len(t.Names) == 0 || t.Names[0].At > at) {
		t.Names = append([]Name{{at, creator.Names[n-1].Comm}}, t.Names...)
	}
	p, from := t.Process, creator.Process
	if p == from || tid != pid || p.Origin == OriginForked {
		return // a thread
	}
	p.Origin = OriginForked
	p.Parent = from
	ppid := from.PID
	if b.U64[format.ColArg3][i]&cloneParent != 0 {
		p.Parent = from.Parent
		if n := len(from.Parents); n > 0 {
			ppid = from.Parents[n-1].PID
		}
	}
	if len(p.Parents) == 0 {
		p.Parents = append(p.Parents, Parent{at, ppid})
	}
	if n := len(from.Images); n > 0 && len(p.Images) == 0 {
		image := *from.Images[n-1]
		image.At, image.Origin = at, ImageInherited
		p.Images = append(p.Images, &image)
	}
	if n := len(from.Creds); n > 0 && len(p.Creds) == 0 {
		cred := from.Creds[n-1]
		cred.At = at
		p.Creds = append(p.Creds, cred)
	}
	if n := len(from.Spaces); n > 0 && len(p.Spaces) == 0 {
		in := from.Spaces[n-1]
		in.At = at
		p.Spaces = append(p.Spaces, in)
	}
}

func (s *State) initial(t *Task, b *format.Batch, i int) {
	if t.Origin == OriginForked {
		return // created while the recorder was listing tasks
	}
	t.Origin = OriginInitial
	p := t.Process
	if p.Origin != OriginForked {
		p.Origin = OriginInitial
	}
	if len(p.Images) > 0 || t.TID != p.PID {
		return
	}
	image := &Image{
		At: b.I64[format.ColTime][i], Origin: ImageInitial, Path: s.intern(b.Value(format.ColPath, i)),
		Dev: b.U32[format.ColDev][i], Ino: b.U64[format.ColIno][i],
	}
	if argv := b.Value(format.ColBKernel, i); argv != nil {
		image.RanArgv = View{format.ViewOK, string(argv)}
	}
	p.Images = append(p.Images, image)
}

// allEnded says of a process all of whose threads have been told to end
// whether those that were recorded have. There may be others: of the launcher
// that failed to become the command only one thread is recorded, and as it is
// not the last to go, no row says that the group is dead.
func (p *Process) allEnded() bool {
	if !p.exiting || p.leader == nil {
		return false
	}
	for _, t := range p.Tasks {
		if t.End == EndNone {
			return false
		}
	}
	return true
}

func (s *State) exit(t *Task, b *format.Batch, i int) {
	at, status := b.I64[format.ColTime][i], uint32(b.U64[format.ColArg0][i])
	if t.End != EndExit {
		t.Ended, t.End, t.Status = at, EndExit, status
	}
	t.Process.exiting = t.Process.exiting || status&0x7f != 0
	if b.U64[format.ColArg1][i] == 0 && !t.Process.allEnded() {
		return
	}
	// The wait status of a process is that of exit_group(2) or of the fatal
	// signal, which the last thread carries; without either it is the
	// leader's. A last thread that ends by itself has 0.
	p := t.Process
	if status == 0 && p.leader != nil && p.leader.End == EndExit {
		status = p.leader.Status
	}
	if p.End == EndNone || p.End == EndReused {
		p.End = EndNone
		p.Status = status
		p.end(at, EndExit)
	}
}

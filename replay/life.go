package replay

import (
	"encoding/binary"
	"maps"

	"github.com/tracerec/tracerec/format"
)

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
	case format.EventCwd:
		if t.gone {
			return
		}
		s.enter(s.fsOf(t), s.place(b, i))
	case format.EventRoot:
		if !t.gone {
			s.fsOf(t).Root = s.place(b, i)
		}
	case format.EventCred:
		s.cred(t, b, i)
	case format.EventCaps:
		t.Process.Caps = &Caps{
			At: b.I64[format.ColTime][i], Effective: b.U64[format.ColArg0][i], Permitted: b.U64[format.ColArg1][i],
			Inheritable: b.U64[format.ColArg2][i], Ambient: b.U64[format.ColArg3][i], Bounding: b.U64[format.ColArg4][i],
			Securebits: b.U64[format.ColArg5][i],
		}
	case format.EventNamespace:
		s.namespace(t, b, i)
	case format.EventFD, format.EventMount, format.EventGroups, format.EventCgroup, format.EventNameOf:
		s.start(t, id, b, i)
	case format.EventState:
		s.startState(b, i)
	case format.EventURingCreate, format.EventURingSubmit, format.EventURingComplete:
		t.Counts.Witnesses++
		s.uring(t, id, b, i)
	default:
		if int(id) < len(format.Events) && format.Events[id].Class == format.ClassWitness {
			t.Counts.Witnesses++
		}
	}
}

func (s *State) place(b *format.Batch, i int) Place {
	return Place{
		Path: s.intern(b.Value(format.ColPath, i)), Dev: b.U32[format.ColDev][i], Ino: b.U64[format.ColIno][i], At: b.I64[format.ColTime][i],
	}
}

// cred takes the ids over. The real ones stand in the new value only.
func (s *State) cred(t *Task, b *format.Batch, i int) {
	v := b.Value(format.ColBKernel, i)
	if len(v) < 32 {
		return
	}
	var n [8]uint32
	for k := range n {
		n[k] = binary.LittleEndian.Uint32(v[4*k:])
	}
	t.Process.IDs = &IDs{b.I64[format.ColTime][i], n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]}
}

func (s *State) namespace(t *Task, b *format.Batch, i int) {
	kind, old, now := uint32(b.U64[format.ColArg0][i]), uint32(b.U64[format.ColArg1][i]), uint32(b.U64[format.ColArg2][i])
	p := t.Process
	if p.Namespaces == nil {
		p.Namespaces = map[uint32]uint32{}
	}
	if len(p.Namespaces) < 16 || p.Namespaces[kind] != 0 {
		p.Namespaces[kind] = now
	}
	if kind == cloneNewNS && !t.gone && format.RowFlags(b.U16[format.ColFlags][i])&format.FlagInitial == 0 {
		s.unshareFS(t)
		s.copyMounts(old, now)
	}
}

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
	s.inherit(t, creator, b.U64[format.ColArg3][i], at)
	s.pidfdOf(t, creator, b.U64[format.ColArg3][i], at)
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
	p.IDs, p.Caps, p.Namespaces = from.IDs, from.Caps, maps.Clone(from.Namespaces)
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
	if cwd := b.U32[format.ColAKernel][i]; cwd != 0 {
		if fs := s.fsOf(t); fs.Cwd.Path == "" {
			s.enter(fs, Place{Path: string(b.Dict.Bytes(cwd)), At: b.I64[format.ColTime][i]})
		}
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
	s.release(t)
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
		s.endProcess(p, at, EndExit)
	}
}

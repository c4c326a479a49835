package replay

import "github.com/tracerec/tracerec/format"

// taskOf finds the task of row i, or makes one of what the row says.
func (s *State) taskOf(b *format.Batch, i int) *Task {
	tid, start := b.U32[format.ColTID][i], int64(b.U64[format.ColStart][i])
	if t := s.tasks[taskKey{tid, start}]; t != nil {
		return t
	}
	if start == 0 {
		if t := s.live[tid]; t != nil && t.Ended == 0 {
			return t
		}
	}
	// A leader that begins when one of its threads did is that thread: it
	// called execve, and the row that said so is lost.
	if p := s.group[tid]; p != nil && tid == b.U32[format.ColTGID][i] && start != 0 {
		for _, t := range p.Tasks {
			if t.Start == start && t.TID != tid {
				return s.takeOver(t, b.I64[format.ColTime][i])
			}
		}
	}
	return s.newTask(tid, b.U32[format.ColTGID][i], start, b.I64[format.ColTime][i])
}

// newTask adds a task that first shows at time at.
func (s *State) newTask(tid, pid uint32, start, at int64) *Task {
	p := s.processOf(tid, pid, start, at)
	if old := s.live[tid]; old != nil && old.Ended == 0 {
		if old.Start == 0 && old.Process == p {
			// The same task; what was seen of it before did not say when
			// it began.
			delete(s.tasks, taskKey{tid, 0})
			old.Start = start
			s.tasks[taskKey{tid, start}] = old
			return old
		}
		old.end(max(start, old.Last), EndReused)
		s.release(old)
	}
	t := &Task{TID: tid, Start: start, Process: p}
	p.Tasks = append(p.Tasks, t)
	if tid == pid {
		p.leader = t
	}
	s.tasks[taskKey{tid, start}] = t
	s.live[tid] = t
	return t
}

// processOf finds the process that a task not known so far belongs to.
func (s *State) processOf(tid, pid uint32, start, at int64) *Process {
	p := s.group[pid]
	switch {
	case p == nil:
	case tid == pid && p.leader == nil && p.Ended == 0:
		p.Start = start // known by its threads only until now
		return p
	case tid == pid && start == 0 && p.Ended == 0, tid == pid && p.Start == 0 && p.Ended == 0:
		p.Start = start
		return p
	case tid == pid:
		if p.Ended == 0 {
			s.endProcess(p, max(start, p.Last), EndReused)
		}
	case p.Ended == 0 || start != 0 && start <= p.Ended:
		return p // a further thread
	}
	p = &Process{PID: pid, index: len(s.procs)}
	if tid == pid {
		p.Start = start
	}
	s.procs = append(s.procs, p)
	s.group[pid] = p
	s.byPID[pid] = append(s.byPID[pid], p)
	return p
}

func (t *Task) end(at int64, how End) {
	if t.End == EndNone {
		t.Ended, t.End = at, how
	}
}

// endProcess ends a process, and gives up what its threads had.
func (s *State) endProcess(p *Process, at int64, how End) {
	p.end(at, how)
	for _, t := range p.Tasks {
		if t.End != EndNone {
			s.release(t)
		}
	}
	for key, r := range s.rings {
		if r.Owner == p.PID {
			delete(s.rings, key)
		}
	}
}

// end ends a process and all threads that were not seen to end.
func (p *Process) end(at int64, how End) {
	if p.End != EndNone {
		return
	}
	p.Ended, p.End = at, how
	for _, t := range p.Tasks {
		if how == EndReused || how == EndTold {
			t.end(at, how)
		} else {
			t.end(at, EndProcess)
		}
	}
}

// circumstances are the columns of a batch that tell how a row's task is, without those that are the same in
// all the rows in question: nearly all of them.
type circumstances struct {
	words  [][]uint32
	cgroup []uint64
}

// varying is of rows from to end.
func varying(b *format.Batch, from, end int) (c circumstances) {
	for _, col := range [...]format.ColumnID{
		format.ColComm, format.ColPPID, format.ColUID, format.ColGID, format.ColPIDNS, format.ColMntNS, format.ColTGID,
	} {
		if words := b.U32[col][:end]; !allSame(words[from:]) {
			c.words = append(c.words, words)
		}
	}
	if c.cgroup = b.U64[format.ColCgroup][:end]; allSame(c.cgroup[from:]) {
		c.cgroup = nil
	}
	return c
}

func allSame[T comparable](s []T) bool {
	for _, v := range s {
		if v != s[0] {
			return false
		}
	}
	return true
}

// changed says whether row i shows its task in other circumstances than the
// row before, which is of the same task.
func (c *circumstances) changed(i int) bool {
	for _, words := range c.words {
		if words[i] != words[i-1] {
			return true
		}
	}
	return c.cgroup != nil && c.cgroup[i] != c.cgroup[i-1]
}

// called takes a task's name from a row.
func (s *State) called(t *Task, b *format.Batch, i int, at int64) {
	if comm := b.Value(format.ColComm, i); comm != nil {
		if n := len(t.Names); n == 0 || t.Names[n-1].Comm != string(comm) {
			t.Names = push(t.Names, Name{at, s.intern(comm)})
		}
	}
}

// observe takes over what every row says of its task.
func (s *State) observe(t *Task, b *format.Batch, i int) {
	p := t.Process
	at := b.I64[format.ColTime][i] + b.I64[format.ColDuration][i] // rows are written when a call returns
	s.called(t, b, i, at)
	if ppid := b.U32[format.ColPPID][i]; ppid != 0 || len(p.Parents) > 0 {
		if n := len(p.Parents); n == 0 || p.Parents[n-1].PID != ppid {
			p.Parents = push(p.Parents, Parent{at, ppid})
		}
	}
	cred := Cred{at, b.U32[format.ColUID][i], b.U32[format.ColGID][i]}
	if n := len(p.Creds); n == 0 || p.Creds[n-1].UID != cred.UID || p.Creds[n-1].GID != cred.GID {
		p.Creds = push(p.Creds, cred)
	}
	in := Spaces{at, b.U32[format.ColPIDNS][i], b.U32[format.ColMntNS][i], b.U64[format.ColCgroup][i]}
	if n := len(p.Spaces); n == 0 {
		p.Spaces = push(p.Spaces, in)
	} else if was := p.Spaces[n-1]; was.PIDNS != in.PIDNS || was.MntNS != in.MntNS || was.Cgroup != in.Cgroup {
		p.Spaces = push(p.Spaces, in)
	}
}

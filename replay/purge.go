package replay

// purge forgets what has ended some time ago. A state that keeps everything
// gives up only what it keeps for speed.
func (s *State) purge() {
	if len(s.words) > 1<<16 {
		clear(s.words)
	}
	s.forgetDirs()
	if !s.living {
		return
	}
	// Rows of a task may follow its end by a little: what ended since the last
	// purge stays until the next.
	keep := s.procs[:0]
	for _, p := range s.procs {
		if p.End != EndNone && p.old {
			if s.group[p.PID] == p {
				delete(s.group, p.PID)
			}
			s.forget(p)
			for _, t := range p.Tasks {
				s.forgetTask(t)
			}
			continue
		}
		p.old = p.End != EndNone
		p.index = len(keep)
		keep = append(keep, p)
		s.thin(p)
	}
	clear(s.procs[len(keep):])
	s.procs = keep
	for key, t := range s.tasks { // other names of the same task
		if t.dropped {
			delete(s.tasks, key)
		}
	}
	for _, p := range s.procs {
		if p.Parent != nil && p.Parent.dropped {
			p.Parent = nil
		}
	}
}

func (s *State) forget(p *Process) {
	p.dropped = true
	list := s.byPID[p.PID]
	for i, q := range list {
		if q == p {
			list = append(list[:i:i], list[i+1:]...)
			break
		}
	}
	if len(list) == 0 {
		delete(s.byPID, p.PID)
	} else {
		s.byPID[p.PID] = list
	}
}

func (s *State) forgetTask(t *Task) {
	t.dropped = true
	s.release(t) // rows behind its end may have given it files again
	if s.live[t.TID] == t {
		delete(s.live, t.TID)
	}
}

// thin drops the threads of a living process that have ended, and all but the
// last of what changed.
func (s *State) thin(p *Process) {
	keep := p.Tasks[:0]
	for _, t := range p.Tasks {
		if t.End != EndNone && t != p.leader {
			if t.old {
				p.past.add(&t.Counts)
				s.forgetTask(t)
				continue
			}
			t.old = true
		}
		t.Names = last(t.Names)
		keep = append(keep, t)
	}
	clear(p.Tasks[len(keep):])
	p.Tasks = keep
	p.Parents, p.Images, p.Creds, p.Spaces = last(p.Parents), last(p.Images), last(p.Creds), last(p.Spaces)
}

func last[T any](list []T) []T {
	if len(list) <= 1 {
		return list
	}
	return append([]T(nil), list[len(list)-1])
}

// forgetDirs rebuilds the set of directories that matter.
func (s *State) forgetDirs() {
	if len(s.dirs) <= 1<<12 {
		return
	}
	s.settle()
	clear(s.dirs)
	s.dir = ""
	for name := range s.byName {
		s.above(name)
	}
	for _, t := range s.live {
		if t.fs != nil && t.fs.Cwd.Path != "" {
			s.enter(t.fs, t.fs.Cwd)
		}
	}
}

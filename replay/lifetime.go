package replay

// Root is the process that a recording of one command began with, nil when there
// is none or it is not known.
func (s *State) Root() (root *Process) {
	if !s.ofCommand {
		return nil
	}
	for _, p := range s.procs {
		if p.Origin != OriginInitial {
			continue
		}
		if root != nil {
			return nil
		}
		root = p
	}
	return root
}

// LifeBegin is when what is told of p's life begins, for every view the same: with
// its creation, or with its first row where that is not known. The recorded command's
// begins with the recording: before, the same process was the recorder's launcher.
func (s *State) LifeBegin(p *Process) int64 {
	if p.Origin == OriginInitial && p == s.Root() {
		return max(p.Begin(), p.First)
	}
	return p.Begin()
}

// taskBegin is LifeBegin of a thread.
func (s *State) taskBegin(t *Task) int64 {
	if t.Origin == OriginInitial && t.Process == s.Root() {
		return max(t.Begin(), t.First)
	}
	return t.Begin()
}

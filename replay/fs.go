package replay

// Place is a directory that a process is in.
type Place struct {
	Path string // "" when not known
	Dev  uint32
	Ino  uint64
	At   int64
}

// FS is an fs_struct: working directory and root, which threads, and
// processes made with CLONE_FS, have in common.
type FS struct {
	Cwd, Root Place
	users     int
}

func (s *State) fsOf(t *Task) *FS {
	if t.fs == nil {
		for _, other := range t.Process.Tasks {
			if other.fs != nil && other.End == EndNone {
				t.fs = other.fs
				break
			}
		}
		if t.fs == nil {
			t.fs = &FS{}
		}
		t.fs.users++
	}
	return t.fs
}

// ownFS makes the directories the task's own before they change.
func (s *State) unshareFS(t *Task) {
	if fs := s.fsOf(t); fs.users > 1 {
		fs.users--
		t.fs = &FS{Cwd: fs.Cwd, Root: fs.Root, users: 1}
	}
}

// enter makes p the working directory.
func (s *State) enter(fs *FS, p Place) {
	fs.Cwd = p
	if p.Path != "" && !s.dirs[p.Path] {
		s.dirs[p.Path] = true
		s.above(p.Path)
	}
}

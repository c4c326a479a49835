package replay

import (
	"path"
	"strings"

	"github.com/tracerec/tracerec/format"
)

// chdir takes the name that was asked for where no event of the kernel says
// the directory: it comes before the call's row.
func (s *State) chdir(c *call) {
	fs := s.fsOf(c.t)
	if fs.Cwd.At >= c.b.I64[format.ColTime][c.i] && fs.Cwd.At <= c.at {
		return
	}
	if c.e.FD >= 0 {
		d, ok := s.filesOf(c.t, c.at).Get(c.fd(c.e.FD))
		if ok {
			s.enter(fs, Place{Path: strings.Clone(d.File.Path), Dev: d.File.Dev, Ino: d.File.Ino, At: c.at})
		} else {
			fs.Cwd = Place{At: c.at}
		}
		return
	}
	if to := s.resolve(c, 0); to != "" && to != fs.Cwd.Path {
		s.enter(fs, Place{Path: to, At: c.at})
	}
}

// resolve puts the name in a slot behind the directory that it is relative
// to. Links are not followed: it is what was asked for. "" when unknown.
func (s *State) resolve(c *call, slot int) string {
	name := string(c.view(slot))
	if name == "" {
		return ""
	}
	return s.Lookup(c.t, int32(c.dirfd(slot)), name)
}

// dirfd is the descriptor that the name in a slot is relative to.
func (c *call) dirfd(slot int) uint64 {
	if slot < len(c.e.row.Views) {
		if n := c.e.row.Views[slot].Arg - 1; n >= 0 && c.e.row.Args[n].Kind == format.KindDirFD {
			return c.arg(int8(n))
		}
	}
	return uint64(atFDCWD)
}

const atFDCWD = 0xffffff9c

// Lookup says where a name that task t uses, relative to descriptor dirfd
// (AT_FDCWD: -100), begins to be looked up: the name made absolute and clean,
// no link followed, a ".." taken as text. "" when the directory is not known.
func (s *State) Lookup(t *Task, dirfd int32, name string) string {
	if name == "" {
		return ""
	}
	root := ""
	if t.fs != nil && t.fs.Root.Path != "/" {
		root = t.fs.Root.Path
	}
	if name[0] == '/' {
		return path.Clean(root + name)
	}
	dir := ""
	if dirfd == -100 {
		if t.fs != nil {
			dir = t.fs.Cwd.Path
		}
	} else if t.files != nil {
		if d, ok := t.files.Get(dirfd); ok {
			dir = d.File.Path
		}
	}
	if dir == "" {
		return ""
	}
	if !strings.ContainsAny(name, "/.") && dir != "/" {
		return dir + "/" + name
	}
	return path.Join(dir, name)
}

package replay

import (
	"slices"
	"strings"
)

// ChangeKind is what happened to a name.
type ChangeKind uint8

const (
	ChangeCreate     ChangeKind = iota // by open with O_CREAT|O_EXCL: it was not there before
	ChangeOpenCreate                   // by open with O_CREAT: created, if it was not there
	ChangeTruncate                     // by open with O_TRUNC
	ChangeMkdir
	ChangeMknod
	ChangeRemove
	ChangeRename
	ChangeLink
	ChangeSymlink
)

var changeNames = [...]string{
	ChangeCreate: "create", ChangeOpenCreate: "open-create", ChangeTruncate: "truncate", ChangeMkdir: "mkdir", ChangeMknod: "mknod",
	ChangeRemove: "remove", ChangeRename: "rename", ChangeLink: "link", ChangeSymlink: "symlink",
}

func (k ChangeKind) String() string { return changeNames[k] }

// Change is a name that a call made, removed or changed. Paths are where the
// kernel's view of the name begins, see State.Lookup; those of opens are where
// the file is.
type Change struct {
	At       int64 // when the call returned
	PID, TID uint32
	Seq      uint64 // of the call's row
	Kind     ChangeKind
	Path     string
	To       string // rename, link: the new name; symlink: what it points to
	Dev      uint32
	Ino      uint64
}

func (s *State) changed(c *call, ch Change) {
	ch.At, ch.PID, ch.TID, ch.Seq = c.at, c.t.Process.PID, c.t.TID, c.b.Seq+uint64(c.i)
	s.OnChange(ch)
}

// nameChange is a call that changes names: what is open under them is
// elsewhere, or nowhere, from then on.
func (s *State) nameChange(c *call) {
	at := s.resolve(c, int(c.e.Name))
	to := ""
	switch {
	case c.e.Change == ChangeSymlink:
		to = string(c.view(int(c.e.To)))
	case c.e.To >= 0:
		to = s.resolve(c, int(c.e.To))
	}
	if s.OnChange != nil {
		s.changed(c, Change{Kind: c.e.Change, Path: at, To: to})
	}
	if at == "" {
		return
	}
	s.settle()
	switch c.e.Change {
	case ChangeRemove:
		s.removed(at)
	case ChangeRename:
		if to == "" || to == at {
			return
		}
		const exchange = 2 // RENAME_EXCHANGE
		if len(c.e.row.Args) == 5 && c.arg(4)&exchange != 0 {
			const between = "\x00"
			s.renamed(to, between)
			s.renamed(at, to)
			s.renamed(between, at)
			return
		}
		s.removed(to)
		s.renamed(at, to)
	}
}

func (s *State) removed(at string) {
	for _, file := range s.byName[at] {
		file.Deleted = true
	}
	delete(s.byName, at)
}

// renamed moves what is open at or below a name. A directory cannot be moved
// below itself: where names say so they are not what they seem, and nothing moves.
func (s *State) renamed(from, to string) {
	below := from + "/"
	if strings.HasPrefix(to, below) {
		return
	}
	move := func(name, to string) {
		list := s.byName[name]
		delete(s.byName, name)
		for _, file := range list {
			file.Path = to
		}
		s.byName[to] = append(s.byName[to], list...)
		s.above(to)
	}
	if s.byName[from] != nil {
		move(from, to)
	}
	if !s.dirs[from] {
		return
	}
	var moved []string
	for name := range s.byName {
		if strings.HasPrefix(name, below) {
			moved = append(moved, name)
		}
	}
	slices.Sort(moved)
	for _, name := range moved {
		move(name, to+name[len(from):])
	}
	for _, t := range s.live {
		if t.fs == nil {
			continue
		}
		if p := &t.fs.Cwd; p.Path == from || strings.HasPrefix(p.Path, below) {
			s.enter(t.fs, Place{Path: to + p.Path[len(from):], Dev: p.Dev, Ino: p.Ino, At: p.At})
		}
	}
}

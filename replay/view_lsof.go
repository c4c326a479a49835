package replay

import (
	"fmt"
	"math"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// fdRow is a descriptor in JSON.
type fdRow struct {
	Type    string  `json:"type"` // "fd", "cwd", "root" or "exe"
	PID     uint32  `json:"pid"`
	Comm    string  `json:"comm"`
	FD      *int32  `json:"fd,omitempty"`
	Kind    string  `json:"kind,omitempty"`
	Path    string  `json:"path,omitempty"`
	Deleted bool    `json:"deleted,omitempty"`
	ByName  bool    `json:"by_name,omitempty"` // the path is what was asked for
	Dev     string  `json:"dev,omitempty"`
	Ino     uint64  `json:"ino,omitempty"`
	Flags   string  `json:"flags,omitempty"`
	Cloexec bool    `json:"cloexec,omitempty"`
	Opened  int64   `json:"opened,omitempty"`
	By      uint32  `json:"by,omitempty"`
	In      *uint64 `json:"in,omitempty"`       // bytes; absent: not counted
	Out     *uint64 `json:"out,omitempty"`      // bytes
	Least   bool    `json:"at_least,omitempty"` // in and out are what some calls moved: others were not recorded
	Local   string  `json:"local,omitempty"`
	Peer    string  `json:"peer,omitempty"`
	State   string  `json:"state,omitempty"`
	Pair    uint64  `json:"pair,omitempty"`
	Doubt   bool    `json:"doubt,omitempty"` // rows were lost since: it may be closed
}

func (l *lister) fdRow(p *Process, fd int32, d FD) fdRow {
	f := d.File
	r := fdRow{
		Type: "fd", PID: p.PID, Comm: p.CommAt(math.MaxInt64), FD: &fd, Kind: f.Kind.String(), Path: f.Path, Deleted: f.Deleted, ByName: f.ByName,
		Dev: devJSON(f.Dev), Ino: f.Ino, Flags: l.words(format.KindOpenFlags, uint64(f.Flags)), Cloexec: d.Cloexec, Opened: f.Opened, By: f.By, Pair: f.Pair,
		Doubt: d.At <= l.unsure,
	}
	lacks := &l.s.lacks
	if f.In > 0 || !lacks.in() {
		r.In = &f.In
	}
	if f.Out > 0 || !lacks.out() {
		r.Out = &f.Out
	}
	r.Least = r.In != nil && lacks.in() || r.Out != nil && lacks.out()
	if f.Socket != nil {
		r.Local, r.Peer, r.State = addr(f.Socket.Local), addr(f.Socket.Peer), f.Socket.State.String()
	}
	return r
}

func addr(v string) string {
	if v == "" {
		return ""
	}
	return show.SockAddr([]byte(v))
}

// Name is what a descriptor refers to, in a few words.
func (f *File) Name() string {
	switch {
	case f.Socket != nil:
		name := "socket"
		if f.Ino != 0 {
			name = fmt.Sprintf("socket:[%d]", f.Ino)
		}
		if f.Socket.Local != "" || f.Socket.Peer != "" {
			name += " " + or(addr(f.Socket.Local), "*") + "→" + or(addr(f.Socket.Peer), "*")
		}
		return name
	case f.Path != "" && f.Deleted:
		return f.Path + " (deleted)"
	case f.Path != "":
		return f.Path
	case f.Inferred:
		return fmt.Sprintf("pidfd of %d (number inferred)", f.Target)
	case f.Kind == FilePidfd && f.Target != 0:
		return fmt.Sprintf("pidfd of %d", f.Target)
	case f.Received:
		return "received with a message"
	case f.Pair != 0:
		return fmt.Sprintf("%s %d", f.Kind, f.Pair)
	case f.Ino != 0:
		return fmt.Sprintf("%s:[%d]", f.Kind, f.Ino)
	}
	return f.Kind.String()
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// access is the letter that lsof has for it.
func (f *File) access() string {
	switch f.Kind {
	case FileUnknown:
		return ""
	case FilePath, FilePipe:
	default:
		return "u"
	}
	switch f.Flags & 3 {
	case 0:
		return "r"
	case 1:
		return "w"
	}
	return "u"
}

func (l *lister) lsof(list []*Process) {
	l.head("COMMAND", "PID", "FD", "KIND", "DEVICE", "NODE", "IN", "OUT", "NAME")
	for _, p := range list {
		comm := p.CommAt(math.MaxInt64)
		dir := func(what string, at Place) {
			if at.Path == "" {
				return
			}
			if l.o.JSON {
				l.object(fdRow{Type: what, PID: p.PID, Comm: comm, Path: at.Path, Dev: devJSON(at.Dev), Ino: at.Ino})
				return
			}
			l.row(comm, p.PID, what, "dir", device(at.Dev), number(at.Ino), "-", "-", at.Path)
		}
		if fs := p.FS(); fs != nil {
			dir("cwd", fs.Cwd)
			dir("root", fs.Root)
		}
		if im := p.ImageAt(math.MaxInt64); im != nil {
			if l.o.JSON {
				l.object(fdRow{Type: "exe", PID: p.PID, Comm: comm, Path: im.Path, Dev: devJSON(im.Dev), Ino: im.Ino})
			} else {
				l.row(comm, p.PID, "exe", "file", device(im.Dev), number(im.Ino), "-", "-", im.Path)
			}
		}
		files := p.Files()
		if files == nil {
			continue
		}
		for fd, d := range files.All {
			if l.o.JSON {
				l.object(l.fdRow(p, fd, d))
				continue
			}
			f := d.File
			mark := ""
			if d.At <= l.unsure {
				mark = "?"
			}
			l.row(comm, p.PID, fmt.Sprintf("%d%s%s", fd, f.access(), mark), f.Kind, device(f.Dev), number(f.Ino), moved(f.In, l.s.lacks.in()), moved(f.Out, l.s.lacks.out()), f.Name())
		}
	}
}

func device(dev uint32) string {
	if dev == 0 {
		return "-"
	}
	return string(show.AppendDev(nil, dev))
}

// devJSON is a device as all JSON has it, empty for none.
func devJSON(dev uint32) string {
	if dev == 0 {
		return ""
	}
	return device(dev)
}

package replay

import (
	"fmt"
	"math"
	"strings"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// psRow is a process in JSON.
type psRow struct {
	Type      string            `json:"type"` // "ps"
	PID       uint32            `json:"pid"`
	Start     int64             `json:"start"`
	PPID      uint32            `json:"ppid"`
	UID       uint32            `json:"uid"`
	EUID      *uint32           `json:"euid,omitempty"` // when an event said it
	GID       uint32            `json:"gid"`
	Threads   []uint32          `json:"threads"`
	Comm      string            `json:"comm"`
	Asked     string            `json:"asked,omitempty"`
	Ran       string            `json:"ran,omitempty"`
	Exe       string            `json:"exe,omitempty"`
	Dev       string            `json:"dev,omitempty"`
	Ino       uint64            `json:"ino,omitempty"`
	Argv      []string          `json:"argv,omitempty"`
	Cwd       string            `json:"cwd,omitempty"`
	Root      string            `json:"root,omitempty"`
	PIDNS     uint32            `json:"pidns"`
	MntNS     uint32            `json:"mntns"`
	Cgroup    uint64            `json:"cgroup"`
	Caps      *capsJSON         `json:"caps,omitempty"`
	Namespace map[string]uint32 `json:"namespaces,omitempty"` // by type: mnt, pid, net, … as event namespace has them
	Differs   bool              `json:"differs,omitempty"`    // the kernel ran another program than was asked for
	Doubts    []string          `json:"doubts,omitempty"`
}

func (l *lister) ps(list []*Process) {
	l.head("PID", "PPID", "UID", "EUID", "THR", "START", "ELAPSED", "CGROUP", "CWD", "COMMAND")
	for _, p := range list {
		at := l.o.At
		cred, _ := p.CredAt(math.MaxInt64)
		im := p.ImageAt(math.MaxInt64)
		euid := "-"
		if p.IDs != nil {
			euid = fmt.Sprint(p.IDs.EUID)
		}
		var threads []uint32
		for _, t := range p.Tasks {
			if t.End == EndNone {
				threads = append(threads, t.TID)
			}
		}
		cwd := ""
		if fs := p.FS(); fs != nil {
			cwd = fs.Cwd.Path
		}
		in := Spaces{}
		if n := len(p.Spaces); n > 0 {
			in = p.Spaces[n-1]
		}
		if l.o.JSON {
			r := psRow{
				Type: "ps", PID: p.PID, Start: p.Start, PPID: p.ParentAt(math.MaxInt64), UID: cred.UID, GID: cred.GID, Threads: threads,
				Comm: p.CommAt(math.MaxInt64), Cwd: cwd, PIDNS: in.PIDNS, MntNS: in.MntNS, Cgroup: in.Cgroup, Caps: l.capsJSON(p.Caps), Namespace: namespacesJSON(p.Namespaces),
				Doubts: doubtList(l.s.Doubts(p)),
			}
			if fs := p.FS(); fs != nil {
				r.Root = fs.Root.Path
			}
			if p.IDs != nil {
				r.EUID = &p.IDs.EUID
			}
			if im != nil {
				r.Asked, r.Ran, r.Exe, r.Dev, r.Ino, r.Differs = im.Asked.Value, im.Ran.Value, im.Path, devJSON(im.Dev), im.Ino, im.PathDiffers || im.ArgvDiffers
				r.Argv = strings.Split(strings.TrimSuffix(im.RanArgv.Value, "\x00"), "\x00")
			}
			l.object(r)
			continue
		}
		pid := fmt.Sprint(p.PID)
		if l.s.Doubts(p) != 0 {
			pid += "?"
		}
		started := "before"
		begun := l.s.LifeBegin(p)
		if begun >= l.o.Show.Start {
			started = string(l.o.Show.TimeText(begun))
		}
		command := "[" + escape(p.CommAt(math.MaxInt64)) + "]"
		if im != nil {
			if argv := im.RanArgv.Value; argv != "" {
				command = string(show.AppendArgv(nil, []byte(argv)))
			} else if im.Path != "" {
				command = escape(im.Path)
			}
			if im.PathDiffers {
				command += "  ⇒ asked " + show.Quote([]byte(im.Asked.Value)) + ", ran " + show.Quote([]byte(im.Ran.Value))
			}
		}
		l.row(pid, p.ParentAt(math.MaxInt64), cred.UID, euid, len(threads), started, show.Duration(max(0, at-begun)), in.Cgroup, cwd, shown(command))
	}
}

// words are a value as rows show it, in JSON as in text.
func (l *lister) words(kind format.Kind, v uint64) string {
	return string(show.Int(nil, kind, int64(v), format.ABINone, &l.o.Show))
}

// capsJSON are Caps as event caps has them.
type capsJSON struct {
	At          int64  `json:"at"`
	Effective   string `json:"effective"`
	Permitted   string `json:"permitted"`
	Inheritable string `json:"inheritable"`
	Ambient     string `json:"ambient"`
	Bounding    string `json:"bounding"`
	Securebits  string `json:"securebits"`
}

func (l *lister) capsJSON(c *Caps) *capsJSON {
	if c == nil {
		return nil
	}
	set := func(v uint64) string { return l.words(format.KindCapSet, v) }
	return &capsJSON{c.At, set(c.Effective), set(c.Permitted), set(c.Inheritable), set(c.Ambient), set(c.Bounding), l.words(format.KindSecurebits, c.Securebits)}
}

// namespacesJSON names the types of namespaces as /proc/PID/ns does.
func namespacesJSON(by map[uint32]uint32) map[string]uint32 {
	if by == nil {
		return nil
	}
	names := map[string]uint32{}
	for flag, n := range by {
		names[string(show.Int(nil, format.KindNSType, int64(flag), format.ABIAMD64, &show.Options{}))] = n
	}
	return names
}

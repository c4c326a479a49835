package replay

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// Views are the lists of what there was at a moment.
var Views = []struct{ Name, Doc string }{
	{"ps", "the processes that lived"},
	{"lsof", "what they had open, and their directories"},
	{"netstat", "their sockets, with addresses and bytes"},
	{"mounts", "the mounts of each mount namespace"},
	{"rings", "io_uring instances"},
}

// ViewOptions choose what List writes.
type ViewOptions struct {
	View string
	At   int64  // for what is told in terms of it: how long something has lived
	PID  uint32 // one process only; 0 for all
	JSON bool
	Show show.Options
	Cell int // columns of a value at most, but for the last of a line; 0 for no bound
}

// List writes a view of what lives in s.
func List(w io.Writer, s *State, o ViewOptions) error {
	out := bufio.NewWriterSize(w, 1<<16)
	l := &lister{s: s, o: o, enc: json.NewEncoder(out), unsure: s.uncertainAt()}
	l.enc.SetEscapeHTML(false)
	l.table = tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	list := slices.Collect(s.Alive)
	slices.SortFunc(list, func(a, b *Process) int { return cmp.Compare(a.PID, b.PID) })
	if o.PID != 0 {
		list = slices.DeleteFunc(list, func(p *Process) bool {
			return p.PID != o.PID && !slices.ContainsFunc(p.Tasks, func(t *Task) bool { return t.TID == o.PID })
		})
		if len(list) == 0 {
			return fmt.Errorf("no process or thread %d lived then: the view ps without --pid lists those that did", o.PID)
		}
	}
	switch o.View {
	case "ps":
		l.ps(list)
	case "lsof":
		l.lsof(list)
	case "netstat":
		l.netstat(list)
	case "mounts":
		l.mounts(list)
	case "rings":
		l.rings(list)
	default:
		return fmt.Errorf("no view %q", o.View)
	}
	if err := l.table.Flush(); err != nil {
		return err
	}
	return out.Flush()
}

type lister struct {
	s      *State
	o      ViewOptions
	table  *tabwriter.Writer
	enc    *json.Encoder
	unsure int64
}

func (l *lister) head(columns ...string) {
	if !l.o.JSON {
		fmt.Fprintln(l.table, strings.Join(columns, "\t"))
	}
}

// shown is text that is escaped already, by quoting.
type shown string

// row writes one line; values are escaped, since all of them may be hostile.
func (l *lister) row(values ...any) {
	for i, v := range values {
		if i > 0 {
			io.WriteString(l.table, "\t")
		}
		text := fmt.Sprint(v)
		if text == "" {
			text = "-"
		}
		if _, safe := v.(shown); !safe {
			text = escape(text)
		}
		if n := utf8.RuneCountInString(text); l.o.Cell > 1 && n > l.o.Cell && i < len(values)-1 {
			text = "…" + string([]rune(text)[n-l.o.Cell+1:]) // the end of a path says more
		}
		io.WriteString(l.table, text)
	}
	io.WriteString(l.table, "\n")
}

func (l *lister) object(v any) { l.enc.Encode(v) }

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

func number(n uint64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

// moved is a number of bytes; - where there is none because calls that move them
// were not recorded.
func moved(n uint64, lacking bool) string {
	if lacking && n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

var protocols = map[[2]uint16]string{
	{2, 1}: "tcp", {2, 2}: "udp", {2, 3}: "raw", {10, 1}: "tcp6", {10, 2}: "udp6", {10, 3}: "raw6",
	{1, 1}: "unix", {1, 2}: "unix-dgram", {1, 5}: "unix-seqpacket", {16, 2}: "netlink", {16, 3}: "netlink", {17, 3}: "packet", {17, 2}: "packet",
}

// Proto names family and type of a socket.
func (s *Socket) Proto() string {
	if name, ok := protocols[[2]uint16{s.Family, uint16(s.Type)}]; ok {
		return name
	}
	if s.Family == 0 {
		return "?"
	}
	return show.Family(s.Family)
}

func (l *lister) netstat(list []*Process) {
	l.head("PROTO", "STATE", "LOCAL", "PEER", "IN", "OUT", "PID", "COMMAND", "FD")
	for _, p := range list {
		files := p.Files()
		if files == nil {
			continue
		}
		for fd, d := range files.All {
			sock := d.File.Socket
			if sock == nil {
				continue
			}
			if l.o.JSON {
				r := l.fdRow(p, fd, d)
				r.Type, r.Kind = "socket", sock.Proto()
				l.object(r)
				continue
			}
			mark := ""
			if d.At <= l.unsure {
				mark = "?"
			}
			l.row(sock.Proto(), sock.State, addr(sock.Local), addr(sock.Peer), moved(d.File.In, l.s.lacks.in()), moved(d.File.Out, l.s.lacks.out()), p.PID, p.CommAt(math.MaxInt64), fmt.Sprint(fd, mark))
		}
	}
}

// mountRow is a mount in JSON.
type mountRow struct {
	Type    string `json:"type"` // "mount"
	MntNS   uint32 `json:"mntns"`
	Point   string `json:"point"`
	Source  string `json:"source,omitempty"`
	FSType  string `json:"fstype,omitempty"`
	Root    string `json:"root,omitempty"`
	Dev     string `json:"dev,omitempty"`
	Flags   string `json:"flags"`
	Options string `json:"options,omitempty"`
	At      int64  `json:"at,omitempty"` // when it was mounted; left out: before the recording
	By      uint32 `json:"by,omitempty"`
	Whole   bool   `json:"whole"` // what was mounted in this namespace at the beginning is known
}

func (l *lister) mounts(list []*Process) {
	used := map[uint32]bool{}
	for _, p := range list {
		if n := len(p.Spaces); n > 0 {
			used[p.Spaces[n-1].MntNS] = true
		}
	}
	l.head("MNTNS", "POINT", "TYPE", "SOURCE", "DEVICE", "FLAGS", "SINCE", "BY")
	var ns []uint32
	for n := range l.s.mounts {
		if l.o.PID == 0 || used[n] {
			ns = append(ns, n)
		}
	}
	slices.Sort(ns)
	for _, n := range ns {
		m := l.s.mounts[n]
		for _, x := range m.List {
			if l.o.JSON {
				l.object(mountRow{"mount", n, x.Point, x.Source, x.Type, x.Root, devJSON(x.Dev), l.words(format.KindMountFlags, x.Flags), x.Options, x.At, x.By, m.Whole})
				continue
			}
			since := "before"
			if x.At != 0 {
				since = string(l.o.Show.TimeText(x.At))
			}
			flags := x.Options
			if flags == "" {
				flags = l.words(format.KindMountFlags, x.Flags)
			}
			l.row(n, x.Point, x.Type, x.Source, device(x.Dev), flags, since, number(uint64(x.By)))
		}
		if !m.Whole && !l.o.JSON {
			l.row(n, "… what was mounted before the recording is not known", "", "", "", "", "", "")
		}
	}
}

func (l *lister) rings(list []*Process) {
	l.head("PID", "COMMAND", "FD", "ENTRIES", "FLAGS", "SQPOLL", "SUBMITTED", "COMPLETED", "FAILED")
	var rings []*Ring
	for _, r := range l.s.rings {
		rings = append(rings, r)
	}
	slices.SortFunc(rings, func(a, b *Ring) int { return cmp.Or(cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.ID, b.ID)) })
	for _, r := range rings {
		if l.o.PID != 0 && r.Owner != l.o.PID {
			continue
		}
		comm := ""
		if p := l.s.group[r.Owner]; p != nil {
			comm = p.CommAt(math.MaxInt64)
		}
		if l.o.JSON {
			l.object(map[string]any{"type": "ring", "pid": r.Owner, "comm": comm, "fd": r.FD, "entries": r.Entries, "flags": l.words(format.KindURingFlags, uint64(r.Flags)),
				"sqpoll_tid": r.SQPoll, "submitted": r.Submitted, "completed": r.Completed, "failed": r.Failed})
			continue
		}
		flags := l.words(format.KindURingFlags, uint64(r.Flags))
		l.row(r.Owner, comm, r.FD, r.Entries, flags, number(uint64(r.SQPoll)), r.Submitted, r.Completed, r.Failed)
	}
}

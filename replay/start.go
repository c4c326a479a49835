package replay

import (
	"encoding/binary"
	"strings"

	"github.com/tracerec/tracerec/format"
)

// Cgroup is what a cgroup is, as the recording host said.
type Cgroup struct {
	ID                 uint64
	Path               string
	Runtime, Container string // "" when it is of no container
	Unit, Pod          string
}

// Cgroup finds a cgroup by its id.
func (s *State) Cgroup(id uint64) (Cgroup, bool) {
	g, ok := s.cgroups[id]
	return g, ok
}

// UserName is the name that the recording host had for a uid, "" when it is not known.
func (s *State) UserName(uid uint32) string { return s.names[nameKey{format.NameUser, uid}] }

// GroupName is the name that the recording host had for a gid, "" when it is not known.
func (s *State) GroupName(gid uint32) string { return s.names[nameKey{format.NameGroup, gid}] }

type nameKey struct {
	Of uint64
	ID uint32
}

// maxNames bounds the names of users, groups, hosts and cgroups.
const maxNames = 1 << 16

// start folds a row of the state that a task came into scope with: see
// format/event_start.go.
func (s *State) start(t *Task, id format.EventID, b *format.Batch, i int) {
	switch id {
	case format.EventFD:
		if !t.gone {
			s.startFD(t, b, i)
		}
	case format.EventMount:
		m := s.mountsOf(b.U32[format.ColMntNS][i])
		mount := Mount{
			ID: uint32(b.U64[format.ColArg0][i]), Parent: uint32(b.U64[format.ColArg1][i]), Point: string(b.Value(format.ColPath, i)),
			Source: string(b.Value(format.ColBKernel, i)), Type: string(b.Value(format.ColAKernel, i)), Root: string(b.Value(format.ColAEnter, i)),
			Options: string(b.Value(format.ColBEnter, i)), Dev: b.U32[format.ColDev][i],
			Super: string(b.Value(format.ColCEnter, i)), Propagation: string(b.Value(format.ColCKernel, i)),
		}
		for _, x := range m.List {
			if x.ID == mount.ID && mount.ID != 0 {
				return // a segment repeats what it begins with
			}
		}
		m.add(mount)
	case format.EventGroups:
		v := b.Value(format.ColAKernel, i)
		groups := make([]uint32, 0, len(v)/4)
		for ; len(v) >= 4; v = v[4:] {
			groups = append(groups, binary.LittleEndian.Uint32(v))
		}
		t.Process.Groups = groups
	case format.EventCgroup:
		if len(s.cgroups) < maxNames {
			g := Cgroup{ID: b.U64[format.ColArg0][i], Path: string(b.Value(format.ColPath, i)), Runtime: string(b.Value(format.ColAKernel, i)),
				Container: string(b.Value(format.ColBKernel, i)), Unit: string(b.Value(format.ColCKernel, i)), Pod: string(b.Value(format.ColDKernel, i))}
			s.cgroups[g.ID] = g
		}
	case format.EventNameOf:
		if len(s.names) < maxNames {
			s.names[nameKey{b.U64[format.ColArg0][i], uint32(b.U64[format.ColArg1][i])}] = string(b.Value(format.ColAKernel, i))
		}
	}
}

// startState folds the row that says that the state at the beginning is all there.
func (s *State) startState(b *format.Batch, i int) {
	if why := b.Value(format.ColAKernel, i); why != nil {
		s.startMissing = string(why)
	}
	s.started = true
	at := b.I64[format.ColTime][i]
	// A file that goes on with a recording begins with processes that were made
	// while it was recorded, too.
	all := format.RowFlags(b.U16[format.ColFlags][i])&format.FlagInitial != 0
	for _, p := range s.procs {
		if p.End == EndNone && (p.Origin == OriginInitial || all) && len(p.Tasks) > 0 {
			s.filesOf(p.any(), at).Whole = s.startMissing == ""
		}
	}
	for _, m := range s.mounts {
		m.Whole = s.startMissing == ""
	}
	clear(s.descriptions)
}

// Types in i_mode: stat.h.
const (
	modeType   = 0o170000
	modeSocket = 0o140000
	modeFIFO   = 0o010000
)

func (s *State) startFD(t *Task, b *format.Batch, i int) {
	at := b.I64[format.ColTime][i]
	// A thread has rows of its own where it does not share with the leader.
	if t != t.Process.leader && t.Process.leader != nil && t.files == nil {
		t.files = newFiles(at)
		t.files.users++
	}
	f := s.filesOf(t, at)
	f.asOf = max(f.asOf, at)
	if s.started {
		f.Whole = true // it came into scope later
	}
	if at-s.startAt > 1e9 {
		clear(s.descriptions)
	}
	s.startAt = at
	flags := uint32(b.U64[format.ColArg1][i])
	d := FD{At: at, Cloexec: flags&oCloexec != 0}
	description := b.U64[format.ColArg5][i]
	if d.File = s.descriptions[description]; d.File == nil || description == 0 {
		d.File = s.startFile(b, i)
		s.descriptions[description] = d.File
	}
	s.put(f, int32(b.U64[format.ColArg0][i]), d)
}

func (s *State) startFile(b *format.Batch, i int) *File {
	mode, pair := b.U32[format.ColALen][i], uint64(0)
	if mode&modeType == modeSocket || mode&modeType == modeFIFO {
		if ino := b.U64[format.ColIno][i]; ino&pairIno != 0 {
			pair = ino &^ pairIno
			s.pairs = max(s.pairs, pair)
		}
	}
	f := &File{
		Path: string(b.Value(format.ColPath, i)), Dev: b.U32[format.ColDev][i], Ino: b.U64[format.ColIno][i],
		Flags: uint32(b.U64[format.ColArg1][i]) &^ oCloexec,
	}
	if f.Pair = pair; pair != 0 {
		f.Ino = 0
	}
	switch {
	case mode&modeType == modeSocket:
		f.Kind, f.Path = FileSocket, ""
		f.Socket = &Socket{
			Family: uint16(b.U64[format.ColArg3][i]), Type: uint8(b.U64[format.ColArg4][i]), Protocol: uint16(b.U32[format.ColCLen][i]),
			Local: string(b.Value(format.ColAKernel, i)), Peer: string(b.Value(format.ColBKernel, i)),
		}
		switch b.U8[format.ColAVMA][i] { // net/tcp_states.h; others use the same numbers
		case 1:
			f.Socket.State = SocketConnected
		case 2:
			f.Socket.State = SocketConnecting
		case 10:
			f.Socket.State = SocketListening
		default:
			if f.Socket.Local != "" {
				f.Socket.State = SocketBound
			}
		}
	case mode&modeType == modeFIFO && (f.Path == "" || strings.HasPrefix(f.Path, "pipe:")):
		f.Kind, f.Path = FilePipe, ""
	case mode&modeType == 0:
		f.Kind = anonymous(f.Path)
		if f.Kind != FileUnknown {
			f.Path = ""
		}
	case strings.HasPrefix(f.Path, "/memfd:"):
		f.Kind = FileMemfd
	default:
		f.Kind = FilePath
		f.Deleted = b.U32[format.ColBLen][i] == 0
	}
	return f
}

// anonymous is the kind of an anonymous inode by its class: [eventfd].
func anonymous(class string) FileKind {
	name := strings.Trim(class, "[]")
	if strings.HasPrefix(name, "bpf") {
		return FileBPF
	}
	for k := FileEventfd; k < numFileKinds; k++ {
		if fileKinds[k] == name {
			return k
		}
	}
	return FileUnknown
}

package replay

import (
	"math"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// Carry is a format.Follower: it folds what is written to a recording's files,
// and so knows at each moment the rows with which a file can begin that is to be
// read alone. By construction these say what replay says of all files before.
// Its memory is that of what lives. The zero value is ready.
type Carry struct{ s *State }

// NewCarry returns a Carry that has seen nothing.
func NewCarry() *Carry { return &Carry{} }

// Columns are those that Follow looks at: enough for who reads the rows from a file.
func (c *Carry) Columns() []format.ColumnID { return Columns }

// maxGaps bounds the losses that are remembered.
const maxGaps = 64

// Follow implements format.Follower.
func (c *Carry) Follow(b *format.Batch, from, to int) error {
	if c.s == nil {
		c.s = New()
		c.s.living = true
	}
	s := c.s
	s.dict = nil // batches are used again
	if err := s.ApplyRows(b, from, to); err != nil {
		return err
	}
	if len(s.gaps) > maxGaps {
		s.gaps = append(s.gaps[:0], s.gaps[len(s.gaps)-maxGaps:]...)
	}
	if len(s.lifeGaps) > maxGaps {
		s.lifeGaps = append(s.lifeGaps[:0], s.lifeGaps[len(s.lifeGaps)-maxGaps:]...)
	}
	return nil
}

// before is how long before the last row the state is said to have been read. A
// reader takes of calls that ended before that their effect is in the state: none
// that follow may be among them, and rows of two processors are not quite in the
// order of their times.
const before = 100e6

// State implements format.Follower.
func (c *Carry) State(b *format.Batch) {
	s := c.s
	if s == nil {
		return
	}
	at := max(s.first, s.last-before)
	var tasks, fds, mounts, unknown uint64
	identities := map[*File]uint64{}
	shown := map[*Files]bool{}
	told := map[uint32]bool{}
	for p := range s.Alive {
		t := p.living()
		if t == nil {
			continue
		}
		if n := len(p.Spaces); n > 0 {
			if ns := p.Spaces[n-1].MntNS; ns != 0 && !told[ns] {
				told[ns] = true
				mounts += uint64(s.mountRows(b, at, t, s.mounts[ns]))
			}
		}
		if f := p.Files(); f == nil || !f.Whole {
			unknown++
		}
		for i, t := range p.Tasks {
			if t.End == EndNone {
				tasks++
			}
			if t.End != EndNone || t.files == nil || shown[t.files] || i > 0 && t.files == p.Files() {
				continue
			}
			shown[t.files] = true
			if t.files == p.Files() {
				t = p.living()
			}
			for fd, d := range t.files.All {
				if identities[d.File] == 0 {
					identities[d.File] = uint64(len(identities) + 1)
				}
				openRow(b, s.rowOf(b, at, format.EventFD, t), fd, d, identities[d.File])
				fds++
			}
		}
	}
	i := b.Append()
	b.I64[format.ColTime][i] = at
	b.U16[format.ColEvent][i] = uint16(format.EventState)
	b.U16[format.ColFlags][i] = uint16(format.FlagInitial)
	b.U64[format.ColArg0][i], b.U64[format.ColArg1][i], b.U64[format.ColArg2][i], b.U64[format.ColArg3][i] = tasks, fds, mounts, uint64(at)
	missing := s.startMissing
	if unknown > 0 {
		if missing != "" {
			missing += "; "
		}
		missing += "some descriptors of " + show.CountOf(uint64(unknown), "process", "processes")
	}
	if missing != "" {
		b.SetBytes(format.ColAKernel, i, []byte(missing))
	}
}

// living is a thread of p that has not ended, the leader if that lives.
func (p *Process) living() *Task {
	if p.leader != nil && p.leader.End == EndNone {
		return p.leader
	}
	for _, t := range p.Tasks {
		if t.End == EndNone {
			return t
		}
	}
	return nil
}

// rowOf appends a row of initial state that is t's.
func (s *State) rowOf(b *format.Batch, at int64, e format.EventID, t *Task) int {
	i, p := b.Append(), t.Process
	b.I64[format.ColTime][i] = at
	b.U16[format.ColEvent][i], b.U16[format.ColFlags][i] = uint16(e), uint16(format.FlagInitial)
	b.U32[format.ColTID][i], b.U32[format.ColTGID][i], b.U64[format.ColStart][i] = t.TID, p.PID, uint64(t.Start)
	b.U32[format.ColPPID][i] = p.ParentAt(math.MaxInt64)
	if comm := t.CommAt(math.MaxInt64); comm != "" {
		b.SetBytes(format.ColComm, i, []byte(comm))
	}
	if cred, ok := p.CredAt(math.MaxInt64); ok {
		b.U32[format.ColUID][i], b.U32[format.ColGID][i] = cred.UID, cred.GID
	}
	if n := len(p.Spaces); n > 0 {
		b.U32[format.ColPIDNS][i], b.U32[format.ColMntNS][i], b.U64[format.ColCgroup][i] = p.Spaces[n-1].PIDNS, p.Spaces[n-1].MntNS, p.Spaces[n-1].Cgroup
	}
	return i
}

// openRow fills row i: what startFD reads from it is d.
func openRow(b *format.Batch, i int, fd int32, d FD, identity uint64) {
	f := d.File
	flags := uint64(f.Flags)
	if d.Cloexec {
		flags |= oCloexec
	}
	b.U64[format.ColArg0][i], b.U64[format.ColArg1][i], b.U64[format.ColArg5][i] = uint64(fd), flags, identity
	b.U32[format.ColDev][i], b.U64[format.ColIno][i] = f.Dev, f.Ino
	if f.Ino == 0 && f.Pair != 0 {
		b.U64[format.ColIno][i] = pairIno | f.Pair
	}
	var mode uint32
	path := f.Path
	switch f.Kind {
	case FilePath:
		mode = modeRegular // at least a file with a name; what kind of is in no row
		if !f.Deleted {
			b.U32[format.ColBLen][i] = 1
		}
	case FileMemfd:
		mode = modeRegular
	case FilePipe:
		mode, path = modeFIFO, ""
	case FileSocket:
		mode, path = modeSocket, ""
		if s := f.Socket; s != nil {
			b.U64[format.ColArg3][i], b.U64[format.ColArg4][i], b.U32[format.ColCLen][i] = uint64(s.Family), uint64(s.Type), uint32(s.Protocol)
			for col, v := range map[format.ColumnID]string{format.ColAKernel: s.Local, format.ColBKernel: s.Peer} {
				if v != "" {
					b.SetBytes(col, i, []byte(v))
				}
			}
			b.U8[format.ColAVMA][i] = map[SocketState]uint8{SocketConnected: 1, SocketConnecting: 2, SocketListening: 10}[s.State]
		}
	case FileUnknown:
		path = ""
	default:
		path = "[" + f.Kind.String() + "]"
	}
	b.U32[format.ColALen][i] = mode
	if path != "" {
		b.SetBytes(format.ColPath, i, []byte(path))
	}
}

// pairIno marks, in place of an inode number, a number of replay's own by which
// the two ends of a pipe or socketpair are known that no row gave an inode number.
const pairIno = 1 << 63

// modeRegular is S_IFREG.
const modeRegular = 0o100000

// mountRows appends the mounts of t's namespace.
func (s *State) mountRows(b *format.Batch, at int64, t *Task, m *Mounts) int {
	if m == nil {
		return 0
	}
	for _, x := range m.List {
		i := s.rowOf(b, at, format.EventMount, t)
		b.U64[format.ColArg0][i], b.U64[format.ColArg1][i], b.U32[format.ColDev][i] = uint64(x.ID), uint64(x.Parent), x.Dev
		for _, v := range []struct {
			col  format.ColumnID
			text string
		}{
			{format.ColPath, x.Point}, {format.ColBKernel, x.Source}, {format.ColAKernel, x.Type}, {format.ColAEnter, x.Root},
			{format.ColBEnter, x.Options}, {format.ColCEnter, x.Super}, {format.ColCKernel, x.Propagation},
		} {
			if v.text != "" || v.col == format.ColPath {
				b.SetBytes(v.col, i, []byte(v.text))
			}
		}
	}
	return len(m.List)
}

var _ format.Follower = (*Carry)(nil)

package analyze

import (
	"bytes"
	"maps"

	"github.com/tracerec/tracerec/format"
)

// names follows what relative names begin at: the working directory of each
// process and the directories that it has open, as far as rows tell.
type names struct {
	of   map[uint32]*dirs // by process
	last uint32
	hit  *dirs
}

// dirs of one process. cwd nil is not known.
type dirs struct {
	cwd  []byte
	root []byte // where absolute names begin; nil: at the root of the mount namespace
	open map[int32][]byte
}

const (
	maxDirs      = 128     // open directories of a process
	maxDirOwners = 1 << 16 // processes
	atFDCWD      = -100
	oDirectory   = 0o200000 // of x86
	oDirectoryA  = 0o40000  // of arm and arm64
	oPath        = 0o10000000
	typeMask     = 0o170000
	typeDir      = 0o40000
)

func newNames() *names { return &names{of: map[uint32]*dirs{}} }

func (n *names) get(pid uint32) *dirs {
	if n.hit != nil && n.last == pid {
		return n.hit
	}
	d := n.of[pid]
	if d == nil {
		if len(n.of) >= maxDirOwners {
			clear(n.of)
		}
		d = &dirs{}
		n.of[pid] = d
	}
	n.last, n.hit = pid, d
	return d
}

// life takes a row that is no syscall.
func (n *names) life(b *format.Batch, i int, event format.EventID) {
	pid := b.U32[format.ColTGID][i]
	switch event {
	case format.EventTask:
		if cwd := b.Value(format.ColAKernel, i); cwd != nil {
			n.get(pid).cwd = bytes.Clone(cwd)
		}
	case format.EventCwd:
		n.get(pid).cwd = bytes.Clone(b.Value(format.ColPath, i))
	case format.EventRoot:
		if n.get(pid).root = nil; !bytes.Equal(b.Value(format.ColPath, i), []byte("/")) {
			n.get(pid).root = bytes.Clone(b.Value(format.ColPath, i))
		}
	case format.EventFD:
		if uint64(b.Int(format.ColALen, i))&typeMask == typeDir {
			n.opened(pid, int32(b.U64[format.ColArg0][i]), b.Value(format.ColPath, i), true)
		}
	case format.EventFork:
		if format.RowFlags(b.U16[format.ColFlags][i])&format.FlagThread == 0 {
			parent, child := n.get(pid), n.get(uint32(b.U64[format.ColArg1][i]))
			child.cwd, child.root, child.open = parent.cwd, parent.root, maps.Clone(parent.open)
		}
	case format.EventExit:
		if b.U64[format.ColArg1][i] == 1 {
			delete(n.of, pid)
			n.hit = nil
		}
	}
}

// opens takes the row of a successful open.
func (n *names) opens(b *format.Batch, i int, call *format.Syscall) {
	abi := format.ABI(b.U8[format.ColABI][i])
	var flags uint64
	for k := range call.Args {
		if call.Args[k].Kind == format.KindOpenFlags {
			flags = b.U64[format.ColArg0+format.ColumnID(call.Register(abi, k))][i]
		}
	}
	directory := uint64(oDirectory)
	if abi == format.ABIARM64 || abi == format.ABIARM32 {
		directory = oDirectoryA
	}
	path := b.Value(format.ColPath, i)
	n.opened(b.U32[format.ColTGID][i], int32(b.I64[format.ColRet][i]), path, path != nil && flags&(directory|oPath) != 0)
}

// namesColumns are what life and opens read.
var namesColumns = []format.ColumnID{
	format.ColEvent, format.ColFlags, format.ColTGID, format.ColABI, format.ColNR, format.ColRet, format.ColPath,
	format.ColAKernel, format.ColALen, format.ColArg0, format.ColArg1, format.ColArg2, format.ColArg3,
}

// opened remembers what a descriptor that open returned leads to.
func (n *names) opened(pid uint32, fd int32, path []byte, directory bool) {
	d := n.get(pid)
	if !directory {
		if d.open != nil {
			delete(d.open, fd)
		}
		return
	}
	if d.open == nil || len(d.open) >= maxDirs {
		d.open = map[int32][]byte{}
	}
	d.open[fd] = bytes.Clone(path)
}

// absolute gives a name from the root of the process, without "." and double
// slashes; ".." stays, since what it leads to depends on links. ok is false
// when what it begins at is not known.
func (n *names) absolute(dst []byte, pid uint32, dirfd int32, name []byte) (path []byte, ok bool) {
	if len(name) == 0 {
		return dst, false
	}
	if name[0] != '/' {
		d := n.get(pid)
		base := d.cwd
		if dirfd != atFDCWD {
			base = d.open[dirfd]
		}
		if len(base) == 0 || base[0] != '/' || bytes.HasSuffix(base, deletedSuffix) {
			return dst, false
		}
		dst = appendClean(dst, base)
	} else if root := n.get(pid).root; root != nil {
		dst = appendClean(dst, root)
	}
	dst = appendClean(dst, name)
	if len(dst) == 0 {
		dst = append(dst, '/')
	}
	return dst, true
}

func appendClean(dst, path []byte) []byte {
	for {
		name, rest := nextName(path)
		if name == nil {
			return dst
		}
		dst = append(append(dst, '/'), name...)
		path = rest
	}
}

// pathArg is a name in a call's arguments.
type pathArg struct {
	slot  int
	dirfd int // register of the directory's descriptor; -1: names begin at the working directory
}

// pathArgs are the names of a call, in the order of its views.
func pathArgs(call *format.Syscall, abi format.ABI) (list []pathArg) {
	for slot := range call.Views {
		v := &call.Views[slot]
		if v.Kind != format.KindPath {
			continue
		}
		p := pathArg{slot, -1}
		if v.Arg > 0 && call.Args[v.Arg-1].Kind == format.KindDirFD {
			p.dirfd = call.Register(abi, v.Arg-1)
		}
		list = append(list, p)
	}
	return list
}

// usedName is the name that the kernel used as far as is known, else the one shown.
func usedName(b *format.Batch, i, slot int) []byte {
	s := &format.Slots[slot]
	if format.ViewStatus(b.U8[s.KernelStatus][i]) == format.ViewOK {
		return b.Value(s.Kernel, i)
	}
	if format.ViewStatus(b.U8[s.EnterStatus][i]) == format.ViewOK {
		return b.Value(s.Enter, i)
	}
	return nil
}

func (p pathArg) from(b *format.Batch, i int) int32 {
	if p.dirfd < 0 {
		return atFDCWD
	}
	return int32(b.U64[format.ColArg0+format.ColumnID(p.dirfd)][i])
}

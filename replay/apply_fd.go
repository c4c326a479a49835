package replay

import (
	"encoding/binary"
	"strings"

	"github.com/tracerec/tracerec/format"
)

// cloexec says whether the descriptors that the call makes close on exec.
func (c *call) cloexec() bool {
	switch e := c.e; {
	case e.Cloexec == always:
		return true
	case e.Cloexec < 0:
		return false
	default:
		return c.openFlags(e)&e.Bit != 0
	}
}

// openFlags are the flags by which the new descriptor is made: those of
// openat2 stand behind a pointer.
func (c *call) openFlags(e *effect) uint64 {
	if e.row.Args[e.Cloexec].Kind == format.KindOpenHow {
		if how := c.view(1); len(how) >= 8 {
			return binary.LittleEndian.Uint64(how)
		}
		return 0
	}
	return c.arg(e.Cloexec)
}

// newFD is a call whose result is a descriptor.
func (s *State) newFD(c *call) {
	e := c.e
	file := &File{Kind: e.Kind, Opened: c.at, By: c.t.Process.PID}
	switch e.Kind {
	case FileBPF:
		if !bpfMakes(c.arg(0)) {
			return
		}
	case FileSeccomp:
		if c.arg(0) != 1 || c.arg(1)&8 == 0 { // SECCOMP_SET_MODE_FILTER, NEW_LISTENER
			return
		}
	case FileSignalfd:
		if c.fd(0) >= 0 { // changes the mask of one that there is
			s.used(c, c.fd(0))
			return
		}
	case FileSocket:
		file.Socket = &Socket{Family: uint16(c.arg(0)), Type: uint8(c.arg(1) & 15), Protocol: uint16(c.arg(2))}
	case FilePidfd:
		file.Target = uint32(c.arg(0))
	case FileMemfd:
		if name := c.view(0); name != nil {
			file.Path = "/memfd:" + string(name)
		}
	}
	if e.Op == opOpen {
		s.opened(c, file)
	} else if e.row.Name == "pidfd_getfd" {
		if from := s.targetFile(c); from != nil {
			file = from
		}
	}
	s.install(c, int32(c.ret), FD{File: file, Cloexec: c.cloexec(), At: c.at})
}

// bpfMakes says whether a command of bpf(2) gives a descriptor: MAP_CREATE,
// PROG_LOAD, OBJ_GET, *_GET_FD_BY_ID, RAW_TRACEPOINT_OPEN, BTF_LOAD,
// LINK_CREATE, ENABLE_STATS, ITER_CREATE, TOKEN_CREATE.
func bpfMakes(cmd uint64) bool {
	switch cmd {
	case 0, 5, 7, 13, 14, 17, 18, 19, 28, 30, 32, 33, 36:
		return true
	}
	return false
}

// targetFile is the file that pidfd_getfd takes out of another process.
func (s *State) targetFile(c *call) *File {
	d, ok := s.filesOf(c.t, c.at).Get(c.fd(0))
	if !ok || d.File.Target == 0 {
		return nil
	}
	p := s.group[d.File.Target]
	if p == nil || p.leader == nil || p.leader.files == nil {
		return nil
	}
	there, _ := p.leader.files.Get(c.fd(1))
	return there.File
}

// opened fills a file that was opened by name.
func (s *State) opened(c *call, file *File) {
	b, i := c.b, c.i
	file.Kind = FilePath
	file.Dev, file.Ino = b.U32[format.ColDev][i], b.U64[format.ColIno][i]
	if c.e.Cloexec >= 0 {
		file.Flags = uint32(c.openFlags(c.e))
	} else {
		file.Flags = 0o1101 // creat: O_CREAT|O_WRONLY|O_TRUNC
	}
	if at := b.U32[format.ColPath][i]; at != 0 {
		file.Path = s.name(b, at)
	} else if len(c.e.row.Views) > 0 {
		file.Path, file.ByName = s.resolve(c, 0), true
	}
	if s.OnChange != nil && file.Flags&(0o100|0o1000) != 0 { // O_CREAT, O_TRUNC
		kind := ChangeTruncate
		switch {
		case file.Flags&0o300 == 0o300: // O_CREAT|O_EXCL: it was not there
			kind = ChangeCreate
		case file.Flags&0o100 != 0:
			kind = ChangeOpenCreate
		}
		s.changed(c, Change{Kind: kind, Path: strings.Clone(file.Path), Dev: file.Dev, Ino: file.Ino})
	}
}

// install puts a new descriptor where a call's result says. If there was
// another, its close is not seen yet.
func (s *State) install(c *call, fd int32, d FD) {
	f := s.filesOf(c.t, c.at)
	if _, ok := f.Get(fd); ok {
		d.replaced = true
		s.unseen++
	}
	s.put(f, fd, d)
}

func (s *State) dup(c *call, to int32, over bool) {
	f := s.filesOf(c.t, c.at)
	d, ok := f.Get(c.fd(c.e.FD))
	if !ok {
		d.File = s.used(c, c.fd(c.e.FD))
		if d.File == nil {
			return
		}
	}
	d = FD{File: d.File, Cloexec: c.e.Op == opDupTo && c.cloexec(), At: c.at}
	if over {
		s.put(f, to, d)
	} else {
		s.install(c, to, d)
	}
}

func (s *State) fcntl(c *call) {
	switch cmd := uint32(c.arg(c.e.Arg)); cmd {
	case fDupFD, fDupFDCloexec:
		s.dup(c, int32(c.ret), false)
		if cmd == fDupFDCloexec {
			s.set(s.filesOf(c.t, c.at), int32(c.ret), func(d *FD) { d.Cloexec = true })
		}
	case fSetFD:
		s.used(c, c.fd(0))
		s.set(s.filesOf(c.t, c.at), c.fd(0), func(d *FD) { d.Cloexec, d.guessed = c.arg(2)&1 != 0, false })
	default:
		s.used(c, c.fd(0))
	}
}

// closeCall closes a descriptor, unless the number has been given to a file
// opened since the call began: then it is the one before that was closed.
func (s *State) closeCall(c *call) {
	f := s.filesOf(c.t, c.at)
	fd := c.fd(c.e.FD)
	if d, ok := f.Get(fd); ok && d.replaced && d.At >= c.b.I64[format.ColTime][c.i] {
		s.unseen--
		s.set(f, fd, func(d *FD) { d.replaced = false })
		return
	}
	s.shut(f, fd)
}

// notThere is a call that says that a descriptor is not open.
func (s *State) notThere(c *call) {
	f := s.filesOf(c.t, c.at)
	if d, ok := f.Get(c.fd(c.e.FD)); ok && d.At < c.b.I64[format.ColTime][c.i] {
		s.unseen++
		s.shut(f, c.fd(c.e.FD))
	}
}

func (s *State) closeRange(c *call) {
	const unshare, mark = 2, 4 // CLOSE_RANGE_UNSHARE, CLOSE_RANGE_CLOEXEC
	first, last, flags := uint32(c.arg(0)), uint32(c.arg(1)), c.arg(2)
	if flags&unshare != 0 {
		s.unshareFiles(c.t, c.at)
	}
	f := s.filesOf(c.t, c.at)
	var in []int32
	for fd := range f.All {
		if uint32(fd) >= first && uint32(fd) <= last {
			in = append(in, fd)
		}
	}
	for _, fd := range in {
		if flags&mark != 0 {
			s.set(f, fd, func(d *FD) { d.Cloexec = true })
		} else {
			s.shut(f, fd)
		}
	}
}

// used is a call that shows that a descriptor is open; a file that is not
// known so far is unknown from then on.
func (s *State) used(c *call, fd int32) *File {
	if fd < 0 {
		return nil
	}
	f := s.filesOf(c.t, c.at)
	if d, ok := f.Get(fd); ok {
		return d.File
	}
	file := &File{Kind: FileUnknown}
	if c.e.row.Args[max(c.e.FD, 0)].Name == "sockfd" {
		file.Kind, file.Socket = FileSocket, &Socket{}
	}
	s.put(f, fd, FD{File: file, At: c.at, guessed: true})
	return file
}

// moved counts bytes.
func (s *State) moved(c *call, out bool, fd int32) {
	file := s.used(c, fd)
	if file == nil {
		return
	}
	if out {
		file.Out += uint64(c.ret)
	} else {
		file.In += uint64(c.ret)
	}
	if sock := file.Socket; sock != nil && sock.State < SocketConnected && out && len(c.e.row.Views) > 0 {
		if to := c.view(0); len(to) > 0 {
			sock.Peer = string(to) // of the last message
		}
	}
}

// written is what stands behind argument Arg when the call returns, nil when
// that was not recorded.
func (c *call) written() []byte {
	for k := range c.e.row.Views {
		if c.e.row.Views[k].Arg != int(c.e.Arg) {
			continue
		}
		sl := &format.Slots[k]
		v := c.b.Value(sl.Exit, c.i)
		if v == nil && format.ViewStatus(c.b.U8[sl.ExitStatus][c.i]) == format.ViewSame {
			v = c.b.Value(sl.Enter, c.i)
		}
		return v
	}
	return nil
}

// received is a message that brought descriptors: what they refer to only
// the sender knew.
func (s *State) received(c *call) {
	for v := c.written(); len(v) >= 4; v = v[4:] {
		file := &File{Kind: FileUnknown, Received: true}
		s.install(c, int32(binary.LittleEndian.Uint32(v)), FD{File: file, Cloexec: c.cloexec(), At: c.at})
	}
}

// pair is a call that writes two descriptors behind a pointer.
func (s *State) pair(c *call) {
	v := c.written()
	if len(v) < 8 {
		return
	}
	one, two := &File{Kind: c.e.Kind, Opened: c.at, By: c.t.Process.PID}, &File{Kind: c.e.Kind, Opened: c.at, By: c.t.Process.PID}
	s.pairs++
	one.Pair, two.Pair = s.pairs, s.pairs
	if c.e.Kind == FileSocket {
		for _, f := range []*File{one, two} {
			f.Socket = &Socket{Family: uint16(c.arg(0)), Type: uint8(c.arg(1) & 15), Protocol: uint16(c.arg(2)), State: SocketConnected}
		}
	} else {
		two.Flags = 1 // O_WRONLY: the second end is written to
		one.Ino, two.Ino = c.b.U64[format.ColIno][c.i], c.b.U64[format.ColIno][c.i]
	}
	s.install(c, int32(binary.LittleEndian.Uint32(v)), FD{File: one, Cloexec: c.cloexec(), At: c.at})
	s.install(c, int32(binary.LittleEndian.Uint32(v[4:])), FD{File: two, Cloexec: c.cloexec(), At: c.at})
}

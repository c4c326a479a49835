//go:build linux

package drill

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// fuse is a file system of files in one directory that its server, this
// program, answers for: it takes part in the calls that use them. See
// linux/fuse.h and fuse(4) for the messages.
type fuse struct {
	fd    int
	nodes map[string]uint64            // the files: numbers above fuseRoot
	mode  func(node uint64) unix.Errno // the kernel has come to change a file's mode
}

// Requests that are answered; to all others the answer is ENOSYS.
const (
	fuseLookup      = 1
	fuseForget      = 2
	fuseGetattr     = 3
	fuseSetattr     = 4
	fuseInit        = 26
	fuseInterrupt   = 36
	fuseBatchForget = 42
	fuseInHeader    = 40
	fuseRoot        = 1 // node of the root
	fuseMaxMessage  = 1 << 17
)

// mountFuse mounts at dir in a mount namespace that is this thread's own, and
// that ends with it.
func mountFuse(dir string) (*fuse, error) {
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &Unavailable{NeedFuse, err}
	}
	f := &fuse{fd: fd}
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		f.close()
		return nil, &Unavailable{NeedFuse, fmt.Errorf("a mount namespace: %w", err)}
	}
	err = unix.Mount("none", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
	if err == nil {
		options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", fd)
		err = unix.Mount("tracerec-drill", dir, "fuse", unix.MS_NOSUID|unix.MS_NODEV, options)
	}
	if err != nil {
		f.close()
		return nil, &Unavailable{NeedFuse, fmt.Errorf("mount: %w", err)}
	}
	return f, nil
}

func (f *fuse) close() { unix.Close(f.fd) }

// serve answers until the file system is gone.
func (f *fuse) serve() {
	buf := make([]byte, fuseMaxMessage)
	for {
		n, err := unix.Read(f.fd, buf)
		switch {
		case errors.Is(err, unix.EINTR) || errors.Is(err, unix.ENOENT): // ENOENT: the request was withdrawn
			continue
		case err != nil || n < fuseInHeader:
			return
		}
		opcode, node := binary.NativeEndian.Uint32(buf[4:]), binary.NativeEndian.Uint64(buf[16:])
		if opcode == fuseForget || opcode == fuseBatchForget || opcode == fuseInterrupt {
			continue // these have no answer
		}
		body, errno := f.answer(opcode, node, buf[fuseInHeader:n])
		reply := binary.NativeEndian.AppendUint32(nil, uint32(16+len(body)))
		reply = binary.NativeEndian.AppendUint32(reply, uint32(-int32(errno)))
		reply = append(reply, buf[8:16]...) // unique: which request this answers
		unix.Write(f.fd, append(reply, body...))
	}
}

// answer is the body of a reply, or an error.
func (f *fuse) answer(opcode uint32, node uint64, in []byte) ([]byte, unix.Errno) {
	switch opcode {
	case fuseInit:
		out := make([]byte, 64)
		binary.NativeEndian.PutUint32(out, 7)         // protocol 7.31: what 5.4 has, which later kernels speak too
		binary.NativeEndian.PutUint32(out[4:], 31)    // minor
		binary.NativeEndian.PutUint32(out[20:], 4096) // max_write
		return out, 0
	case fuseLookup:
		found := f.nodes[unix.ByteSliceToString(in)]
		if found == 0 {
			return nil, unix.ENOENT
		}
		// Valid for no time: the kernel asks again for each call.
		out := make([]byte, 40)
		binary.NativeEndian.PutUint64(out, found)
		return append(out, fuseAttr(found)...), 0
	case fuseGetattr, fuseSetattr:
		if opcode == fuseSetattr {
			if errno := f.mode(node); errno != 0 {
				return nil, errno
			}
		}
		return append(make([]byte, 16), fuseAttr(node)...), 0
	}
	return nil, unix.ENOSYS
}

// fuseAttr is a struct fuse_attr: an empty file, or the root.
func fuseAttr(node uint64) []byte {
	out := make([]byte, 88)
	mode := uint32(unix.S_IFREG | 0o644)
	if node == fuseRoot {
		mode = unix.S_IFDIR | 0o755
	}
	binary.NativeEndian.PutUint64(out, node) // ino
	binary.NativeEndian.PutUint32(out[60:], mode)
	binary.NativeEndian.PutUint32(out[64:], 1) // nlink
	return out
}

// chmodStale makes the kernel copy one name twice: when the file system says
// ESTALE to the change of mode, chmod starts anew with the caller's pointer
// (fs/open.c, do_fchmodat and retry_estale). The name is changed in between.
// The first copy is what a tracer was shown, the second is what is used.
func chmodStale(r *run) error {
	if err := r.ownThread(); err != nil {
		return err
	}
	dir := r.path("stale")
	if err := unix.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("make %s: %w", dir, err)
	}
	f, err := mountFuse(dir)
	if err != nil {
		return err
	}
	defer f.close()
	s, err := newNameSlot(dir, "file--a", "file--b", false)
	if err != nil {
		return err
	}
	defer s.free()
	s.describe(&r.truth.Setup)
	const a, b = fuseRoot + 1, fuseRoot + 2
	var changed uint64
	f.nodes = map[string]uint64{"file--a": a, "file--b": b}
	f.mode = func(node uint64) unix.Errno {
		if changed == 0 && node == a {
			s.setB()
			changed = node
			return unix.ESTALE
		}
		changed = node
		return 0
	}
	go f.serve()
	for range r.n {
		s.setA()
		changed = 0 // the server waits for the next request
		_, _, errno := unix.Syscall(unix.SYS_FCHMODAT, at(unix.AT_FDCWD), s.ptr(), 0o600)
		switch {
		case changed == a: // and not asked for again, or for the same
			return &Unavailable{NeedRecopy, errors.New("this kernel does not copy a name again after ESTALE")}
		case errno != 0:
			return fmt.Errorf("fchmodat: %w", errno)
		case changed != b:
			return fmt.Errorf("fchmodat changed file %d, which is none of the two", changed)
		}
		r.truth.add(Attempt{Got: "b"})
	}
	return nil
}

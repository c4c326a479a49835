//go:build linux

package drill

import (
	"fmt"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// uring is an io_uring of the smallest useful size, without any library.
type uring struct {
	fd         int
	sq, cq     []byte
	sqes       []byte
	sqOff      [10]uint32
	cqOff      [10]uint32
	sqN, cqN   uint32
	submission uint32
}

// From linux/io_uring.h.
const (
	offSQRing, offCQRing, offSQEs = 0, 0x8000000, 0x10000000
	enterGetEvents                = 1
	opOpenat                      = 18
	sqeSize, cqeSize              = 64, 16
)

// uringParams is struct io_uring_params. sqOff and cqOff: head, tail, mask,
// entries, then flags, dropped, array (sq) or overflow, cqes, flags (cq).
type uringParams struct {
	sqEntries, cqEntries, flags, sqCPU, sqIdle, features, wqFD uint32
	_                                                          [3]uint32
	sqOff, cqOff                                               [10]uint32
}

func newUring() (*uring, error) {
	var p uringParams
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 4, uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return nil, fmt.Errorf("io_uring_setup: %w (see kernel.io_uring_disabled)", errno)
	}
	u := &uring{fd: int(fd), sqOff: p.sqOff, cqOff: p.cqOff, sqN: p.sqEntries, cqN: p.cqEntries}
	for _, m := range []struct {
		to   *[]byte
		off  int64
		size uint32
	}{
		{&u.sq, offSQRing, p.sqOff[6] + p.sqEntries*4},
		{&u.cq, offCQRing, p.cqOff[5] + p.cqEntries*cqeSize},
		{&u.sqes, offSQEs, p.sqEntries * sqeSize},
	} {
		mem, err := unix.Mmap(u.fd, m.off, int(m.size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
		if err != nil {
			u.close()
			return nil, fmt.Errorf("map io_uring: %w", err)
		}
		*m.to = mem
	}
	return u, nil
}

func (u *uring) close() {
	for _, m := range [][]byte{u.sq, u.cq, u.sqes} {
		if m != nil {
			unix.Munmap(m)
		}
	}
	unix.Close(u.fd)
}

func word(mem []byte, off uint32) *uint32 { return (*uint32)(unsafe.Pointer(&mem[off])) }

// sqe is struct io_uring_sqe as far as openat uses it.
type sqe struct {
	opcode, flags uint8
	ioprio        uint16
	fd            int32
	off, addr     uint64
	len           uint32
	openFlags     uint32
	userData      uint64
	_             [3]uint64
}

// openat submits one openat and waits for its result: a descriptor, or a
// negative errno.
func (u *uring) openat(dirfd int, name uintptr, flags int) (int32, error) {
	tail := atomic.LoadUint32(word(u.sq, u.sqOff[1]))
	index := tail & *word(u.sq, u.sqOff[2])
	u.submission++
	*(*sqe)(unsafe.Pointer(&u.sqes[index*sqeSize])) = sqe{
		opcode: opOpenat, fd: int32(dirfd), addr: uint64(name), openFlags: uint32(flags), userData: uint64(u.submission),
	}
	*word(u.sq, u.sqOff[6]+index*4) = index
	atomic.StoreUint32(word(u.sq, u.sqOff[1]), tail+1)
	for {
		submit := uintptr(tail + 1 - atomic.LoadUint32(word(u.sq, u.sqOff[0]))) // 0 after an interrupted wait
		_, _, errno := unix.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(u.fd), submit, 1, enterGetEvents, 0, 0)
		if errno != 0 && errno != unix.EINTR {
			return 0, fmt.Errorf("io_uring_enter: %w", errno)
		}
		head := atomic.LoadUint32(word(u.cq, u.cqOff[0]))
		if head == atomic.LoadUint32(word(u.cq, u.cqOff[1])) {
			continue
		}
		at := u.cqOff[5] + head&*word(u.cq, u.cqOff[2])*cqeSize
		data, res := *(*uint64)(unsafe.Pointer(&u.cq[at])), int32(*word(u.cq, at+8))
		atomic.StoreUint32(word(u.cq, u.cqOff[0]), head+1)
		if data != uint64(u.submission) {
			return 0, fmt.Errorf("io_uring: completion of %d, want %d", data, u.submission)
		}
		return res, nil
	}
}

func uringOpen(r *run) error {
	if err := r.twoFiles("file--a", "file--b"); err != nil {
		return err
	}
	u, err := newUring()
	if err != nil {
		return err
	}
	defer u.close()
	buf, err := newNameBuffer()
	if err != nil {
		return err
	}
	defer buf.free()
	t := &r.truth.Setup
	t.A, t.B = []byte(r.path("file--a")), []byte(r.path("file--b"))
	if err := r.ownThread(); err != nil {
		return err
	}
	t.Buffer = uint64(buf.ptr())
	for i := range r.n {
		buf.set(string([][]byte{t.A, t.B}[i%2]))
		res, err := u.openat(unix.AT_FDCWD, buf.ptr(), unix.O_RDONLY|unix.O_CLOEXEC)
		if err != nil {
			return err
		}
		if res < 0 {
			r.truth.add(Attempt{Errno: int(-res)})
			continue
		}
		a, err := opened(int(res))
		if err != nil {
			return err
		}
		r.truth.add(a)
	}
	return nil
}

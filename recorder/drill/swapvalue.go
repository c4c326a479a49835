//go:build linux

package drill

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// As in swap.go, for arguments that are no names.

// setxattrValueSwap waits for the attribute's name and swaps its value.
func setxattrValueSwap(r *run) error {
	if err := r.twoFiles("file--a", "file--b"); err != nil {
		return err
	}
	s, err := newSlot([]byte("tracerec"), "value--a", "value--b", false)
	if err != nil {
		return err
	}
	defer s.free()
	u, err := newUffd()
	if err != nil {
		return err
	}
	defer u.close()
	mem, err := newArena()
	if err != nil {
		return err
	}
	defer mem.free()
	t := &r.truth.Setup
	s.describe(t)
	t.FileA, t.FileB = nil, nil
	if err := r.ownThread(); err != nil {
		return err
	}
	file := mem.str(r.path("file--a"))
	for range r.n {
		s.setA()
		u.fill([]byte(xattrName + "\x00"))
		var errno unix.Errno
		err := u.during(func() {
			_, _, errno = unix.Syscall6(unix.SYS_SETXATTR, file, u.ptr(), s.ptr(), uintptr(len(t.A)), 0, 0)
		}, s.setB)
		switch {
		case err != nil:
			return err
		case errno == unix.ENOTSUP || errno == unix.EPERM:
			return &Unavailable{NeedXattr, errno}
		case errno != 0:
			return fmt.Errorf("setxattr: %w", errno)
		}
		value := make([]byte, 64)
		n, err := unix.Getxattr(r.path("file--a"), xattrName, value)
		if err != nil {
			return fmt.Errorf("getxattr: %w", err)
		}
		if err := r.noteValue(value[:n]); err != nil {
			return err
		}
	}
	return nil
}

// capsetSwap waits for the header and swaps a bit of the inheritable set.
func capsetSwap(r *run) error {
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var have [2]unix.CapUserData
	if err := r.ownThread(); err != nil {
		return err
	}
	if err := unix.Capget(&hdr, &have[0]); err != nil {
		return fmt.Errorf("capget: %w", err)
	}
	high := have[1].Permitted
	if high == 0 {
		return &Unavailable{NeedCaps, errors.New("none of CAP_MAC_OVERRIDE and above is permitted")}
	}
	bytes := func(d [2]unix.CapUserData) (b []byte) {
		for _, w := range d {
			b = binary.NativeEndian.AppendUint32(b, w.Effective)
			b = binary.NativeEndian.AppendUint32(b, w.Permitted)
			b = binary.NativeEndian.AppendUint32(b, w.Inheritable)
		}
		return b
	}
	a, b := have, have
	a[1].Inheritable, b[1].Inheritable = 0, high&-high
	s, err := newSlot(bytes(a)[:16], string(bytes(a)[16:]), string(bytes(b)[16:]), false)
	if err != nil {
		return err
	}
	defer s.free()
	u, err := newUffd()
	if err != nil {
		return err
	}
	defer u.close()
	t := &r.truth.Setup
	t.Buffer, t.A, t.B = uint64(s.ptr()), bytes(a), bytes(b)
	header := binary.NativeEndian.AppendUint64(nil, unix.LINUX_CAPABILITY_VERSION_3) // of this thread
	for range r.n {
		s.setA()
		u.fill(header)
		var errno unix.Errno
		err := u.during(func() { _, _, errno = unix.Syscall(unix.SYS_CAPSET, u.ptr(), s.ptr(), 0) }, s.setB)
		if err != nil {
			return err
		}
		if errno != 0 {
			return fmt.Errorf("capset: %w", errno)
		}
		var now [2]unix.CapUserData
		if _, _, errno := unix.RawSyscall(unix.SYS_CAPGET, uintptr(unsafe.Pointer(&hdr)), uintptr(unsafe.Pointer(&now[0])), 0); errno != 0 {
			return fmt.Errorf("capget: %w", errno)
		}
		if err := r.noteValue(bytes(now)); err != nil {
			return err
		}
	}
	return nil
}

// noteValue notes which of the two the kernel has used.
func (r *run) noteValue(used []byte) error {
	t := &r.truth.Setup
	switch string(used) {
	case string(t.A):
		r.truth.add(Attempt{Got: "a"})
	case string(t.B):
		r.truth.add(Attempt{Got: "b"})
	default:
		return fmt.Errorf("the kernel has %x, want %x or %x", used, t.A, t.B)
	}
	return nil
}

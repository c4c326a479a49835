//go:build linux

package drill

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// As in swap.go: the argument on the missing page is copied before the path.

// xattrName is of a namespace that temporary file systems have too.
const xattrName = "trusted.tracerec"

// setxattrSwap waits for the attribute's name and swaps the path.
func setxattrSwap(r *run) error {
	if err := r.twoFiles("file--a", "file--b"); err != nil {
		return err
	}
	value := [1]byte{'x'}
	return r.swap(func(u *uffd, s *slot) error {
		unix.Removexattr(r.path("file--a"), xattrName)
		unix.Removexattr(r.path("file--b"), xattrName)
		u.fill([]byte(xattrName + "\x00"))
		var errno unix.Errno
		err := u.during(func() {
			_, _, errno = unix.Syscall6(unix.SYS_SETXATTR, s.ptr(), u.ptr(), uintptr(unsafe.Pointer(&value[0])), uintptr(len(value)), 0, 0)
		}, s.setB)
		switch {
		case err != nil:
			return err
		case errno == unix.ENOTSUP || errno == unix.EPERM:
			return &Unavailable{NeedXattr, errno}
		case errno != 0:
			return fmt.Errorf("setxattr: %w", errno)
		}
		if err := r.noteChanged(func(name string) bool {
			n, _ := unix.Getxattr(name, xattrName, make([]byte, 8))
			return n == len(value)
		}); err != nil {
			return err
		}
		if r.truth.Attempts[0].Got == "a" {
			return &Unavailable{NeedNameFirst, errors.New("this kernel looks the path up before it copies the attribute's name: older than 6.12")}
		}
		return nil
	}, "file--a", "file--b")
}

// utimensatSwap waits for the times and swaps the path.
func utimensatSwap(r *run) error {
	if err := r.twoFiles("file--a", "file--b"); err != nil {
		return err
	}
	stamp := int64(1_000_000_000)
	return r.swap(func(u *uffd, s *slot) error {
		stamp++
		var times []byte
		for range 2 {
			times = binary.NativeEndian.AppendUint64(times, uint64(stamp))
			times = binary.NativeEndian.AppendUint64(times, 0)
		}
		u.fill(times)
		var errno unix.Errno
		err := u.during(func() {
			_, _, errno = unix.Syscall6(unix.SYS_UTIMENSAT, at(unix.AT_FDCWD), s.ptr(), u.ptr(), 0, 0, 0)
		}, s.setB)
		if err != nil {
			return err
		}
		if errno != 0 {
			return fmt.Errorf("utimensat: %w", errno)
		}
		return r.noteChanged(func(name string) bool {
			var st unix.Stat_t
			return unix.Stat(name, &st) == nil && int64(st.Mtim.Sec) == stamp
		})
	}, "file--a", "file--b")
}

// noteChanged notes which of the two files the call changed.
func (r *run) noteChanged(changed func(name string) bool) error {
	t := &r.truth.Setup
	a, b := changed(string(t.A)), changed(string(t.B))
	switch {
	case a && !b:
		r.truth.add(Attempt{Got: "a", File: t.FileA})
	case b && !a:
		r.truth.add(Attempt{Got: "b", File: t.FileB})
	default:
		return fmt.Errorf("%s changed: %v, %s changed: %v; want one of them", t.A, a, t.B, b)
	}
	return nil
}

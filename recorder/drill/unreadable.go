//go:build linux

package drill

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// openUnreadableFault: the tracer sees nothing at entry, and its own look must
// not wake our handler; the kernel's copy does.
func openUnreadableFault(r *run) error {
	if err := r.twoFiles("file--a", "file--b"); err != nil {
		return err
	}
	u, err := newUffd()
	if err != nil {
		return err
	}
	defer u.close()
	name := []byte(r.path("file--a"))
	u.fill(append(name, 0))
	if err := r.ownThread(); err != nil {
		return err
	}
	t := &r.truth.Setup
	t.Buffer, t.A = uint64(u.ptr()), name
	for range r.n {
		var fd uintptr
		var errno unix.Errno
		err := u.during(func() {
			fd, _, errno = unix.Syscall6(unix.SYS_OPENAT, at(unix.AT_FDCWD), u.ptr(), unix.O_RDONLY|unix.O_CLOEXEC, 0, 0, 0)
		}, func() {})
		if err != nil {
			return err
		}
		if err := r.note(fd, errno); err != nil {
			return err
		}
	}
	return nil
}

// openUnreadableFile maps the name anew for each attempt: the page is in the
// page cache, but this process has never touched it.
func openUnreadableFile(r *run) error {
	if err := r.twoFiles("file--a", "file--b"); err != nil {
		return err
	}
	name := []byte(r.path("file--a"))
	if err := os.WriteFile(r.path("name"), append(name, 0), 0o600); err != nil {
		return err
	}
	f, err := os.Open(r.path("name"))
	if err != nil {
		return err
	}
	defer f.Close()
	place, err := unix.Mmap(-1, 0, pageSize, unix.PROT_NONE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return fmt.Errorf("map a page: %w", err)
	}
	defer unix.Munmap(place)
	at := unsafe.Pointer(unsafe.SliceData(place))
	if err := r.ownThread(); err != nil {
		return err
	}
	t := &r.truth.Setup
	t.Buffer, t.A = uint64(uintptr(at)), name
	for range r.n {
		// In the place of the last mapping, whose page it does not inherit.
		if _, err := unix.MmapPtr(int(f.Fd()), 0, at, uintptr(pageSize), unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_FIXED); err != nil {
			return fmt.Errorf("map %s: %w", f.Name(), err)
		}
		if err := r.open(unix.AT_FDCWD, uintptr(at), unix.O_RDONLY); err != nil {
			return err
		}
	}
	return nil
}

//go:build linux

package drill

import (
	"fmt"
	"os"
	"runtime"
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
	runtime.LockOSThread()
	t := &r.truth.Setup
	t.TID, t.Buffer, t.A = unix.Gettid(), uint64(u.ptr()), name
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
	runtime.LockOSThread()
	r.truth.Setup.TID, r.truth.Setup.A = unix.Gettid(), name
	for range r.n {
		mem, err := unix.Mmap(int(f.Fd()), 0, pageSize, unix.PROT_READ, unix.MAP_PRIVATE)
		if err != nil {
			return fmt.Errorf("map %s: %w", f.Name(), err)
		}
		err = r.open(unix.AT_FDCWD, uintptr(unsafe.Pointer(unsafe.SliceData(mem))), unix.O_RDONLY)
		unix.Munmap(mem)
		if err != nil {
			return err
		}
	}
	return nil
}

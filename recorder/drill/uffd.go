//go:build linux

package drill

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// uffd is one page whose first touch, by the kernel too, waits until we fill
// it: a way to stop a syscall between the copies of two of its arguments.
type uffd struct {
	fd   int
	page []byte // never touched from Go
	src  []byte // what the page will contain
}

// From linux/userfaultfd.h.
const (
	uffdAPI           = 0xaa
	uffdioAPI         = 0xc018aa3f
	uffdioRegister    = 0xc020aa00
	uffdioCopy        = 0xc028aa03
	uffdModeMissing   = 1
	uffdEventFault    = 0x12
	uffdMsgSize       = 32
	faultPatience     = 20_000 // ms until a fault that does not come is an error
	faultPollInterval = 20     // ms between looks at whether the call is over
)

func newUffd() (*uffd, error) {
	// Without UFFD_USER_MODE_ONLY: the faults we are after are the kernel's.
	fd, _, errno := unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC|unix.O_NONBLOCK, 0, 0)
	if errno != 0 {
		return nil, fmt.Errorf("%w (needs CAP_SYS_PTRACE or vm.unprivileged_userfaultfd=1)", errno)
	}
	u := &uffd{fd: int(fd)}
	if err := u.setUp(); err != nil {
		u.close()
		return nil, err
	}
	return u, nil
}

func (u *uffd) setUp() (err error) {
	if u.page, err = unix.Mmap(-1, 0, pageSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE); err != nil {
		return fmt.Errorf("map a page: %w", err)
	}
	if u.src, err = unix.Mmap(-1, 0, pageSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE); err != nil {
		return fmt.Errorf("map a page: %w", err)
	}
	api := [3]uint64{uffdAPI}
	if err := u.ioctl(uffdioAPI, api[:]); err != nil {
		return fmt.Errorf("userfaultfd api: %w", err)
	}
	reg := [4]uint64{uint64(u.ptr()), uint64(pageSize), uffdModeMissing}
	if err := u.ioctl(uffdioRegister, reg[:]); err != nil {
		return fmt.Errorf("userfaultfd register: %w", err)
	}
	return nil
}

func (u *uffd) ioctl(req uintptr, arg []uint64) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(u.fd), req, uintptr(unsafe.Pointer(&arg[0])))
	if errno != 0 {
		return errno
	}
	return nil
}

func (u *uffd) ptr() uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(u.page))) }

// fill sets what the page will contain, for bytes and for a C string.
func (u *uffd) fill(b []byte) {
	clear(u.src)
	copy(u.src, b)
}

func (u *uffd) close() {
	unix.Close(u.fd) // first: it wakes whoever waits
	if u.page != nil {
		unix.Munmap(u.page)
	}
	if u.src != nil {
		unix.Munmap(u.src)
	}
}

// during makes a call on this thread and, while it waits for the page, does
// onFault on another; only then is the page filled. It leaves the page missing.
func (u *uffd) during(call, onFault func()) error {
	var over atomic.Bool
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := u.wait(&over)
		if err == nil {
			onFault()
		}
		// Even after an error, or the call would hang. EEXIST: nothing waits.
		cp := [5]uint64{uint64(u.ptr()), uint64(uintptr(unsafe.Pointer(&u.src[0]))), uint64(pageSize)}
		if cerr := u.ioctl(uffdioCopy, cp[:]); cerr != nil && err == nil {
			err = fmt.Errorf("fill the page: %w", cerr)
		}
		result <- err
	}()
	call()
	over.Store(true)
	err := <-result
	if merr := unix.Madvise(u.page, unix.MADV_DONTNEED); merr != nil && err == nil {
		err = fmt.Errorf("drop the page: %w", merr)
	}
	return err
}

var errNoFault = errors.New("the call never touched the missing page")

func (u *uffd) wait(over *atomic.Bool) error {
	var msg [uffdMsgSize]byte
	for waited := 0; waited < faultPatience; waited += faultPollInterval {
		done := over.Load()
		fds := []unix.PollFd{{Fd: int32(u.fd), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, faultPollInterval)
		if err != nil && err != unix.EINTR {
			return fmt.Errorf("poll userfaultfd: %w", err)
		}
		if n > 0 {
			if n, err := unix.Read(u.fd, msg[:]); err != nil || n != len(msg) {
				return fmt.Errorf("read userfaultfd: %d bytes: %w", n, err)
			}
			if msg[0] != uffdEventFault || uintptr(binary.NativeEndian.Uint64(msg[16:]))&^uintptr(pageSize-1) != u.ptr() {
				return fmt.Errorf("read userfaultfd: event %#x for another page", msg[0])
			}
			return nil
		}
		if done {
			break
		}
	}
	return errNoFault
}

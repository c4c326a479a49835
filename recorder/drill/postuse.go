//go:build linux

package drill

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// blocked sees when a thread sleeps inside a call whose number and first
// arguments are known: the kernel then has its copy.
type blocked struct {
	f    *os.File
	want string
}

func newBlocked(tid int, nr uintptr, args string) (*blocked, error) {
	f, err := os.Open(fmt.Sprintf("/proc/self/task/%d/syscall", tid))
	if err != nil {
		return nil, fmt.Errorf("see where thread %d waits: %w", tid, err)
	}
	return &blocked{f, fmt.Sprintf("%d %s ", nr, args)}, nil
}

func (b *blocked) wait() error {
	var last string
	buf := make([]byte, 256)
	for range 20_000 { // milliseconds at least: a busy machine may not run that thread for long
		n, err := b.f.ReadAt(buf, 0)
		if n == 0 {
			return fmt.Errorf("see where a thread waits: %w", err)
		}
		if last = string(buf[:n]); strings.HasPrefix(last, b.want) {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
	return fmt.Errorf("a thread never waited in %q, last seen in %q", b.want, strings.TrimSpace(last))
}

// postUse runs attempts in which onBlocked swaps the argument while call waits.
func (r *run) postUse(s *slot, nr uintptr, args string, call func() error, onBlocked func() error) error {
	if err := r.ownThread(); err != nil {
		return err
	}
	b, err := newBlocked(r.truth.Setup.TID, nr, args)
	if err != nil {
		return err
	}
	defer b.f.Close()
	for range r.n {
		s.setA()
		result := make(chan error, 1)
		go func() {
			err := b.wait()
			s.setB()
			if e := onBlocked(); err == nil { // in any case: it ends the wait
				err = e
			}
			result <- err
		}()
		cerr := call()
		if err := <-result; err != nil {
			return err
		}
		if cerr != nil {
			return cerr
		}
	}
	return nil
}

func openPostUse(r *run) error {
	if err := unix.Mkfifo(r.path("node--a"), 0o600); err != nil {
		return fmt.Errorf("make a fifo: %w", err)
	}
	if err := os.WriteFile(r.path("node--b"), []byte("b"), 0o600); err != nil {
		return err
	}
	var err error
	if r.truth.Setup.FileA, err = fileOf(r.path("node--a")); err != nil {
		return err
	}
	if r.truth.Setup.FileB, err = fileOf(r.path("node--b")); err != nil {
		return err
	}
	s, err := newNameSlot(r.dir, "node--a", "node--b", false)
	if err != nil {
		return err
	}
	defer s.free()
	s.describe(&r.truth.Setup)
	call := func() error {
		fd, _, errno := unix.Syscall6(unix.SYS_OPENAT, at(unix.AT_FDCWD), s.ptr(), unix.O_RDONLY|unix.O_CLOEXEC, 0, 0, 0)
		if errno != 0 {
			r.truth.add(Attempt{Errno: int(errno)})
			return nil
		}
		a, err := opened(int(fd))
		if err != nil {
			return err
		}
		if a.Got == "" && *a.File == *r.truth.Setup.FileA {
			a.Got = "a"
		}
		r.truth.add(a)
		return nil
	}
	writer := func() error {
		fd, err := unix.Open(r.path("node--a"), unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("open the fifo's other end: %w", err)
		}
		return unix.Close(fd)
	}
	return r.postUse(s, unix.SYS_OPENAT, fmt.Sprintf("%#x %#x", at(unix.AT_FDCWD), s.ptr()), call, writer)
}

// connectPostUse fills a listener's queue with one connection, so that the
// next connect waits until somebody accepts.
func connectPostUse(r *run) error {
	s, err := r.newUnixSlot("socket-a", "socket-b")
	if err != nil {
		return err
	}
	defer s.free()
	s.describe(&r.truth.Setup)
	l, err := listenUnix(s.value(s.a), 0)
	if err != nil {
		return err
	}
	defer shut(l)
	first, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(first)
	if err := unix.Connect(first, &unix.SockaddrUnix{Name: unixName(s.value(s.a))}); err != nil {
		return fmt.Errorf("connect to a listener of our own: %w", err)
	}
	// One descriptor for all attempts, so that the wait can be recognised.
	second, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(second)
	judge := unixJudge(s)
	call := func() error {
		fresh, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		err = unix.Dup3(fresh, second, unix.O_CLOEXEC)
		unix.Close(fresh)
		if err != nil {
			return err
		}
		r.connect(second, s.ptr(), s.n, judge)
		return nil
	}
	accept := func() error {
		fd, _, err := unix.Accept4(l, unix.SOCK_CLOEXEC)
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		return unix.Close(fd)
	}
	return r.postUse(s, unix.SYS_CONNECT, fmt.Sprintf("%#x %#x", second, s.ptr()), call, accept)
}

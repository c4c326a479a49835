//go:build linux

package drill

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Exit codes by which the two programs of a race tell themselves apart.
const (
	exitA = 11
	exitB = 22
)

// children are entries of their own for cases whose execve must come from a
// multi-threaded process: it does not survive its own success.
var children = map[string]func(dir string, args []string) error{
	"exec-thread-child": execThreadChild,
	"exec-swap-child":   execSwapChild,
}

func (r *run) twoPrograms() error {
	err := errors.Join(writeELF(r.path("prog--a"), exitCode(exitA)), writeELF(r.path("prog--b"), exitCode(exitB)))
	if err != nil {
		return err
	}
	if r.truth.Setup.FileA, err = fileOf(r.path("prog--a")); err != nil {
		return err
	}
	r.truth.Setup.FileB, err = fileOf(r.path("prog--b"))
	return err
}

func execFlip(r *run) error   { return r.execRace(false) }
func execSteady(r *run) error { return r.execRace(true) }

// execRace forks plain children that share only the name's page with their
// parent: no start-up of a runtime in each, and the child's execve is as bare
// as it can be.
func (r *run) execRace(steady bool) error {
	if err := r.twoPrograms(); err != nil {
		return err
	}
	s, err := newNameSlot(r.dir, "prog--a", "prog--b", true)
	if err != nil {
		return err
	}
	defer s.free()
	s.describe(&r.truth.Setup)
	mem, err := newArena()
	if err != nil {
		return err
	}
	defer mem.free()
	argv := mem.ptrs(mem.str("drill"))
	runtime.LockOSThread()
	f := startFlipper(s, steady)
	defer f.close()
	for i := 0; r.more(i, steady); i++ {
		pid, errno := forkExec(s.ptr(), argv, s.word)
		if errno != 0 {
			return fmt.Errorf("fork: %w", errno)
		}
		var ws unix.WaitStatus
		if _, err := unix.Wait4(pid, &ws, 0, nil); err != nil {
			return fmt.Errorf("wait for child %d: %w", pid, err)
		}
		r.truth.add(byExit(pid, pid, ws.ExitStatus()))
	}
	return nil
}

func byExit(pid, tid, code int) Attempt {
	a := Attempt{PID: pid, TID: tid}
	switch code {
	case exitA, 'a':
		a.Got = "a"
	case exitB, 'b':
		a.Got = "b"
	default:
		a.Errno = int(unix.ENOEXEC)
	}
	return a
}

// forkExec forks and calls execve in the child. Between the two the child may
// do nothing that needs the Go runtime: its other threads are gone. Signals
// stay blocked there, so that no handler runs.
//
//go:norace
//go:noinline
func forkExec(path, argv uintptr, touch *uint64) (int, unix.Errno) {
	all, old := ^uint64(0), uint64(0)
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&all)), uintptr(unsafe.Pointer(&old)), 8, 0, 0)
	pid, _, errno := syscall.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if pid == 0 && errno == 0 {
		// A fork does not copy the page table of shared memory: without
		// this the name would be unreadable, which is another case.
		atomic.LoadUint64(touch)
		syscall.RawSyscall(unix.SYS_EXECVE, path, argv, 0)
		for {
			syscall.RawSyscall(unix.SYS_EXIT_GROUP, 127, 0, 0)
		}
	}
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&old)), 0, 8, 0, 0)
	return int(pid), errno
}

// execFlipThread starts a fresh process for each attempt.
func execFlipThread(r *run) error {
	if err := r.twoPrograms(); err != nil {
		return err
	}
	r.truth.Setup.A, r.truth.Setup.B = []byte(r.path("prog--a")), []byte(r.path("prog--b"))
	for i := 0; r.more(i, false); i++ {
		if err := r.child("exec-thread-child"); err != nil {
			return err
		}
	}
	return nil
}

// child runs one of children and notes by its exit code which program or
// argument it ended with. The child prints its tid before it calls execve.
func (r *run) child(args ...string) error {
	cmd := exec.Command("/proc/self/exe", append([]string{Verb, args[0], r.dir}, args[1:]...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if cmd.ProcessState == nil {
		return fmt.Errorf("start %s: %w", args[0], err)
	}
	tid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		return fmt.Errorf("%s ended with %v before its execve", args[0], cmd.ProcessState)
	}
	r.truth.add(byExit(cmd.Process.Pid, tid, cmd.ProcessState.ExitCode()))
	return nil
}

func execThreadChild(dir string, _ []string) error {
	s, err := newNameSlot(dir, "prog--a", "prog--b", false)
	if err != nil {
		return err
	}
	mem, err := newArena()
	if err != nil {
		return err
	}
	argv := mem.ptrs(mem.str("drill"))
	startFlipper(s, false)
	failed := make(chan error)
	offLeader(func() {
		pin(0)
		fmt.Println(unix.Gettid())
		_, _, errno := syscall.RawSyscall(unix.SYS_EXECVE, s.ptr(), argv, 0)
		failed <- errno
	})
	return fmt.Errorf("execve: %w", <-failed)
}

// offLeader runs f on a thread that is not the process's first.
func offLeader(f func()) {
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			offLeader(f) // and keep the leader until the process ends
			select {}
		}
		f()
	}()
}

//go:build linux

package drill

import (
	"encoding/binary"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ptraceRewrite changes a child's argument from a debugger, while the child
// is stopped at the entry of its call. That stop comes before sys_enter: the
// tracer sees what the kernel will use.
func ptraceRewrite(r *run) error {
	if err := r.twoFiles("file--a", "file--b"); err != nil {
		return err
	}
	s, err := newNameSlot(r.dir, "file--a", "file--b", false)
	if err != nil {
		return err
	}
	defer s.free()
	if err := r.ownThread(); err != nil {
		return err
	}
	s.describe(&r.truth.Setup)
	for range r.n {
		pid, errno := forkTraced(s.ptr(), s.word)
		if errno != 0 {
			return fmt.Errorf("fork: %w", errno)
		}
		code, err := rewrite(pid, uintptr(unsafe.Pointer(s.word)), s.b)
		if err != nil {
			unix.Kill(pid, unix.SIGKILL)
			unix.Wait4(pid, nil, 0, nil)
			return err
		}
		r.truth.add(byExit(pid, pid, code))
	}
	return nil
}

// rewrite lets the child run into its openat, stores the word there, and says
// how the child ended.
func rewrite(pid int, addr uintptr, word uint64) (code int, err error) {
	var ws unix.WaitStatus
	if _, err := unix.Wait4(pid, &ws, 0, nil); err != nil || !ws.Stopped() {
		return 0, &Unavailable{NeedPtrace, fmt.Errorf("the child did not stop for its tracer: %v %w", ws, err)}
	}
	if err := unix.PtraceSyscall(pid, 0); err != nil {
		return 0, fmt.Errorf("ptrace: %w", err)
	}
	if _, err := unix.Wait4(pid, &ws, 0, nil); err != nil || !ws.Stopped() {
		return 0, fmt.Errorf("the child did not stop at its syscall: %v %w", ws, err)
	}
	if _, err := unix.PtracePokeData(pid, addr, binary.NativeEndian.AppendUint64(nil, word)); err != nil {
		return 0, fmt.Errorf("write to the child: %w", err)
	}
	if err := unix.PtraceCont(pid, 0); err != nil {
		return 0, fmt.Errorf("ptrace: %w", err)
	}
	if _, err := unix.Wait4(pid, &ws, 0, nil); err != nil || !ws.Exited() {
		return 0, fmt.Errorf("the child did not end: %v %w", ws, err)
	}
	return ws.ExitStatus(), nil
}

// forkTraced forks; the child asks to be traced, stops, opens the file, and
// ends with the first byte in it. See forkExec for what it may do.
//
//go:norace
//go:noinline
func forkTraced(name uintptr, scratch *uint64) (int, unix.Errno) {
	all, old := ^uint64(0), uint64(0)
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&all)), uintptr(unsafe.Pointer(&old)), 8, 0, 0)
	pid, _, errno := syscall.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if pid == 0 && errno == 0 {
		self, _, _ := syscall.RawSyscall(unix.SYS_GETPID, 0, 0, 0)
		syscall.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_TRACEME, 0, 0, 0, 0, 0)
		syscall.RawSyscall(unix.SYS_KILL, self, uintptr(unix.SIGSTOP), 0)
		fd, _, _ := syscall.RawSyscall6(unix.SYS_OPENAT, at(unix.AT_FDCWD), name, unix.O_RDONLY, 0, 0, 0)
		*scratch = 0
		syscall.RawSyscall(unix.SYS_READ, fd, uintptr(unsafe.Pointer(scratch)), 1)
		for {
			syscall.RawSyscall(unix.SYS_EXIT_GROUP, uintptr(*scratch&0xff), 0, 0)
		}
	}
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&old)), 0, 8, 0, 0)
	return int(pid), errno
}

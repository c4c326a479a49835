//go:build linux

package confine

import (
	"fmt"
	"runtime"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/sys/unix"
)

// stillMade are the syscalls of a recorder that has attached everything: Go's
// runtime, reading and writing open files, files of an open directory, maps.
// No execve, no new socket but what was opened before, no ptrace, no mount.
var stillMade = []string{
	// memory, threads, time, signals: Go's runtime
	"brk", "mmap", "munmap", "mprotect", "madvise", "mremap", "mincore", "futex", "sched_yield", "sched_getaffinity", "clone", "clone3", "set_robust_list", "rseq",
	"exit", "exit_group", "gettid", "getpid", "getppid", "tgkill", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall", "membarrier",
	"nanosleep", "clock_nanosleep", "clock_gettime", "clock_getres", "gettimeofday", "getrandom", "prctl", "timer_create", "timer_settime", "timer_delete", "setitimer",
	"getuid", "geteuid", "getgid", "getegid", "getrusage", "getpriority", "setpriority", "prlimit64", "getrlimit", "uname", "sysinfo", "times",
	// its poller
	"epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd2", "pipe2", "poll", "ppoll", "select", "pselect6",
	// files
	"read", "write", "pread64", "pwrite64", "readv", "writev", "close", "lseek", "fstat", "newfstatat", "fstatat64", "statx", "statfs", "fstatfs", "stat", "lstat", "openat", "openat2", "open",
	"unlinkat", "unlink", "ftruncate", "fsync", "fdatasync", "fallocate", "fcntl", "dup", "dup2", "dup3", "ioctl", "getdents64", "readlinkat", "readlink", "getcwd", "faccessat", "faccessat2", "umask", "fadvise64",
	// sockets that are open: control, metrics, notify
	"accept4", "recvfrom", "recvmsg", "sendto", "sendmsg", "getsockopt", "setsockopt", "getsockname", "getpeername", "shutdown",
	// the command and its end
	"wait4", "waitid", "pidfd_send_signal", "kill", "capget",
}

// bpfStillMade are bpf(2)'s commands: looking into maps, putting tasks into
// scope, running an iterator, what a program has counted.
var bpfStillMade = []uint64{
	unix.BPF_MAP_LOOKUP_ELEM, unix.BPF_MAP_UPDATE_ELEM, unix.BPF_MAP_DELETE_ELEM, unix.BPF_MAP_GET_NEXT_KEY, unix.BPF_MAP_LOOKUP_BATCH,
	unix.BPF_OBJ_GET_INFO_BY_FD, unix.BPF_ITER_CREATE,
}

// Syscalls loads a filter into all threads that knows only what a recorder still does. What is not in it fails with EPERM.
func Syscalls() error {
	if !seccomp.Supported() {
		return fmt.Errorf("the kernel has no seccomp filters")
	}
	info, err := arch.GetInfo("")
	if err != nil {
		return err
	}
	allow := seccomp.SyscallGroup{Action: seccomp.ActionAllow}
	for _, name := range stillMade {
		if _, ok := info.SyscallNames[name]; ok { // arm64 has no open, stat, poll …
			allow.Names = append(allow.Names, name)
		}
	}
	for _, cmd := range bpfStillMade {
		allow.NamesWithCondtions = append(allow.NamesWithCondtions, seccomp.NameWithConditions{
			Name: "bpf", Conditions: seccomp.ArgumentConditions{{Argument: 0, Operation: seccomp.Equal, Value: cmd}},
		})
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return seccomp.LoadFilter(seccomp.Filter{
		NoNewPrivs: true, Flag: seccomp.FilterFlagTSync,
		Policy: seccomp.Policy{DefaultAction: seccomp.ActionErrno, Syscalls: []seccomp.SyscallGroup{allow}},
	})
}

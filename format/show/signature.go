package show

import (
	"strings"
	"sync"

	"github.com/tracerec/tracerec/format"
)

// A call without a row in format.Syscalls has raw arguments only. How many
// there are, and which are descriptors or sizes, is needed for printing
// alone, so it stands here: one word per argument.
//
//	fd int   signed 32 bits          at    directory descriptor
//	n        unsigned                off   64 bits, two registers on 32-bit tables
//	x        hex                     p     pointer
//	mode oflags cflags tid pid uid gid
const signatureText = `
read fd p n|write fd p n|close fd|stat p p|fstat fd p|lstat p p|poll p n int|lseek fd off int
mmap p n x x fd off|mmap2 p n x x fd n|mprotect p n x|munmap p n|brk p|rt_sigaction int p p n|rt_sigprocmask int p p n
rt_sigreturn|ioctl fd x x|pread64 fd p n off|pwrite64 fd p n off|readv fd p n|writev fd p n|access p x|pipe p
select int p p p p|sched_yield|mremap p n n x p|msync p n x|mincore p n p|madvise p n int|dup fd|dup2 fd fd|pause
nanosleep p p|alarm n|getpid|sendfile fd fd p n|socket int x int|accept fd p p|sendto fd p n x p n|recvfrom fd p n x p p
sendmsg fd p x|recvmsg fd p x|shutdown fd int|listen fd int|getsockname fd p p|getpeername fd p p|socketpair int x int p
setsockopt fd int int p n|getsockopt fd int int p p|fork|vfork|exit int|wait4 int p x p|kill int int|uname p
fcntl fd int x|fcntl64 fd int x|flock fd int|fsync fd|fdatasync fd|truncate p off|ftruncate fd off|getdents fd p n|getcwd p n|chdir p
fchdir fd|rename p p|mkdir p mode|rmdir p|link p p|unlink p|symlink p p|readlink p p n|chmod p mode|fchmod fd mode
chown p uid gid|fchown fd uid gid|lchown p uid gid|umask mode|gettimeofday p p|getrlimit int p|getrusage int p|sysinfo p
times p|ptrace int tid p x|getuid|syslog int p n|getgid|setuid uid|setgid gid|geteuid|getegid|setpgid pid pid|getppid|getpgrp
setsid|setreuid uid uid|setregid gid gid|getgroups n p|setgroups n p|setresuid uid uid uid|getresuid p p p
setresgid gid gid gid|getresgid p p p|getpgid pid|setfsuid uid|setfsgid gid|getsid pid|capget p p|capset p p
rt_sigpending p n|rt_sigtimedwait p p p n|rt_sigqueueinfo pid int p|rt_sigsuspend p n|sigaltstack p p|utime p p
mknod p mode x|personality x|statfs p p|fstatfs fd p|getpriority int int|setpriority int int int|mlock p n|munlock p n
mlockall x|munlockall|pivot_root p p|prctl int x x x x|arch_prctl x p|setrlimit int p|chroot p|sync|acct p
settimeofday p p|mount p p p x p|umount2 p x|swapon p x|swapoff p|reboot x x x p|sethostname p n|setdomainname p n
init_module p n p|delete_module p x|gettid|readahead fd off n|setxattr p p p n x|lsetxattr p p p n x|fsetxattr fd p p n x
getxattr p p p n|lgetxattr p p p n|fgetxattr fd p p n|listxattr p p n|llistxattr p p n|flistxattr fd p n|removexattr p p
lremovexattr p p|fremovexattr fd p|tkill tid int|time p|futex p x n p p n|sched_setaffinity pid n p|sched_getaffinity pid n p
io_setup n p|io_destroy x|io_getevents x int int p p|io_submit x int p|io_cancel x p p|epoll_create int|getdents64 fd p n
set_tid_address p|restart_syscall|fadvise64 fd off n int|timer_create int p p|timer_settime int x p p|timer_gettime int p
timer_delete int|clock_settime int p|clock_gettime int p|clock_getres int p|clock_nanosleep int x p p|exit_group int
epoll_wait fd p int int|epoll_ctl fd int fd p|tgkill pid tid int|utimes p p|mbind p n int p n x|mq_open p oflags mode p
mq_unlink p|mq_timedsend fd p n n p|mq_timedreceive fd p n p p|mq_notify fd p|waitid int int p x p|add_key p p p n int
request_key p p p int|keyctl int x x x x|ioprio_set int int int|ioprio_get int int|inotify_init|inotify_add_watch fd p x
inotify_rm_watch fd int|mkdirat at p mode|mknodat at p mode x|fchownat at p uid gid x|futimesat at p p|newfstatat at p p x|fstatat64 at p p x
unlinkat at p x|renameat at p at p|linkat at p at p x|symlinkat p at p|readlinkat at p p n|fchmodat at p mode|faccessat at p x
pselect6 int p p p p p|ppoll p n p p n|unshare cflags|set_robust_list p n|get_robust_list pid p p|splice fd p fd p n x
tee fd fd n x|sync_file_range fd off off x|vmsplice fd p n x|move_pages pid n p p p x|utimensat at p p x
epoll_pwait fd p int int p n|signalfd fd p n|timerfd_create int x|eventfd n|fallocate fd x off off|timerfd_settime fd x p p
timerfd_gettime fd p|accept4 fd p p x|signalfd4 fd p n x|eventfd2 n x|epoll_create1 x|dup3 fd fd oflags|pipe2 p oflags
inotify_init1 x|preadv fd p n off|pwritev fd p n off|rt_tgsigqueueinfo pid tid int p|perf_event_open p pid int fd x
recvmmsg fd p n x p|fanotify_init x x|fanotify_mark fd x x at p|prlimit64 pid int p p|name_to_handle_at at p p p x
open_by_handle_at fd p oflags|clock_adjtime int p|syncfs fd|sendmmsg fd p n x|setns fd cflags|getcpu p p p
process_vm_readv pid p n p n x|process_vm_writev pid p n p n x|kcmp pid pid int x x|finit_module fd p x
sched_setattr pid p x|sched_getattr pid p n x|renameat2 at p at p x|seccomp int x p|getrandom p n x|memfd_create p x
kexec_file_load fd fd n p x|bpf int p n|userfaultfd x|membarrier int x int|mlock2 p n x|copy_file_range fd p fd p n x
preadv2 fd p n off off x|pwritev2 fd p n off off x|pkey_mprotect p n x int|pkey_alloc x x|pkey_free int|statx at p x x p
rseq p n x x|pidfd_send_signal fd int p x|io_uring_setup n p|io_uring_enter fd n n x p n|io_uring_register fd n p n
open_tree at p x|move_mount at p at p x|fsopen p x|fsconfig fd n p p int|fsmount fd x x|fspick at p x|pidfd_open pid x
clone3 p n|close_range fd fd x|pidfd_getfd fd fd x|faccessat2 at p x x|process_madvise fd p n int x|epoll_pwait2 fd p int p p n
mount_setattr at p x p n|quotactl_fd fd x int p|landlock_create_ruleset p n x|landlock_add_rule fd int p x
landlock_restrict_self fd x|memfd_secret x|process_mrelease fd x|futex_waitv p n x p int|fchmodat2 at p mode x
clone cflags p p p p|sched_setscheduler pid int p|sched_getscheduler pid|sched_setparam pid p|sched_getparam pid p
sched_get_priority_max int|sched_get_priority_min int|sched_rr_get_interval pid p|shmget int n x|shmat int p x|shmctl int int p
shmdt p|semget int int x|semop int p n|semctl int int int x|semtimedop int p n p|msgget int x|msgsnd int p n x
msgrcv int p n int x|msgctl int int p|getitimer int p|setitimer int p p|iopl int|ioperm n n int|vhangup|quotactl x p int p
`

var signatureKinds = map[string]format.Kind{
	"fd": format.KindFD, "int": format.KindFD, "at": format.KindDirFD, "n": format.KindSize, "off": format.KindSize,
	"x": format.KindArg, "p": format.KindPointer, "mode": format.KindMode, "oflags": format.KindOpenFlags,
	"cflags": format.KindCloneFlags, "tid": format.KindTID, "pid": format.KindFD, "uid": format.KindUID, "gid": format.KindGID,
}

// rawArgs is what is shown of a call that nothing is known of.
var rawArgs = []format.Arg{
	{Kind: format.KindArg}, {Kind: format.KindArg}, {Kind: format.KindArg},
	{Kind: format.KindArg}, {Kind: format.KindArg}, {Kind: format.KindArg},
}

var signatures = sync.OnceValue(func() (t [format.ABIARM32 + 1][][]format.Arg) {
	type signature struct {
		args []format.Arg
		off  bool // takes two registers in a 32-bit table
	}
	byName := map[string]signature{}
	for _, text := range strings.FieldsFunc(signatureText, func(r rune) bool { return r == '|' || r == '\n' }) {
		words := strings.Fields(text)
		s := signature{args: []format.Arg{}}
		for _, w := range words[1:] {
			s.args = append(s.args, format.Arg{Name: w, Kind: signatureKinds[w]})
			s.off = s.off || w == "off"
		}
		byName[words[0]] = s
	}
	for abi := range t {
		t[abi] = make([][]format.Arg, maxNR)
		narrow := abi == int(format.ABIIA32) || abi == int(format.ABIARM32)
		for nr := range t[abi] {
			t[abi][nr] = rawArgs
			if abi >= len(names()) || names()[abi] == nil || names()[abi][nr] == "" {
				continue
			}
			s, ok := byName[names()[abi][nr]]
			if ok && !(narrow && s.off) {
				t[abi][nr] = s.args
			}
		}
		for nr, row := range rows()[abi] {
			if row != nil {
				t[abi][nr] = row.Args
			}
		}
	}
	// These two of i386 take one pointer to all their arguments.
	t[format.ABIIA32][82] = []format.Arg{{Name: "p", Kind: format.KindPointer}} // select
	t[format.ABIIA32][90] = []format.Arg{{Name: "p", Kind: format.KindPointer}} // mmap
	return t
})

// argsOf gives the arguments of a call, by its table's row or by signature.
func argsOf(abi format.ABI, nr int32) []format.Arg {
	if int(abi) >= len(signatures()) || nr < 0 || nr >= maxNR {
		return rawArgs
	}
	return signatures()[abi][nr]
}

// ArgCount is how many arguments a syscall takes: the other raw registers hold
// what the program happened to have there. 6 when nothing is known of it.
func ArgCount(abi format.ABI, nr int32) int {
	if abi == format.ABINone {
		return len(rawArgs)
	}
	return len(argsOf(abi, nr))
}

package replay

import (
	"fmt"

	"github.com/tracerec/tracerec/format"
)

// op is what a call does to the state. What it does it to stands in the
// effect's other fields: effects are data, each op is one function.
type op uint8

const (
	opNone        op = iota
	opNew            // the result is a new descriptor of Kind
	opOpen           // the same, of the file that the row names
	opDup            // the result is a copy of FD
	opDupTo          // Arg becomes a copy of FD
	opPair           // two new descriptors, written to the memory behind Arg
	opFcntl          // F_DUPFD, F_SETFD
	opClose          // FD
	opCloseRange     // FD to Arg
	opRead           // the result counts bytes that came through FD
	opWrite          // the result counts bytes that went through FD
	opReceive        // as opRead, and descriptors that came along (SCM_RIGHTS) stand behind Arg
	opReceiveMany    // as opUse, and the same
	opCopy           // both, from FD to Arg
	opBind           // FD has the address of the row
	opConnect        // FD has the peer of the row
	opListen         // FD
	opAccept         // the result is a connection that came to FD
	opShutdown       // FD
	opUse            // FD is there when the call succeeds
	opUnshare        // Arg says what is shared no longer
	opChdir          // by the name or descriptor of the row, where no event says it
	opName           // a name was made, removed or changed: Change says what
	opMount
	opUmount
	opMoveMount
	opPivot
	opURingEnter // FD: requests were handed over
	opExec
	opExit // of the whole process
)

// always, as the Arg of flags, says that every descriptor the call makes is
// closed on exec.
const always = -2

// effect is a row of the table: what one call changes.
type effect struct {
	Call string
	Op   op
	Kind FileKind // of the descriptors that it makes
	FD   int8     // argument with the descriptor that it is about
	Arg  int8     // further argument: see Op
	// Cloexec is the argument with the flag that closes the new descriptor on
	// exec, and Bit that flag; -1 for none, always.
	Cloexec int8
	Bit     uint64
	Change  ChangeKind
	Name    int8 // slot of the name that changes
	To      int8 // slot of the other name; -1 for none

	// Filled from format.Syscalls.
	row    *format.Syscall
	object bool // the row names the file
}

// Flags that close a descriptor on exec: fcntl.h, and where the call has its own.
const (
	oCloexec    = 0o2000000
	mfdCloexec  = 1
	fsCloexec   = 1 // FSOPEN_CLOEXEC, FSMOUNT_CLOEXEC, FSPICK_CLOEXEC, FAN_CLOEXEC
	perfCloexec = 8

	msgCmsgCloexec = 0x40000000 // MSG_CMSG_CLOEXEC
)

// effects is the table. A call that is not in it changes nothing that State
// knows of. Calls that a 32-bit table alone has stand beside their like.
var effects = concat(
	makes(opOpen, FileUnknown, 1, oCloexec, "open"),
	makes(opOpen, FileUnknown, -1, 0, "creat"),
	makes(opOpen, FileUnknown, 2, oCloexec, "openat", "open_by_handle_at"),
	makes(opOpen, FileUnknown, 2, oCloexec, "openat2"), // its flags stand behind the pointer: slot B
	makes(opNew, FileMqueue, always, 0, "mq_open"),     // do_mq_open: O_CLOEXEC whatever is asked for

	makes(opNew, FileEventfd, -1, 0, "eventfd"), makes(opNew, FileEventfd, 1, oCloexec, "eventfd2"),
	makes(opNew, FileSignalfd, -1, 0, "signalfd"), makes(opNew, FileSignalfd, 3, oCloexec, "signalfd4"),
	makes(opNew, FileTimerfd, 1, oCloexec, "timerfd_create"),
	makes(opNew, FileEpoll, -1, 0, "epoll_create"), makes(opNew, FileEpoll, 0, oCloexec, "epoll_create1"),
	makes(opNew, FileInotify, -1, 0, "inotify_init"), makes(opNew, FileInotify, 0, oCloexec, "inotify_init1"),
	makes(opNew, FileFanotify, 0, fsCloexec, "fanotify_init"),
	makes(opNew, FileMemfd, 1, mfdCloexec, "memfd_create"), makes(opNew, FileSecretmem, 0, oCloexec, "memfd_secret"),
	makes(opNew, FileUserfaultfd, 0, oCloexec, "userfaultfd"),
	makes(opNew, FilePidfd, always, 0, "pidfd_open"),
	makes(opNew, FileUnknown, always, 0, "pidfd_getfd"),
	makes(opNew, FileIOUring, always, 0, "io_uring_setup"),
	makes(opNew, FilePerf, 4, perfCloexec, "perf_event_open"),
	makes(opNew, FileFscontext, 1, fsCloexec, "fsopen"), makes(opNew, FileMount, 1, fsCloexec, "fsmount"),
	makes(opNew, FileFscontext, 2, fsCloexec, "fspick"), makes(opNew, FileMount, 2, oCloexec, "open_tree", "open_tree_attr"),
	makes(opNew, FileLandlock, always, 0, "landlock_create_ruleset"),
	makes(opNew, FileBPF, always, 0, "bpf"), // only of the commands that make one: see newFD
	makes(opNew, FileSeccomp, always, 0, "seccomp"),

	each(effect{Op: opPair, Kind: FilePipe, Arg: 0, Cloexec: -1}, "pipe"),
	each(effect{Op: opPair, Kind: FilePipe, Arg: 0, Cloexec: 1, Bit: oCloexec}, "pipe2"),
	each(effect{Op: opPair, Kind: FileSocket, Arg: 3, Cloexec: 1, Bit: oCloexec}, "socketpair"),
	makes(opNew, FileSocket, 1, oCloexec, "socket"),
	each(effect{Op: opAccept, Kind: FileSocket, Cloexec: -1}, "accept"),
	each(effect{Op: opAccept, Kind: FileSocket, Cloexec: 3, Bit: oCloexec}, "accept4"),

	each(effect{Op: opDup, Cloexec: -1}, "dup"),
	each(effect{Op: opDupTo, Arg: 1, Cloexec: -1}, "dup2"),
	each(effect{Op: opDupTo, Arg: 1, Cloexec: 2, Bit: oCloexec}, "dup3"),
	each(effect{Op: opFcntl, Arg: 1}, "fcntl", "fcntl64"),
	each(effect{Op: opClose}, "close"),
	each(effect{Op: opCloseRange, Arg: 1}, "close_range"),

	each(effect{Op: opRead}, "read", "readv", "pread64", "preadv", "preadv2", "recvfrom", "recv"),
	each(effect{Op: opReceive, Kind: FileUnknown, Arg: 1, Cloexec: 2, Bit: msgCmsgCloexec}, "recvmsg"),
	each(effect{Op: opWrite}, "write", "writev", "pwrite64", "pwritev", "pwritev2", "sendto", "sendmsg", "send"),
	each(effect{Op: opReceiveMany, Kind: FileUnknown, Arg: 1, Cloexec: 3, Bit: msgCmsgCloexec}, "recvmmsg", "recvmmsg_time64"),
	each(effect{Op: opUse}, "sendmmsg"), // the result counts messages, not bytes
	each(effect{Op: opCopy, FD: 1, Arg: 0}, "sendfile", "sendfile64"),
	each(effect{Op: opCopy, FD: 0, Arg: 2}, "copy_file_range", "splice"),
	each(effect{Op: opUse}, "fstat", "fstat64", "lseek", "_llseek", "getdents", "getdents64", "ftruncate", "ftruncate64", "fallocate",
		"fsync", "fdatasync", "flock", "fchmod", "fchown", "fchown32", "ioctl", "getsockname", "getpeername", "setsockopt", "getsockopt",
		"epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "inotify_add_watch", "timerfd_settime", "timerfd_settime64"),

	each(effect{Op: opBind}, "bind"),
	each(effect{Op: opConnect}, "connect"),
	each(effect{Op: opListen}, "listen"),
	each(effect{Op: opShutdown, Arg: 1}, "shutdown"),

	each(effect{Op: opUnshare, Arg: 0}, "unshare"),
	each(effect{Op: opChdir, FD: -1}, "chdir"),
	each(effect{Op: opChdir}, "fchdir"),

	names(ChangeMkdir, 0, -1, "mkdir", "mkdirat"),
	names(ChangeRemove, 0, -1, "unlink", "unlinkat", "rmdir"),
	names(ChangeMknod, 0, -1, "mknod", "mknodat"),
	names(ChangeRename, 0, 1, "rename", "renameat", "renameat2"),
	names(ChangeLink, 0, 1, "link", "linkat"),
	names(ChangeSymlink, 1, 0, "symlink", "symlinkat"),

	each(effect{Op: opMount}, "mount"),
	each(effect{Op: opUmount}, "umount", "umount2"),
	each(effect{Op: opMoveMount}, "move_mount"),
	each(effect{Op: opPivot}, "pivot_root"),

	each(effect{Op: opURingEnter}, "io_uring_enter"),
	each(effect{Op: opExec}, "execve", "execveat"),
	each(effect{Op: opExit}, "exit_group"),
)

func concat(parts ...[]effect) (all []effect) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// each is one effect for several calls.
func each(e effect, calls ...string) (list []effect) {
	for _, call := range calls {
		e.Call = call
		list = append(list, e)
	}
	return list
}

func makes(o op, kind FileKind, arg int8, bit uint64, calls ...string) []effect {
	return each(effect{Op: o, Kind: kind, FD: -1, Cloexec: arg, Bit: bit}, calls...)
}

func names(c ChangeKind, name, to int8, calls ...string) []effect {
	return each(effect{Op: opName, Change: c, Name: name, To: to, FD: -1}, calls...)
}

// effectOf finds a call's effect by ABI and number: an index of effects, plus 1.
var effectOf = func() (t [format.ABIARM32 + 1][format.MaxSyscall]uint8) {
	if len(effects) > 255 {
		panic("replay: more effects than a byte counts")
	}
	known := map[string]bool{}
	for i := range effects {
		e := &effects[i]
		if known[e.Call] {
			panic(fmt.Sprintf("replay: two effects of %s", e.Call))
		}
		known[e.Call] = true
		for k := range format.Syscalls {
			row := &format.Syscalls[k]
			if row.Name != e.Call {
				continue
			}
			e.row, e.object = row, row.Object == format.ObjectRetFD
			for abi := format.ABIAMD64; abi <= format.ABIARM32; abi++ {
				if nr := row.NR[abi]; nr >= 0 {
					t[abi][nr] = uint8(i + 1)
				}
			}
		}
	}
	return t
}()

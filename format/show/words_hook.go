package show

import (
	"encoding/binary"
	"strconv"

	"github.com/tracerec/tracerec/format"
)

// uringOps are IORING_OP_*, linux/io_uring.h.
var uringOps = numbered([]string{
	"NOP", "READV", "WRITEV", "FSYNC", "READ_FIXED", "WRITE_FIXED", "POLL_ADD", "POLL_REMOVE", "SYNC_FILE_RANGE", "SENDMSG", "RECVMSG",
	"TIMEOUT", "TIMEOUT_REMOVE", "ACCEPT", "ASYNC_CANCEL", "LINK_TIMEOUT", "CONNECT", "FALLOCATE", "OPENAT", "CLOSE", "FILES_UPDATE",
	"STATX", "READ", "WRITE", "FADVISE", "MADVISE", "SEND", "RECV", "OPENAT2", "EPOLL_CTL", "SPLICE", "PROVIDE_BUFFERS", "REMOVE_BUFFERS",
	"TEE", "SHUTDOWN", "RENAMEAT", "UNLINKAT", "MKDIRAT", "SYMLINKAT", "LINKAT", "MSG_RING", "FSETXATTR", "SETXATTR", "FGETXATTR",
	"GETXATTR", "SOCKET", "URING_CMD", "SEND_ZC", "SENDMSG_ZC", "READ_MULTISHOT", "WAITID", "FUTEX_WAIT", "FUTEX_WAKE", "FUTEX_WAITV",
	"FIXED_FD_INSTALL", "FTRUNCATE", "BIND", "LISTEN", "RECV_ZC", "EPOLL_WAIT", "READV_FIXED", "WRITEV_FIXED", "PIPE",
})

// hookWords are what hooks and tracepoints show.
var hookWords = map[format.Kind]words{
	format.KindSigCode: {signed: true, enum: []bit{
		{0, "SI_USER"}, {0x80, "SI_KERNEL"}, {low(1), "SI_QUEUE"}, {low(2), "SI_TIMER"}, {low(3), "SI_MESGQ"}, {low(4), "SI_ASYNCIO"},
		{low(5), "SI_SIGIO"}, {low(6), "SI_TKILL"}, {low(7), "SI_DETHREAD"}, {low(60), "SI_ASYNCNL"},
	}},
	format.KindSigResult:  {enum: numbered([]string{"delivered", "ignored", "already_pending", "overflow_fail", "lose_info"})},
	format.KindCap:        {enum: capabilities},
	format.KindSecurebits: {bits: securebits},
	format.KindMay: {bits: []bit{
		{1, "MAY_EXEC"}, {2, "MAY_WRITE"}, {4, "MAY_READ"}, {8, "MAY_APPEND"}, {0x10, "MAY_ACCESS"}, {0x20, "MAY_OPEN"},
		{0x40, "MAY_CHDIR"}, {0x80, "MAY_NOT_BLOCK"},
	}},
	format.KindAttrs: {bits: []bit{
		{1, "ATTR_MODE"}, {2, "ATTR_UID"}, {4, "ATTR_GID"}, {8, "ATTR_SIZE"}, {0x10, "ATTR_ATIME"}, {0x20, "ATTR_MTIME"}, {0x40, "ATTR_CTIME"},
		{0x80, "ATTR_ATIME_SET"}, {0x100, "ATTR_MTIME_SET"}, {0x200, "ATTR_FORCE"}, {0x800, "ATTR_KILL_SUID"}, {0x1000, "ATTR_KILL_SGID"},
		{0x2000, "ATTR_FILE"}, {0x4000, "ATTR_KILL_PRIV"}, {0x8000, "ATTR_OPEN"}, {0x10000, "ATTR_TIMES_SET"}, {0x20000, "ATTR_TOUCH"},
	}},
	format.KindPtraceMode: {bits: []bit{
		{1, "READ"}, {2, "ATTACH"}, {4, "NOAUDIT"}, {8, "FSCREDS"}, {0x10, "REALCREDS"},
	}},
	format.KindReadFile: {enum: numbered([]string{
		"unknown", "firmware", "module", "kexec-image", "kexec-initramfs", "policy", "x509-certificate", "module-compressed"})},
	format.KindKeyNeed: {enum: numbered([]string{
		"unspecified", "view", "read", "write", "search", "link", "setattr", "unlink", "sysadmin-override", "authtoken-override", "defer"})},
	format.KindLockdown: {enum: numbered([]string{
		"none", "module-signature", "dev-mem", "efi-test", "kexec", "hibernation", "pci-access", "ioport", "msr", "acpi-tables", "device-tree",
		"pcmcia-cis", "tiocsserial", "module-parameters", "mmiotrace", "debugfs", "xmon-wr", "bpf-write-user", "dbg-write-kernel",
		"rtas-error-injection", "xen-user-actions", "integrity-max", "kcore", "kprobes", "bpf-read-kernel", "dbg-read-kernel", "perf", "tracefs",
		"xmon-rw", "xfrm-secret"})},
	format.KindURingOp: {enum: uringOps},
	format.KindURingFlags: {bits: []bit{
		{1, "IORING_SETUP_IOPOLL"}, {2, "IORING_SETUP_SQPOLL"}, {4, "IORING_SETUP_SQ_AFF"}, {8, "IORING_SETUP_CQSIZE"}, {16, "IORING_SETUP_CLAMP"},
		{32, "IORING_SETUP_ATTACH_WQ"}, {64, "IORING_SETUP_R_DISABLED"}, {128, "IORING_SETUP_SUBMIT_ALL"}, {256, "IORING_SETUP_COOP_TASKRUN"},
		{512, "IORING_SETUP_TASKRUN_FLAG"}, {1024, "IORING_SETUP_SQE128"}, {2048, "IORING_SETUP_CQE32"}, {4096, "IORING_SETUP_SINGLE_ISSUER"},
		{8192, "IORING_SETUP_DEFER_TASKRUN"}, {16384, "IORING_SETUP_NO_MMAP"}, {32768, "IORING_SETUP_REGISTERED_FD_ONLY"},
		{65536, "IORING_SETUP_NO_SQARRAY"}, {1 << 17, "IORING_SETUP_HYBRID_IOPOLL"},
	}},
	format.KindSockState: {enum: numbered([]string{"", "TCP_ESTABLISHED", "TCP_SYN_SENT", "TCP_SYN_RECV", "TCP_FIN_WAIT1", "TCP_FIN_WAIT2", "TCP_TIME_WAIT", "TCP_CLOSE",
		"TCP_CLOSE_WAIT", "TCP_LAST_ACK", "TCP_LISTEN", "TCP_CLOSING", "TCP_NEW_SYN_RECV", "TCP_BOUND_INACTIVE"})},
	format.KindNameOf: {enum: numbered([]string{"", "user", "group", "host"})},
	format.KindNSType: {enum: []bit{
		{0x20000, "mnt"}, {0x20000000, "pid"}, {0x40000000, "net"}, {0x4000000, "uts"}, {0x8000000, "ipc"}, {0x10000000, "user"},
		{0x2000000, "cgroup"}, {0x80, "time"},
	}},
}

// low is -n as the kernel has it in an int.
func low(n int32) uint64 { return uint64(uint32(-n)) }

// AppendCapSet appends a set of capabilities: names, "all" for all that this
// version knows and "all-CAP_X" where at most five are missing.
func AppendCapSet(dst []byte, v uint64) []byte {
	all := uint64(1)<<len(capabilities) - 1
	names := func(set uint64, sep string) {
		for i := range capabilities {
			if set>>i&1 != 0 {
				dst = append(append(dst, sep...), capabilities[i].name...)
				if sep == "" {
					sep = "|"
				}
			}
		}
	}
	missing := all &^ v
	few := 0
	for m := missing; m != 0; m &= m - 1 {
		few++
	}
	switch {
	case v == 0:
		return append(dst, '0')
	case few <= 5:
		dst = append(dst, "all"...)
		names(missing, "-")
	default:
		names(v, "")
	}
	if unknown := v &^ all; unknown != 0 {
		dst = strconv.AppendUint(append(dst, "|0x"...), unknown, 16)
	}
	return dst
}

// appendHookBytes appends a structure that only hooks have.
func appendHookBytes(dst []byte, k format.Kind, v []byte) (_ []byte, ok bool) {
	switch {
	case k == format.KindIDs && len(v) == 32:
		for i, name := range []string{"uid", "euid", "suid", "fsuid", "gid", "egid", "sgid", "fsgid"} {
			dst = appendMember(dst, i, name)
			dst = strconv.AppendUint(dst, uint64(binary.LittleEndian.Uint32(v[4*i:])), 10)
		}
	case k == format.KindCaps && len(v) == 48:
		for i, name := range []string{"effective", "permitted", "inheritable", "ambient", "bounding"} {
			dst = appendMember(dst, i, name)
			dst = AppendCapSet(dst, binary.LittleEndian.Uint64(v[8*i:]))
		}
		dst = appendMember(dst, 5, "securebits")
		dst = bits(dst, binary.LittleEndian.Uint64(v[40:]), securebits, "|")
	default:
		return dst, false
	}
	return append(dst, '}'), true
}

func appendMember(dst []byte, i int, name string) []byte {
	if i == 0 {
		dst = append(dst, '{')
	} else {
		dst = append(dst, ", "...)
	}
	return append(append(dst, name...), '=')
}

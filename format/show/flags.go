package show

import (
	"encoding/binary"
	"strconv"

	"github.com/tracerec/tracerec/format"
)

// Four open flags have other numbers on arm; the rest are common to x86 and
// arm. The host that prints may be neither, so the numbers stand here.
var (
	openX86 = openFlags(0o200000, 0o400000, 0o40000, 0o100000)
	openARM = openFlags(0o40000, 0o100000, 0o200000, 0o400000)
)

func openFlags(directory, nofollow, direct, largefile uint64) []bit {
	return []bit{
		{0o100, "O_CREAT"}, {0o200, "O_EXCL"}, {0o400, "O_NOCTTY"}, {0o1000, "O_TRUNC"}, {0o2000, "O_APPEND"},
		{0o4000, "O_NONBLOCK"}, {0o4010000, "O_SYNC"}, {0o10000, "O_DSYNC"}, {0o20000, "O_ASYNC"},
		{direct, "O_DIRECT"}, {largefile, "O_LARGEFILE"}, {0o20000000 | directory, "O_TMPFILE"},
		{directory, "O_DIRECTORY"}, {nofollow, "O_NOFOLLOW"}, {0o1000000, "O_NOATIME"}, {0o2000000, "O_CLOEXEC"},
		{0o10000000, "O_PATH"}, {0x20, "FMODE_EXEC"},
	}
}

const (
	openAccess  = 0o3
	openCreates = 0o100 | 0o20000000 // O_CREAT, __O_TMPFILE: the mode argument counts
)

// AppendOpenFlags appends the flags of open(2).
func AppendOpenFlags(dst []byte, v uint64, abi format.ABI) []byte {
	table := openX86
	if abi == format.ABIARM64 || abi == format.ABIARM32 {
		table = openARM
	}
	// Access modes are a number of two bits, not flags. 3 is "no access",
	// for ioctl only.
	dst = append(dst, [...]string{"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"}[v&openAccess]...)
	if v &^= openAccess; v != 0 {
		dst = bits(append(dst, '|'), v, table, "|")
	}
	return dst
}

var resolveFlags = []bit{
	{1, "RESOLVE_NO_XDEV"}, {2, "RESOLVE_NO_MAGICLINKS"}, {4, "RESOLVE_NO_SYMLINKS"}, {8, "RESOLVE_BENEATH"},
	{16, "RESOLVE_IN_ROOT"}, {32, "RESOLVE_CACHED"},
}

// AppendOpenHow appends a struct open_how. Bytes beyond version 0 follow as hex.
func AppendOpenHow(dst, v []byte, abi format.ABI) []byte {
	if len(v) < format.OpenHowMax {
		return appendHex(dst, v)
	}
	flags, mode, resolve := binary.LittleEndian.Uint64(v), binary.LittleEndian.Uint64(v[8:]), binary.LittleEndian.Uint64(v[16:])
	dst = AppendOpenFlags(append(dst, "{flags="...), flags, abi)
	if flags&openCreates != 0 || mode != 0 {
		dst = append(dst, ", mode="...)
		if mode > 0o7777 {
			dst = appendPointer(dst, mode)
		} else {
			dst = AppendMode(dst, uint32(mode))
		}
	}
	if resolve != 0 {
		dst = bits(append(dst, ", resolve="...), resolve, resolveFlags, "|")
	}
	dst = append(dst, '}')
	return appendRest(dst, v[format.OpenHowMax:])
}

var fileTypes = [16]string{
	1: "S_IFIFO", 2: "S_IFCHR", 4: "S_IFDIR", 6: "S_IFBLK", 8: "S_IFREG", 10: "S_IFLNK", 12: "S_IFSOCK",
}

// AppendMode appends a mode: 0644, and S_IFREG|0644 where it has a file type.
func AppendMode(dst []byte, mode uint32) []byte {
	if kind := mode >> 12; kind != 0 {
		if kind < 16 && fileTypes[kind] != "" {
			dst = append(dst, fileTypes[kind]...)
		} else {
			dst = strconv.AppendUint(append(dst, "0x"...), uint64(kind)<<12, 16)
		}
		dst = append(dst, '|')
		mode &= 0o7777
	}
	if mode == 0 {
		return append(dst, '0')
	}
	for digits := mode; digits < 0o100; digits <<= 3 {
		dst = append(dst, '0')
	}
	return strconv.AppendUint(append(dst, '0'), uint64(mode), 8)
}

var cloneFlags = []bit{
	{0x100, "CLONE_VM"}, {0x200, "CLONE_FS"}, {0x400, "CLONE_FILES"}, {0x800, "CLONE_SIGHAND"}, {0x1000, "CLONE_PIDFD"},
	{0x2000, "CLONE_PTRACE"}, {0x4000, "CLONE_VFORK"}, {0x8000, "CLONE_PARENT"}, {0x10000, "CLONE_THREAD"},
	{0x20000, "CLONE_NEWNS"}, {0x40000, "CLONE_SYSVSEM"}, {0x80000, "CLONE_SETTLS"}, {0x100000, "CLONE_PARENT_SETTID"},
	{0x200000, "CLONE_CHILD_CLEARTID"}, {0x400000, "CLONE_DETACHED"}, {0x800000, "CLONE_UNTRACED"},
	{0x1000000, "CLONE_CHILD_SETTID"}, {0x2000000, "CLONE_NEWCGROUP"}, {0x4000000, "CLONE_NEWUTS"},
	{0x8000000, "CLONE_NEWIPC"}, {0x10000000, "CLONE_NEWUSER"}, {0x20000000, "CLONE_NEWPID"}, {0x40000000, "CLONE_NEWNET"},
	{0x80000000, "CLONE_IO"}, {0x100000000, "CLONE_CLEAR_SIGHAND"}, {0x200000000, "CLONE_INTO_CGROUP"},
	// Above the signal numbers, so it can share their byte (clone3 only).
	{0x80, "CLONE_NEWTIME"},
}

// AppendCloneFlags appends the flags of clone(2), whose low byte may be the
// signal sent to the parent.
func AppendCloneFlags(dst []byte, v uint64) []byte {
	signal := v & 0x7f
	v &^= 0x7f
	switch {
	case v == 0 && signal == 0:
		return append(dst, '0')
	case v == 0:
		return append(dst, Signal(int(signal))...)
	}
	dst = bits(dst, v, cloneFlags, "|")
	if signal != 0 {
		dst = append(append(dst, '|'), Signal(int(signal))...)
	}
	return dst
}

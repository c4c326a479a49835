package show

import (
	"strconv"
	"sync"

	"github.com/elastic/go-seccomp-bpf/arch"

	"github.com/tracerec/tracerec/format"
)

// later names calls that are newer than the table of go-seccomp-bpf (Linux
// 6.15). They have one number on every architecture.
var later = map[int]string{
	463: "setxattrat", 464: "getxattrat", 465: "listxattrat", 466: "removexattrat", 467: "open_tree_attr",
	468: "file_getattr", 469: "file_setattr", 470: "listns", 471: "rseq_slice_yield",
}

const maxNR = 1024 // above it are only the private calls of arm, 0xf0000 and up

// names holds, by ABI, the name of each number below maxNR.
var names = sync.OnceValue(func() (t [format.ABIARM32 + 1][]string) {
	for abi, info := range map[format.ABI]*arch.Info{
		format.ABIAMD64: arch.X86_64, format.ABIIA32: arch.I386, format.ABIX32: arch.X32,
		format.ABIARM64: arch.AARCH64, format.ABIARM32: arch.ARM,
	} {
		table := make([]string, maxNR)
		for nr, name := range later {
			table[nr] = name
		}
		for nr, name := range info.SyscallNumbers {
			if nr &= ^info.SeccompMask; nr >= 0 && nr < maxNR {
				table[nr] = name
			}
		}
		t[abi] = table
	}
	return t
})

// Syscall names a syscall number of a table: "syscall_N" when it has none.
func Syscall(abi format.ABI, nr int32) string {
	if int(abi) < len(names()) && nr >= 0 && int(nr) < len(names()[abi]) {
		if name := names()[abi][nr]; name != "" {
			return name
		}
	}
	return "syscall_" + strconv.Itoa(int(nr))
}

// SyscallNR finds a syscall's number by its name.
func SyscallNR(abi format.ABI, name string) (nr int32, ok bool) {
	if int(abi) < len(names()) {
		for nr, n := range names()[abi] {
			if n == name && name != "" {
				return int32(nr), true
			}
		}
	}
	return 0, false
}

// rows finds the row of format.Syscalls by ABI and number.
var rows = sync.OnceValue(func() (t [format.ABIARM32 + 1][]*format.Syscall) {
	for abi := range t {
		t[abi] = make([]*format.Syscall, maxNR)
		for i := range format.Syscalls {
			if nr := format.Syscalls[i].NR[abi]; nr >= 0 && abi != int(format.ABINone) {
				t[abi][nr] = &format.Syscalls[i]
			}
		}
	}
	return t
})

// Row of format.Syscalls for a number, nil when it has none.
func tableRow(abi format.ABI, nr int32) *format.Syscall {
	if int(abi) >= len(rows()) || nr < 0 || nr >= maxNR {
		return nil
	}
	return rows()[abi][nr]
}

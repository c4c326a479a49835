package show

import (
	"strconv"

	"github.com/tracerec/tracerec/format"
)

// Syscall names a syscall number of a table: "syscall_N" when it has none.
func Syscall(abi format.ABI, nr int32) string {
	if row := format.SyscallOf(abi, nr); row != nil {
		return row.Name
	}
	return "syscall_" + strconv.Itoa(int(nr))
}

// SyscallNR finds a syscall's number by its name.
func SyscallNR(abi format.ABI, name string) (nr int32, ok bool) {
	for i := range format.Syscalls {
		if row := &format.Syscalls[i]; row.Name == name && row.Has(abi) {
			return int32(row.NR[abi]), true
		}
	}
	return 0, false
}

// rawCall stands for a call that the table does not have.
var rawCall = &format.Syscall{Args: []format.Arg{
	{Kind: format.KindArg}, {Kind: format.KindArg}, {Kind: format.KindArg},
	{Kind: format.KindArg}, {Kind: format.KindArg}, {Kind: format.KindArg},
}}

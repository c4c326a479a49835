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

// rawCall stands for a call that the table does not have.
var rawCall = &format.Syscall{Args: []format.Arg{
	{Kind: format.KindArg}, {Kind: format.KindArg}, {Kind: format.KindArg},
	{Kind: format.KindArg}, {Kind: format.KindArg}, {Kind: format.KindArg},
}}

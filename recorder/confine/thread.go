//go:build linux

package confine

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// EveryThread says whether this binary can make a syscall on all its threads.
// Go does not when linked with cgo; the library that does then (psx) was seen
// to crash.
var EveryThread = func() bool {
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_GETUID, 0, 0, 0)
	return errno == 0
}()

// everyThread makes a syscall on every thread of the process: what the kernel
// keeps for each is then the same for all.
func everyThread(nr, a, b, c uintptr) error {
	if _, _, errno := syscall.AllThreadsSyscall(nr, a, b, c); errno != 0 {
		return errno
	}
	return nil
}

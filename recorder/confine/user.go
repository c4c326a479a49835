//go:build linux

package confine

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// User changes the user of all threads. What is to be kept is so at every moment
// between, not only in the end: the rings are drained and counters read meanwhile, and
// the kernel makes no capability effective of a user that is not root's unless it is told to
// leave them alone (SECBIT_NO_SETUID_FIXUP, capabilities(7)).
func User(uid, gid int, keep uint64) error {
	if keep != 0 {
		bits, err := unix.PrctlRetInt(unix.PR_GET_SECUREBITS, 0, 0, 0, 0)
		if err == nil {
			err = everyThread(unix.SYS_PRCTL, unix.PR_SET_SECUREBITS, uintptr(bits|secbitNoSetuidFixup), 0)
		}
		if err != nil { // without CAP_SETPCAP; Caps makes effective what this lets be had
			if err := everyThread(unix.SYS_PRCTL, unix.PR_SET_KEEPCAPS, 1, 0); err != nil {
				return fmt.Errorf("keep capabilities: %w", err)
			}
		}
	}
	if err := errors.Join(syscall.Setgroups(nil), syscall.Setresgid(gid, gid, gid), syscall.Setresuid(uid, uid, uid)); err != nil {
		return fmt.Errorf("become user %d: %w", uid, err)
	}
	return nil
}

// secbitNoSetuidFixup is of include/uapi/linux/securebits.h.
const secbitNoSetuidFixup = 1 << 2

// Caps makes keep all that any thread has.
func Caps(keep uint64) error {
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&hdr, &data[0]); err != nil {
		return err
	}
	for i := range data {
		bits := uint32(keep>>(32*i)) & data[i].Permitted
		data[i] = unix.CapUserData{Effective: bits, Permitted: bits}
	}
	return everyThread(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&hdr)), uintptr(unsafe.Pointer(&data[0])), 0)
}

// Bounding leaves only the capabilities of keep (a bit for each) to what an execve may give.
// To make a syscall on every thread is to stop all of them, and this makes one for each
// capability: 0.1 to 0.6 s where processors are busy.
func Bounding(keep uint64) {
	if !EveryThread {
		return
	}
	for c := range unix.CAP_LAST_CAP + 1 {
		if keep&(1<<c) != 0 {
			continue
		}
		if everyThread(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, uintptr(c), 0) != nil {
			return // without CAP_SETPCAP: then no execve gives any either, by NoNewPrivs
		}
	}
}

// NoNewPrivs has no execve give anything (PR_SET_NO_NEW_PRIVS).
func NoNewPrivs() error {
	if err := everyThread(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0); err != nil {
		return fmt.Errorf("no_new_privs: %w", err)
	}
	return nil
}

//go:build linux

package recorder

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
)

// keyctl(2) operations, and a serial number that no key has.
const (
	keyctlJoinSession = 1
	keyctlSearch      = 10
	noKey             = 0x7ffffff1
)

// provokeCopies makes the calls whose copies on the heap the kfree witness
// sees, with values of its own, so that it learns where each is freed. None
// of them changes anything: each fails for a reason that comes after the copy
// (no such directory, no such key, no such parameter, a stale handle), and
// what succeeds ends with the descriptor that it gave.
func provokeCopies() {
	call := func(nr uintptr, args ...uintptr) uintptr {
		a := append(slices.Clone(args), make([]uintptr, 6)...)
		r, _, errno := unix.RawSyscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5])
		if errno != 0 {
			return ^uintptr(0)
		}
		return r
	}
	str := func(s string) uintptr { return uintptr(unsafe.Pointer(unsafe.StringData(s + "\x00"))) }
	blob := make([]byte, 40)
	copy(blob, "tracerec's own value, not to be kept")
	value := uintptr(unsafe.Pointer(&blob[0]))
	atCwd := ^uintptr(99) // AT_FDCWD
	nowhere := str("/nonexistent-tracerec/self-test")

	call(unix.SYS_MOUNT, str("tracerec-source"), nowhere, str("tracerec-type"), 0, str("tracerec-data"))

	memfd := call(unix.SYS_MEMFD_CREATE, str("tracerec-name"), unix.MFD_CLOEXEC)
	for _, nr := range []uintptr{unix.SYS_SETXATTR, unix.SYS_LSETXATTR} {
		call(nr, nowhere, str("user.tracerec"), value, uintptr(len(blob)), 0)
	}
	proc := str(fmt.Sprintf("/proc/self/fd/%d", int(memfd))) // before 5.19 the path is looked up first
	call(unix.SYS_SETXATTR, proc, str("user.tracerec"), value, uintptr(len(blob)), unix.XATTR_REPLACE)
	call(unix.SYS_LSETXATTR, proc, str("user.tracerec"), value, uintptr(len(blob)), unix.XATTR_REPLACE)
	call(unix.SYS_FSETXATTR, memfd, str("user.tracerec"), value, uintptr(len(blob)), unix.XATTR_REPLACE)
	call(unix.SYS_CLOSE, memfd)

	handle := make([]byte, 24)
	copy(handle, []byte{16, 0, 0, 0, 0xfe, 0, 0, 0}) // of a type that no file system has
	copy(handle[8:], "tracerec-handle!")
	call(unix.SYS_OPEN_BY_HANDLE_AT, atCwd, uintptr(unsafe.Pointer(&handle[0])), unix.O_PATH)

	if fs := call(unix.SYS_FSOPEN, str("tmpfs"), unix.FSOPEN_CLOEXEC); fs != ^uintptr(0) {
		call(unix.SYS_FSCONFIG, fs, 1 /* FSCONFIG_SET_STRING */, str("tracerec-key"), str("tracerec-value"), 0)
		call(unix.SYS_FSCONFIG, fs, 2 /* FSCONFIG_SET_BINARY */, str("tracerec-blob"), value, uintptr(len(blob)))
		call(unix.SYS_FSCONFIG, fs, 0 /* FSCONFIG_SET_FLAG */, str("tracerec-flag"), 0, 0)
		call(unix.SYS_CLOSE, fs)
	}

	call(unix.SYS_ADD_KEY, str("user"), str("tracerec-add"), value, uintptr(len(blob)), noKey)
	call(unix.SYS_REQUEST_KEY, str("user"), str("tracerec-request"), str("tracerec-callout"), noKey)
	call(unix.SYS_KEYCTL, keyctlJoinSession, str(".tracerec-session")) // a name with a dot in front is refused
	call(unix.SYS_KEYCTL, keyctlSearch, noKey, str("user"), str("tracerec-search"), 0)
}

// ambiguousSite is SITE_AMBIGUOUS of bpf/c/freed.h.
const ambiguousSite = 0xff

// learned says of which arguments the self-test found out where their copies
// are freed, and of which it did not.
func (k *kernel) learned() string {
	var site [2]uint64 // struct free_site
	var off uint32
	var has, not []string
	known := make(map[uint64]bool)
	for it := k.maps["free_sites"].Iterate(); it.Next(&site, &off); {
		known[site[1]] = known[site[1]] || off != ambiguousSite
	}
	for i, a := range format.FreedArgs {
		if known[uint64(i+1)] {
			has = append(has, a.String())
		} else {
			not = append(not, a.String())
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "where copies are freed was learned of %s", strings.Join(has, ", "))
	if len(not) > 0 {
		fmt.Fprintf(&b, "; not of %s", strings.Join(not, ", "))
	}
	return b.String()
}

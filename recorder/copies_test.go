//go:build linux

package recorder

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
)

// copiesArg makes the test binary the program that is recorded: it makes calls
// whose arguments are strings and structs, with values that it knows.
const copiesArg = "__copies"

func memory(b []byte) uintptr { return uintptr(unsafe.Pointer(&b[0])) }

// makeCopies makes each call once, as itself or (names, sets, groups) for a
// process and namespace of its own, so that what succeeds changes nothing for
// others.
func makeCopies() {
	runtime.LockOSThread()
	provokeCopies() // what is learned from is also what must be seen
	word := binary.NativeEndian.AppendUint64
	words := func(v ...uint64) (b []byte) {
		for _, w := range v {
			b = word(b, w)
		}
		return b
	}

	if unix.Unshare(unix.CLONE_NEWUTS) == nil {
		unix.Sethostname([]byte("tracerec-host"))
		unix.Setdomainname([]byte("tracerec-domain"))
	}
	unix.RawSyscall(unix.SYS_SETGROUPS, 3, memory(append(words(10|20<<32), 30, 0, 0, 0)), 0)

	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var caps [2]unix.CapUserData
	unix.Capget(&hdr, &caps[0])
	caps[0].Inheritable = caps[0].Permitted & -caps[0].Permitted
	unix.Capset(&hdr, &caps[0])

	info := make([]byte, 128)
	const siQueue = -1
	binary.NativeEndian.PutUint32(info, uint32(unix.SIGWINCH))
	code := int32(siQueue)
	binary.NativeEndian.PutUint32(info[8:], uint32(code))
	binary.NativeEndian.PutUint32(info[16:], uint32(os.Getpid()))
	binary.NativeEndian.PutUint64(info[24:], 0x7472616365726563)
	self, thread := uintptr(os.Getpid()), uintptr(unix.Gettid())
	unix.RawSyscall6(unix.SYS_RT_SIGQUEUEINFO, self, uintptr(unix.SIGWINCH), memory(info), 0, 0, 0)
	unix.RawSyscall6(unix.SYS_RT_TGSIGQUEUEINFO, self, thread, uintptr(unix.SIGWINCH), memory(info), 0, 0)
	if fd, err := unix.PidfdOpen(os.Getpid(), 0); err == nil {
		unix.RawSyscall6(unix.SYS_PIDFD_SEND_SIGNAL, uintptr(fd), uintptr(unix.SIGWINCH), memory(info), 0, 0, 0)
	}

	how := words(unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0, 0)
	name := []byte("/dev/null\x00")
	unix.RawSyscall6(unix.SYS_OPENAT2, ^uintptr(99), memory(name), memory(how), uintptr(len(how)), 0, 0)

	const perfTypeSoftware, perfCountSWDummy = 1, 9
	attr := append(words(perfTypeSoftware|64<<32, perfCountSWDummy), make([]byte, 48)...)
	attr[40] = 1 | 1<<5 // disabled, exclude_kernel
	unix.RawSyscall6(unix.SYS_PERF_EVENT_OPEN, memory(attr), 0, ^uintptr(0), ^uintptr(0), 0, 0)

	unix.Prctl(unix.PR_SET_NAME, memory([]byte("tracerec-thread\x00")), 0, 0, 0)

	args := append(words(0, 0, 0, 0, uint64(unix.SIGCHLD)), make([]byte, 24)...)
	pid, _, _ := unix.RawSyscall(unix.SYS_CLONE3, memory(args), uintptr(len(args)), 0)
	if pid == 0 {
		unix.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
	}
	unix.Wait4(int(pid), nil, 0, nil)
}

// nativeOnly are arguments with a witness that a tracepoint serves, which no
// call of a test can have, and why.
var nativeOnly = map[string]string{}

// Of every argument that is a string or a struct and has a witness by
// tracepoint, the kernel's copy is seen, and is what the program gave.
func TestEveryCopy(t *testing.T) {
	selected, err := format.ParseSelection([]string{"default", "kfree"})
	if err != nil {
		t.Fatal(err)
	}
	header, batches, _ := recordProgram(t, "/proc/self/exe", 0, selected, copiesArg)
	type key struct{ call, arg string }
	same, other, calls := map[key]int{}, map[key]int{}, map[key]int{}
	for _, b := range batches {
		for i := range b.N {
			if format.EventID(b.U16[format.ColEvent][i]) != format.EventSyscall {
				continue
			}
			sc := format.SyscallOf(format.ABI(b.U8[format.ColABI][i]), b.I32[format.ColNR][i])
			if sc == nil {
				continue
			}
			for k, v := range sc.Views {
				s := format.Slots[k]
				id := key{sc.Name, sc.Args[v.Arg].Name}
				calls[id]++
				if format.Rung(b.U8[s.Rungs][i])&format.RungTrace == 0 {
					continue
				}
				switch format.ViewStatus(b.U8[s.KernelStatus][i]) {
				case format.ViewSame:
					same[id]++
				case format.ViewOK:
					if bytes.Equal(b.Value(s.Enter, i), b.Value(s.Kernel, i)) {
						same[id]++
					} else {
						other[id]++
						t.Errorf("%s.%s: shown %q, the kernel has %q", id.call, id.arg, b.Value(s.Enter, i), b.Value(s.Kernel, i))
					}
				}
			}
		}
	}
	args := 0
	for i := range format.Syscalls {
		sc := &format.Syscalls[i]
		for _, v := range sc.Views {
			id := key{sc.Name, sc.Args[v.Arg].Name}
			trace := false
			for _, w := range v.Witness {
				trace = trace || w.Rung == format.RungTrace && w.Event != format.EventTaskRename
			}
			if !trace || !sc.Has(hostABI()) {
				continue
			}
			args++
			if why := nativeOnly[fmt.Sprintf("%s.%s", id.call, id.arg)]; why != "" {
				t.Logf("%s.%s: %s", id.call, id.arg, why)
			} else if same[id] == 0 {
				t.Errorf("%s.%s: no copy was seen in %d calls", id.call, id.arg, calls[id])
			}
		}
	}
	t.Logf("%d arguments", args)
	if args < 25 {
		t.Errorf("only %d arguments", args)
	}
	for _, w := range header.Manifest {
		if w.Event == "kfree" {
			t.Log(w.Why)
		}
	}
}

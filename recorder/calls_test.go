//go:build linux

package recorder

import (
	"fmt"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
)

// callsArg makes the test binary the program that is recorded: it makes every
// call of this machine's table that takes a path, once.
const callsArg = "__calls"

func hostABI() format.ABI {
	if runtime.GOARCH == "arm64" {
		return format.ABIARM64
	}
	return format.ABIAMD64
}

// nameOf is the path that a call is given: no such file is there, and no
// directory to make it in, so that nothing happens.
func nameOf(sc *format.Syscall, arg int) string {
	return fmt.Sprintf("/nonexistent-tracerec/%s/%s", sc.Name, sc.Args[arg].Name)
}

// pathCalls are the calls that take a path whatever they are asked to do.
func pathCalls() (calls []*format.Syscall) {
	for i := range format.Syscalls {
		sc := &format.Syscalls[i]
		for _, v := range sc.Views {
			if sc.Has(hostABI()) && v.Kind == format.KindPath && v.When == nil {
				calls = append(calls, sc)
				break
			}
		}
	}
	return calls
}

// makeCalls gives paths where a path is wanted, the working directory for a
// directory, zeroed memory for other pointers, and 0 for all else.
func makeCalls() {
	runtime.LockOSThread()
	inotify, _ := unix.InotifyInit1(0)
	fanotify, _ := unix.FanotifyInit(0, unix.O_RDONLY)
	given := map[string]map[int]uintptr{ // where 0 is refused too early
		"inotify_add_watch": {0: uintptr(inotify), 2: unix.IN_ACCESS},
		"fanotify_mark":     {0: uintptr(fanotify), 1: unix.FAN_MARK_ADD, 2: unix.FAN_OPEN},
	}
	for _, sc := range pathCalls() {
		var args [6]uintptr
		var keep [][]byte
		for i, a := range sc.Args {
			switch {
			case a.Kind == format.KindPath:
				keep = append(keep, append([]byte(nameOf(sc, i)), 0))
			case a.Kind == format.KindDirFD:
				args[i] = uintptr(0xffffffffffffff9c) // AT_FDCWD
				continue
			case a.Kind == format.KindSize:
				args[i] = sizes[sc.Name]
				continue
			case a.Kind == format.KindText:
				keep = append(keep, []byte("trusted.tracerec\x00"))
			case sc.Name == "mount_setattr" && a.Name == "attr":
				keep = append(keep, append([]byte{unix.MOUNT_ATTR_RDONLY}, make([]byte, 31)...))
			case a.Kind == format.KindPointer || a.Kind == format.KindOpenHow || a.Kind == format.KindArgv:
				keep = append(keep, make([]byte, 4096))
			default:
				continue
			}
			args[i] = uintptr(unsafe.Pointer(&keep[len(keep)-1][0]))
		}
		for i, v := range given[sc.Name] {
			args[i] = v
		}
		unix.RawSyscall6(uintptr(sc.NR[hostABI()]), args[0], args[1], args[2], args[3], args[4], args[5])
		runtime.KeepAlive(keep)
	}
}

// sizes are of structs without which a call does not get as far as the path.
var sizes = map[string]uintptr{
	"openat2": 24, "mount_setattr": 32, "setxattrat": 16, "getxattrat": 16, "open_tree_attr": 32, "file_getattr": 24, "file_setattr": 24, "readlink": 16, "readlinkat": 16,
}

// early are paths that the kernel does not get to, and why.
var early = map[string]string{
	"uselib library":           "the call is not in the kernel any more (CONFIG_USELIB)",
	"pivot_root put_old":       "new_root is looked up first, and is not there",
	"move_mount from_pathname": "to_pathname is looked up first, and is not there",
}

// Every call of the table that takes a path is recorded with the path as it
// was given, and the kernel's own copy of it is seen.
func TestEveryPathCall(t *testing.T) {
	type seen struct{ kernel, exit format.ViewStatus }
	found := map[string]seen{}
	for b, i := range callsOf(t, callsArg, Options{}) {
		for _, s := range format.Slots {
			if v := b.Value(s.Enter, i); v != nil {
				found[string(v)] = seen{format.ViewStatus(b.U8[s.KernelStatus][i]), format.ViewStatus(b.U8[s.ExitStatus][i])}
			}
		}
	}
	paths, missing := 0, 0
	for _, sc := range pathCalls() {
		for k, v := range sc.Views {
			if v.Kind != format.KindPath || v.When != nil {
				continue
			}
			paths++
			name := nameOf(sc, v.Arg)
			got, ok := found[name]
			switch why := early[sc.Name+" "+sc.Args[v.Arg].Name]; {
			case !ok:
				t.Errorf("%s: no row has %s in slot %d", sc.Name, name, k)
			case why != "":
				missing++
				if got.kernel != format.ViewNone {
					t.Errorf("%s %s: a kernel view, although %s", sc.Name, sc.Args[v.Arg].Name, why)
				}
			case got.kernel != format.ViewSame:
				t.Errorf("%s %s: kernel view has status %d, want the same as at enter", sc.Name, sc.Args[v.Arg].Name, got.kernel)
			case got.exit != format.ViewSame:
				t.Errorf("%s %s: exit view has status %d", sc.Name, sc.Args[v.Arg].Name, got.exit)
			}
		}
	}
	t.Logf("%d paths of %d calls, %d of them refused before they are copied", paths, len(pathCalls()), missing)
	if paths < 60 {
		t.Errorf("only %d paths", paths)
	}
}

//go:build linux

package recorder

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
)

// factsArg makes the test binary the program that is recorded: it says which
// descriptors it was given, and which file stat described.
const factsArg = "__facts"

func makeFacts() {
	runtime.LockOSThread()
	var p [2]int
	if unix.Pipe2(p[:], unix.O_CLOEXEC) == nil {
		fmt.Println("want pipe2", p[0], p[1])
	}
	var bad int // refused: nothing is written
	unix.RawSyscall(unix.SYS_PIPE2, uintptr(unsafe.Pointer(&bad)), 0xffffffff, 0)
	s, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return
	}
	fmt.Println("want socketpair", s[0], s[1])
	buf, oob := make([]byte, 8), make([]byte, 256)
	for _, rights := range [][]int{{p[0], p[1]}, {s[0]}, nil} {
		var control []byte
		if rights != nil {
			control = unix.UnixRights(rights...)
		}
		if len(rights) == 1 { // credentials come before the descriptors then
			unix.SetsockoptInt(s[1], unix.SOL_SOCKET, unix.SO_PASSCRED, 1)
		}
		unix.Sendmsg(s[0], []byte("x"), control, nil, 0)
		_, n, _, _, err := unix.Recvmsg(s[1], buf, oob, unix.MSG_CMSG_CLOEXEC)
		if err != nil {
			return
		}
		messages, _ := unix.ParseSocketControlMessage(oob[:n])
		for i := range messages {
			if fds, err := unix.ParseUnixRights(&messages[i]); err == nil {
				fmt.Println("want recvmsg", strings.Trim(fmt.Sprint(fds), "[]"))
			}
		}
	}
	receiveSeveral(s)
	var st unix.Stat_t
	if unix.Stat("/proc/self/exe", &st) == nil {
		fmt.Printf("want newfstatat %d:%d %d\n", unix.Major(st.Dev), unix.Minor(st.Dev), st.Ino)
	}
	var stx unix.Statx_t
	if unix.Statx(unix.AT_FDCWD, "/dev/null", 0, unix.STATX_BASIC_STATS, &stx) == nil {
		fmt.Printf("want statx %d:%d %d\n", stx.Dev_major, stx.Dev_minor, stx.Ino)
	}
	unix.Stat("/nonexistent-tracerec", &st)
	os.Stdout.Sync()
}

// receiveSeveral receives three messages by one recvmmsg that has room for five:
// with two descriptors, none, and one; a sixth vector has never been looked at.
func receiveSeveral(s [2]int) {
	type mmsghdr struct {
		h unix.Msghdr
		_ uint32 // its length
	}
	for _, fds := range [][]int{{s[0], s[1]}, nil, {s[1]}} {
		var control []byte
		if fds != nil {
			control = unix.UnixRights(fds...)
		}
		unix.Sendmsg(s[0], []byte("y"), control, nil, 0)
	}
	var (
		vec     [5]mmsghdr
		iov     [5]unix.Iovec
		data    [5][8]byte
		control [5][256]byte
		want    []string
	)
	for i := range vec {
		copy(control[i][:], unix.UnixRights(99)) // what stands there already is no descriptor that has come
		iov[i] = unix.Iovec{Base: &data[i][0], Len: 1}
		vec[i].h = unix.Msghdr{Iov: &iov[i], Iovlen: 1, Control: &control[i][0], Controllen: 256}
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(s[1]), uintptr(unsafe.Pointer(&vec)), 5, unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		fmt.Println("recvmmsg:", errno)
		return
	}
	for i := range n {
		messages, _ := unix.ParseSocketControlMessage(control[i][:vec[i].h.Controllen])
		for k := range messages {
			if fds, err := unix.ParseUnixRights(&messages[k]); err == nil {
				want = append(want, strings.Trim(fmt.Sprint(fds), "[]"))
			}
		}
	}
	if n == 3 && len(want) == 2 {
		fmt.Println("want recvmmsg", strings.Join(want, " "))
	}
}

// What a call gives its caller stands in its row: descriptors, and the identity of a file.
func TestFactsOfCalls(t *testing.T) {
	_, batches, text := recordProgram(t, "/proc/self/exe", 0, nil, factsArg)
	wanted := map[string]int{}
	for line := range strings.Lines(text) {
		if want, ok := strings.CutPrefix(strings.TrimSpace(line), "want "); ok {
			wanted[want]++
		}
	}
	if len(wanted) < 7 {
		t.Fatalf("the program said only %q", text)
	}
	for _, b := range batches {
		for i := range b.N {
			sc := format.SyscallOf(format.ABI(b.U8[format.ColABI][i]), b.I32[format.ColNR][i])
			if sc == nil || format.EventID(b.U16[format.ColEvent][i]) != format.EventSyscall {
				continue
			}
			switch sc.Name {
			case "pipe2", "socketpair", "recvmsg", "recvmmsg":
				v := b.Value(format.ColAExit, i)
				if b.I64[format.ColRet][i] < 0 && v != nil {
					t.Errorf("%s failed and has descriptors: %v", sc.Name, v)
				}
				if v == nil {
					continue
				}
				said := sc.Name
				for ; len(v) >= 4; v = v[4:] {
					said += fmt.Sprintf(" %d", binary.LittleEndian.Uint32(v))
				}
				wanted[said]--
			case "newfstatat", "statx":
				dev, ino := b.U32[format.ColDev][i], b.U64[format.ColIno][i]
				if b.I64[format.ColRet][i] < 0 && ino != 0 {
					t.Errorf("%s failed and has inode %d", sc.Name, ino)
				}
				wanted[fmt.Sprintf("%s %d:%d %d", sc.Name, dev>>20, dev&0xfffff, ino)]--
			}
		}
	}
	for want, n := range wanted {
		if n > 0 {
			t.Errorf("no row says %s; the program said:\n%s", want, text)
		}
	}
}

//go:build linux

package recorder

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
)

// TestDescriptorsAreThoseOfProc: the kernel's iterator and /proc agree on every
// descriptor that a command inherits.
func TestDescriptorsAreThoseOfProc(t *testing.T) {
	if err := ProbeFeatures().check(); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	deleted, err := os.Create(filepath.Join(dir, "deleted"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(deleted, "text")
	os.Remove(deleted.Name())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	event, err := unix.Eventfd(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(event)
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], 0); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pipe[0])
	defer unix.Close(pipe[1])
	// inherited: without close-on-exec
	lf, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer lf.Close()
	defer deleted.Close()
	for _, fd := range []uintptr{lf.Fd(), deleted.Fd()} {
		if _, err := unix.FcntlInt(fd, unix.F_SETFD, 0); err != nil {
			t.Fatal(err)
		}
	}

	out := filepath.Join(dir, "t.trc")
	if _, err := Record(t.Context(), Options{Output: out, Command: []string{"true"}, Operation: Operation{Privileges: Privileges{Keep: true}}}); err != nil {
		t.Fatal(err)
	}
	proc, err := readFDs(uint32(os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	want := map[uint64]openFD{}
	for _, f := range proc {
		want[f.fd] = f
	}
	r, err := format.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	seen := map[uint64]bool{}
	local := ""
	closed := false
	for b, err := range r.Blocks(format.ReadOptions{}) {
		if err != nil && err != io.EOF {
			t.Fatal(err)
		}
		for i := range b.N {
			switch e := format.EventID(b.U16[format.ColEvent][i]); e {
			case format.EventState:
				closed = true
				if text := b.Value(format.ColAKernel, i); len(text) > 0 {
					t.Errorf("missing from the state: %s", text)
				}
			case format.EventSyscall, format.EventExec:
				if !closed {
					t.Fatal("an event stands before the end of the state")
				}
			case format.EventFD:
				fd := b.U64[format.ColArg0][i]
				seen[fd] = true
				if fd == uint64(lf.Fd()) {
					local = string(b.Value(format.ColAKernel, i))
				}
				if fd < 3 {
					continue // the command's own, and the test's are not the same where it is the test binary's pipe
				}
				w, ok := want[fd]
				if !ok {
					t.Errorf("fd %d is not open in the process that it was inherited from", fd)
					continue
				}
				got := openFD{
					fd: fd, pos: b.U64[format.ColArg2][i], mnt: uint64(b.U32[format.ColDLen][i]), flags: b.U64[format.ColArg1][i],
					mode: b.U32[format.ColALen][i], links: b.U32[format.ColBLen][i], dev: b.U32[format.ColDev][i], ino: b.U64[format.ColIno][i],
					path: string(b.Value(format.ColPath, i)),
				}
				w.path = w.kernelPath()
				if w.mode&unix.S_IFMT == unix.S_IFSOCK {
					got.path = "" // the protocol's name, which /proc does not say
				}
				if got != w {
					t.Errorf("fd %d\n got %+v\nwant %+v", fd, got, w)
				}
			}
		}
	}
	for _, fd := range []uint64{uint64(lf.Fd()), uint64(deleted.Fd()), uint64(event), uint64(pipe[0]), uint64(pipe[1])} {
		if !seen[fd] {
			t.Errorf("fd %d is not in the state", fd)
		}
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if want := string([]byte{2, 0, byte(port >> 8), byte(port), 127, 0, 0, 1}); !strings.HasPrefix(local, want) {
		t.Errorf("the listener's address is %x, want %x…", local, want)
	}
}

func TestMountsAreRead(t *testing.T) {
	const text = `29 1 254:1 / / rw,relatime shared:1 master:2 - ext4 /dev/vda1 rw,errors=remount-ro
30 29 0:25 /a\040b /mnt/with\040blank ro,nosuid - tmpfs my\134tmp rw,size=1k
`
	got, err := parseMounts(strings.NewReader(text))
	want := []mount{
		{29, 1, 254<<20 | 1, "/", "/", "rw,relatime", "shared:1,master:2", "ext4", "/dev/vda1", "rw,errors=remount-ro"},
		{30, 29, 25, "/a b", "/mnt/with blank", "ro,nosuid", "", "tmpfs", `my\tmp`, "rw,size=1k"},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
	if _, err := parseMounts(strings.NewReader("29 1 254:1 /\n")); err == nil {
		t.Error("a line that is cut off is taken")
	}
}

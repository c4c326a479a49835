//go:build linux

package recorder

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
)

// floodArg makes the test binary a program that makes more plain calls than a
// small ring holds, and becomes another one again and again meanwhile.
const floodArg = "__flood"

const (
	floodNames = 3000
	floodCalls = 50 // under each name
)

func makeFlood() {
	runtime.LockOSThread()
	for i := range floodNames {
		p, _ := unix.BytePtrFromString(fmt.Sprintf("n%d", i))
		unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(p)), 0, 0, 0)
		for range floodCalls {
			unix.RawSyscall(unix.SYS_CLOSE, uintptr(mark(i)), 0, 0)
		}
	}
}

// TestWhoWhenRecordsAreLost: a record that says who a task is may be lost like
// any other; what refers to it is not written then, so that no row has an older
// name or none, and none is without an enter.
func TestWhoWhenRecordsAreLost(t *testing.T) {
	if err := ProbeFeatures().check(); err != nil {
		t.Skip(err)
	}
	out := filepath.Join(t.TempDir(), "flood.trc")
	sum, err := Record(context.Background(), Options{Output: out, Ring: os.Getpagesize(), Command: []string{"/proc/self/exe", floodArg}, Select: every(t),
		Operation: Operation{Privileges: Privileges{Keep: true}}})
	if err != nil {
		t.Fatal(err)
	}
	if sum.Lost == 0 || sum.Corrupt != 0 || *sum.Exit != 0 {
		t.Fatalf("%d rows lost, %d corrupt, exit %v: want some, 0 and 0", sum.Lost, sum.Corrupt, *sum.Exit)
	}
	f, err := format.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	calls, names := 0, map[string]bool{}
	for b, err := range f.Blocks(format.ReadOptions{Events: []format.EventID{format.EventSyscall}}) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.N {
			if flags := format.RowFlags(b.U16[format.ColFlags][i]); flags&format.FlagNoEnter != 0 && sum.Missed == 0 {
				t.Errorf("call %d of thread %d, number %d, is without an enter", b.U64[format.ColCall][i], b.U32[format.ColTID][i], b.I32[format.ColNR][i])
			}
			n := int(b.U64[format.ColArg0][i]) - mark(0)
			if n < 0 || n >= floodNames || b.I32[format.ColNR][i] != unix.SYS_CLOSE {
				continue
			}
			calls++
			comm := string(b.Value(format.ColComm, i))
			names[comm] = true
			if want := fmt.Sprintf("n%d", n); comm != want || b.U64[format.ColStart][i] == 0 || b.U32[format.ColTGID][i] == 0 || b.U64[format.ColCall][i] == 0 {
				t.Fatalf("call under the name %s: %q, pid %d, start %d, call %d", want, comm, b.U32[format.ColTGID][i], b.U64[format.ColStart][i], b.U64[format.ColCall][i])
			}
		}
	}
	if calls == 0 || calls == floodNames*floodCalls || len(names) < 3 {
		t.Errorf("%d calls under %d names: the test did not see a loss between them", calls, len(names))
	}
	t.Logf("%d of %d calls, under %d names", calls, floodNames*floodCalls, len(names))
}

//go:build linux

package recorder

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
)

// shortRecord is a plain call that says who its task is, under a number.
func shortRecord(t *testing.T, number uint16, values fields) []byte {
	t.Helper()
	rec := wireRecord(t, format.EventSyscall, values)[:format.WireOf(format.EventSyscall).Ends[format.FormShort]]
	rec[format.WireRecForm] = uint8(format.FormShort)
	binary.LittleEndian.PutUint16(rec[format.WireIdent:], number)
	return rec
}

// briefOf is a brief record of thread tid that refers to a number.
func briefOf(tid uint32, number uint16, values map[format.ColumnID]uint64, args ...uint64) []byte {
	rec := make([]byte, format.WireBrief.Size, format.WireBrief.Size+8*len(args))
	rec[format.WireRecForm], rec[format.WireArgs] = uint8(format.FormBrief), uint8(len(args))
	binary.LittleEndian.PutUint16(rec[format.WireIdent:], number)
	values[format.ColTID] = uint64(tid)
	for _, f := range format.WireBrief.Fields {
		var v [8]byte
		binary.LittleEndian.PutUint64(v[:], values[f.Col])
		copy(rec[f.Offset:f.Offset+f.Size], v[:])
	}
	for _, a := range args {
		rec = binary.LittleEndian.AppendUint64(rec, a)
	}
	return rec
}

// TestBriefRecords: what a brief record leaves out is what the last record
// with its number said of that thread, also in the next batch, where the
// dictionary is another.
func TestBriefRecords(t *testing.T) {
	a := newAssembler(nil)
	a.batch = format.NewBatch(0)
	minusOne := ^uint64(0)
	a.add(shortRecord(t, 1, fields{"time": 1000, "tid": 7, "pid": 6, "ppid": 5, "uid": 4, "gid": 3, "comm": "one", "start": 99, "cgroup": 8, "pidns": 11, "mntns": 12, "nr": 39, "abi": 1}))
	call := map[format.ColumnID]uint64{
		format.ColTime: 2000, format.ColDuration: 300, format.ColCall: 2, format.ColNR: 3, format.ColABI: 1, format.ColRet: minusOne, format.ColCPU: 1, format.ColFlags: 0,
	}
	a.add(briefOf(7, 1, call, 42))
	a.add(shortRecord(t, 1, fields{"time": 2100, "tid": 8, "pid": 8, "comm": "other", "start": 100, "nr": 39, "abi": 1}))
	first := a.batch
	a.batch = format.NewBatch(0)
	a.era++
	a.batch.Dict.Ref([]byte("in the way"))
	call[format.ColTime] = 3000
	a.add(briefOf(7, 1, call))
	if a.corrupt != 0 || first.N != 3 || a.batch.N != 1 {
		t.Fatalf("%d corrupt records, %d and %d rows, want 0, 3 and 1", a.corrupt, first.N, a.batch.N)
	}
	row := func(b *format.Batch, i int) string {
		return fmt.Sprintf("%d+%d tid %d tgid %d ppid %d uid %d gid %d %q start %d cgroup %d ns %d %d call %d nr %d ret %d cpu %d args %d %d",
			b.I64[format.ColTime][i], b.I64[format.ColDuration][i], b.U32[format.ColTID][i], b.U32[format.ColTGID][i], b.U32[format.ColPPID][i], b.U32[format.ColUID][i], b.U32[format.ColGID][i],
			b.Value(format.ColComm, i), b.U64[format.ColStart][i], b.U64[format.ColCgroup][i], b.U32[format.ColPIDNS][i], b.U32[format.ColMntNS][i], b.U64[format.ColCall][i],
			b.I32[format.ColNR][i], b.I64[format.ColRet][i], b.U16[format.ColCPU][i], b.U64[format.ColArg0][i], b.U64[format.ColArg1][i])
	}
	const rest = `tid 7 tgid 6 ppid 5 uid 4 gid 3 "one" start 99 cgroup 8 ns 11 12 call 2 nr 3 ret -1 cpu 1 args `
	if got, want := row(first, 1), "1700+300 "+rest+"42 0"; got != want {
		t.Errorf("brief record:\n%s, want\n%s", got, want)
	}
	if got, want := row(a.batch, 0), "2700+300 "+rest+"0 0"; got != want {
		t.Errorf("brief record in the next batch:\n%s, want\n%s", got, want)
	}
}

// TestBriefRecordOfNobody: one that refers to what was never told, to an
// older number or to a task that has ended, or is cut, is not made up.
func TestBriefRecordOfNobody(t *testing.T) {
	a := newAssembler(nil)
	a.batch = format.NewBatch(0)
	call := map[format.ColumnID]uint64{format.ColTime: 2000}
	a.add(briefOf(7, 1, call))
	a.add(shortRecord(t, 2, fields{"time": 1, "tid": 7, "nr": 39, "abi": 1}))
	a.add(briefOf(7, 1, call))
	a.add(briefOf(8, 2, call))
	a.add(briefOf(7, 2, call, 1, 2)[:format.WireBrief.Size+8])
	a.add(briefOf(7, 2, call)[:format.WireBrief.Size-8])
	a.add(briefOf(7, 2, call, 1, 2, 3, 4, 5, 6, 7))
	if a.corrupt != 6 || a.batch.N != 1 {
		t.Errorf("%d corrupt records and %d rows, want 6 and 1", a.corrupt, a.batch.N)
	}
	a.add(wireRecord(t, format.EventExit, fields{"tid": 7}))
	a.add(briefOf(7, 2, call))
	if a.corrupt != 7 || a.batch.N != 2 {
		t.Errorf("after the exit: %d corrupt records and %d rows, want 7 and 2", a.corrupt, a.batch.N)
	}
}

// whoArg makes the test binary a program that makes plain calls and becomes
// somebody else in between.
const whoArg = "__who"

// mark is a descriptor that nobody has: close of it is the n-th call.
func mark(n int) int { return 1_000_000 + n }

func makeCallsAs() {
	runtime.LockOSThread()
	name := func(s string) {
		p, _ := unix.BytePtrFromString(s)
		unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(p)), 0, 0, 0)
	}
	closeTwice := func(n int) {
		unix.RawSyscall(unix.SYS_CLOSE, uintptr(mark(n)), 0, 0)
		unix.RawSyscall(unix.SYS_CLOSE, uintptr(mark(n+1)), 0, 0)
	}
	name("first")
	closeTwice(0)
	name("second")
	closeTwice(2)
	unix.RawSyscall(unix.SYS_SETRESGID, 65533, 65533, 65533) // of this thread only
	unix.RawSyscall(unix.SYS_SETRESUID, 65534, 65534, 65534)
	closeTwice(4)
}

// TestWhoAPlainCallIsOf: a task that changes its name and its ids is told of
// anew, so that each plain call has those of its time.
func TestWhoAPlainCallIsOf(t *testing.T) {
	var got []string
	for b, i := range callsOf(t, whoArg, Options{Select: every(t)}) {
		if n := int(b.U64[format.ColArg0][i]) - mark(0); n == len(got) && b.I32[format.ColNR][i] == unix.SYS_CLOSE && b.I64[format.ColRet][i] == -int64(unix.EBADF) {
			got = append(got, fmt.Sprintf("%s %d:%d", b.Value(format.ColComm, i), b.U32[format.ColUID][i], b.U32[format.ColGID][i]))
		}
	}
	uid, gid := os.Getuid(), os.Getgid()
	want := []string{
		fmt.Sprintf("first %d:%d", uid, gid), fmt.Sprintf("first %d:%d", uid, gid),
		fmt.Sprintf("second %d:%d", uid, gid), fmt.Sprintf("second %d:%d", uid, gid),
		"second 65534:65533", "second 65534:65533",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

//go:build linux

package recorder

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/derive"
	"github.com/tracerec/tracerec/format/verify"
)

// rowOf adds a row of an event by a task, at time n.
func rowOf(b *format.Batch, e format.EventID, pid uint32, n int) int {
	i := b.Append()
	b.U16[format.ColEvent][i] = uint16(e)
	b.U32[format.ColTID][i], b.U32[format.ColTGID][i] = pid, pid
	b.I64[format.ColTime][i], b.U64[format.ColStart][i] = int64(n), uint64(pid)
	b.SetBytes(format.ColComm, i, fmt.Appendf(nil, "p%d", pid))
	return i
}

func forkOf(b *format.Batch, parent, child uint32, n int) {
	i := rowOf(b, format.EventFork, parent, n)
	b.U64[format.ColArg0][i], b.U64[format.ColArg1][i] = uint64(child), uint64(child)
}

func exitOf(b *format.Batch, pid uint32, n int) {
	b.U64[format.ColArg1][rowOf(b, format.EventExit, pid, n)] = 1
}

func callOf(b *format.Batch, pid uint32, call, n int) {
	i := rowOf(b, format.EventSyscall, pid, n)
	b.U8[format.ColABI][i] = uint8(format.ABIAMD64)
	b.I32[format.ColNR][i] = int32(n % 300)
	b.U64[format.ColCall][i] = uint64(call)
	for k := range format.ColumnID(3) { // noise
		b.U64[format.ColArg0+k][i] = uint64(n+1) * 0x9e3779b97f4a7c15 * uint64(n+int(k)+3) >> 7
	}
}

func repeated(c *carry) (text string) {
	b := format.NewBatch(0)
	c.repeat(b)
	for i := range b.N {
		text += fmt.Sprintf("%s:%d@%d ", format.EventName(format.EventID(b.U16[format.ColEvent][i])), b.U32[format.ColTGID][i], b.I64[format.ColTime][i])
	}
	return strings.TrimSpace(text)
}

// TestCarryState: of the state at the beginning a segment repeats every mount
// and name, also of a process that has ended, and says that it has no descriptors.
func TestCarryState(t *testing.T) {
	c := newCarry(nil)
	b := format.NewBatch(0)
	rowOf(b, format.EventTask, 1, 1)
	for n := range uint64(3) {
		for _, ns := range []uint32{100, 200} {
			i := rowOf(b, format.EventMount, 1, 2)
			b.U64[format.ColArg0][i], b.U32[format.ColMntNS][i] = n, ns
		}
		b.U64[format.ColArg0][rowOf(b, format.EventCgroup, 1, 3)] = n
		for of := format.NameUser; of <= format.NameGroup; of++ {
			i := rowOf(b, format.EventNameOf, 1, 4)
			b.U64[format.ColArg0][i], b.U64[format.ColArg1][i] = of, n
		}
		b.U64[format.ColArg0][rowOf(b, format.EventFD, 1, 5)] = n
	}
	i := rowOf(b, format.EventState, 0, 6)
	b.U64[format.ColArg0][i], b.U64[format.ColArg1][i] = 1, 3
	b.SetBytes(format.ColAKernel, i, []byte("fd of 7: gone"))
	b.U64[format.ColArg0][rowOf(b, format.EventCgroup, 1, 7)] = 2 // once more
	exitOf(b, 1, 8)
	c.fold(b, 0, b.N)
	for range 2 {
		count := map[string]int{}
		got := format.NewBatch(0)
		c.repeat(got)
		for i := range got.N {
			e := format.EventID(got.U16[format.ColEvent][i])
			count[format.EventName(e)]++
			if e != format.EventState {
				continue
			}
			if text := string(got.Value(format.ColAKernel, i)); text != "fd of 7: gone; "+notCarried || got.U64[format.ColArg1][i] != 0 || got.U64[format.ColArg0][i] != 1 {
				t.Errorf("state: %q, %d tasks, %d fds", text, got.U64[format.ColArg0][i], got.U64[format.ColArg1][i])
			}
		}
		if fmt.Sprint(count) != "map[cgroup:3 mount:6 name:6 state:1]" || c.used != 16 {
			t.Errorf("repeated: %v, %d used", count, c.used)
		}
		c.compact()
	}
}

func TestCarry(t *testing.T) {
	c := newCarry(nil)
	add := func(f func(b *format.Batch)) {
		b := format.NewBatch(0)
		f(b)
		c.fold(b, 0, b.N)
	}
	add(func(b *format.Batch) {
		rowOf(b, format.EventTask, 1, 1)
		forkOf(b, 1, 2, 2)
		rowOf(b, format.EventExec, 2, 3)
		rowOf(b, format.EventExec, 2, 4) // takes the place of the one before
		forkOf(b, 2, 3, 5)
		rowOf(b, format.EventCwd, 3, 6)
	})
	if got, want := repeated(c), "task:1@1 fork:1@2 exec:2@4 fork:2@5 cwd:3@6"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	// A dead process is kept while a child lives, and says that it ended.
	add(func(b *format.Batch) { exitOf(b, 2, 7) })
	if got, want := repeated(c), "task:1@1 fork:1@2 exec:2@4 fork:2@5 cwd:3@6 exit:2@7"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	add(func(b *format.Batch) { exitOf(b, 3, 8) })
	if got, want := repeated(c), "task:1@1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	// A witness stays until its call returns.
	add(func(b *format.Batch) {
		b.U64[format.ColCall][rowOf(b, format.EventFileOpen, 1, 9)] = 5
		forkOf(b, 1, 4, 10)
		b.U64[format.ColCall][rowOf(b, format.EventFileOpen, 4, 11)] = 5
		callOf(b, 4, 5, 12)
	})
	if got, want := repeated(c), "task:1@1 fork:1@10 file_open:1@9"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	add(func(b *format.Batch) {
		callOf(b, 1, 5, 13)
		for _, pid := range []uint32{4, 1} {
			exitOf(b, pid, 14)
			b.U64[format.ColCall][rowOf(b, format.EventSignal, pid, 15)] = 9 // to its parent
		}
	})
	if got := repeated(c); got != "" || c.used != 0 || len(c.procs) != 0 || len(c.flight) != 0 {
		t.Errorf("left: %s, used %d, %d processes", got, c.used, len(c.procs))
	}
	// A process that goes on and on as its own child leaves no endless chain.
	add(func(b *format.Batch) {
		rowOf(b, format.EventTask, 9, 0)
		for n := uint32(10); n < 20000; n++ {
			forkOf(b, n-1, n, int(n))
			exitOf(b, n-1, int(n))
		}
	})
	if n := len(c.wanted()); n > 2*maxDead+10 || n < 10 || c.used != n || c.rows.N > 60000 {
		t.Errorf("%d rows wanted, used %d, %d kept", n, c.used, c.rows.N)
	}
	add(func(b *format.Batch) { callOf(b, 1, 1, 1) })
	if c.rows.N > 2*c.used+4096 {
		t.Errorf("%d rows kept for %d", c.rows.N, c.used)
	}
}

func testOutput(t *testing.T, dir string, rot Rotation) *output {
	t.Helper()
	opt := &Options{Output: filepath.Join(dir, "t.trc"), Log: slog.New(slog.DiscardHandler), Operation: Operation{Rotation: rot}}
	o, err := newOutput(opt, &format.Header{Host: "h", BootID: "b", Machine: "x86_64"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// Files that follow each other have their size and not more, are each readable
// alone, continue each other, and merge into what was written.
func TestFilesHaveTheirSize(t *testing.T) {
	dir := t.TempDir()
	const limit = 100_000
	o := testOutput(t, dir, Rotation{Size: limit})
	rows := 0
	for k := range 20 {
		b := format.NewBatch(0)
		if k == 0 {
			rowOf(b, format.EventTask, 7, 0)
		}
		for n := range 3000 * (1 + k%3) {
			callOf(b, 7, rows+n+1, rows+n)
		}
		rows += b.N
		if err := o.write(b, uint64(rows)); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.close(&format.Totals{Read: uint64(rows), Seen: uint64(rows), Reason: "end"}, nil); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	var inputs []*derive.Input
	var reports []*verify.Report
	var read uint64
	for k, file := range files {
		st, _ := os.Stat(file)
		if st.Size() > limit || k < len(files)-1 && st.Size() < limit*85/100 {
			t.Errorf("%s has %d bytes, the limit is %d", file, st.Size(), limit)
		}
		in, err := derive.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		inputs = append(inputs, in)
		read += in.Totals().Read
		r, err := verify.File(in.Reader, file, nil)
		if err != nil {
			t.Fatal(err)
		}
		reports = append(reports, r)
		if seg := in.Header().Segment; k > 0 && (seg.Number != k || seg.Repeated != 1) {
			t.Errorf("%s: segment %+v", file, seg)
		}
	}
	verify.Files(reports)
	for _, r := range reports {
		if !r.Good() {
			t.Errorf("%s: %+v", r.File, r.Problems)
		}
	}
	if len(files) < 5 || read != uint64(rows) {
		t.Errorf("%d files, %d records of %d", len(files), read, rows)
	}
	if got, err := derive.Merge(inputs, &derive.Output{Path: filepath.Join(dir, "all.trc")}); err != nil || got != uint64(rows) {
		t.Errorf("%d rows of %d: %v", got, rows, err)
	}
	var parts []format.Part
	for k, in := range inputs {
		if k != 2 {
			parts = append(parts, format.PartOf(in.Reader, fmt.Sprint(k)))
		}
	}
	if missing := format.MissingParts(parts); len(missing) != 1 || missing[0] != "segment 2 of the recording, between 1 and 3, is missing" {
		t.Errorf("%q", missing)
	}
}

// The newest files are kept, a file that is there is never written over, and
// a directory that is gone does not end the recording.
func TestFilesKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "t-003.trc"), []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := testOutput(t, dir, Rotation{Every: time.Hour, Keep: 2})
	n := 0
	one := func() error {
		b := format.NewBatch(0)
		callOf(b, 7, n+1, n)
		n++
		return o.write(b, uint64(n))
	}
	for range 5 {
		if err := errors.Join(one(), o.rotate("test")); err != nil {
			t.Fatal(err)
		}
	}
	names := func() (s string) {
		files, _ := os.ReadDir(dir)
		for _, f := range files {
			s += f.Name() + " "
		}
		return s
	}
	if got, want := names(), "t-003.trc t-004.trc t-005.trc "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if left, _ := os.ReadFile(filepath.Join(dir, "t-003.trc")); string(left) != "precious" {
		t.Error("a file of somebody else was written over")
	}
	// Moved, it is found by its descriptor.
	if err := os.Rename(dir, dir+"-moved"); err != nil {
		t.Fatal(err)
	}
	dir += "-moved"
	if err := errors.Join(one(), o.rotate("test")); err != nil {
		t.Fatal(err)
	}
	if got, want := names(), "t-003.trc t-005.trc t-006.trc "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	open := o.w
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := o.rotate("test"); err == nil || o.failed != nil || o.w != open {
		t.Errorf("no directory: %v; failed %v", err, o.failed)
	}
	if err := one(); err != nil {
		t.Error(err)
	}
	if err := o.close(&format.Totals{Read: uint64(n), Seen: uint64(n)}, nil); err == nil || !strings.Contains(err.Error(), "begin the next file") {
		t.Errorf("the end does not say what failed: %v", err)
	}
}

func TestNames(t *testing.T) {
	at := time.Date(2026, 11, 28, 13, 4, 5, 0, time.FixedZone("x", 3600))
	for _, c := range []struct {
		output string
		rot    Rotation
		n      int
		want   string
	}{
		{"d/a.trc", Rotation{}, 0, "a.trc"},
		{"d/a.trc", Rotation{Size: 1e6}, 12, "a-012.trc"},
		{"a", Rotation{Every: time.Hour}, 0, "a-000"},
		{"d/a-%Y%m%dT%H%M%S.trc", Rotation{Every: time.Hour}, 3, "a-20261128T120405.trc"},
	} {
		if got := (&Operation{Rotation: c.rot}).names(c.output).name(c.n, at); got != c.want {
			t.Errorf("%s, file %d: %s, want %s", c.output, c.n, got, c.want)
		}
	}
}

// The wall clock's steps and the machine's sleep are rows; slewing is none.
func TestClockRows(t *testing.T) {
	var c clockWatch
	b := format.NewBatch(0)
	log := slog.New(slog.DiscardHandler)
	at := func(boot, offset, asleep time.Duration) int {
		n := b.N
		c.tell(b, format.Clock{Boottime: int64(boot), Realtime: int64(boot + offset)}, int64(asleep), log)
		return b.N - n
	}
	c.offset, c.asleep = int64(time.Hour), 0
	for _, s := range []struct {
		boot, offset, asleep time.Duration
		rows                 int
	}{
		{1e9, time.Hour, 0, 0},
		{2e9, time.Hour + time.Millisecond, 0, 0},
		{3e9, time.Hour - time.Minute, 0, 1},
		{4e9, time.Hour - time.Minute, 0, 0},
		{400e9, time.Hour - time.Minute, 300e9, 1},
		{401e9, time.Hour - time.Minute, 300e9, 0},
	} {
		if got := at(s.boot, s.offset, s.asleep); got != s.rows {
			t.Errorf("at %v: %d rows, want %d", s.boot, got, s.rows)
		}
	}
	if b.I64[format.ColTime][0] != 3e9 || b.U64[format.ColArg0][0] != uint64(3*time.Second+time.Hour-time.Minute) || b.U16[format.ColEvent][0] != uint16(format.EventClock) {
		t.Errorf("row 0: %d %d", b.I64[format.ColTime][0], b.U64[format.ColArg0][0])
	}
}

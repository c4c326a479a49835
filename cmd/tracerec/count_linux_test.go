package main

import (
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
)

// task is the identity of a thread in a trace.
type task struct {
	tid   uint32
	start uint64
}

// Every call that a program made is in the trace once: counted by the program,
// and by the numbers that the kernel side gives to the calls of each thread.
func TestEveryCallIsRecordedOnce(t *testing.T) {
	needRecorder(t)
	const n = 150_000
	// The ring holds all of it, whoever has the processors meanwhile: what fits no ring is TestLossIsExact's.
	path := record(t, "", []string{"--ring-size", strconv.Itoa(16 << 20)}, self(t), subjectVerb, "getppid", strconv.Itoa(n))
	nothingLost(t, path)
	counted := 0
	last := make(map[task]uint64)
	eachRow(t, path, func(b *format.Batch, i int) {
		if b.I32[format.ColNR][i] == unix.SYS_GETPPID && b.I64[format.ColRet][i] > 0 {
			counted++
		}
		who, call := task{b.U32[format.ColTID][i], b.U64[format.ColStart][i]}, b.U64[format.ColCall][i]
		if before := last[who]; before != 0 && call != before+1 {
			t.Fatalf("thread %d: call %d follows call %d", who.tid, call, before)
		}
		last[who] = call
	}, format.EventSyscall)
	if counted != n {
		t.Errorf("%d of %d calls of getppid are in the trace", counted, n)
	}
	if len(last) < 2 {
		t.Errorf("%d threads: a Go program has more", len(last))
	}
}

// What does not fit a ring is counted, exactly, and in the lane it belongs to.
func TestLossIsExact(t *testing.T) {
	needRecorder(t)
	for _, ring := range []int{unix.Getpagesize(), 4 * unix.Getpagesize(), 16 * unix.Getpagesize()} {
		t.Run(strconv.Itoa(ring), func(t *testing.T) {
			const n = 200_000
			dir := t.TempDir()
			path := record(t, "", []string{"--ring-size", strconv.Itoa(ring)}, self(t), subjectVerb, "storm", strconv.Itoa(n), dir)
			sum := totals(t, path)

			// 1. By the loss rows: they add up to what the kernel counted.
			var lost [format.NumLanes][format.NumClasses]uint64
			var all uint64
			type counter struct {
				lane, class uint64
				cpu         uint16
			}
			upTo := make(map[counter]uint64)
			eachRow(t, path, func(b *format.Batch, i int) {
				lane, class, count := b.U64[format.ColArg0][i], b.U64[format.ColArg1][i], b.U64[format.ColArg2][i]
				first, last := b.U64[format.ColArg3][i], b.U64[format.ColArg4][i]
				lost[lane][class] += count
				all += count
				c := counter{lane, class, b.U16[format.ColCPU][i]}
				if count == 0 || last < first || last-first+1 < count || first <= upTo[c] {
					t.Errorf("a loss row says %d records from %d to %d; before it %d", count, first, last, upTo[c])
				}
				upTo[c] = last
			}, format.EventLost)
			if all != sum.Lost || sum.Lost > sum.Seen {
				t.Errorf("the rows say %d lost, the totals %d of %d", all, sum.Lost, sum.Seen)
			}

			// 2. By the numbers of the calls: what is missing between the first
			// and the last call of each thread is what was lost.
			var missing uint64
			getppid, opens := 0, 0
			last := make(map[task]uint64)
			root := true
			eachRow(t, path, func(b *format.Batch, i int) {
				if b.I32[format.ColNR][i] == unix.SYS_GETPPID {
					getppid++
				}
				if name := b.Value(format.ColAEnter, i); len(name) > len(dir) && string(name[:len(dir)]) == dir {
					opens++
				}
				who, call := task{b.U32[format.ColTID][i], b.U64[format.ColStart][i]}, b.U64[format.ColCall][i]
				switch before, ok := last[who]; {
				case !ok && root: // the command: it began as the launcher
					root = false
				case call <= before:
					t.Fatalf("thread %d: call %d follows call %d", who.tid, call, before)
				default:
					missing += call - before - 1
				}
				last[who] = call
			}, format.EventSyscall)
			plain, critical := lost[format.LanePlain][format.ClassCall], lost[format.LaneWitness][format.ClassCall]
			if missing != plain+critical {
				t.Errorf("%d calls are missing, %d are counted as lost", missing, plain+critical)
			}
			if plain == 0 && ring == unix.Getpagesize() {
				t.Errorf("%d calls through a ring of a page, and nothing was lost", n)
			}
			if getppid > n || uint64(n-getppid) > plain {
				t.Errorf("%d of %d calls of getppid are there, but only %d were lost", getppid, n, plain)
			}

			// 3. The flood is of plain calls: it never costs a witness.
			var witness uint64
			for _, count := range lost[format.LaneWitness] {
				witness += count
			}
			if ring >= 16*unix.Getpagesize() && (witness != 0 || opens != stormOpens) {
				t.Errorf("%d records of the witness lane were lost, %d of %d opens are there", witness, opens, stormOpens)
			}
			t.Logf("seen %d, lost %d (%d of them critical calls, %d records of the witness lane)", sum.Seen, sum.Lost, critical, witness)
		})
	}
}

// A flood of calls with compared arguments fills its lane, but not the part of
// it that is for processes: every exec and exit is there. The recording says
// what was lost, and that all of it is calls and their views.
func TestAFloodHidesNoExec(t *testing.T) {
	needRecorder(t)
	const ring, execs = 1 << 18, 60
	path := record(t, "", []string{"--ring-size", strconv.Itoa(ring)}, "/bin/sh", "-c",
		`for i in 1 2 3; do "$0" `+subjectVerb+` storm 60000 "$1" & done; i=0; while [ $i -lt `+strconv.Itoa(execs)+` ]; do /bin/true; i=$((i+1)); done; wait`, self(t), t.TempDir())
	began, ended := 0, 0
	eachRow(t, path, func(b *format.Batch, i int) {
		switch format.EventID(b.U16[format.ColEvent][i]) {
		case format.EventExec:
			if string(b.Value(format.ColAKernel, i)) == "/bin/true" {
				began++
			}
		case format.EventExit:
			ended++
		case format.EventLost:
			if class := format.Class(b.U64[format.ColArg1][i]); class != format.ClassCall && class != format.ClassView {
				t.Errorf("%d records of class %d were lost", b.U64[format.ColArg2][i], class)
			}
		}
	}, format.EventExec, format.EventExit, format.EventLost)
	if began != execs || ended < execs+3 {
		t.Errorf("%d of %d execs and %d exits are in the trace", began, execs, ended)
	}
	t.Logf("%d records lost", totals(t, path).Lost)
}

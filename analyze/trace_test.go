package analyze

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// trace builds rows for tests, in stream order.
type trace struct {
	b      *format.Batch
	now    int64
	calls  uint64
	header format.Header
}

func newTrace() *trace {
	return &trace{b: format.NewBatch(64), now: 1_000_000, header: format.Header{
		BootID: "6f1d3c1e-0000-4000-8000-000000000001", Host: "lab", Kernel: "6.18.0",
		Clock: format.Clock{Boottime: 0, Realtime: 1_767_225_600_000_000_000},
	}}
}

const (
	testTID   = 101
	testPID   = 100
	testStart = 5_000
)

// row is one row under construction.
type row struct {
	t *trace
	i int
}

func (t *trace) row(e format.EventID) row {
	i := t.b.Append()
	t.now += 1000
	r := row{t, i}
	r.set(format.ColEvent, uint64(e)).set(format.ColTime, uint64(t.now))
	r.set(format.ColTID, testTID).set(format.ColTGID, testPID).set(format.ColPPID, 1).set(format.ColStart, testStart)
	r.set(format.ColUID, 1000).bytes(format.ColComm, "racer")
	return r
}

func (r row) set(c format.ColumnID, v uint64) row { r.t.b.Set(c, r.i, v); return r }

func (r row) bytes(c format.ColumnID, v string) row {
	r.t.b.SetBytes(c, r.i, append([]byte{}, v...))
	return r
}

func (r row) task(tid, pid uint32, start uint64) row {
	return r.set(format.ColTID, uint64(tid)).set(format.ColTGID, uint64(pid)).set(format.ColStart, start)
}

func (r row) flags(f format.RowFlags) row {
	return r.set(format.ColFlags, uint64(f)|uint64(r.t.b.U16[format.ColFlags][r.i]))
}

// begin numbers the next call; its witness rows are built before its own row.
func (t *trace) begin() *trace { t.calls++; return t }

// witness is a row of the call that was begun.
func (t *trace) witness(e format.EventID, name string) row {
	call, _ := t.find(name)
	return t.row(e).set(format.ColCall, t.calls).set(format.ColABI, uint64(format.ABIAMD64)).set(format.ColNR, uint64(call.NR[format.ABIAMD64]))
}

// view is a further kernel copy of the call that was begun.
func (t *trace) view(slot int, value string, rung format.Rung, uptr uint64) row {
	return t.row(format.EventView).set(format.ColCall, t.calls).
		set(format.ColArg0, uint64(slot)).set(format.ColArg1, uint64(format.ViewKernel)).set(format.ColArg2, uptr).
		bytes(format.ColAKernel, value).set(format.ColAKernelStatus, uint64(format.ViewOK)).set(format.ColARungs, uint64(rung))
}

func (t *trace) find(name string) (*format.Syscall, bool) {
	for i := range format.Syscalls {
		if format.Syscalls[i].Name == name {
			return &format.Syscalls[i], true
		}
	}
	panic("no syscall " + name)
}

const testPointer = 0x7f0000001000

// call is the row of the call that was begun. Pointer arguments are set.
func (t *trace) call(name string, ret int64) row {
	call, _ := t.find(name)
	r := t.witness(format.EventSyscall, name).set(format.ColRet, uint64(ret)).set(format.ColDuration, 500)
	for k, v := range call.Views {
		r.set(format.ColArg0+format.ColumnID(v.Arg), testPointer+uint64(k)*0x1000)
	}
	return r
}

// enter sets an enter view, taken in full.
func (r row) enter(k int, v string) row {
	return r.bytes(format.Slots[k].Enter, v).enterIs(k, format.ViewOK)
}

func (r row) enterIs(k int, s format.ViewStatus) row {
	return r.set(format.Slots[k].EnterStatus, uint64(s))
}
func (r row) kernelIs(k int, s format.ViewStatus) row {
	return r.set(format.Slots[k].KernelStatus, uint64(s))
}
func (r row) exitIs(k int, s format.ViewStatus) row {
	return r.set(format.Slots[k].ExitStatus, uint64(s))
}
func (r row) length(k int, n int) row          { return r.set(format.Slots[k].Len, uint64(n)) }
func (r row) vma(k int, c format.VMAClass) row { return r.set(format.Slots[k].VMA, uint64(c)) }

// kernel sets a kernel view that differs from the enter view.
func (r row) kernel(k int, v string, rungs format.Rung) row {
	return r.bytes(format.Slots[k].Kernel, v).kernelIs(k, format.ViewOK).set(format.Slots[k].Rungs, uint64(rungs))
}

// same says that kernel and exit view are equal to the enter view.
func (r row) same(k int, rungs format.Rung) row {
	return r.kernelIs(k, format.ViewSame).exitIs(k, format.ViewSame).set(format.Slots[k].Rungs, uint64(rungs))
}

func (r row) exit(k int, v string) row {
	return r.bytes(format.Slots[k].Exit, v).exitIs(k, format.ViewOK)
}

func (r row) object(path string) row {
	return r.set(format.ColDev, 8<<20|1).set(format.ColIno, 4711).bytes(format.ColPath, path)
}

// open is a consistent openat, to be spoilt by the test.
func (t *trace) open(path string, rungs format.Rung) row {
	return t.begin().call("openat", 3).enter(0, path).same(0, rungs).object(path)
}

// exec is a consistent, successful execve of a program; interp is what bprm->interp says.
func (t *trace) exec(path, argv, kernelArgv, interp string) row {
	t.begin()
	t.witness(format.EventExec, "execve").bytes(format.ColAKernel, path).bytes(format.ColAEnter, interp).
		bytes(format.ColBKernel, kernelArgv).set(format.ColBKernelStatus, uint64(format.ViewOK)).object(interp)
	r := t.call("execve", 0).enter(0, path).same(0, format.RungPutname|format.RungExec).exitIs(0, format.ViewReplaced)
	r.enter(1, argv).exitIs(1, format.ViewReplaced).object(interp)
	if argv == kernelArgv {
		return r.kernelIs(1, format.ViewSame).set(format.ColBRungs, uint64(format.RungExec))
	}
	return r.kernel(1, kernelArgv, format.RungExec)
}

var allVerdicts = func() (all []Verdict) {
	for v := range NumVerdicts {
		all = append(all, v)
	}
	return all
}()

// run analyses the trace, with batches of at most size rows.
func (t *trace) run(tb testing.TB, o Options, size int) ([]*Finding, *Coverage) {
	tb.Helper()
	losses := NewLosses()
	losses.Fold(t.b)
	var found []*Finding
	s, err := NewSession(t.header, losses, o, func(f *Finding) { found = append(found, f) })
	if err != nil {
		tb.Fatal(err)
	}
	for from := 0; from < t.b.N; from += size {
		s.Fold(slice(t.b, from, min(from+size, t.b.N)))
	}
	return found, s.Finish(nil, nil)
}

// slice copies rows into a batch of its own, with a dictionary of its own.
func slice(b *format.Batch, from, to int) *format.Batch {
	out := format.NewBatch(to - from)
	out.Seq = uint64(from)
	for i := from; i < to; i++ {
		at := out.Append()
		for c := range format.Columns {
			id := format.ColumnID(c)
			if format.Columns[c].Type == format.Bytes {
				out.SetBytes(id, at, b.Value(id, i))
			} else {
				out.Set(id, at, uint64(b.Int(id, i)))
			}
		}
	}
	return out
}

func (f *Finding) String() string {
	kernel := "-"
	if f.Kernel.Bytes != nil {
		kernel = show.Text(f.Kind, f.Kernel.Bytes)
	}
	return fmt.Sprintf("%s.%s %s %s %s: %s", f.Syscall, f.Argument, f.Verdict, f.Severity, kernel, f.Reason)
}

// check runs a trace in several ways, which must all agree, and compares the
// verdicts of all arguments with want: "syscall.argument verdict severity", and after
// a colon a part of the reason.
func (t *trace) check(tb testing.TB, want ...string) {
	tb.Helper()
	found, full := t.run(tb, Options{Verdicts: allVerdicts}, 1<<20)
	for i := range max(len(found), len(want)) {
		switch {
		case i >= len(found):
			tb.Errorf("missing: %s", want[i])
		case i >= len(want):
			tb.Errorf("too many: %s", found[i])
		default:
			head, reason, _ := strings.Cut(want[i], ": ")
			f := found[i]
			got := fmt.Sprintf("%s.%s %s %s", f.Syscall, f.Argument, f.Verdict, f.Severity)
			if got != head || !strings.Contains(f.Reason, reason) {
				tb.Errorf("got  %s\nwant %s", f, want[i])
			}
		}
	}
	for _, size := range []int{1, 2, 3} {
		small, cov := t.run(tb, Options{Verdicts: allVerdicts}, size)
		if !slices.EqualFunc(small, found, func(a, b *Finding) bool { return a.String() == b.String() && a.ID == b.ID }) {
			tb.Errorf("batches of %d rows: %v\nin one batch: %v", size, small, found)
		}
		compareCoverage(tb, cov, full)
	}
	listed, fast := t.run(tb, Options{}, 1<<20)
	compareCoverage(tb, fast, full)
	n := 0
	for _, f := range found {
		if f.Severity > Info {
			n++
		}
	}
	if len(listed) != n {
		tb.Errorf("%d findings listed by default, %d are above info", len(listed), n)
	}
}

func compareCoverage(tb testing.TB, a, b *Coverage) {
	tb.Helper()
	for i := range a.Arguments {
		x, y := a.Arguments[i], b.Arguments[i]
		if x.Verdicts != y.Verdicts || x.Agreed != y.Agreed {
			tb.Errorf("%s.%s counted %v agreed %d, elsewhere %v agreed %d", x.Syscall, x.Argument, x.Verdicts, x.Agreed, y.Verdicts, y.Agreed)
		}
	}
	if fmt.Sprint(a.Unpaired) != fmt.Sprint(b.Unpaired) {
		tb.Errorf("unpaired %v, elsewhere %v", a.Unpaired, b.Unpaired)
	}
}

// mixed is an ordinary stream: one call in three is compared, most of these
// with a witness row of their own, one in a hundred follows a symlink.
func mixed(rows int) *format.Batch {
	t := newTrace()
	t.b = format.NewBatch(rows)
	for n := 0; t.b.N < rows; n++ {
		switch n % 3 {
		case 0:
			path := fmt.Sprintf("/usr/lib/x86_64-linux-gnu/lib%d.so", n%700)
			t.begin().witness(format.EventFileOpen, "openat").set(format.ColAKernelStatus, uint64(same)).
				set(format.ColARungs, uint64(lsm)).set(format.ColArg0, testPointer).object(path)
			r := t.call("openat", 3).enter(0, path).same(0, lsm|putname).object(path)
			if n%300 == 0 {
				r.object(path + ".1")
			}
		default:
			t.row(format.EventSyscall).set(format.ColABI, uint64(format.ABIAMD64)).set(format.ColNR, uint64(n%2))
		}
	}
	return t.b
}

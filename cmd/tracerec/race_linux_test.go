package main

import (
	"bytes"
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/recorder/drill"
)

// argument is a compared argument of a recorded call.
type argument struct {
	call drill.CallKey
	slot int
}

// lies is an oracle of its own: from nothing but the rows it tells for every
// argument but argv (which the kernel changes for scripts) whether some kernel
// view has other bytes than the enter view. It knows nothing of the analyzer.
func lies(t *testing.T, path string) map[argument]bool {
	t.Helper()
	found := make(map[argument]bool)
	further := make(map[argument][][]byte) // kernel copies that stand in rows of their own
	eachRow(t, path, func(b *format.Batch, i int) {
		key := argument{drill.CallKey{TID: b.U32[format.ColTID][i], Start: b.U64[format.ColStart][i], Call: b.U64[format.ColCall][i]}, 0}
		if format.EventID(b.U16[format.ColEvent][i]) == format.EventView {
			if format.View(b.U64[format.ColArg1][i]) == format.ViewKernel && b.Value(format.ColAKernel, i) != nil {
				key.slot = int(b.U64[format.ColArg0][i])
				further[key] = append(further[key], bytes.Clone(b.Value(format.ColAKernel, i)))
			}
			return
		}
		for k, s := range format.Slots {
			enter := format.ViewStatus(b.U8[s.EnterStatus][i])
			if enter != format.ViewOK || k == 1 && isExec(b.I32[format.ColNR][i]) {
				continue
			}
			key.slot = k
			lie, shown := false, b.Value(s.Enter, i)
			equal := bytes.Equal
			if sc := format.SyscallOf(format.ABI(b.U8[format.ColABI][i]), b.I32[format.ColNR][i]); sc != nil && k < len(sc.Views) && sc.Views[k].Kind == format.KindMsgNames {
				// Messages without an address, and those that were not sent, are not shown to the witness.
				shown, equal = withoutEmpty(shown), bytes.HasPrefix
			}
			if sc := format.SyscallOf(format.ABI(b.U8[format.ColABI][i]), b.I32[format.ColNR][i]); sc != nil && k < len(sc.Views) && sc.Views[k].Shape == format.ShapeOptions {
				equal = sameOptions
			}
			if format.ViewStatus(b.U8[s.KernelStatus][i]) == format.ViewOK {
				lie = !equal(shown, b.Value(s.Kernel, i))
			}
			for _, v := range further[key] {
				lie = lie || !equal(shown, v)
			}
			if lie {
				found[key] = true
			}
		}
	}, format.EventSyscall, format.EventView)
	return found
}

// sameOptions: the kernel cuts mount options apart in place, with NULs.
func sameOptions(shown, used []byte) bool {
	cut := func(b []byte) []byte {
		return bytes.Map(func(r rune) rune {
			if r == ',' || r == '=' {
				return 0
			}
			return r
		}, b)
	}
	return bytes.Equal(cut(shown), cut(used))
}

// withoutEmpty drops the messages of a KindMsgNames value that have no address.
func withoutEmpty(v []byte) (out []byte) {
	for len(v) >= 2 {
		n := 2 + int(binary.LittleEndian.Uint16(v))
		if n > 2 {
			out = append(out, v[:n]...)
		}
		v = v[n:]
	}
	return out
}

// judged is what the analyzer says of every compared argument.
func judged(t *testing.T, path string) (map[argument]analyze.Verdict, *analyze.Coverage) {
	t.Helper()
	var all []analyze.Verdict
	for v := range analyze.NumVerdicts {
		all = append(all, v)
	}
	found := make(map[argument]analyze.Verdict)
	coverage, err := analyze.File(path, analyze.Options{Verdicts: all}, func(f *analyze.Finding) {
		if f.Analysis == "toctou" && f.Verdict < analyze.Unpaired {
			found[argument{drill.CallKey{TID: f.TID, Start: f.Start, Call: f.Call}, f.Slot}] = f.Verdict
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return found, coverage
}

// raced records a case of the drill until the race was really seen: on a busy
// machine the second thread may not run between the tracer's look and the
// kernel's. A machine on which it never does has nothing to prove.
func raced(t *testing.T, name string, n int) (path string, truth drill.Truth, calls []drill.Call) {
	t.Helper()
	for range 4 {
		dir := t.TempDir()
		path = record(t, "", nil, drill.Argv(self(t), name, dir, n)...)
		var err error
		if truth, err = drill.ReadTruth(dir); err != nil {
			t.Fatal(err)
		}
		if truth.Total.Unavailable != "" {
			t.Skip(truth.Total.Unavailable)
		}
		r, err := format.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if calls, err = drill.Match(r, &truth); err != nil {
			t.Fatal(err)
		}
		for i := range calls {
			if !bytes.Equal(calls[i].Enter, value(&truth, calls[i].Attempt)) {
				return path, truth, calls
			}
		}
		t.Logf("no race was won in %d attempts: once more", truth.Total.Attempts)
	}
	t.Skip("the machine is too busy: the second thread never changed a name within a call")
	return
}

// value is what the program itself found out that the kernel used.
func value(t *drill.Truth, a *drill.Attempt) []byte {
	if a.Got == "a" {
		return t.Setup.A
	}
	return t.Setup.B
}

// kernelDev is a device as the kernel numbers it, which differs from stat(2).
func kernelDev(dev uint64) uint32 {
	major := uint32(dev>>8&0xfff) | uint32(dev>>32&^0xfff)
	minor := uint32(dev&0xff) | uint32(dev>>12&^0xff)
	return major<<20 | minor
}

// checkRace is the promise for every race: each call is there, what the kernel
// used is what the program got, and the analyzer calls divergent exactly the
// calls whose enter view is not that, and no other argument of the recording.
func checkRace(t *testing.T, path string, truth drill.Truth, calls []drill.Call) {
	t.Helper()
	nothingLost(t, path)
	if truth.Total.Error != "" || truth.Total.Failed != 0 || len(calls) != truth.Total.Attempts {
		t.Fatalf("%d attempts, %d failed (%s), %d in the trace", truth.Total.Attempts, truth.Total.Failed, truth.Total.Error, len(calls))
	}
	found, coverage := judged(t, path)
	oracle := lies(t, path)
	want, unread := 0, 0
	for i := range calls {
		c := &calls[i]
		used := value(&truth, c.Attempt)
		verdict := found[argument{c.Key, c.Slot}]
		switch {
		case !c.Witnessed || !bytes.Equal(c.Kernel, used):
			t.Fatalf("attempt %d: the kernel used %q, the trace says %q (witnessed: %v)", c.Attempt.I, used, c.Kernel, c.Witnessed)
		case c.Enter == nil:
			unread++ // the page was not there; then there is no lie to find
		case !bytes.Equal(c.Enter, used):
			want++
			if verdict != analyze.Divergent {
				t.Errorf("attempt %d: enter %q, kernel %q: %v", c.Attempt.I, c.Enter, used, verdict)
			}
		case verdict == analyze.Divergent:
			t.Errorf("attempt %d: enter and kernel are both %q, yet divergent", c.Attempt.I, used)
		}
	}
	divergent := 0
	for a, v := range found {
		if v == analyze.Divergent {
			divergent++
		}
		if (v == analyze.Divergent || v == analyze.MultipleCopies) != oracle[a] {
			t.Errorf("call %+v: the views say %v, the analyzer %v", a, oracle[a], v)
		}
	}
	if divergent != want || len(oracle) != want {
		t.Errorf("%d calls were lied about; %d divergent, %d by the views", want, divergent, len(oracle))
	}
	t.Logf("%d attempts, all in the trace and witnessed; %d divergent, precision and recall 1; %d arguments compared, %d unread",
		len(calls), want, coverage.Compared(), unread)
}

func TestOpenRaceIsReportedExactly(t *testing.T) {
	needExact(t)
	path, truth, calls := raced(t, "open-flip", 3000)
	checkRace(t, path, truth, calls)
	for _, c := range calls {
		want := truth.Setup.FileA
		if c.Attempt.Got == "b" {
			want = truth.Setup.FileB
		}
		if *c.Attempt.File != *want || c.Ino != want.Ino || c.Dev != kernelDev(want.Dev) {
			t.Fatalf("attempt %d opened %v, content says %s; the trace says dev %#x ino %d", c.Attempt.I, c.Attempt.File, c.Attempt.Got, c.Dev, c.Ino)
		}
	}
}

func TestExecRaceIsReportedExactly(t *testing.T) {
	needExact(t)
	path, truth, calls := raced(t, "exec-flip", 500)
	checkRace(t, path, truth, calls)

	// A second witness, bprm->filename, and the new image say the same.
	type ran struct {
		name []byte
		ino  uint64
	}
	execs := make(map[drill.CallKey]ran)
	eachRow(t, path, func(b *format.Batch, i int) {
		key := drill.CallKey{TID: b.U32[format.ColTID][i], Start: b.U64[format.ColStart][i], Call: b.U64[format.ColCall][i]}
		execs[key] = ran{bytes.Clone(b.Value(format.ColAKernel, i)), b.U64[format.ColIno][i]}
	}, format.EventExec)
	for _, c := range calls {
		want, x := truth.Setup.FileA, execs[c.Key]
		if c.Attempt.Got == "b" {
			want = truth.Setup.FileB
		}
		if !bytes.Equal(x.name, value(&truth, c.Attempt)) || x.ino != want.Ino {
			t.Errorf("attempt %d ran %s; the exec row says %q, inode %d", c.Attempt.I, c.Attempt.Got, x.name, x.ino)
		}
	}
}

func isExec(nr int32) bool { return nr == unix.SYS_EXECVE || nr == unix.SYS_EXECVEAT }

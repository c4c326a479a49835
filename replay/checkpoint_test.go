package replay

import (
	"bytes"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tracerec/tracerec/format"
)

// anyRows draws rows of everything that changes a state, of tasks and
// descriptors so few that they meet. Most make sense, some do not.
func anyRows(t *rapid.T, n int) *format.Batch {
	r := newRec()
	at := int64(t0)
	pids := []int{10, 11, 12, 13, 14}
	starts := map[int]int64{10: t0 - second, 11: t0 + 1, 12: t0 + 2, 13: t0 + 3, 14: t0 + 4}
	task := func(label string) who {
		pid := rapid.SampledFrom(pids).Draw(t, label)
		tid := pid + 100*rapid.IntRange(0, 1).Draw(t, "thread")
		return who{tid: tid, pid: pid, ppid: 1, start: starts[pid] + int64(tid-pid), comm: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "comm")}
	}
	paths := rapid.SampledFrom([]string{"/a", "/a/b", "/a/b/c", "/d", "x", "../y"})
	fds := rapid.IntRange(0, 6)
	nr := map[string]int{}
	for i := range effects {
		if e := &effects[i]; e.row.NR[format.ABIAMD64] >= 0 {
			nr[e.Call] = int(e.row.NR[format.ABIAMD64])
		}
	}
	calls := make([]string, 0, len(nr))
	for i := range effects {
		if _, ok := nr[effects[i].Call]; ok {
			calls = append(calls, effects[i].Call)
		}
	}
	for range n {
		at += int64(rapid.IntRange(0, 1e6).Draw(t, "later"))
		w := task("task")
		switch rapid.IntRange(0, 15).Draw(t, "row") {
		case 0:
			child := task("child")
			r.fork(at, w, child, rapid.SampledFrom([]int{0, 0x10f00, 0x400, 0x200, 0x8000, 0x4100}).Draw(t, "flags"))
		case 1:
			r.exec(at, w, 5, "/bin/x", "x\x00", "/bin/x", cells{format.ColArg0: w.pid + 100*rapid.IntRange(0, 1).Draw(t, "old")})
		case 2:
			r.exit(at, w, 0, rapid.Bool().Draw(t, "dead"))
		case 3:
			r.lost(at-1000, at, format.Class(rapid.IntRange(0, 3).Draw(t, "class")), 3)
		case 4:
			r.row(format.EventCwd, at, w, cells{format.ColPath: paths.Draw(t, "cwd")})
		case 5:
			r.row(format.EventFD, at, w, cells{
				format.ColFlags: format.FlagInitial, format.ColArg0: fds.Draw(t, "fd"), format.ColArg1: 0, format.ColPath: paths.Draw(t, "path"),
				format.ColArg5: rapid.IntRange(1, 4).Draw(t, "description"), format.ColALen: 0o100644, format.ColBLen: 1,
			})
		case 6:
			r.row(rapid.SampledFrom([]format.EventID{format.EventURingCreate, format.EventURingSubmit, format.EventURingComplete}).Draw(t, "uring"), at, w, cells{
				format.ColArg0: rapid.IntRange(1, 2).Draw(t, "ring"), format.ColArg1: rapid.SampledFrom([]int{13, 18, 19, 3}).Draw(t, "op"),
				format.ColArg2: rapid.IntRange(0, 3).Draw(t, "data"), format.ColArg3: fds.Draw(t, "of"),
			})
		case 7:
			r.row(format.EventNamespace, at, w, cells{format.ColArg0: cloneNewNS, format.ColArg1: 1, format.ColArg2: rapid.IntRange(2, 4).Draw(t, "ns")})
		default:
			call := rapid.SampledFrom(calls).Draw(t, "call")
			r.row(format.EventSyscall, at-int64(rapid.IntRange(0, 2e6).Draw(t, "took")), w, cells{
				format.ColABI: amd64, format.ColNR: nr[call], format.ColDuration: rapid.IntRange(0, 2e6).Draw(t, "duration"),
				format.ColRet:  rapid.SampledFrom([]int{0, 3, 4, 5, 6, 7, -9, -2, -115, 1500}).Draw(t, "ret"),
				format.ColArg0: fds.Draw(t, "arg0"), format.ColArg1: rapid.SampledFrom([]int{0, 1, 2, 3, 5, 1030, 0x80000}).Draw(t, "arg1"),
				format.ColArg2:   rapid.SampledFrom([]int{0, 1, 2, 4, 0x80000, 0xc2}).Draw(t, "arg2"),
				format.ColAEnter: paths.Draw(t, "a"), format.ColAEnterStatus: format.ViewOK, format.ColBEnter: paths.Draw(t, "b"), format.ColBEnterStatus: format.ViewOK,
				format.ColAExit: rapid.SampledFrom([]string{"\x03\x00\x00\x00\x04\x00\x00\x00", "\x05\x00\x00\x00\xff\xff\xff\xff"}).Draw(t, "exit"), format.ColMntNS: 1,
			})
		}
	}
	return r.batch
}

// A state that was taken down and made again goes on as if nothing had been.
func TestCheckpointsMakeNoDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := anyRows(t, rapid.IntRange(1, 150).Draw(t, "rows"))
		every := uint64(rapid.IntRange(1, 40).Draw(t, "every"))
		fresh := func() *State {
			s := New()
			s.living, s.every = true, every
			return s
		}
		apply := func(s *State, i, j int) {
			if err := s.Apply(rows(b, i, j)); err != nil {
				t.Fatal(err)
			}
		}
		whole := fresh()
		apply(whole, 0, b.N)
		want, err := whole.snapshot().encode()
		if err != nil {
			t.Fatal(err)
		}
		s := fresh()
		for i := 0; i < b.N; {
			j := min(b.N, i+rapid.IntRange(1, 60).Draw(t, "part"))
			apply(s, i, j)
			i = j
			raw, err := s.snapshot().encode()
			if err != nil {
				t.Fatal(err)
			}
			v, err := decodeSnapshot(raw)
			if err != nil {
				t.Fatal(err)
			}
			if s, err = v.state(); err != nil {
				t.Fatal(err)
			}
			s.every = every
		}
		got, err := s.snapshot().encode()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			var a, z bytes.Buffer
			for _, view := range Views {
				List(&a, whole, ViewOptions{View: view.Name, JSON: true})
				List(&z, s, ViewOptions{View: view.Name, JSON: true})
			}
			one, _ := decodeSnapshot(want)
			more, _ := decodeSnapshot(got)
			t.Fatalf("in one go:\n%s\nby checkpoints:\n%s\nthe states differ in\n%s", a.String(), z.String(), cmp.Diff(one, more, cmp.Exporter(func(reflect.Type) bool { return true })))
		}
	})
}

// An index is used for the file, user and version that it was made for, and
// changes no answer.
func TestIndex(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	defer func(every uint64) { IndexEvery = every }(IndexEvery)
	IndexEvery = 1 << 14
	dir := t.TempDir()
	path := filepath.Join(dir, "a.trc")
	w, err := format.Create(path, header(), format.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	b := story()
	for i := range 80 { // more rows than are between two checkpoints
		part := plainRows(1<<9, 16, 8)
		times := part.I64[format.ColTime]
		for k := range part.N {
			times[k] = t0 + int64(i)*second + int64(k)*1000
		}
		if i == 0 {
			part = b
		}
		if err := w.Write(part, format.Clock{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(&format.Totals{}); err != nil {
		t.Fatal(err)
	}
	r, err := format.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	src := FromReader(r)
	if _, err := BuildIndex(src, IndexPath(path)); err != nil {
		t.Fatal(err)
	}
	x, err := OpenIndex(IndexPath(path), r)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if len(x.foot.Checkpoints) != 2 {
		t.Fatalf("%d checkpoints", len(x.foot.Checkpoints))
	}
	used := 0
	for _, at := range []int64{t0, t0 + second/2, t0 + 33*second, t0 + 40*second, t0 + 79*second, t0 + 200*second} {
		if s, _, err := x.before(at); err != nil {
			t.Fatal(err)
		} else if s != nil {
			used++
		}
		plain, err := FoldTo(src, at, nil)
		if err != nil {
			t.Fatal(err)
		}
		indexed, err := FoldTo(src, at, x)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := plain.snapshot().encode()
		if got, _ := indexed.snapshot().encode(); !bytes.Equal(got, want) {
			t.Errorf("at %d: %d rows with the index, %d without: the states differ", at, indexed.Rows(), plain.Rows())
		}
	}
	if used != 4 {
		t.Errorf("%d answers began at a checkpoint, want 4", used)
	}
	// Of another user.
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	if _, err := OpenIndex(IndexPath(path), r); err != ErrStale {
		t.Errorf("an index that another user made: %v", err)
	}
}

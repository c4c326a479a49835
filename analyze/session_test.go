package analyze

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// workload is an ordinary trace of every compared call, all consistent.
func workload() *trace {
	t := newTrace()
	all := format.RungLSM | format.RungPutname
	web := inet(2, 80, 127, 0, 0, 1)
	t.open("/etc/hostname", all)
	t.open("notes.txt", format.RungPutname).object("/home/u/notes.txt")
	t.begin().call("open", 3).enter(0, "/tmp/a").same(0, all).object("/tmp/a")
	t.begin().call("creat", 3).enter(0, "/tmp/c").same(0, all).object("/tmp/c")
	t.begin().call("openat2", -2).enter(0, "/tmp/none").same(0, format.RungPutname).enter(1, string(make([]byte, 24))).exitIs(1, same)
	t.exec("/bin/ls", "ls\x00-l\x00", "ls\x00-l\x00", "/bin/ls")
	t.exec("./s.sh", "s\x00a\x00", "/bin/sh\x00./s.sh\x00a\x00", "/bin/sh")
	t.begin().call("execveat", -2).enter(0, "x").same(0, format.RungPutname).enter(1, "x\x00").exitIs(1, same)
	t.begin().call("connect", 0).enter(0, web).same(0, format.RungLSM|format.RungCgroup).object(web)
	t.begin().call("bind", 0).enter(0, web).same(0, format.RungLSM).object(web)
	t.row(format.EventSyscall).set(format.ColABI, uint64(format.ABIAMD64)).set(format.ColNR, 39)
	return t
}

func TestWorkloadHasNoFindings(t *testing.T) {
	found, c := workload().run(t, Options{}, 100)
	if len(found) > 0 {
		t.Errorf("%v", found)
	}
	if c.Calls != 11 || c.Compared() != 12 {
		t.Errorf("%d calls, %d compared", c.Calls, c.Compared())
	}
}

// TestMutation changes one byte of one kernel view in a consistent trace: that
// and nothing else is found.
func TestMutation(t *testing.T) {
	n := workload().b.N
	mutated := 0
	for i := range n {
		for k, s := range format.Slots {
			tr := workload()
			b := tr.b
			if format.EventID(b.U16[format.ColEvent][i]) != format.EventSyscall || format.ViewStatus(b.U8[s.KernelStatus][i]) != same {
				continue
			}
			enter := b.Value(s.Enter, i)
			for at := range enter {
				tr := workload()
				value := bytes.Clone(enter)
				value[at] ^= 1
				rungs := format.Rung(tr.b.U8[s.Rungs][i])
				row{tr, i}.kernel(k, string(value), rungs)
				if i > 0 && format.EventID(tr.b.U16[format.ColEvent][i-1]) == format.EventExec {
					if k == 0 {
						tr.b.SetBytes(format.ColAKernel, i-1, value)
						if bytes.Equal(tr.b.Value(format.ColAEnter, i-1), enter) {
							tr.b.SetBytes(format.ColAEnter, i-1, value)
						}
					} else {
						tr.b.SetBytes(format.ColBKernel, i-1, value)
					}
				}
				found, _ := tr.run(t, Options{}, 100)
				mutated++
				if len(found) != 1 || found[0].Verdict != Divergent || found[0].Seq != uint64(i) || found[0].Slot != k {
					t.Errorf("row %d slot %d byte %d: %v", i, k, at, found)
				}
			}
		}
	}
	if mutated < 90 {
		t.Errorf("only %d mutations", mutated)
	}
}

func uringRow(t *trace, e format.EventID, args ...uint64) row {
	r := t.row(e)
	for i, v := range args {
		r.set(format.ColArg0+format.ColumnID(i), v)
	}
	return r
}

func TestUnpaired(t *testing.T) {
	worker := func(t *trace, name string, e format.EventID, uptr uint64) row {
		return t.row(e).flags(format.FlagIOWorker).bytes(format.ColAKernel, name).set(format.ColAKernelStatus, uint64(ok)).
			set(format.ColARungs, uint64(lsm)).set(format.ColArg0, uptr)
	}
	cases := []struct {
		name  string
		build func(*trace)
		want  []string
	}{
		{"io_uring worker", func(t *trace) {
			worker(t, "/tmp/a", format.EventFileOpen, 0x1000)
		}, []string{"none.file_open unpaired low: worker"}},
		{"io_uring worker, a kernel without uptr", func(t *trace) {
			worker(t, "/tmp/a", format.EventFileOpen, 0)
		}, []string{"none.file_open unpaired low: worker"}},
		{"by a worker, for a request whose ring is known", func(t *trace) {
			uringRow(t, format.EventURingCreate, 0xffff, 3, 0, 0, 0, 0)
			uringRow(t, format.EventURingSubmit, 0xffff, 18, 77, 0, 0, 100)
			uringRow(t, format.EventURingAsync, 0xffff, 18, 77, 0, 0, 100).task(100, 100, 1)
			worker(t, "/tmp/a", format.EventFileOpen, 0x1000).task(109, 100, 2)
		}, []string{"none.file_open unpaired low: worker or SQPOLL thread: no syscall carried this argument: OPENAT of process 100 (user_data 0x4d)"}},
		{"a request that does not open is not it", func(t *trace) {
			uringRow(t, format.EventURingAsync, 0xffff, 22, 77, 0, 0, 100)
			worker(t, "/tmp/a", format.EventFileOpen, 0x1000).task(109, 100, 2)
		}, []string{"none.file_open unpaired low: carried this argument"}},
		{"by the SQPOLL thread of another's ring", func(t *trace) {
			uringRow(t, format.EventURingCreate, 0xffff, 3, 0, 0, 2, 108).task(50, 50, 1)
			uringRow(t, format.EventURingSubmit, 0xffff, 16, 5, 0, 0, 100).task(108, 50, 2)
			worker(t, "\x02\x00\x00\x50\x7f\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00", format.EventSocketConnect, 0).task(108, 50, 2)
		}, []string{"none.socket_connect unpaired low: CONNECT of process 100 (user_data 0x5), taken from the ring by its SQPOLL thread, in a ring that process 50 created"}},
		{"one name, two witnesses", func(t *trace) {
			worker(t, "/tmp/a", format.EventFileOpen, 0x1000)
			worker(t, "/tmp/a", format.EventPutname, 0x1000).set(format.ColARungs, uint64(putname))
			worker(t, "/tmp/b", format.EventPutname, 0x1000).set(format.ColARungs, uint64(putname))
		}, []string{"none.file_open unpaired low", "none.putname unpaired low"}},
		{"inline submission", func(t *trace) {
			t.begin().row(format.EventFileOpen).set(format.ColCall, t.calls).set(format.ColNR, 426).set(format.ColABI, uint64(format.ABIAMD64)).
				bytes(format.ColAKernel, "/etc/shadow").set(format.ColAKernelStatus, uint64(ok)).set(format.ColArg0, 0x1000)
		}, []string{"io_uring_enter.file_open unpaired medium: io_uring"}},
		{"connect by a worker", func(t *trace) {
			t.row(format.EventSocketConnect).flags(format.FlagIOWorker).bytes(format.ColAKernel, inet(2, 80, 1, 2, 3, 4)).
				set(format.ColAKernelStatus, uint64(ok)).set(format.ColARungs, uint64(lsm))
		}, []string{"none.socket_connect unpaired low"}},
		{"made by the kernel", func(t *trace) {
			t.row(format.EventFileOpen).bytes(format.ColAKernel, "/core").set(format.ColAKernelStatus, uint64(ok))
			t.row(format.EventFileOpen).flags(format.FlagIOWorker)
			t.row(format.EventFileOpen).flags(format.FlagKernel).set(format.ColArg0, 1)
		}, []string{"none.file_open unpaired info: itself", "none.file_open unpaired info: itself", "none.file_open unpaired info: kernel thread"}},
		{"in a call whose arguments are not compared", func(t *trace) {
			t.begin().row(format.EventFileOpen).set(format.ColCall, t.calls).set(format.ColNR, 304).set(format.ColABI, uint64(format.ABIAMD64)).
				bytes(format.ColAKernel, "/etc/passwd").set(format.ColAKernelStatus, uint64(ok)).set(format.ColArg0, 0x1000)
		}, []string{"open_by_handle_at.file_open unpaired info"}},
		{"paired", func(t *trace) {
			t.begin().witness(format.EventFileOpen, "openat").set(format.ColAKernelStatus, uint64(same)).
				set(format.ColARungs, uint64(lsm)).set(format.ColArg0, testPointer)
			t.call("openat", 3).enter(0, "/tmp/a").same(0, lsm).object("/tmp/a")
		}, []string{"openat.pathname consistent info"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			tr := newTrace()
			c.build(tr)
			tr.check(t, c.want...)
		})
	}
}

func TestContext(t *testing.T) {
	tr := newTrace()
	tr.row(format.EventTask).task(1, 1, 10).set(format.ColPPID, 0).bytes(format.ColComm, "init").object("/sbin/init").flags(format.FlagInitial)
	tr.row(format.EventTask).task(50, 50, 20).bytes(format.ColComm, "sh").object("/bin/sh").flags(format.FlagInitial)
	fork := func(tid, pid uint32, start, child, childPID, childStart uint64, f format.RowFlags) {
		tr.row(format.EventFork).task(tid, pid, start).set(format.ColArg0, child).set(format.ColArg1, childPID).set(format.ColArg2, childStart).flags(f)
	}
	fork(50, 50, 20, testPID, testPID, 4000, 0)
	tr.row(format.EventExec).task(testPID, testPID, 4000).bytes(format.ColComm, "racer").object("/t/racer")
	fork(testPID, testPID, 4000, testTID, testPID, testStart, format.FlagThread|format.FlagSharedVM)
	fork(testPID, testPID, 4000, 102, testPID, 6000, format.FlagThread|format.FlagSharedVM)
	fork(testPID, testPID, 4000, 103, testPID, 7000, format.FlagThread|format.FlagSharedVM)
	fork(testTID, testPID, testStart, 200, 200, 8000, format.FlagSharedVM) // vfork
	fork(testTID, testPID, testStart, 201, 201, 9000, 0)
	tr.row(format.EventExit).task(103, testPID, 7000)
	tr.open("/tmp/a", 0).kernel(0, "/tmp/b", putname)
	// exec ends the other threads before it returns.
	tr.row(format.EventExec).task(200, 200, 8000).bytes(format.ColComm, "true").object("/bin/true")
	// A thread that is not the leader calls execve: its number becomes the
	// leader's. The other threads end before the call returns.
	entered := tr.now + 1
	tr.begin()
	tr.row(format.EventExit).task(102, testPID, 6000)
	tr.row(format.EventExit).task(testPID, testPID, 4000)
	tr.row(format.EventExec).set(format.ColArg0, testTID).set(format.ColCall, tr.calls).bytes(format.ColComm, "next").object("/t/next")
	tr.call("execve", 0).enter(0, "/t/a").kernel(0, "/t/next", execed).exitIs(0, format.ViewReplaced).set(format.ColTime, uint64(entered)).
		enter(1, "a\x00").kernelIs(1, same).set(format.ColBRungs, uint64(execed))
	tr.open("/tmp/a", 0).kernel(0, "/tmp/b", putname).task(testPID, testPID, testStart)

	for _, size := range []int{1, 3, 100} {
		found, _ := tr.run(t, Options{}, size)
		if len(found) != 3 {
			t.Fatalf("%v", found)
		}
		ancestors := "[{50 sh /bin/sh} {1 init /sbin/init}] "
		for i, want := range []string{
			ancestors + "[{100 100 racer false} {102 100 racer false} {200 200 racer false}]",
			ancestors + "[{102 100 racer true} {100 100 racer true}]",
			ancestors + "[]",
		} {
			if got := fmt.Sprint(found[i].Ancestors, found[i].Threads); got != want {
				t.Errorf("finding %d: %s, want %s", i, got, want)
			}
		}
	}
}

// TestBounded makes traces in which nothing ever ends.
func TestBounded(t *testing.T) {
	p := newProcesses(0)
	b := newTrace()
	b.row(format.EventFork)
	for i := range 3 * maxTasks {
		b.b.Set(format.ColArg0, 0, uint64(i+1000))
		b.b.Set(format.ColArg1, 0, uint64(i+1000))
		p.apply(b.b, 0)
	}
	if len(p.tasks) > maxTasks || p.refused == 0 {
		t.Errorf("%d tasks, %d refused", len(p.tasks), p.refused)
	}
	// A daemon that forks and exits for ever.
	p = newProcesses(0)
	for i := range 10_000 {
		r := row{b, 0}.task(uint32(i+1), uint32(i+1), 1).set(format.ColArg0, uint64(i+2)).set(format.ColArg1, uint64(i+2)).set(format.ColArg2, 1)
		p.apply(b.b, 0)
		p.exit(uint32(i + 1))
		_ = r
	}
	depth := 0
	for proc := p.procs[10_001]; proc != nil; proc = proc.parent {
		depth++
	}
	if depth > maxAncestors+1 || len(p.procs) != 1 || len(p.tasks) != 1 {
		t.Errorf("depth %d, %d processes, %d tasks", depth, len(p.procs), len(p.tasks))
	}

	w := newWaiting()
	for i := range 2 * maxWaiting {
		w.add(uint32(i), 1, 1, uint64(i), witness{}, int64(i))
		w.endBatch()
	}
	if len(w.tasks) > maxWaiting || !w.evicted || w.doubt < 0 {
		t.Errorf("%d waiting, evicted %t, doubt %d", len(w.tasks), w.evicted, w.doubt)
	}

	l := NewLosses()
	for i := range 10 * maxWindows {
		l.add(format.ClassWitness, window{int64(10 * i), int64(10*i + 1)})
	}
	l.done()
	if n := len(l.windows[format.ClassWitness]); n > maxWindows {
		t.Errorf("%d windows", n)
	}
	if !l.touches(1<<format.ClassWitness, 100, 100) || l.touches(1<<format.ClassWitness, -5, -1) || l.touches(1<<format.ClassCall, 100, 100) {
		t.Error("windows moved")
	}
}

// TestGap loses the batch that held a second copy.
func TestGap(t *testing.T) {
	tr := newTrace()
	tr.begin().view(0, "/tmp/b", lsm, testPointer)
	tr.call("openat", 3).enter(0, "/tmp/a").same(0, putname).object("/tmp/a").set(format.ColTime, 100).set(format.ColDuration, 1_000_000)
	tr.now = 10_000_000
	tr.open("/tmp/a", putname)
	s, err := NewSession(tr.header, nil, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Gap()
	s.Fold(slice(tr.b, 1, 3))
	c := s.Finish(nil, nil)
	for _, a := range c.Arguments {
		if a.Calls > 0 && (a.Verdicts[Inconclusive] != 1 || a.Verdicts[Consistent] != 1) {
			t.Errorf("%s.%s: %v", a.Syscall, a.Argument, a.Verdicts)
		}
	}
	if len(c.Incomplete) == 0 {
		t.Error("evidence is said to be complete")
	}
}

func TestIDs(t *testing.T) {
	ids := func(spoil func(*trace)) (out []string) {
		tr := workload()
		tr.open("/tmp/a", 0).kernel(0, "/tmp/b", putname)
		tr.open("/tmp/a", 0).kernel(0, "/tmp/b", putname)
		spoil(tr)
		found, _ := tr.run(t, Options{}, 7)
		for _, f := range found {
			out = append(out, f.ID)
		}
		return out
	}
	a := ids(func(*trace) {})
	if len(a) != 2 || a[0] == a[1] || len(a[0]) != 16 {
		t.Errorf("ids %q", a)
	}
	if b := ids(func(*trace) {}); !slices.Equal(a, b) {
		t.Errorf("second run: %q, first %q", b, a)
	}
	if b := ids(func(tr *trace) { tr.header.BootID = "other" }); b[0] == a[0] || b[1] == a[1] {
		t.Error("another boot, the same ids")
	}
}

func TestManifest(t *testing.T) {
	tr := newTrace()
	tr.header.Manifest = []format.Witness{
		{Event: "file_open", Hook: "lsm/file_open", Rung: format.RungLSM, State: format.WitnessSilent, Why: "bpf is not in lsm="},
		{Event: "putname", Hook: "raw_tp/kmem_cache_free", Rung: format.RungPutname, State: format.WitnessRefused},
		{Event: "cgroup_connect", Hook: "cgroup/connect4", Rung: format.RungCgroup, State: format.WitnessActive},
	}
	tr.begin().call("openat", 3).enter(0, "/tmp/a").exitIs(0, same)
	tr.begin().call("bind", 0).enter(0, inet(2, 1, 1, 1, 1, 1)).exitIs(0, same)
	tr.begin().call("connect", 0).enter(0, inet(2, 1, 1, 1, 1, 1)).same(0, cgroup)
	tr.check(t,
		"openat.pathname unwitnessed info: active on this host",
		"bind.addr unwitnessed info: active on this host",
		"connect.addr consistent info",
	)
	_, c := tr.run(t, Options{}, 10)
	exposed := make(map[string]string)
	for _, a := range c.Arguments {
		exposed[a.Syscall] += strings.Join(a.Exposed, "; ")
	}
	if !strings.Contains(exposed["openat"], "resolved object only") || !strings.Contains(exposed["connect"], "family, address and port only") {
		t.Errorf("exposed: %q", exposed)
	}
	if len(c.Incomplete) == 0 {
		t.Error("evidence is said to be complete")
	}
}

func TestFailedCallsWithHooksOnly(t *testing.T) {
	tr := newTrace()
	tr.header.Manifest = []format.Witness{{Event: "file_open", Hook: "fentry/security_file_open", Rung: format.RungFentry, State: format.WitnessActive}}
	tr.begin().call("openat", -2).enter(0, "/none").exitIs(0, same)
	tr.check(t, "openat.pathname unwitnessed info: ENOENT")
}

func TestJSONIsSafeAndExact(t *testing.T) {
	hostile := "/tmp/\x1b[31m\u009b\u202e\"<\\\n\u2028é\U000e0001"
	tr := newTrace()
	tr.open(hostile, 0).kernel(0, "/tmp/\xff\x1b", putname).bytes(format.ColComm, "\x1b]0;x\a")
	tr.begin().call("execve", 0).enter(0, "/bin/sh").same(0, putname).enter(1, "a\x00b\xff\x00").kernel(1, "\x1b\x00\x00", execed)
	found, cov := tr.run(t, Options{}, 10)
	var out bytes.Buffer
	j := NewJSON(&out)
	table := NewTable(&out, false)
	for _, f := range found {
		if err := j.Finding(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Coverage(cov); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines: %s", len(lines), out.String())
	}
	for _, f := range found {
		table.Finding(f)
	}
	table.Coverage(cov, 0)
	for _, r := range out.String() {
		if r != '\n' && r != '\uFFFD' && (r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u202e' || r == '\u2028' || r >= 0xe0000) {
			t.Errorf("%U in output", r)
		}
	}
	var f map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &f); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"type": "finding", "verdict": "divergent", "severity": "high", "syscall": "openat", "argument": "pathname",
		"enter": hostile, "enter_hex": nil, "kernel": "/tmp/\\xff\x1b", "kernel_hex": "2f746d702fff1b", "exit": hostile,
		"comparison": "exact", "pid": 100.0, "tid": 101.0, "time": "2026-01-01T00:00:00.001001000Z", "ret": 3.0, "errno": nil,
		"comm": "\x1b]0;x\a",
	} {
		if f[key] != want {
			t.Errorf("%s: got %#v, want %#v", key, f[key], want)
		}
	}
	if err := json.Unmarshal([]byte(lines[1]), &f); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%q %q", f["enter"], f["kernel"]); got != `["a" "b\\xff"] ["\x1b" ""]` {
		t.Errorf("argv: %s", got)
	}
	if err := json.Unmarshal([]byte(lines[2]), &f); err != nil {
		t.Fatal(err)
	}
	if f["type"] != "coverage" || f["complete"] != true {
		t.Errorf("coverage: %v %v", f["type"], f["complete"])
	}
}

func TestNothingFoundIsNotCouldNotLook(t *testing.T) {
	text := func(tr *trace) string {
		_, c := tr.run(t, Options{}, 100)
		var out strings.Builder
		NewTable(&out, false).Coverage(c, 0)
		return out.String()
	}
	clean := newTrace()
	clean.open("/tmp/a", putname)
	blind := newTrace()
	blind.begin().call("openat", 3).enter(0, "/tmp/a").exitIs(0, same)
	partly := newTrace()
	partly.open("/tmp/a", putname)
	partly.lost(format.ClassCall, 1, 2, 3)
	for _, c := range []struct {
		tr   *trace
		want string
	}{
		{clean, "nothing found in 1 compared argument\n"},
		{blind, "nothing could be compared: this is no clean result"},
		{newTrace(), "nothing could be compared: this is no clean result"},
		{partly, "nothing found in 1 compared argument, but the evidence is incomplete"},
	} {
		if got := text(c.tr); !strings.Contains(got, c.want) {
			t.Errorf("want %q in:\n%s", c.want, got)
		}
	}
}

// TestInfo asks for informational findings: the sentence, the list and the
// count that makes the exit code are the same.
func TestInfo(t *testing.T) {
	tr := newTrace()
	tr.open("/tmp/a", putname)
	tr.open("/tmp/a", putname).object("/tmp/elsewhere")
	tr.begin().call("openat", -14).enterIs(0, format.ViewNull)
	for _, c := range []struct {
		info   bool
		listed int
		want   string
	}{
		{false, 0, "nothing found in 2 compared arguments\n"},
		{true, 1, "result  1 info redirected\n"},
	} {
		found, cov := tr.run(t, Options{Info: c.info}, 100)
		var out strings.Builder
		NewTable(&out, false).Coverage(cov, 0)
		if len(found) != c.listed || cov.At(Info) != 1 || cov.At(Low) != 0 || !strings.Contains(out.String(), c.want) {
			t.Errorf("info %v: %v, %d counted, want %q in:\n%s", c.info, found, cov.At(Info), c.want, out.String())
		}
	}
}

// What nobody called is counted, and the statement fits a terminal.
func TestStatementFitsATerminal(t *testing.T) {
	_, c := report().run(t, Options{}, 100)
	var out strings.Builder
	NewTable(&out, false).Coverage(c, 0)
	if !strings.Contains(out.String(), "  not called: ") || strings.Contains(out.String(), "linkat") {
		t.Errorf("names of what was not called:\n%s", &out)
	}
	lines := 0
	for line := range strings.Lines(out.String()) {
		lines++
		if len(line) > width+1 {
			t.Errorf("%d columns: %q", len(line)-1, line)
		}
	}
	if lines < 10 {
		t.Errorf("%d lines", lines)
	}
}

func TestFile(t *testing.T) {
	tr := workload()
	tr.open("/tmp/a", 0).kernel(0, "/tmp/b", putname)
	tr.lost(format.ClassCall, 1, 2, 3)
	path := filepath.Join(t.TempDir(), "t.trc")
	writeFile(t, path, tr)
	var found []*Finding
	c, err := File(path, Options{}, func(f *Finding) { found = append(found, f) })
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || found[0].File != path || c.Lost.Total != 3 || c.File != path {
		t.Errorf("%v, lost %d", found, c.Lost.Total)
	}
}

// TestDamagedFile flips a byte in the middle of a file of several blocks: the
// rest is analysed, and the damage stands in the statement.
func TestDamagedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.trc")
	header := newTrace().header
	w, err := format.Create(path, &header, format.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const blocks, each = 9, 500
	for n := range blocks {
		tr := newTrace()
		for i := range each {
			tr.open(fmt.Sprintf("/tmp/%d/%d", n, i*i), putname)
		}
		tr.b.Seq = uint64(n * each)
		if err := w.Write(tr.b, header.Clock); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(&format.Totals{}); err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{}, {Analyses: []string{"io-uring"}}} {
		if c, err := File(path, o, nil); err != nil || len(c.Incomplete) > 0 || c.Rows != blocks*each {
			t.Fatalf("whole file: %v, %+v", err, c)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, damage := range []func([]byte) []byte{
		func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		func(b []byte) []byte { return b[:len(b)*2/3] },
		func(b []byte) []byte { return slices.Delete(b, len(b)/3, len(b)/3+len(b)/4) },
	} {
		if err := os.WriteFile(path, damage(bytes.Clone(whole)), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := File(path, Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Incomplete) == 0 || c.Rows == 0 || c.Rows >= blocks*each {
			t.Errorf("%d rows, incomplete: %q", c.Rows, c.Incomplete)
		}
	}
}

func TestUnknownAnalysis(t *testing.T) {
	if _, err := NewSession(format.Header{}, nil, Options{Analyses: []string{"x"}}, nil); err == nil || !strings.Contains(err.Error(), "toctou, io-uring") {
		t.Errorf("error %v", err)
	}
}

// TestLayering keeps the analyses on any machine: neither the recorder nor
// what it attaches with may be needed to read a trace.
func TestLayering(t *testing.T) {
	args := []string{"list", "-deps", "./analyze"}
	if dirs, _ := filepath.Glob("../replay/*.go"); len(dirs) > 0 {
		args = append(args, "./replay")
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("go list: %v", err)
	}
	for _, dep := range strings.Fields(string(out)) {
		if strings.Contains(dep, "cilium") || strings.HasSuffix(dep, "tracerec/bpf") || strings.Contains(dep, "tracerec/recorder") {
			t.Errorf("analyze or replay depends on %s", dep)
		}
	}
}

package analyze

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

var update = flag.Bool("update", false, "rewrite testdata/*.golden")

// report is a trace with something of everything.
func report() *trace {
	t := newTrace()
	t.header.Manifest = []format.Witness{
		{Event: "file_open", Hook: "lsm/file_open", Rung: format.RungLSM, State: format.WitnessActive},
		{Event: "bprm_check", Hook: "lsm/bprm_check_security", Rung: format.RungLSM, State: format.WitnessRefused, Why: "EPERM"},
		{Event: "putname", Hook: "raw_tp/kmem_cache_free", Rung: format.RungPutname, State: format.WitnessActive},
		{Event: "exec", Hook: "tp_btf/sched_process_exec", Rung: format.RungExec, State: format.WitnessActive},
	}
	t.row(format.EventTask).task(50, 50, 20).bytes(format.ColComm, "sh").object("/bin/sh").flags(format.FlagInitial)
	t.row(format.EventFork).task(50, 50, 20).set(format.ColArg0, testPID).set(format.ColArg1, testPID).set(format.ColArg2, 4000)
	t.row(format.EventExec).task(testPID, testPID, 4000).bytes(format.ColComm, "racer").object("/t/racer")
	t.row(format.EventFork).task(testPID, testPID, 4000).set(format.ColArg0, testTID).set(format.ColArg1, testPID).set(format.ColArg2, testStart).
		flags(format.FlagThread | format.FlagSharedVM)
	for range 3 {
		t.open("/tmp/a", lsm|putname)
	}
	t.open("/tmp/lnk", lsm|putname)
	t.open("/tmp/a", 0).kernel(0, "/etc/shadow", lsm|putname).exitIs(0, same).object("/etc/shadow")
	t.open("/tmp/\x1b[2J\xff", putname).exit(0, "/tmp/b")
	t.begin().view(0, "/tmp/b", lsm, testPointer)
	t.call("openat", -13).enter(0, "/tmp/a").same(0, putname)
	t.open("x", 0).enterIs(0, format.ViewUnreadable).vma(0, format.VMAUffd).kernel(0, "/tmp/b", putname).exit(0, "/tmp/b")
	r := t.exec("/bin/ls", "ls\x00-l\x00", "ls\x00-l\x00", "/bin/bash").kernel(0, "/bin/bash", putname|execed)
	row{t, r.i - 1}.bytes(format.ColAKernel, "/bin/bash")
	t.begin().call("execve", -2).enter(0, "/bin/none").same(0, putname).enter(1, "none\x00").exitIs(1, same)
	t.begin().call("bind", 0).enter(0, inet(2, 80, 127, 0, 0, 1)).exitIs(0, same)
	t.row(format.EventFileOpen).task(77, 70, 700).flags(format.FlagIOWorker).bytes(format.ColComm, "iou-wrk-70").
		bytes(format.ColAKernel, "/root/key").set(format.ColAKernelStatus, uint64(ok)).set(format.ColARungs, uint64(lsm)).
		set(format.ColArg0, 0x1000).object("/root/key")
	t.lost(format.ClassCall, 1, 2, 3)
	return t
}

func TestReports(t *testing.T) {
	found, coverage := report().run(t, Options{}, 100)
	// The golden files shall not change with every row of the syscall table.
	coverage.Arguments = slices.DeleteFunc(coverage.Arguments, func(a ArgCoverage) bool { return a.Calls == 0 && a.Syscall != "creat" })
	coverage.Notes = append(coverage.Notes, "recording ended: command ended")
	var table, lines strings.Builder
	tw, jw := NewTable(&table, false), NewJSON(&lines)
	top := Top{Limit: 5}
	for _, f := range found {
		if err := jw.Finding(f); err != nil {
			t.Fatal(err)
		}
		top.Add(f)
	}
	for _, f := range top.Findings() {
		tw.Finding(f)
	}
	tw.Coverage(coverage, top.Dropped)
	if err := jw.Coverage(coverage); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.txt", table.String())
	golden(t, "report.jsonl", lines.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; look, then go test ./analyze -update\ngot:\n%s", path, got)
	}
}

func TestLongValuesAreCutWhereTheyDiffer(t *testing.T) {
	long := "/" + strings.Repeat("x", 2000)
	tr := newTrace()
	tr.open(long+"/a/"+long, 0).kernel(0, long+"/b/"+long, putname)
	found, _ := tr.run(t, Options{}, 10)
	var out strings.Builder
	NewTable(&out, false).Finding(found[0])
	for line := range strings.Lines(out.String()) {
		if len(line) > 1000 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
	if want := `(4005 bytes), from byte 2002: "b//xx`; !strings.Contains(out.String(), want) {
		t.Errorf("want %s in\n%s", want, out.String())
	}
}

package analyze

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// raced adds an openat of /tmp/a that opened /tmp/b.
func (t *trace) raced() row {
	return t.open("/tmp/a", 0).kernel(0, "/tmp/b", putname)
}

// other is a task that does not share the victim's memory.
func (r row) other(pid uint32) row {
	return r.task(pid, pid, uint64(pid)).bytes(format.ColComm, "writer")
}

// TestSeverityRules has a trace for every rule.
func TestSeverityRules(t *testing.T) {
	for name, c := range map[string]struct {
		make func(*trace)
		want string // of the last finding
	}{
		"runs":      {func(t *trace) { t.exec("/bin/a", "a\x00", "a\x00", "/bin/b").kernel(0, "/bin/b", putname) }, "critical +runs"},
		"sensitive": {func(t *trace) { t.open("/tmp/a", 0).kernel(0, "/etc/shadow", putname) }, "critical +sensitive"},
		"gained-rights": {func(t *trace) {
			r := t.exec("/bin/aa", "a\x00", "a\x00", "/bin/aa").exit(0, "x")
			_ = r
			t.row(format.EventCred).set(format.ColCall, t.calls).set(format.ColArg0, 0)
			t.call("openat", 3).enter(0, "/tmp/a").kernel(0, "/tmp/b", putname)
		}, "critical +gained-rights"},
		"userfaultfd": {func(t *trace) { t.begin().call("userfaultfd", 5); t.raced() }, "critical +userfaultfd"},
		"torn":        {func(t *trace) { t.open("/tmp/aaaa", 0).kernel(0, "/tmp/bbaa", putname).exit(0, "/tmp/bbbb") }, "critical +torn"},
		"repeated": {func(t *trace) {
			for range 3 {
				t.open("x", 0).enterIs(0, format.ViewUnreadable).vma(0, format.VMAAnonymous).kernel(0, "/tmp/b", putname)
			}
		}, "high +repeated"},
		"repeated, up to high": {func(t *trace) { t.raced(); t.raced(); t.raced() }, "high"},
		"repeated, and sensitive": {func(t *trace) {
			t.raced()
			t.raced()
			t.open("/tmp/a", 0).kernel(0, "/etc/shadow", putname).set(format.ColRet, ^uint64(12))
		}, "critical +sensitive +repeated -failed"},
		"foreign-writer": {func(t *trace) {
			t.raced()
			t.begin().call("process_vm_writev", 7).other(500).set(format.ColArg0, testPID)
		}, "critical +foreign-writer"},
		"no-writer": {func(t *trace) { t.row(format.EventTask); t.open("/tmp/a", putname).exit(0, "/tmp/b") }, "low -no-writer"},
		"same-name": {func(t *trace) { t.open("/tmp/a", 0).kernel(0, "/tmp//./a", putname) }, "medium -same-name"},
		"failed":    {func(t *trace) { t.raced().set(format.ColRet, ^uint64(12)) }, "medium -failed"},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTrace()
			c.make(tr)
			for _, size := range []int{1, 2, 100} {
				found, _ := tr.run(t, Options{Analyses: []string{"toctou"}}, size)
				if len(found) == 0 {
					t.Fatal("nothing found")
				}
				f := found[len(found)-1]
				got := f.Severity.String()
				for _, r := range f.Raised {
					got += " +" + r
				}
				for _, r := range f.Lowered {
					got += " -" + r
				}
				if got != c.want {
					t.Errorf("batches of %d: %s, want %s (%v)", size, got, c.want, f.Evidence)
				}
			}
			delete(untestedRules, name)
		})
	}
	for name := range untestedRules {
		t.Errorf("no test of rule %s", name)
	}
}

var untestedRules = func() map[string]bool {
	m := map[string]bool{}
	for _, r := range SeverityRules {
		m[r.Name] = true
	}
	return m
}()

// TestWriters: who could have written the argument, by every way that there is.
func TestWriters(t *testing.T) {
	mapShared := func(t *trace, fd, flags uint64) row {
		return t.begin().call("mmap", testPointer).set(format.ColArg1, 0x4000).set(format.ColArg2, 3).set(format.ColArg3, flags).set(format.ColArg4, fd)
	}
	for name, c := range map[string]struct {
		make func(*trace)
		want []string // parts of the evidence; a ! is what must not be there
	}{
		"memfd over a fork": {func(t *trace) {
			t.begin().call("memfd_create", 4).enter(0, "shm").same(0, 0)
			t.row(format.EventFork).set(format.ColArg0, 300).set(format.ColArg1, 300).set(format.ColArg2, 300)
			mapShared(t, 4, 1)
			mapShared(t, 4, 1).other(300)
			t.raced()
		}, []string{`shared-mapping 300 maps the memory that the argument is in, shared and writable: memfd "shm"`}},
		"anonymous over a fork": {func(t *trace) {
			mapShared(t, 0, 0x21)
			t.row(format.EventFork).set(format.ColArg0, 300).set(format.ColArg1, 300).set(format.ColArg2, 300)
			t.raced()
		}, []string{"shared-mapping 300", "since before a fork"}},
		"file by inode": {func(t *trace) {
			t.open("/dev/shm/x", putname).object("/dev/shm/x").set(format.ColArg2, 2).set(format.ColRet, 6)
			mapShared(t, 6, 1)
			t.open("/dev/shm/x", putname).object("/dev/shm/x").set(format.ColArg2, 2).set(format.ColRet, 9).other(400)
			mapShared(t, 9, 1).other(400)
			t.raced()
		}, []string{`shared-mapping 400`, `the file "/dev/shm/x"`}},
		"mapped elsewhere": {func(t *trace) {
			mapShared(t, 0, 0x21).set(format.ColRet, 0x1000)
			t.raced()
		}, []string{"!shared-mapping"}},
		"mapped over": {func(t *trace) {
			mapShared(t, 0, 0x21)
			mapShared(t, 0, 0x22)
			t.raced()
		}, []string{"!shared-mapping"}},
		"exec drops mappings": {func(t *trace) {
			mapShared(t, 0, 0x21)
			t.exec("/bin/a", "a\x00", "a\x00", "/bin/a")
			t.raced()
		}, []string{"!shared-mapping"}},
		"ptrace": {func(t *trace) {
			t.begin().call("ptrace", 0).other(500).set(format.ColArg0, 16).set(format.ColArg1, testPID)
			t.raced()
			t.begin().call("ptrace", 0).other(500).set(format.ColArg0, 5).set(format.ColArg1, testTID)
		}, []string{"ptrace 500 traces it", "ptrace 500 ptrace wrote a word"}},
		"ptrace, detached": {func(t *trace) {
			t.begin().call("ptrace", 0).other(500).set(format.ColArg0, 16).set(format.ColArg1, testPID)
			t.begin().call("ptrace", 0).other(500).set(format.ColArg0, 17).set(format.ColArg1, testPID)
			t.raced()
		}, []string{"!ptrace"}},
		"proc mem": {func(t *trace) {
			path := fmt.Sprintf("/proc/%d/mem", testPID)
			t.open(path, putname).object(path).set(format.ColArg2, 2).other(500)
			t.raced()
		}, []string{"ptrace 500 opened \"/proc/100/mem\" for writing"}},
		"process_vm_writev, later": {func(t *trace) {
			t.raced()
			t.now += int64(writerWindow) / 2
			t.begin().call("process_vm_writev", 7).other(500).set(format.ColArg0, testPID)
		}, []string{"process_vm_write 500 process_vm_writev wrote 7 bytes"}},
		"process_vm_writev, much later": {func(t *trace) {
			t.raced()
			t.now += 2 * int64(writerWindow)
			t.begin().call("process_vm_writev", 7).other(500).set(format.ColArg0, testPID)
		}, []string{"!process_vm_write"}},
		"process_vm_writev into another": {func(t *trace) {
			t.begin().call("process_vm_writev", 7).other(500).set(format.ColArg0, 999)
			t.raced()
		}, []string{"!process_vm_write"}},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTrace()
			tr.row(format.EventTask).task(testPID, testPID, testStart)
			c.make(tr)
			var all []string
			for _, size := range []int{1, 3, 100} {
				found, _ := tr.run(t, Options{Analyses: []string{"toctou"}}, size)
				if len(found) != 1 {
					t.Fatalf("%v", found)
				}
				var lines []string
				for _, e := range found[0].Evidence {
					lines = append(lines, fmt.Sprintf("%s %d %s", e.Role, e.Who.TID, e.What))
				}
				text := strings.Join(lines, "\n")
				all = append(all, text)
				for _, want := range c.want {
					part, absent := strings.CutPrefix(want, "!")
					if strings.Contains(text, part) == absent {
						t.Errorf("batches of %d: evidence is\n%s\nwant %s", size, text, want)
					}
				}
			}
			if len(slices.Compact(all)) != 1 {
				t.Errorf("evidence depends on the size of batches: %q", all)
			}
		})
	}
}

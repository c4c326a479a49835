package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/replay"
)

// A number that one thread of a process after the other has: each has its own name,
// lifetime and calls, and at each moment the right one is there.
func TestThreadNumbersAreUsedAgain(t *testing.T) {
	needRecorder(t)
	need(t, "gcc")
	dir := t.TempDir()
	program("-o", "rethread", "rethread.c")(t, dir)
	path := filepath.Join(dir, "t.trc")
	const lives = 5
	cmd := cli(t, "record", "-e", "all", "-o", path, "--", filepath.Join(dir, "rethread"), fmt.Sprint(lives))
	cmd.Dir = filepath.Join(dir, "work")
	ran := finish(t, cmd)
	if ran.code == 77 {
		t.Skip("the kernel does not let a process choose the number of its thread")
	}
	if ran.code != 0 {
		t.Fatalf("exit code %d\n%s", ran.code, ran.talk)
	}
	nothingLost(t, path)
	r, err := format.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	all, err := replay.Fold(replaySource(r))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(ran.out), "\n")
	if len(lines) != lives {
		t.Fatalf("%q", lines)
	}
	// Which task opened which file, by the rows themselves.
	type key struct {
		tid   uint32
		start uint64
	}
	opened := map[string]key{}
	for b, err := range r.Blocks(format.ReadOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.N {
			if name := string(b.Value(format.ColAEnter, i)); strings.HasPrefix(name, "file-") {
				opened[name] = key{b.U32[format.ColTID][i], b.U64[format.ColStart][i]}
			}
		}
	}
	seen := map[*replay.Task]bool{}
	for n, line := range lines {
		var pid, tid uint32
		var life int
		var at int64
		if _, err := fmt.Sscan(line, &pid, &tid, &life, &at); err != nil || life != n {
			t.Fatalf("%q: %v", line, err)
		}
		name := fmt.Sprint("thread-", life)
		s, err := replay.FoldTo(replaySource(r), at, nil)
		if err != nil {
			t.Fatal(err)
		}
		living := 0
		p := s.Process(pid, at)
		if p == nil {
			t.Fatalf("%s: no process %d", name, pid)
		}
		for _, task := range p.Tasks {
			if task.TID == tid && task.AliveAt(at) {
				living++
				if got := task.Names[len(task.Names)-1].Comm; got != name {
					t.Errorf("%s: thread %d is %q", name, tid, got)
				}
			}
		}
		if living != 1 {
			t.Errorf("%s: %d threads %d live", name, living, tid)
		}
		by := opened[fmt.Sprint("file-", life)]
		task := all.Task(by.tid, by.start)
		if by.tid != tid || task == nil || task.Process.PID != pid || seen[task] {
			t.Fatalf("%s: its file was opened by %+v", name, by)
		}
		seen[task] = true
		if task.Counts.Opens != 1 || task.End == replay.EndNone || !task.AliveAt(at) || task.Ended < at {
			t.Errorf("%s: %+v", name, task)
		}
	}
	if got := finish(t, cli(t, "analyze", "--strict", path)); got.code != 0 {
		t.Errorf("analyze: exit code %d\n%s%s", got.code, got.out, got.talk)
	}
}

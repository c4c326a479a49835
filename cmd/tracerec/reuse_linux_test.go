package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/replay"
)

// A number that one process after the other has: each has its own name,
// descriptors, directory and lifetime, at each moment the right one is there,
// and children that outlive the first are not those of the next.
func TestNumbersAreUsedAgain(t *testing.T) {
	const lives = 5
	src, all, work, lines := recordLives(t, "reuse", lives)
	var begins []int64
	for n, line := range lines {
		var pid uint32
		var life int
		var at int64
		if _, err := fmt.Sscan(line, &pid, &life, &at); err != nil || life != n {
			t.Fatalf("%q: %v", line, err)
		}
		name := fmt.Sprint("life-", life)
		// As it was then.
		s, err := replay.FoldTo(src, at, nil)
		if err != nil {
			t.Fatal(err)
		}
		living := 0
		for p := range s.Alive {
			if p.PID == pid {
				living++
			}
		}
		p := s.Process(pid, at)
		if living != 1 || p == nil {
			t.Fatalf("%s: %d processes %d live", name, living, pid)
		}
		var fd replay.FD
		if p.Files() != nil {
			fd, _ = p.Files().Get(17)
		}
		if p.CommAt(at) != name || p.FS() == nil || p.FS().Cwd.Path != filepath.Join(work, name) || fd.File == nil || fd.File.Path != filepath.Join(work, name, "file") {
			t.Errorf("%s: process %d is %q, its descriptor 17 %v", name, pid, p.CommAt(at), fd.File)
		}
		// As the whole file has it: another process for each, with one child.
		whole := all.Process(pid, at)
		if whole == nil || whole.CommAt(at) != name || !whole.AliveAt(at) || slices.Contains(begins, whole.Begin()) {
			t.Fatalf("%s: %+v", name, whole)
		}
		begins = append(begins, whole.Begin())
		if whole.End == replay.EndNone {
			t.Errorf("%s did not end", name)
		}
		children := 0
		for _, q := range all.Processes() {
			if q.Parent == whole {
				children++
				if q.End != replay.EndNone && q.Ended < whole.Ended { // the recording may end before it
					t.Errorf("%s: its child ended before it", name)
				}
			}
		}
		if children != 1 {
			t.Errorf("%s has %d children", name, children)
		}
	}
}

// A number that one thread of a process after the other has: each has its own name,
// lifetime and calls, and at each moment the right one is there.
func TestThreadNumbersAreUsedAgain(t *testing.T) {
	const lives = 5
	src, all, _, lines := recordLives(t, "rethread", lives)
	// Which task opened which file, by the rows themselves.
	type key struct {
		tid   uint32
		start uint64
	}
	opened := map[string]key{}
	for b, err := range src.Blocks(nil, math.MinInt64, math.MaxInt64) {
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
		s, err := replay.FoldTo(src, at, nil)
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
}

// recordLives records a program that shows that many lives of one number, a line each, in a
// directory of its own. What it did is judged consistent.
func recordLives(t *testing.T, name string, lives int) (src replay.Source, all *replay.State, work string, lines []string) {
	t.Helper()
	needRecorder(t)
	need(t, "gcc")
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	program("-o", name, name+".c")(t, dir)
	work = filepath.Join(dir, "work")
	path := filepath.Join(dir, "t.trc")
	cmd := cli(t, "record", "-e", "all", "-o", path, "--", filepath.Join(dir, name), fmt.Sprint(lives))
	cmd.Dir = work
	ran := finish(t, cmd)
	if ran.code == 77 {
		t.Skip("the kernel does not let a process choose the numbers of what it makes")
	}
	if ran.code != 0 {
		t.Fatalf("exit code %d\n%s", ran.code, ran.talk)
	}
	nothingLost(t, path)
	if got := finish(t, cli(t, "analyze", "--strict", path)); got.code != 0 {
		t.Errorf("analyze: exit code %d\n%s%s", got.code, got.out, got.talk)
	}
	if keep := os.Getenv("TRACEREC_KEEP"); keep != "" {
		text, _ := os.ReadFile(path)
		os.WriteFile(keep, text, 0o600)
	}
	r, err := format.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	src = replaySource(r)
	if all, err = replay.Fold(src); err != nil {
		t.Fatal(err)
	}
	if lines = strings.Split(strings.TrimSpace(ran.out), "\n"); len(lines) != lives {
		t.Fatalf("%q", lines)
	}
	return src, all, work, lines
}

package main

import (
	"fmt"
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
	needRecorder(t)
	need(t, "gcc")
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	program("-o", "reuse", "reuse.c")(t, dir)
	work, path := filepath.Join(dir, "work"), filepath.Join(dir, "t.trc")
	const lives = 5
	cmd := cli(t, "record", "-e", "all", "-o", path, "--", filepath.Join(dir, "reuse"), fmt.Sprint(lives))
	cmd.Dir = work
	ran := finish(t, cmd)
	if ran.code == 77 {
		t.Skip("the kernel does not let a process choose the number of its child")
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
		s, err := replay.FoldTo(replaySource(r), at, nil)
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
				if q.End < whole.End {
					t.Errorf("%s: its child ended before it", name)
				}
			}
		}
		if children != 1 {
			t.Errorf("%s has %d children", name, children)
		}
	}
	if got := finish(t, cli(t, "analyze", "--strict", path)); got.code != 0 {
		t.Errorf("analyze: exit code %d\n%s%s", got.code, got.out, got.talk)
	}
	if keep := os.Getenv("TRACEREC_KEEP"); keep != "" {
		text, _ := os.ReadFile(path)
		os.WriteFile(keep, text, 0o600)
	}
}

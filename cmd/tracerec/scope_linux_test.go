package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/recorder"
)

// companion is a subject that does what it is told, line by line.
type companion struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// launch starts a command that is a companion in the end.
func launch(t *testing.T, args ...string) *companion {
	t.Helper()
	c := &companion{cmd: exec.CommandContext(t.Context(), args[0], args[1:]...)}
	out, err := c.cmd.StdoutPipe()
	if err == nil {
		c.in, err = c.cmd.StdinPipe()
	}
	if err == nil {
		err = c.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	c.out = bufio.NewReader(out)
	t.Cleanup(func() {
		c.in.Close()
		c.cmd.Wait()
	})
	return c
}

func startCompanion(t *testing.T, args ...string) *companion {
	t.Helper()
	c := launch(t, append([]string{self(t), subjectVerb}, args...)...)
	c.expect(t, "ready")
	return c
}

func (c *companion) expect(t *testing.T, want string) {
	t.Helper()
	line, err := c.out.ReadString('\n')
	if err != nil || strings.TrimSpace(line) != want {
		t.Fatalf("subject said %q (%v), not %s", line, err, want)
	}
}

func (c *companion) tell(t *testing.T, line string) {
	t.Helper()
	fmt.Fprintln(c.in, line)
	c.expect(t, "done")
}

// recording in the background, until it is told to end.
type background struct {
	cmd  *exec.Cmd
	path string
	mu   sync.Mutex
	talk bytes.Buffer
}

func (b *background) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.talk.Write(p)
}

func (b *background) said() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.talk.String()
}

// startRecording returns when everything is attached.
func startRecording(t *testing.T, flags ...string) *background {
	t.Helper()
	b := &background{path: filepath.Join(t.TempDir(), "t.trc")}
	b.cmd = cli(t, append([]string{"record", "-o", b.path}, flags...)...)
	b.cmd.Stderr = b
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.cmd.Process.Kill() })
	eventually(t, "the recorder does not get ready", time.Minute, func() bool { return strings.Contains(b.said(), "recording; Ctrl-C ends it") })
	return b
}

// interrupt ends it as Ctrl-C does.
func (b *background) interrupt(t *testing.T) {
	t.Helper()
	b.cmd.Process.Signal(os.Interrupt)
	if err := b.cmd.Wait(); err != nil {
		t.Errorf("the recorder ended with %v\n%s", err, b.said())
	}
	if !strings.Contains(b.said(), "rows recorded") {
		t.Errorf("no counts after Ctrl-C: %s", b.said())
	}
	nothingLost(t, b.path)
}

// who tells which processes are in a trace, which of their tasks were there
// from the beginning, and who opened each file below dir.
func who(t *testing.T, path, dir string) (pids map[uint32]bool, initial map[uint32]uint32, opened map[string][]uint32) {
	t.Helper()
	pids, initial, opened = make(map[uint32]bool), make(map[uint32]uint32), make(map[string][]uint32)
	eachRow(t, path, func(b *format.Batch, i int) {
		switch format.EventID(b.U16[format.ColEvent][i]) {
		case format.EventTask:
			initial[b.U32[format.ColTID][i]] = b.U32[format.ColTGID][i]
			if len(b.Value(format.ColPath, i)) == 0 || len(b.Value(format.ColAKernel, i)) == 0 || len(b.Value(format.ColBKernel, i)) == 0 {
				t.Errorf("task %d: executable %q, directory %q, arguments %q", b.U32[format.ColTID][i], b.Value(format.ColPath, i), b.Value(format.ColAKernel, i), b.Value(format.ColBKernel, i))
			}
		case format.EventLost, format.EventClock, format.EventState:
			return
		case format.EventSyscall:
			if name, ok := strings.CutPrefix(string(b.Value(format.ColAEnter, i)), dir+"/"); ok {
				opened[name] = append(opened[name], b.U32[format.ColTID][i])
			}
		}
		pids[b.U32[format.ColTGID][i]] = true
	})
	return pids, initial, opened
}

func TestRunningTreeIsRecordedWhole(t *testing.T) {
	needRecorder(t)
	dir := t.TempDir()
	other := startCompanion(t, "leaf", dir) // must not be recorded
	tree := startCompanion(t, "tree", dir)
	tree.tell(t, "before")
	rec := startRecording(t, "-p", strconv.Itoa(tree.cmd.Process.Pid))
	tree.tell(t, "during")
	other.tell(t, "other")
	rec.interrupt(t)
	tree.tell(t, "after")

	pids, initial, opened := who(t, rec.path, dir)
	root := uint32(tree.cmd.Process.Pid)
	threads, children := 0, 0
	for tid, pid := range initial {
		if pid != root {
			children++
		} else if tid != root {
			threads++
		}
	}
	if initial[root] != root || threads == 0 || children == 0 {
		t.Errorf("task rows of %d: leader %v, %d other threads, %d tasks of children", root, initial[root] == root, threads, children)
	}
	for _, name := range []string{"during-leader", "during-thread", "during-child", "during-born"} {
		if len(opened[name]) != 1 {
			t.Errorf("%s was opened by %v in the trace", name, opened[name])
		}
	}
	for name := range opened {
		if !strings.HasPrefix(name, "during-") {
			t.Errorf("%s is in the trace", name)
		}
	}
	if leader := opened["during-leader"]; len(leader) == 1 && leader[0] != root {
		t.Errorf("the leader %d opened as %d", root, leader[0])
	}
	if pids[uint32(other.cmd.Process.Pid)] || pids[uint32(os.Getpid())] {
		t.Error("a process that is no descendant is in the trace")
	}
	if len(pids) != 3 { // leader, child, and the one born meanwhile
		t.Errorf("%d processes in the trace: %v", len(pids), pids)
	}
}

// settles has c open one name after the other until, of the same name, just
// those that are given of leader, thread and child are in the trace. The last of
// them is known to be opened after the others.
func (b *background) settles(t *testing.T, c *companion, dir, prefix string, just ...string) {
	t.Helper()
	n := 0
	eventually(t, "the trace does not get "+prefix, time.Minute, func() bool {
		n++
		name := fmt.Sprintf("%s%d-", prefix, n)
		c.tell(t, name[:len(name)-1])
		last := name + just[len(just)-1]
		var opened []string
		for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline) && !slices.Contains(opened, last); time.Sleep(50 * time.Millisecond) {
			opened = opened[:0]
			eachRow(t, b.path, func(b *format.Batch, i int) {
				if n, ok := strings.CutPrefix(string(b.Value(format.ColAEnter, i)), dir+"/"+name); ok && n != "born" {
					opened = append(opened, name+n)
				}
			}, format.EventSyscall)
		}
		if len(opened) != len(just) {
			return false
		}
		for _, who := range just {
			if !slices.Contains(opened, name+who) {
				return false
			}
		}
		return true
	})
}

// ownCgroup makes a cgroup v2 directory that is empty and gone afterwards.
func ownCgroup(t *testing.T) string {
	t.Helper()
	mount := recorder.ProbeFeatures().Cgroup2
	if mount == "" {
		t.Skip("cgroup v2 is not mounted")
	}
	dir, err := os.MkdirTemp(mount, "tracerec-test-")
	if err != nil {
		t.Skipf("no cgroup of our own: %v", err)
	}
	t.Cleanup(func() {
		eventually(t, "cgroup "+dir+" cannot be removed", time.Minute, func() bool {
			err := os.Remove(dir)
			return err == nil || errors.Is(err, os.ErrNotExist)
		})
	})
	return dir
}

func TestCgroupIsRecordedWithWhatMovesIntoIt(t *testing.T) {
	needRecorder(t)
	cgroup, dir := ownCgroup(t), t.TempDir()
	move := func(c *companion) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(cgroup, "cgroup.procs"), []byte(strconv.Itoa(c.cmd.Process.Pid)), 0); err != nil {
			t.Skipf("processes cannot be moved into a cgroup: %v", err)
		}
	}
	first, second, third := startCompanion(t, "tree", dir), startCompanion(t, "tree", dir), startCompanion(t, "tree", dir)
	move(first)
	rec := startRecording(t, "--cgroup", cgroup)
	first.tell(t, "first")
	second.tell(t, "outside")
	move(second)
	rec.settles(t, second, dir, "arriving", "leader", "thread") // its other threads are looked for once its leader was read
	second.tell(t, "inside")
	third.tell(t, "third")
	rec.interrupt(t)

	pids, initial, opened := who(t, rec.path, dir)
	for _, c := range []*companion{first, second} {
		pid := uint32(c.cmd.Process.Pid)
		if initial[pid] != pid {
			t.Errorf("process %d has no task row", pid)
		}
	}
	// Children stay where they were born: only what a parent opens, and has
	// opened by children born in the cgroup, belongs to it.
	for _, name := range []string{"first-leader", "first-thread", "first-born", "inside-leader", "inside-thread", "inside-born"} {
		if len(opened[name]) != 1 {
			t.Errorf("%s was opened by %v in the trace", name, opened[name])
		}
	}
	for name := range opened {
		if strings.HasPrefix(name, "outside") || strings.HasPrefix(name, "third") || strings.HasSuffix(name, "-child") {
			t.Errorf("%s is in the trace", name)
		}
	}
	if pids[uint32(third.cmd.Process.Pid)] || pids[uint32(os.Getpid())] {
		t.Error("a process outside the cgroup is in the trace")
	}
}

// Ctrl-C in a terminal goes to the recorder and to its command.
func TestInterruptSealsTheFile(t *testing.T) {
	needRecorder(t)
	for name, c := range map[string]struct {
		command []string
		codes   []int
	}{
		"a command that handles it": {[]string{"sh", "-c", `trap 'exit 7' INT; : >ready; sleep 60 & wait`}, []int{7}},
		"a command that ignores it": {[]string{"sh", "-c", `trap '' INT; : >ready; exec sleep 30`}, []int{0, 130}},
		"a command that dies of it": {[]string{"sh", "-c", `: >ready; exec sleep 60`}, []int{128 + int(syscall.SIGINT)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "t.trc")
			talk, err := os.Create(filepath.Join(dir, "talk")) // no pipe: what the command leaves behind would keep it open
			if err != nil {
				t.Fatal(err)
			}
			defer talk.Close()
			cmd := cli(t, append([]string{"record", "-o", path, "--"}, c.command...)...)
			cmd.Dir, cmd.Stderr = dir, talk
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			eventually(t, "the command does not start", time.Minute, func() bool {
				_, err := os.Stat(filepath.Join(dir, "ready"))
				return err == nil
			})
			had := heldBy(t, cmd.Process.Pid)
			start := time.Now()
			if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			err = cmd.Wait()
			if time.Since(start) > 30*time.Second {
				t.Errorf("took %v to end", time.Since(start))
			}
			code := exitCodeOf(cmd)
			said, _ := os.ReadFile(talk.Name())
			if !slices.Contains(c.codes, code) || !strings.Contains(string(said), "rows recorded") {
				t.Errorf("exit code %d (%v), want one of %v\n%s", code, err, c.codes, said)
			}
			if sum := totals(t, path); sum.Rows == 0 || sum.Reason == "" {
				t.Errorf("totals %+v", sum)
			}
			had.detached(t)
		})
	}
}

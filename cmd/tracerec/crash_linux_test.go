package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"github.com/tracerec/tracerec/format"
)

// held is what a process has in the kernel's BPF, by the ids that its
// descriptors name in /proc.
type held struct {
	programs []ebpf.ProgramID
	links    []link.ID
	maps     []ebpf.MapID
}

func heldBy(t *testing.T, pid int) (h held) {
	t.Helper()
	for _, file := range glob(fmt.Sprintf("/proc/%d/fdinfo/*", pid)) {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // closed meanwhile
		}
		kind := map[string]func(uint32){
			"prog_id:": func(id uint32) { h.programs = append(h.programs, ebpf.ProgramID(id)) },
			"link_id:": func(id uint32) { h.links = append(h.links, link.ID(id)) },
			"map_id:":  func(id uint32) { h.maps = append(h.maps, ebpf.MapID(id)) },
		}
		for line := range strings.Lines(string(text)) {
			if f := strings.Fields(line); len(f) == 2 && kind[f[0]] != nil {
				id, err := strconv.ParseUint(f[1], 10, 32)
				if err != nil {
					t.Fatal(err)
				}
				kind[f[0]](uint32(id))
			}
		}
	}
	return h
}

// left counts what of it is still in the kernel.
func (h held) left() (n int) {
	for _, id := range h.programs {
		if p, err := ebpf.NewProgramFromID(id); !errors.Is(err, os.ErrNotExist) {
			p.Close()
			n++
		}
	}
	for _, id := range h.links {
		if l, err := link.NewFromID(id); !errors.Is(err, os.ErrNotExist) {
			if l != nil {
				l.Close()
			}
			n++
		}
	}
	for _, id := range h.maps {
		if m, err := ebpf.NewMapFromID(id); !errors.Is(err, os.ErrNotExist) {
			m.Close()
			n++
		}
	}
	return n
}

// detached fails the test unless all of it goes away. Other recorders may run
// on this machine, so only these ids count.
func (h held) detached(t *testing.T) {
	t.Helper()
	if len(h.programs) < 5 || len(h.links) < 5 || len(h.maps) < 5 {
		t.Fatalf("the recorder had %+v: that cannot be all", h)
	}
	eventually(t, "programs, links or maps of the recorder are still in the kernel", time.Minute, func() bool { return h.left() == 0 })
}

// pidIn waits for a process id in a file.
func pidIn(t *testing.T, file string) (pid int) {
	t.Helper()
	eventually(t, "no process id in "+file, time.Minute, func() bool {
		text, err := os.ReadFile(file)
		if err != nil {
			return false
		}
		pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
		return err == nil
	})
	return pid
}

// A recorder that is killed while it writes leaves every complete block, and
// nothing in the kernel; what it recorded runs on.
func TestKilledRecorderLeavesAReadableFileAndNothingAttached(t *testing.T) {
	needRecorder(t)
	for round := range 3 {
		dir := t.TempDir()
		path, pidfile := filepath.Join(dir, "t.trc"), filepath.Join(dir, "pid")
		cmd := cli(t, "record", "-e", "all", "-o", path, "--", self(t), subjectVerb, "busy", "60", pidfile)
		talk, err := os.Create(filepath.Join(dir, "talk")) // no pipe: the command outlives the recorder
		if err != nil {
			t.Fatal(err)
		}
		defer talk.Close()
		cmd.Stderr = talk
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		subject, err := os.FindProcess(pidIn(t, pidfile))
		if err != nil {
			t.Fatal(err)
		}
		defer subject.Kill()
		// Killed at no special moment, under load, when some blocks are there.
		eventually(t, "the recorder writes nothing", time.Minute, func() bool {
			st, err := os.Stat(path)
			return err == nil && st.Size() > int64(200_000+50_000*round)
		})
		had := heldBy(t, cmd.Process.Pid)
		cmd.Process.Kill()
		cmd.Wait()
		if err := subject.Signal(syscall.Signal(0)); err != nil {
			t.Errorf("the recorded program ended with its recorder: %v", err)
		}
		subject.Kill()
		had.detached(t)

		r, err := format.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		var cut *format.CutError
		if state, why := r.State(); state != format.Unsealed || !errors.As(why, &cut) {
			t.Errorf("the file is %v: %v", state, why)
		}
		var rows uint64
		for i := range r.BlockCount() {
			if err := r.VerifyBlock(i); err != nil {
				t.Error(err)
			}
			rows += uint64(r.BlockInfo(i).Rows)
		}
		if rows < 10_000 || len(r.Holes()) > 0 {
			t.Errorf("%d rows, %d holes", rows, len(r.Holes()))
		}
		r.Close()
		got := finish(t, cli(t, "info", path))
		if got.code != 0 || !strings.Contains(got.out+got.talk, "still being written or cut off") {
			t.Errorf("info: exit code %d\n%s%s", got.code, got.out, got.talk)
		}
		if got := finish(t, cli(t, "analyze", "--strict", path)); got.code != 3 {
			t.Errorf("analyze --strict takes a cut file for complete: exit code %d\n%s%s", got.code, got.out, got.talk)
		}
		t.Logf("%d rows in %d blocks survive; %v", rows, r.BlockCount(), cut)
	}
}

// While a file is being written, and wherever it is cut, the same holds.
func TestFileIsReadableWhileItIsWritten(t *testing.T) {
	needRecorder(t)
	dir := t.TempDir()
	path, pidfile := filepath.Join(dir, "t.trc"), filepath.Join(dir, "pid")
	cmd := cli(t, "record", "-e", "all", "-o", path, "--", self(t), subjectVerb, "busy", "2", pidfile)
	var talk bytes.Buffer
	cmd.Stderr = &talk
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	pidIn(t, pidfile)
	var rows uint64
	for range 10 {
		r, err := format.Open(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		if state, why := r.State(); state == format.Corrupt {
			t.Fatalf("a file in the making is taken for corrupt: %v", why)
		}
		for _, err := range r.Blocks(format.ReadOptions{Verify: true}) {
			if err != nil {
				t.Fatal(err)
			}
		}
		if r.Rows() < rows {
			t.Errorf("%d rows, but before %d", r.Rows(), rows)
		}
		rows = r.Rows()
		r.Close()
		time.Sleep(150 * time.Millisecond)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, talk.String())
	}
	if totals(t, path).Rows < rows {
		t.Errorf("sealed with fewer rows than were there before: %d", rows)
	}
}

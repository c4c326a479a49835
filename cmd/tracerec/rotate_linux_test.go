package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/recorder/confine"
)

// Segments of a real recording: each within its size, sealed, verified together,
// readable alone, and merged they are what one file would have been.
func TestRotation(t *testing.T) {
	needRecorder(t)
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "t.trc")
	r := finish(t, cli(t, "record", "-e", "all", "-o", path, "-C", "150KB", "-z", "false", "--", self(t), subjectVerb, "busy", "2", filepath.Join(dir, "pid")))
	if r.code != exitUsage || !strings.Contains(r.talk, "command for finished files failed") {
		t.Errorf("a command that cannot be run: exit code %d\n%s", r.code, r.talk)
	}
	for _, f := range glob(filepath.Join(dir, "*.trc")) {
		os.Remove(f)
	}
	r = finish(t, cli(t, "record", "-e", "all", "-o", path, "-C", "150KB", "-z", "wc -c", "--", self(t), subjectVerb, "busy", "2", filepath.Join(dir, "pid")))
	files := glob(filepath.Join(dir, "t-*.trc"))
	if r.code != 0 || len(files) < 3 {
		t.Fatalf("exit code %d, files %q\n%s", r.code, files, r.talk)
	}
	for _, f := range files {
		st, err := os.Stat(f)
		if err != nil || st.Size() > 150_000 || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %d bytes, %v", f, st.Size(), st.Mode())
		}
		if !strings.Contains(r.talk, fmt.Sprintf("%d %s\n", st.Size(), f)) {
			t.Errorf("-z was not run with %s, or before it was complete\n%s", f, r.talk)
		}
		totals(t, f)
		if got := finish(t, cli(t, "replay", "--tree", f)); got.code != 0 || !strings.Contains(got.out, "__subject busy") {
			t.Errorf("%s read alone does not know its process\n%s%s", f, got.out, got.talk)
		}
	}
	until := int64(0)
	for i, f := range files {
		begin, end := extentOf(t, f)
		if i > 0 && begin != until {
			t.Errorf("%s begins at %d, the file before ends at %d", f, begin, until)
		}
		until = end
	}
	if got := finish(t, cli(t, append([]string{"verify"}, files...)...)); got.code != 0 || strings.Count(got.out, "continues") != len(files)-1 {
		t.Errorf("verify: exit code %d\n%s", got.code, got.out)
	}
	merged := filepath.Join(dir, "merged.trc")
	if got := finish(t, cli(t, append([]string{"merge", "-o", merged}, files...)...)); got.code != 0 {
		t.Fatalf("merge: %s", got.talk)
	}
	if got := totals(t, merged); got.Seen != got.Read+got.Lost || got.Read == 0 || got.Rows < got.Read*8/10 {
		t.Errorf("merged: %+v", got)
	}
	if got := finish(t, cli(t, "verify", merged)); got.code != 0 {
		t.Errorf("verify: %s", got.out)
	}
	// Analysed together they are what the merged file is.
	one, c := findings(t, joinParts(files)[0], 2)
	two, all := findings(t, []string{merged}, 2)
	if !slices.Equal(one, two) || len(c.Files) != len(files) || c.Rows != all.Rows || c.Compared() != all.Compared() || c.Compared() == 0 {
		t.Errorf("%d segments: %d findings, %d rows; merged: %d, %d", len(c.Files), len(one), c.Rows, len(two), all.Rows)
	}
	// One that is missing in between is incomplete evidence.
	got := finish(t, cli(t, append([]string{"analyze", "--strict", files[0]}, files[2:]...)...))
	if got.code != exitIncomplete || !strings.Contains(got.talk, "segment 1 of the recording, between ") {
		t.Errorf("analyze --strict: exit code %d\n%s", got.code, got.talk)
	}
}

// landlock says whether the kernel can confine a process to directories.
func landlock() bool {
	_, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	return errno == 0
}

// SIGHUP begins the next file, SIGUSR1 tells how it goes.
func TestRotationOnRequest(t *testing.T) {
	needRecorder(t)
	for _, c := range []struct {
		name  string
		owner int
	}{{"in root's directory", 0}, {"in a directory of its own", 65534}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.owner == 0 && (!landlock() || !confine.EveryThread) {
				t.Skip("the recorder does not stay root where it cannot be confined to the directory")
			}
			dir := t.TempDir()
			if os.Getuid() == 0 {
				if err := os.Chown(dir, c.owner, c.owner); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Chmod(dir, 0o755); err != nil { // whatever the umask
				t.Fatal(err)
			}
			path, pidfile := filepath.Join(dir, "t.trc"), filepath.Join(t.TempDir(), "pid")
			cmd := cli(t, "record", "-e", "all", "-o", path, "--", self(t), subjectVerb, "busy", "600", pidfile)
			said := talkOf(t, cmd)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			subject, _ := os.FindProcess(pidIn(t, pidfile))
			defer subject.Kill()
			eventually(t, "nothing is recorded", time.Minute, func() bool { return rowsIn(path) > 10_000 })
			cmd.Process.Signal(syscall.SIGUSR1)
			eventually(t, "no statistics", time.Minute, func() bool { return strings.Contains(said(), "note: statistics: rows ") })
			// As logrotate does: the file is moved, then the recorder told.
			if err := os.Rename(path, path+".1"); err != nil {
				t.Fatal(err)
			}
			cmd.Process.Signal(syscall.SIGHUP)
			eventually(t, "no next file", time.Minute, func() bool { return rowsIn(path) > 10_000 })
			subject.Kill()
			cmd.Wait()
			if code := exitCodeOf(cmd); code != 128+int(syscall.SIGKILL) || strings.Contains(said(), "tracerec: error: ") {
				t.Errorf("exit code %d\n%s", code, said())
			}
			first, last := totals(t, path+".1"), totals(t, path)
			if first.Reason != "on request" || last.Reason != "command ended" {
				t.Errorf("reasons %q, %q", first.Reason, last.Reason)
			}
			if got := finish(t, cli(t, "verify", path+".1", path)); got.code != 0 || !strings.Contains(got.out, "continues") {
				t.Errorf("verify: %s", got.out)
			}
		})
	}
}

// --duration ends a recording, not the command.
func TestDuration(t *testing.T) {
	needRecorder(t)
	t.Parallel()
	dir := t.TempDir()
	path, pidfile := filepath.Join(dir, "t.trc"), filepath.Join(dir, "pid")
	cmd := cli(t, "record", "-e", "all", "-o", path, "--duration", "1s", "--", self(t), subjectVerb, "busy", "600", pidfile)
	said := talkOf(t, cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	subject, _ := os.FindProcess(pidIn(t, pidfile))
	defer subject.Kill()
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, said())
	}
	if got := totals(t, path); !strings.Contains(got.Reason, "1s have passed") {
		t.Errorf("reason %q", got.Reason)
	}
	if err := subject.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the command ended with the recording: %v", err)
	}
}

// talkOf has what cmd says on standard error go to a file: what is said reads it
// while cmd runs, and a command that outlives its recorder holds no pipe open.
func talkOf(t *testing.T, cmd *exec.Cmd) (said func() string) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "talk"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	cmd.Stderr = f
	return func() string {
		text, _ := os.ReadFile(f.Name())
		return string(text)
	}
}

// rowsIn is how many rows a file has by now.
func rowsIn(path string) uint64 {
	r, err := format.Open(path)
	if err != nil {
		return 0
	}
	defer r.Close()
	return r.Rows()
}

func totalsThere(path string) bool {
	r, err := format.Open(path)
	if err != nil {
		return false
	}
	defer r.Close()
	return r.Totals() != nil
}

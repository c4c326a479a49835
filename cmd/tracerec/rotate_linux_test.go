package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
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
	// One that is missing in between is incomplete evidence.
	got := finish(t, cli(t, append([]string{"analyze", "--strict", files[0]}, files[2:]...)...))
	if got.code != exitIncomplete || !strings.Contains(got.talk, "segment 1 of the recording, between ") {
		t.Errorf("analyze --strict: exit code %d\n%s", got.code, got.talk)
	}
}

// SIGHUP begins the next file, SIGUSR1 tells how it goes, --duration ends it.
func TestRotationOnRequest(t *testing.T) {
	needRecorder(t)
	t.Parallel()
	dir := t.TempDir()
	path, pidfile := filepath.Join(dir, "t.trc"), filepath.Join(dir, "pid")
	cmd := cli(t, "record", "-e", "all", "-o", path, "--duration", "4s", "--", self(t), subjectVerb, "busy", "60", pidfile)
	var talk bytes.Buffer
	cmd.Stderr = &talk
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	subject, _ := os.FindProcess(pidIn(t, pidfile))
	defer subject.Kill()
	rows := func() bool { st, err := os.Stat(path); return err == nil && st.Size() > 50_000 }
	eventually(t, "nothing is recorded", 20*time.Second, rows)
	cmd.Process.Signal(syscall.SIGUSR1)
	// As logrotate does: the file is moved, then the recorder told.
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	cmd.Process.Signal(syscall.SIGHUP)
	eventually(t, "no next file", 20*time.Second, func() bool { _, err := os.Stat(path); return err == nil })
	eventually(t, "it does not end", 30*time.Second, func() bool { return unix.Kill(cmd.Process.Pid, 0) != nil || totalsThere(path) })
	subject.Kill()
	err := cmd.Wait()
	if err != nil || !strings.Contains(talk.String(), "msg=statistics rows=") {
		t.Errorf("%v\n%s", err, talk.String())
	}
	first, last := totals(t, path+".1"), totals(t, path)
	if first.Reason != "on request" || !strings.Contains(last.Reason, "4s have passed") {
		t.Errorf("reasons %q, %q", first.Reason, last.Reason)
	}
	if got := finish(t, cli(t, "verify", path+".1", path)); got.code != 0 || !strings.Contains(got.out, "continues") {
		t.Errorf("verify: %s", got.out)
	}
}

func totalsThere(path string) bool {
	r, err := format.Open(path)
	if err != nil {
		return false
	}
	defer r.Close()
	return r.Totals() != nil
}

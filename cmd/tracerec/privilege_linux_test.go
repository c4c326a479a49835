package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/recorder/confine"
)

// statusOf is a line of every thread's /proc status.
func statusOf(t *testing.T, pid int, line string) (values []string) {
	t.Helper()
	for _, file := range glob(fmt.Sprintf("/proc/%d/task/*/status", pid)) {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // the thread has ended
		}
		for l := range strings.Lines(string(text)) {
			if v, ok := strings.CutPrefix(l, line+":"); ok {
				values = append(values, strings.Join(strings.Fields(v), " "))
			}
		}
	}
	if len(values) == 0 {
		t.Errorf("no %s of process %d", line, pid)
	}
	return values
}

// While it records, no thread of the recorder has a capability, root's user or
// a way to get either; what it records has what it had. It writes all the same,
// begins new files, counts losses and flushes calls in flight.
func TestPrivilegesAreGivenUp(t *testing.T) {
	needRecorder(t)
	if os.Getuid() != 0 {
		t.Skip("giving up what root has needs root")
	}
	alone := "65534"
	if landlock() && confine.EveryThread { // which confines it to the directory, where SIGHUP begins files
		alone = "0"
	}
	for _, c := range []struct {
		name      string
		flags     []string
		chown     int
		uid, caps string
	}{
		{"one file", nil, 0, alone, "0000000000000000"},
		{"one file, in another's directory", nil, 4711, "4711", "0000000000000000"},
		{"files that follow, in root's directory", []string{"-C", "100KB"}, 0, "0", "0000000000000000"},
		{"files that follow, in another's directory", []string{"-C", "100KB"}, 4711, "4711", "0000000000000000"},
		{"a user", []string{"--user", "65534", "-C", "100KB"}, 65534, "65534", "0000000000000000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !confine.EveryThread && c.uid == "0" {
				t.Skip("built with cgo: capabilities stay; CGO_ENABLED=0 go test")
			}
			dir, err := os.MkdirTemp("", "tracerec-test-")
			if err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(dir)
			if err := os.Chown(dir, c.chown, c.chown); err != nil {
				t.Fatal(err)
			}
			pidfile, path := filepath.Join(t.TempDir(), "pid"), filepath.Join(dir, "t.trc")
			cmd := cli(t, append(append([]string{"record", "-e", "all", "-o", path}, c.flags...), "--", self(t), subjectVerb, "busy", "60", pidfile)...)
			var talk bytes.Buffer
			cmd.Stderr = &talk
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			subject := pidIn(t, pidfile)
			pid := cmd.Process.Pid
			eventually(t, "privileges are not given up", time.Minute, func() bool { return statusOf(t, pid, "Seccomp")[0] == "2" })
			for line, want := range map[string]string{
				"Uid": strings.Join([]string{c.uid, c.uid, c.uid, c.uid}, " "), "Groups": "", "NoNewPrivs": "1", "Seccomp": "2",
				"CapEff": c.caps, "CapPrm": c.caps, "CapInh": c.caps, "CapBnd": c.caps, "CapAmb": c.caps,
			} {
				for _, got := range statusOf(t, pid, line) {
					if line == "Groups" && c.uid == "0" {
						continue
					}
					if line == "CapBnd" && !confine.EveryThread {
						continue
					}
					if got != want {
						t.Errorf("%s %q, want %q", line, got, want)
					}
				}
			}
			for _, line := range []string{"Uid", "CapEff", "NoNewPrivs", "Seccomp"} {
				if got, own := statusOf(t, subject, line)[0], statusOf(t, os.Getpid(), line)[0]; got != own {
					t.Errorf("the command's %s is %q, ours %q", line, got, own)
				}
			}
			if len(c.flags) > 0 {
				eventually(t, "no second file", time.Minute, func() bool { return len(glob(filepath.Join(dir, "*.trc"))) > 1 })
			}
			unix.Kill(subject, unix.SIGKILL)
			cmd.Wait()
			if code := exitCodeOf(cmd); code != 128+int(unix.SIGKILL) || strings.Contains(talk.String(), "tracerec: note: ") {
				t.Errorf("exit code %d\n%s", code, talk.String())
			}
			files := glob(filepath.Join(dir, "*.trc"))
			if len(files) == 0 || len(c.flags) > 0 && len(files) < 2 {
				t.Errorf("files %q\n%s", files, talk.String())
			}
			for _, f := range files {
				totals(t, f)
				var st unix.Stat_t
				if unix.Stat(f, &st); f != files[0] && strconv.Itoa(int(st.Uid)) != c.uid {
					t.Errorf("%s is user %d's", f, st.Uid)
				}
			}
		})
	}
}

// The capabilities that README names are enough, without root.
func TestRecordWithoutRoot(t *testing.T) {
	needRecorder(t)
	if os.Getuid() != 0 {
		t.Skip("giving a process some of root's capabilities needs root")
	}
	for _, c := range []struct {
		caps []uintptr
		code int
	}{
		{[]uintptr{unix.CAP_BPF, unix.CAP_PERFMON, unix.CAP_NET_ADMIN}, 0},
		{[]uintptr{unix.CAP_BPF, unix.CAP_PERFMON}, 0},
		{[]uintptr{unix.CAP_BPF}, exitUsage},
		{[]uintptr{unix.CAP_PERFMON, unix.CAP_NET_ADMIN}, exitUsage},
	} {
		dir, exe := elsewhere(t)
		path := filepath.Join(dir, "t.trc")
		cmd := cli(t, "record", "-e", "all", "-o", path, "--", "true")
		cmd.Path = exe
		cmd.Dir = dir
		cmd.SysProcAttr = asUser(65534, c.caps)
		r := finish(t, cmd)
		if r.code != c.code {
			t.Errorf("capabilities %v: exit code %d\n%s", c.caps, r.code, r.talk)
			continue
		}
		if r.code == 0 {
			if got := totals(t, path); got.Rows < 20 || got.Seen != got.Read+got.Lost {
				t.Errorf("capabilities %v: %+v", c.caps, got)
			}
		} else if !strings.Contains(r.talk, "run as root") {
			t.Errorf("capabilities %v: %s", c.caps, r.talk)
		}
	}
}

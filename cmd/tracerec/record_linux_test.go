package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

func TestExitCodeIsTheCommands(t *testing.T) {
	needRecorder(t)
	for _, c := range []struct {
		name    string
		command []string
		code    int
		says    string
		end     string // reason in the totals
	}{
		{"success", []string{"true"}, 0, "rows recorded", "command ended"},
		{"failure", []string{"sh", "-c", "exit 3"}, 3, "rows recorded", "command ended"},
		{"a code that tracerec uses too", []string{"sh", "-c", "exit 2"}, 2, "rows recorded", "command ended"},
		{"the highest code", []string{"sh", "-c", "exit 255"}, 255, "rows recorded", "command ended"},
		{"a signal", []string{"sh", "-c", "kill -TERM $$"}, 128 + int(syscall.SIGTERM), "rows recorded", "command ended"},
		{"a killed command", []string{"sh", "-c", "kill -KILL $$"}, 128 + int(syscall.SIGKILL), "rows recorded", "command ended"},
		{"no such command", []string{"no-such-command-of-ours"}, exitUsage, `"no-such-command-of-ours": executable file not found`, ""},
		{"no such file", []string{"./missing"}, exitUsage, "./missing", ""},
		{"not executable", []string{"/proc/self/status"}, exitUsage, "permission denied", ""},
		{"not a program", []string{"./empty-format"}, exitUsage, "exec format error", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "empty-format", "\x00", 0o700)
			path := filepath.Join(dir, "t.trc")
			cmd := cli(t, append([]string{"record", "-o", path, "--"}, c.command...)...)
			cmd.Dir = dir
			r := finish(t, cmd)
			if r.code != c.code || !strings.Contains(r.talk, c.says) || r.out != "" {
				t.Errorf("exit code %d, want %d and %q\n%s%s", r.code, c.code, c.says, r.out, r.talk)
			}
			if strings.Contains(r.talk, "goroutine") || strings.Contains(r.talk, "Usage:") {
				t.Errorf("noise: %s", r.talk)
			}
			if c.end == "" {
				if _, err := os.Lstat(path); err == nil {
					t.Error("a recording that did not begin left a file")
				}
				return
			}
			if sum := totals(t, path); sum.Reason != c.end || sum.Exit == nil {
				t.Errorf("totals %+v", sum)
			}
		})
	}
}

// Standard streams are the command's own: nothing of tracerec's stands
// between, and a trace on standard output is whole.
func TestStreamsAreTheCommands(t *testing.T) {
	needRecorder(t)
	t.Parallel()
	path := filepath.Join(t.TempDir(), "t.trc")
	cmd := cli(t, "record", "-o", path, "--", "sh", "-c", "cat; echo problem >&2")
	cmd.Stdin = strings.NewReader("through\n")
	if r := finish(t, cmd); r.out != "through\n" || !strings.HasPrefix(r.talk, "problem\n") {
		t.Errorf("standard output %q, error %q", r.out, r.talk)
	}
	// Standard output is the trace's when it goes there: what the command prints goes to standard error.
	r := finish(t, cli(t, "record", "-o", "-", "--", "echo", "spoken"))
	if !strings.HasPrefix(r.talk, "spoken\n") {
		t.Errorf("standard error %q", r.talk)
	}
	trace, err := format.NewReader(strings.NewReader(r.out), int64(len(r.out)))
	if err != nil {
		t.Fatal(err)
	}
	if state, why := trace.State(); r.code != 0 || state != format.Sealed || trace.Rows() == 0 {
		t.Errorf("exit code %d; the trace on standard output is %v (%v) with %d rows", r.code, state, why, trace.Rows())
	}
}

func TestOutputIsNeverOverwrittenByAccident(t *testing.T) {
	needRecorder(t)
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "t.trc")
	write(t, dir, "t.trc", "precious", 0o600)
	r := finish(t, cli(t, "record", "-o", path, "--", "touch", filepath.Join(dir, "ran")))
	if left, _ := os.ReadFile(path); r.code != exitUsage || string(left) != "precious" || !strings.Contains(r.talk, "already exists: choose another name, or give --force") {
		t.Errorf("exit code %d, the file holds %q\n%s", r.code, left, r.talk)
	}
	if _, err := os.Stat(filepath.Join(dir, "ran")); err == nil {
		t.Error("the command ran, but was not recorded")
	}
	if r := finish(t, cli(t, "record", "--force", "-o", path, "--", "true")); r.code != 0 {
		t.Errorf("--force: exit code %d\n%s", r.code, r.talk)
	}
	totals(t, path)

	// A link is not followed, with force or without.
	link := filepath.Join(dir, "link")
	write(t, dir, "target", "precious", 0o600)
	if err := os.Symlink("target", link); err != nil {
		t.Fatal(err)
	}
	for _, force := range []string{"--force", "--force=false"} {
		finish(t, cli(t, "record", force, "-o", link, "--", "true"))
		if left, _ := os.ReadFile(filepath.Join(dir, "target")); string(left) != "precious" {
			t.Fatalf("%s wrote through a symbolic link: %q", force, left)
		}
	}
}

// oneLine checks what tracerec says when it cannot do its work.
func oneLine(t *testing.T, r result, want string) {
	t.Helper()
	if r.code != exitUsage || r.out != "" || !strings.HasPrefix(r.talk, "tracerec: ") || strings.Count(r.talk, "\n") != 1 || !strings.Contains(r.talk, want) {
		t.Errorf("exit code %d, want %d and one line with %q:\n%s%s", r.code, exitUsage, want, r.out, r.talk)
	}
}

func TestNoFileWhereRecordingCannotBegin(t *testing.T) {
	needRecorder(t)
	t.Parallel()
	dir := t.TempDir()
	for _, c := range []struct {
		name, want string
		args       []string
	}{
		{"missing directory", "no such file or directory", []string{"-o", dir + "/missing/t.trc", "--", "true"}},
		{"a directory", "", []string{"-o", dir, "--", "true"}},
		{"a file system without files", "", []string{"-o", "/proc/t.trc", "--", "true"}},
		{"odd ring size", "power of two", []string{"-o", dir + "/t.trc", "--ring-size", "5000", "--", "true"}},
		{"small ring", "power of two", []string{"-o", dir + "/t.trc", "--ring-size", "64", "--", "true"}},
		{"negative ring", "not less than 0", []string{"-o", dir + "/t.trc", "--ring-size", "-4096", "--", "true"}},
		{"unknown rung", `"tea"`, []string{"-o", dir + "/t.trc", "--witness", "tea", "--", "true"}},
		{"unknown event", `"opnat" (did you mean openat`, []string{"-o", dir + "/t.trc", "-e", "net,opnat", "--", "true"}},
		{"unknown event left out", `"raed" (did you mean read`, []string{"-o", dir + "/t.trc", "-e", "!raed", "--", "true"}},
		{"two scopes", "one of", []string{"-o", dir + "/t.trc", "-p", "1", "--", "true"}},
		{"no such process", "no process", []string{"-o", dir + "/t.trc", "-p", "4194304"}},
		{"no cgroup", "cgroup", []string{"-o", dir + "/t.trc", "--cgroup", dir}},
		{"a command without --", "--", []string{"-o", dir + "/t.trc", "true"}},
		{"no output", "output", []string{"--", "true"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			oneLine(t, finish(t, cli(t, append([]string{"record"}, c.args...)...)), c.want)
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// A full disk ends the recording with an error, and the command goes on.
func TestFullDiskIsAnError(t *testing.T) {
	needRecorder(t)
	t.Parallel()
	r := finish(t, cli(t, "record", "--force", "-o", "/dev/full", "--", "true"))
	if r.code != exitUsage || !strings.Contains(r.talk, "no space left on device") {
		t.Errorf("exit code %d\n%s", r.code, r.talk)
	}
}

// elsewhere copies this binary to where any user may run it.
func elsewhere(t *testing.T) (dir, exe string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "tracerec-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	data, err := os.ReadFile(self(t))
	if err != nil {
		t.Fatal(err)
	}
	exe = filepath.Join(dir, "tracerec")
	if err := os.WriteFile(exe, data, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Chmod(dir, 0o777), os.Chmod(exe, 0o755)); err != nil {
		t.Fatal(err)
	}
	return dir, exe
}

func TestWithoutPrivilegesThereIsOneLineAndNoFile(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("becoming another user needs root")
	}
	dir, exe := elsewhere(t)
	path := filepath.Join(dir, "t.trc")
	for _, args := range [][]string{{"record", "-o", path, "--", "true"}, {"record", "-o", path, "-p", "1"}, {"drill", "-o", path, "open-steady"}} {
		cmd := exec.CommandContext(t.Context(), exe, args...)
		cmd.Dir = dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		oneLine(t, finish(t, cmd), "CAP_BPF and CAP_PERFMON missing: run as root")
		if _, err := os.Lstat(path); err == nil {
			t.Fatalf("%q left a file", args)
		}
	}
	cmd := exec.CommandContext(t.Context(), exe, "doctor")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if r := finish(t, cmd); r.code != exitUsage || !strings.Contains(r.out, "to get it: ") {
		t.Errorf("doctor: exit code %d\n%s%s", r.code, r.out, r.talk)
	}
}

// A tiny RLIMIT_MEMLOCK, which may not be raisable, stops nothing from 5.11 on.
func TestLockedMemoryIsNoLimit(t *testing.T) {
	needRecorder(t)
	t.Parallel()
	if !hasTaskStorage() {
		t.Skip("before 5.11 locked memory limits BPF")
	}
	path := filepath.Join(t.TempDir(), "t.trc")
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `ulimit -l 0 || exit 77; exec tracerec "$@"`, "sh", "record", "-o", path, "--", "true")
	if r := finish(t, cmd); r.code == 77 {
		t.Skip("the limit cannot be set")
	} else if r.code != 0 {
		t.Errorf("exit code %d\n%s", r.code, r.talk)
	}
	totals(t, path)
}

func hasTaskStorage() bool {
	for _, c := range diagnosis().Checks {
		if c.Name == "task storage" {
			return c.OK
		}
	}
	return false
}

// Nothing of the recorder reaches the command but its arguments: no open
// descriptor, no blocked signal, no other limit, environment or directory.
func TestCommandInheritsNothing(t *testing.T) {
	needRecorder(t)
	t.Parallel()
	// The environment is not printed: a log is no place for it.
	script := `ulimit -S -l 64; exec "$@" sh -c 'ls /proc/self/fd; grep -E "^Sig(Blk|Ign)|^Cap" /proc/self/status; ulimit -a; env | grep -v ^_= | sort | cksum; pwd'`
	run := func(prefix ...string) result {
		return finish(t, exec.CommandContext(t.Context(), "sh", append([]string{"-c", script, "sh"}, prefix...)...))
	}
	plain, recorded := run("env"), run("tracerec", "record", "-o", filepath.Join(t.TempDir(), "t.trc"), "--")
	if plain.code != 0 || recorded.code != 0 || plain.out != recorded.out {
		t.Errorf("plain (exit code %d):\n%s\nrecorded (exit code %d):\n%s%s", plain.code, plain.out, recorded.code, recorded.out, recorded.talk)
	}
}

// The trace is readable by its owner alone.
func TestTraceIsPrivate(t *testing.T) {
	needRecorder(t)
	t.Parallel()
	path := filepath.Join(t.TempDir(), "t.trc")
	r := finish(t, exec.CommandContext(t.Context(), "sh", "-c", `umask 0; exec tracerec record -o "$1" -- true`, "sh", path))
	if st, err := os.Stat(path); r.code != 0 || err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("exit code %d, %v, %v\n%s", r.code, st, err, r.talk)
	}
}

// What -e selects is recorded, nothing else is, and the header says so.
func TestSelection(t *testing.T) {
	needRecorder(t)
	command := []string{"sh", "-c", "cat /etc/passwd; exit 0"}
	for _, c := range []struct{ expr, has, hasNot string }{
		{"default", "execve openat close mmap wait4 exit_group", "read write brk fstat rt_sigaction getpid munmap"},
		{"all", "execve openat close mmap read write brk", ""},
		{"read,desc,!write", "execve read close", "mmap brk write exit_group"},
		{"!openat", "execve mmap close", "openat read"},
		{"openat", "execve openat", "mmap close read exit_group"},
	} {
		path := record(t, "", []string{"-e", c.expr}, command...)
		calls := map[string]int{}
		life := map[format.EventID]int{}
		eachRow(t, path, func(b *format.Batch, i int) {
			id := format.EventID(b.U16[format.ColEvent][i])
			life[id]++
			if id == format.EventSyscall {
				calls[show.Syscall(format.ABI(b.U8[format.ColABI][i]), b.I32[format.ColNR][i])]++
			}
		})
		for _, name := range strings.Fields(c.has) {
			if calls[name] == 0 {
				t.Errorf("-e %s: no %s among %v", c.expr, name, calls)
			}
		}
		for _, name := range strings.Fields(c.hasNot) {
			if calls[name] != 0 {
				t.Errorf("-e %s: %d of %s", c.expr, calls[name], name)
			}
		}
		if life[format.EventExec] < 2 || life[format.EventFork] < 1 || life[format.EventExit] < 2 {
			t.Errorf("-e %s: events %v", c.expr, life)
		}
		r, err := format.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		selection := r.Header().Selection
		r.Close()
		if selection == nil || selection.Expr != c.expr {
			t.Fatalf("-e %s: the header says %+v", c.expr, selection)
		}
		for name := range calls {
			if !selection.Has(name) {
				t.Errorf("-e %s: %s is recorded, the header says it was left out", c.expr, name)
			}
		}
		for _, name := range strings.Fields(c.hasNot) {
			if selection.Has(name) {
				t.Errorf("-e %s: the header does not say that %s was left out", c.expr, name)
			}
		}
		info := finish(t, cli(t, "info", path))
		if !strings.Contains(info.out, "selected   "+c.expr) {
			t.Errorf("info does not show the selection %s: %s", c.expr, info.out)
		}
	}
}

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/verify"
)

// soak is how much is tried: by `make soak` (SOAK=short, or long), else as much
// as `make test` has time for.
func soak(test, short, long int) int {
	switch os.Getenv("SOAK") {
	case "":
		return test
	case "long":
		return long
	}
	return short
}

// needSoak skips what make test has no time for.
func needSoak(t *testing.T) {
	t.Helper()
	needRecorder(t)
	if os.Getenv("SOAK") == "" {
		t.Skip("takes long: make soak")
	}
}

// intact runs verify and gives its exit code: 0, or 3 for what was not sealed.
func intact(t *testing.T, files ...string) int {
	t.Helper()
	r := finish(t, cli(t, append([]string{"verify"}, files...)...))
	if r.code != 0 && r.code != exitIncomplete {
		t.Errorf("verify: exit code %d\n%s%s", r.code, r.out, r.talk)
	}
	return r.code
}

// exact fails unless what was read and what was lost is what the kernel saw.
func exact(t *testing.T, file string) format.Totals {
	t.Helper()
	if code := intact(t, file); code != 0 {
		t.Errorf("%s: verify ends with %d", file, code)
	}
	got := totals(t, file)
	if got.Read+got.Lost != got.Seen || got.Seen == 0 {
		t.Errorf("%s: %d read + %d lost are not %d seen", file, got.Read, got.Lost, got.Seen)
	}
	if r := calls(t, file); r.NoEnter != r.Began && got.Missed == 0 {
		t.Errorf("%s: calls without enter, of tasks that were in scope: %+v", file, r)
	}
	return got
}

// calls is what verify says of a file's calls.
func calls(t *testing.T, file string) verify.Calls {
	t.Helper()
	f, err := format.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	report, err := verify.File(f, file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return report.Calls
}

// Killed at any moment, the recorder leaves files that are intact as far as
// they go, and nothing in the kernel; what it records runs on.
func TestSoakKill(t *testing.T) {
	needRecorder(t)
	dir := t.TempDir()
	pidfile := filepath.Join(dir, "pid")
	load := exec.CommandContext(t.Context(), self(t), subjectVerb, "busy", "600", pidfile)
	if err := load.Start(); err != nil {
		t.Fatal(err)
	}
	defer load.Wait()
	defer load.Process.Kill()
	subject := strconv.Itoa(pidIn(t, pidfile))
	left, rounds := 0, soak(10, 30, 100)
	for round := range rounds {
		path := filepath.Join(dir, fmt.Sprintf("k%d.trc", round))
		cmd := cli(t, "record", "-e", "all", "-C", "1MB", "-o", path, "-p", subject)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if round%3 > 0 { // else perhaps while it attaches
			eventually(t, "nothing is recorded", time.Minute, func() bool {
				st, err := os.Stat(strings.TrimSuffix(path, ".trc") + "-000.trc")
				return err == nil && st.Size() > 30_000
			})
		}
		time.Sleep(time.Duration(rand.IntN(1000)) * time.Millisecond)
		had := heldBy(t, cmd.Process.Pid)
		cmd.Process.Kill()
		cmd.Wait()
		eventually(t, "programs, links or maps of the recorder are still in the kernel", time.Minute, func() bool { return had.left() == 0 })
		files := glob(filepath.Join(dir, fmt.Sprintf("k%d-*.trc", round)))
		for _, f := range files {
			if st, err := os.Stat(f); err == nil && st.Size() == 0 {
				os.Remove(f) // made, and not yet begun
				continue
			}
			left++
			intact(t, f)
		}
		for _, f := range files {
			os.Remove(f)
		}
	}
	if err := load.Process.Signal(unix.Signal(0)); err != nil {
		t.Errorf("what was recorded did not live on: %v", err)
	}
	if left < rounds/2 {
		t.Errorf("only %d files of %d recordings: it was not killed while it wrote", left, rounds)
	}
	t.Logf("killed %d times, %d files left", rounds, left)
}

// A full file system: the file says so, counts what it lacks and is sealed; with
// -W room is made. In a mount namespace of its own.
func TestSoakFullDisk(t *testing.T) {
	needRecorder(t)
	need(t, "unshare", "mount")
	if os.Getuid() != 0 {
		t.Skip("mounting a small file system needs root")
	}
	run := func(flags string) (result, []string) {
		dir, out := t.TempDir(), t.TempDir()
		script := `mount -t tmpfs -o size=512k soak "$1" || exit 77; cd "$1"; tracerec record -e all -o t.trc ` + flags + ` -- "$3" ` + subjectVerb + ` busy 4 "$2/pid"; code=$?; cp *.trc "$2"; exit $code`
		r := finish(t, exec.CommandContext(t.Context(), "unshare", "-m", "sh", "-c", script, "sh", dir, out, self(t)))
		if r.code == 77 {
			t.Skip("no file system of its own can be mounted here: " + r.talk)
		}
		return r, glob(out + "/*.trc")
	}
	// Rows of a subject that repeats itself are small: they are written as many small blocks.
	r, files := run("--max-size 1GB")
	if len(files) != 1 {
		t.Fatalf("files %q\n%s", files, r.talk)
	}
	if !totalsThere(files[0]) {
		t.Fatalf("not sealed: %s", r.talk)
	}
	got := totals(t, files[0])
	if st, _ := os.Stat(files[0]); st.Size() < 350_000 {
		t.Skipf("the load was too slow to fill 512 KiB: %d bytes", st.Size())
	}
	exact(t, files[0])
	if r.code != exitUsage || !strings.Contains(r.talk, "no space left on device") || !strings.Contains(got.Reason, "no space left on device") || got.Lost == 0 {
		t.Errorf("exit code %d, totals %+v\n%s", r.code, got, r.talk)
	}
	if got := finish(t, cli(t, "analyze", "--strict", files[0])); got.code != exitIncomplete {
		t.Errorf("analyze --strict: exit code %d\n%s", got.code, got.out)
	}
	// What could not be written is no damage of the file.
	if got := finish(t, cli(t, "analyze", "--json", "--fail-on", "none", files[0])); !strings.Contains(got.out, `"lost":[{"class":"unwritten","count":`) || strings.Contains(got.out, `"class":"damaged"`) {
		t.Errorf("analyze --json:\n%s", got.out)
	}
	if got := finish(t, cli(t, "analyze", "--fail-on", "none", files[0])); !strings.Contains(got.out, " that could not be written\n") || !strings.Contains(got.out, " not written: the disk was full, or went away") {
		t.Errorf("analyze:\n%s", got.out)
	}
	r, files = run("-C 100KB -W 100")
	if r.code != 0 || len(files) < 3 || !strings.Contains(r.talk, "the oldest file is removed") {
		t.Errorf("exit code %d, files %q\n%s", r.code, files, r.talk)
	}
	for _, f := range files {
		exact(t, f)
	}
	intact(t, files...)
}

// What is made of a file leaves nothing behind where the disk is full.
func TestDeriveFullDisk(t *testing.T) {
	need(t, "unshare", "mount")
	if os.Getuid() != 0 {
		t.Skip("mounting a small file system needs root")
	}
	file, err := filepath.Abs("../../testdata/captures/incident.trc")
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"repack", "filter true", "merge", "export --format csv", "dump"} {
		script := `mount -t tmpfs -o size=24k soak "$1" || exit 77; cd "$1"; tracerec ` + verb + ` -o made "$2"; code=$?; ls -A; exit $code`
		r := finish(t, exec.CommandContext(t.Context(), "unshare", "-m", "sh", "-c", script, "sh", t.TempDir(), file))
		if r.code == 77 {
			t.Skip("no file system of its own can be mounted here: " + r.talk)
		}
		if r.code != exitUsage || r.out != "" || !strings.Contains(r.talk, "no space left on device") {
			t.Errorf("%s: code %d, left %q\n%s", verb, r.code, r.out, r.talk)
		}
	}
}

// Stopped for a while, the recorder loses only what it counts.
func TestSoakStop(t *testing.T) {
	needSoak(t)
	dir := t.TempDir()
	path, pidfile := filepath.Join(dir, "t.trc"), filepath.Join(dir, "pid")
	seconds := soak(0, 10, 10)
	cmd := cli(t, "record", "-e", "all", "-o", path, "--", self(t), subjectVerb, "busy", strconv.Itoa(seconds+6), pidfile)
	var talk bytes.Buffer
	cmd.Stderr = &talk
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pidIn(t, pidfile)
	time.Sleep(2 * time.Second)
	cmd.Process.Signal(unix.SIGSTOP)
	time.Sleep(time.Duration(seconds) * time.Second)
	cmd.Process.Signal(unix.SIGCONT)
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, talk.String())
	}
	got := exact(t, path)
	if got.Lost == 0 {
		t.Errorf("stopped for %d s, and nothing lost: was it stopped? %+v", seconds, got)
	}
	t.Logf("%d of %d lost", got.Lost, got.Seen)
}

// cgroup makes a cgroup of a v1 controller or of v2 with a limit.
func cgroup(t *testing.T, controller, file1, file2, limit string) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("a cgroup of its own needs root")
	}
	for _, try := range []struct{ base, file string }{{"/sys/fs/cgroup/" + controller, file1}, {"/sys/fs/cgroup", file2}} {
		dir := filepath.Join(try.base, fmt.Sprintf("tracerec-soak-%d", os.Getpid()))
		if _, err := os.Stat(filepath.Join(try.base, "cgroup.procs")); err != nil {
			continue
		}
		if err := os.Mkdir(dir, 0o755); err != nil {
			continue
		}
		t.Cleanup(func() {
			eventually(t, "the cgroup does not become empty", time.Minute, func() bool { return os.Remove(dir) == nil })
		})
		if os.WriteFile(filepath.Join(dir, try.file), []byte(limit), 0) == nil {
			return dir
		}
	}
	t.Skipf("no cgroup with a limit of %s can be made here", controller)
	return ""
}

// Out of memory, in a memory cgroup of the recorder's own: as if killed.
func TestSoakMemory(t *testing.T) {
	needSoak(t)
	group := cgroup(t, "memory", "memory.limit_in_bytes", "memory.max", "104857600")
	dir := t.TempDir()
	pidfile := filepath.Join(dir, "pid")
	load := exec.CommandContext(t.Context(), self(t), subjectVerb, "busy", "600", pidfile)
	if err := load.Start(); err != nil {
		t.Fatal(err)
	}
	defer load.Wait()
	defer load.Process.Kill()
	subject := strconv.Itoa(pidIn(t, pidfile))
	ring := filepath.Join(dir, "ring")
	os.Mkdir(ring, 0o700)
	cmd := cli(t)
	cmd.Path, _ = lookPath("sh")
	// The rings are the kernel's memory, and charged too.
	cmd.Args = []string{"sh", "-c", `echo $$ >"$1/cgroup.procs" && exec tracerec record -e all -o "$2/f.trc" --ring 1GB --ring-size 33554432 -p "$3"`, "sh", group, dir, subject}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(40*time.Second, func() { cmd.Process.Kill() })
	var had held
	for had.maps == nil && cmd.Process.Signal(unix.Signal(0)) == nil {
		had = heldBy(t, cmd.Process.Pid)
		time.Sleep(20 * time.Millisecond)
		if len(had.maps) > 0 {
			break
		}
	}
	began := time.Now()
	cmd.Wait()
	if code := exitCodeOf(cmd); code != 128+int(unix.SIGKILL) && code != exitUsage {
		t.Errorf("exit code %d, want killed or refused memory", code)
	}
	eventually(t, "programs, links or maps of the recorder are still in the kernel", time.Minute, func() bool { return had.left() == 0 })
	if err := load.Process.Signal(unix.Signal(0)); err != nil {
		t.Errorf("what was recorded did not live on: %v", err)
	}
	t.Logf("ended with %d after %v", exitCodeOf(cmd), time.Since(began).Round(time.Millisecond))
}

// A fork bomb, bounded by time and by a pids cgroup of its own.
func TestSoakForkBomb(t *testing.T) {
	needSoak(t)
	group := cgroup(t, "pids", "pids.max", "pids.max", "200")
	dir := t.TempDir()
	bomb := filepath.Join(dir, "bomb")
	write(t, dir, "bomb", "#!/bin/sh\nread up rest </proc/uptime\n[ \"${up%.*}\" -ge \"$1\" ] && exit\n\"$0\" \"$1\" & \"$0\" \"$1\" & wait\n", 0o700)
	up, _ := os.ReadFile("/proc/uptime")
	now, _ := strconv.ParseFloat(strings.Fields(string(up))[0], 64)
	path := filepath.Join(dir, "t.trc")
	cmd := cli(t, "record", "-o", path, "--", "sh", "-c", `echo $$ >"$1/cgroup.procs"; "$2" "$3" 2>/dev/null; sleep 2; :`, "sh", group, bomb, strconv.Itoa(int(now)+soak(0, 6, 30)))
	r := finish(t, cmd)
	got := exact(t, path)
	if r.code != 0 || got.Events["fork"] < 200 {
		t.Errorf("exit code %d, totals %+v\n%s", r.code, got, r.talk)
	}
	t.Logf("%d forks, %d of %d lost", got.Events["fork"], got.Lost, got.Seen)
}

// Ten thousand processes, each with its fork, execve and exit, or counted as lost.
func TestSoakProcesses(t *testing.T) {
	needSoak(t)
	n := soak(0, 3000, 10000)
	path := filepath.Join(t.TempDir(), "t.trc")
	r := finish(t, cli(t, "record", "-e", "execve", "-C", "300KB", "-o", path, "--", "sh", "-c", fmt.Sprintf("i=0; while [ $i -lt %d ]; do /bin/true & /bin/true & /bin/true & /bin/true & wait; i=$((i+4)); done", n)))
	if r.code != 0 {
		t.Fatalf("exit code %d\n%s", r.code, r.talk)
	}
	files := glob(strings.TrimSuffix(path, ".trc") + "-*.trc")
	intact(t, files...)
	var lost uint64
	for _, f := range files {
		lost += exact(t, f).Lost
	}
	merged := path + ".all"
	if r := finish(t, cli(t, append([]string{"merge", "-o", merged}, files...)...)); r.code != 0 {
		t.Fatal(r.talk)
	}
	got := totals(t, merged)
	for _, event := range []string{"fork", "exec", "exit"} {
		if have := got.Events[event]; lost == 0 && have < uint64(n) || have+lost < uint64(n) {
			t.Errorf("%d %s rows of %d processes, %d lost", have, event, n, lost)
		}
	}
	t.Logf("%d processes in %d files, %d records lost", n, len(files), lost)
}

package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// As a service: told when it is ready and alive, asked by Prometheus and by
// snapshot, all of it after privileges are gone; what SIGUSR2 and snapshot write is whole.
func TestService(t *testing.T) {
	needRecorder(t)
	t.Parallel()
	dir := t.TempDir()
	notify, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "n"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer notify.Close()
	metrics, control, pidfile := filepath.Join(dir, "m"), filepath.Join(dir, "c"), filepath.Join(dir, "pid")
	cmd := cli(t, "record", "-e", "all", "-o", filepath.Join(dir, "f.trc"), "--ring", "5m", "--control", control, "--metrics", "unix:"+metrics, "--summary",
		"--", self(t), subjectVerb, "busy", "100", pidfile)
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+filepath.Join(dir, "n"), "WATCHDOG_USEC=2000000")
	var talk bytes.Buffer
	cmd.Stderr = &talk
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	subject := pidIn(t, pidfile)
	told := ""
	eventually(t, "no READY=1 and WATCHDOG=1", time.Minute, func() bool {
		buf := make([]byte, 1000)
		notify.SetReadDeadline(time.Now().Add(10 * time.Second))
		n, _ := notify.Read(buf)
		told += string(buf[:n]) + "\n"
		return strings.Contains(told, "READY=1") && strings.Contains(told, "WATCHDOG=1")
	})
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", metrics) }}}
	sample := regexp.MustCompile(`^(# (HELP|TYPE) .*|[a-z_]+(\{syscall="[a-z0-9_]+"\})? [0-9.e+-]+)$`)
	eventually(t, "no metrics of getppid", time.Minute, func() bool {
		r, err := client.Get("http://x/metrics")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		text, _ := io.ReadAll(r.Body)
		for line := range strings.Lines(string(text)) {
			if !sample.MatchString(strings.TrimSpace(line)) {
				t.Fatalf("not Prometheus' format: %q", line)
			}
		}
		return strings.Contains(string(text), `tracerec_syscalls_total{syscall="getppid"} `) && strings.Contains(string(text), "\ntracerec_failed 0\n")
	})
	for _, socket := range []string{metrics, control} {
		if st, err := os.Stat(socket); err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", socket, st.Mode(), err)
		}
	}
	r := finish(t, cli(t, "snapshot", "--control", control, "alert", "4711"))
	file := strings.TrimSpace(r.out)
	if r.code != 0 || totals(t, file).Reason != "snapshot command" {
		t.Fatalf("snapshot: exit code %d\n%s%s", r.code, r.out, r.talk)
	}
	cmd.Process.Signal(unix.SIGUSR2)
	second := filepath.Join(dir, "f-001.trc")
	eventually(t, "SIGUSR2 writes nothing", time.Minute, func() bool { return totalsThere(second) })
	unix.Kill(subject, unix.SIGKILL)
	cmd.Wait()
	for _, f := range []string{file, second} {
		if r := finish(t, cli(t, "verify", f)); r.code != 0 {
			t.Errorf("verify: %s", r.out)
		}
		if r := finish(t, cli(t, "replay", "--tree", f)); r.code != 0 || !strings.Contains(r.out, "__subject busy") {
			t.Errorf("replay: %s%s", r.out, r.talk)
		}
	}
	if r := finish(t, cli(t, "info", file)); !strings.Contains(r.out, "ring: snapshot command; alert 4711") {
		t.Errorf("info does not say why:\n%s", r.out)
	}
	if !strings.Contains(talk.String(), "getppid\n") || exitCodeOf(cmd) != 128+int(unix.SIGKILL) {
		t.Errorf("exit code %d, no summary:\n%s", exitCodeOf(cmd), talk.String())
	}
	if r := finish(t, cli(t, "snapshot", "--control", control)); r.code != exitUsage || !strings.Contains(r.talk, "no recorder answers") {
		t.Errorf("nobody there: exit code %d, %s", r.code, r.talk)
	}
	for _, where := range []string{"0.0.0.0:9477", "10.0.0.1:9477", "9477"} {
		r := finish(t, cli(t, "record", "-o", filepath.Join(dir, "x.trc"), "--metrics", where, "--", "true"))
		if r.code != exitUsage || !strings.Contains(r.talk, "loopback") {
			t.Errorf("metrics on %s: exit code %d, %s", where, r.code, r.talk)
		}
	}
}

// systemd takes the unit file, and thinks well of it.
func TestUnitFile(t *testing.T) {
	need(t, "systemd-analyze")
	text, err := os.ReadFile("../../docs/examples/tracerec.service")
	if err != nil {
		t.Fatal(err)
	}
	unit := filepath.Join(t.TempDir(), "tracerec.service")
	exe := regexp.MustCompile(`(?m)^ExecStart=\S+`)
	if err := os.WriteFile(unit, exe.ReplaceAll(text, []byte("ExecStart=/bin/true")), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "systemd-analyze", "verify", "--man=no", unit).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
	// Its flags are those that record has.
	args := strings.Fields(string(regexp.MustCompile(`(?m)^ExecStart=(.*)$`).FindSubmatch(text)[1]))[2:]
	cmd := newRecord()
	if err := cmd.ParseFlags(args); err != nil {
		t.Error(err)
	}
}

// TestSnapshotIsOfNow: what a process did just before it asked for the ring is in
// the file, though a block is a second old before it is written else. What is said
// at the end is of the ring, in a directory too.
func TestSnapshotIsOfNow(t *testing.T) {
	needRecorder(t)
	t.Parallel()
	for _, where := range []string{"memory", "directory"} {
		t.Run(where, func(t *testing.T) {
			dir := t.TempDir()
			control, marker := filepath.Join(dir, "c"), filepath.Join(dir, "marker")
			if err := os.WriteFile(marker, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			bin := filepath.Join(dir, "tracerec") // the test binary is tracerec under that name
			if err := os.Symlink(self(t), bin); err != nil {
				t.Fatal(err)
			}
			args := []string{"record", "-o", filepath.Join(dir, "f.trc"), "--ring", "10m", "--control", control}
			if where == "directory" {
				parts := filepath.Join(dir, "parts")
				if err := os.Mkdir(parts, 0o700); err != nil {
					t.Fatal(err)
				}
				args = append(args, "--ring-dir", parts)
			}
			args = append(args, "--", "sh", "-c", `. "$1"; exec "$0" snapshot --control "$2"`, bin, marker, control)
			r := finish(t, cli(t, args...))
			file := filepath.Join(dir, "f-000.trc")
			if r.code != 0 || !strings.Contains(r.out, file) || strings.Contains(r.talk, "no file was written") || strings.Contains(r.talk, " 0 B in") {
				t.Fatalf("exit code %d: %s%s", r.code, r.out, r.talk)
			}
			if got := finish(t, cli(t, "replay", file)); got.code != 0 || !strings.Contains(got.out, `"`+marker+`"`) {
				t.Errorf("the file does not have what was done before it was asked for:\n%s%s", got.out, got.talk)
			}
		})
	}
}

//go:build unix

package tui

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// TestMain lets the test program be what runs in the terminal.
func TestMain(m *testing.M) {
	if path := os.Getenv("TRACEREC_TUI_FILE"); path != "" {
		r, err := format.Open(path)
		if err == nil {
			err = Run(context.Background(), r, Options{Title: "incident.trc", Show: show.For(r.Header()), Marks: incidentMarks})
		}
		if err != nil {
			os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestTerminal runs it in a real terminal of 80×24, as over ssh.
func TestTerminal(t *testing.T) {
	if out, err := exec.Command("sh", "../../testdata/need.sh", "tmux").CombinedOutput(); err != nil {
		t.Skipf("tmux cannot be had: %v %s", err, out)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "tmux")
	tmux := func(args ...string) string {
		t.Helper()
		out, err := exec.Command("tmux", append([]string{"-S", socket, "-f", "/dev/null"}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("tmux %v: %v %s", args, err, out)
		}
		return string(out)
	}
	r := build(t, incident)
	tmux("new-session", "-d", "-s", "tui", "-x", "80", "-y", "24", "env TRACEREC_TUI_FILE="+r.Path()+" TERM=xterm-256color "+self+"; echo ended with $?; sleep 60")
	t.Cleanup(func() { exec.Command("tmux", "-S", socket, "kill-server").Run() })
	want := func(what string) {
		t.Helper()
		var seen string
		for range 200 {
			if seen = tmux("capture-pane", "-p", "-t", "tui"); strings.Contains(seen, what) {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Fatalf("%q did not come:\n%s", what, seen)
	}
	want("1 finding")
	tmux("send-keys", "-t", "tui", "n")
	want("finding 1 of 1")
	tmux("send-keys", "-t", "tui", "Enter")
	want("≠ used")
	tmux("resize-window", "-t", "tui", "-x", "100", "-y", "30")
	want("of the same call")
	tmux("send-keys", "-t", "tui", "s", "Tab")
	want("/etc/shadow")
	tmux("send-keys", "-t", "tui", "q")
	want("ended with 0")
}

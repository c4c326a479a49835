//go:build linux

package matrix

import (
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestFairClock(t *testing.T) {
	now := time.Unix(0, 0)
	waited := map[string]time.Duration{"a": 0, "b": 0}
	c := &fairClock{threads: func() map[string]time.Duration {
		copied := map[string]time.Duration{}
		for id, w := range waited {
			copied[id] = w
		}
		return copied
	}, last: now}
	for _, step := range []struct {
		name string
		wait map[string]time.Duration // more
		fair time.Duration            // more, of 10 s
	}{
		{"runs, or sleeps, or loops", nil, 10 * time.Second},
		{"a thread gets a tenth of a processor", map[string]time.Duration{"a": 9 * time.Second, "b": time.Second}, time.Second},
		{"both starve at once: counted once", map[string]time.Duration{"a": 9 * time.Second, "b": 9 * time.Second}, time.Second},
		{"a new thread, which waited", map[string]time.Duration{"c": 4 * time.Second}, 6 * time.Second},
		{"told late: never backwards", map[string]time.Duration{"c": 12 * time.Second}, 0},
	} {
		for id, w := range step.wait {
			waited[id] += w
		}
		before := c.fair
		now = now.Add(10 * time.Second)
		if got := c.tick(now) - before; got != step.fair {
			t.Errorf("%s: %v of 10s, want %v", step.name, got, step.fair)
		}
	}
}

// A process that says nothing is ended, one that speaks is not.
func TestWatchEndsWhatHangs(t *testing.T) {
	for _, c := range []struct{ script, want string }{
		{"exec sleep 60", "it hangs"},
		{"while :; do echo; sleep 0.3; done", "no exit code after"},
		{"echo", ""},
	} {
		cmd := exec.Command("sh", "-c", c.script)
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		w := watchGuest(cmd.Process, 4*time.Second, 2*time.Second)
		for r, p := w.reader(pipe), make([]byte, 64); ; {
			if _, err := r.Read(p); err != nil {
				break
			}
		}
		cmd.Wait()
		if _, err := w.end(); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.script, err, c.want)
		}
	}
}

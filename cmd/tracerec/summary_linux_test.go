package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestOneSummary wants the table of calls with which a recording ends to be the
// one that replay makes of its file.
func TestOneSummary(t *testing.T) {
	needRecorder(t)
	t.Parallel()
	path := filepath.Join(t.TempDir(), "t.trc")
	r := finish(t, cli(t, "record", "--summary", "-o", path, "--", "cat", "/etc/hostname", "/nonexistent"))
	from := strings.Index(r.talk, "% time")
	if from < 0 {
		t.Fatalf("exit code %d, no table\n%s", r.code, r.talk)
	}
	recorded := r.talk[from:]
	recorded = recorded[:strings.Index(recorded, " total\n")+len(" total\n")]
	r = finish(t, cli(t, "replay", path, "summary"))
	if r.code != 0 || !strings.Contains(r.out, recorded) || !strings.Contains(recorded, "  openat\n") {
		t.Errorf("exit code %d: recorded\n%s\nreplayed\n%s", r.code, recorded, r.out)
	}
}

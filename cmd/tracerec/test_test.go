package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// What test --update --baseline writes holds together: what is expected is what the baseline does
// not know. Findings of one rule that nobody expected are one line, and lines fit a terminal.
func TestUpdateWithBaseline(t *testing.T) {
	dir := t.TempDir()
	b, err := os.ReadFile("../../testdata/traces/drill.trc")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "drill.trc"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	baseline := filepath.Join(dir, "known.txt")
	code, out, talk := tracerec("test", "--update", "--baseline", baseline, dir)
	if want := "written: expectations of 1 trace, and 91 known findings to " + baseline; code != 0 || !strings.Contains(talk, want) {
		t.Fatalf("code %d, %q is missing\n%s%s", code, want, out, talk)
	}
	if code, out, talk = tracerec("test", "--baseline", baseline, dir); code != 0 || !strings.Contains(out, "91 known") {
		t.Errorf("with its own baseline: code %d\n%s%s", code, out, talk)
	}
	if err := os.WriteFile(filepath.Join(dir, "expect.yaml"), []byte("apiVersion: tracerec/v1\ntraces:\n  drill.trc: {exit: 1}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, _ = tracerec("test", dir)
	if code != exitFindings || !strings.Contains(out, "not expected: 49 findings of toctou/divergent, the worst:\n") || strings.Count(out, "toctou/divergent") != 1 {
		t.Errorf("code %d\n%s", code, out)
	}
	for line := range strings.Lines(out) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 && !strings.HasPrefix(line, "FAIL") {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

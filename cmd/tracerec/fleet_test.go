package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fleetDir has recordings of three hosts, and a file that is none.
func fleetDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for from, to := range map[string]string{
		"../../testdata/captures/open.trc": "vm/one.trc", "../../testdata/captures/benign.trc": "vm/two.trc", "../../testdata/traces/drill.trc": "lab/drill.trc",
	} {
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		to = filepath.Join(dir, to)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "lab/broken.trc"), []byte("nonsense"), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// command runs tracerec; code is what it would exit with.
func command(t *testing.T, args ...string) (out, talk string, code int) {
	t.Helper()
	root := newRoot()
	var stdout, stderr bytes.Buffer
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	root.SetArgs(args)
	code = run(root)
	return stdout.String(), stderr.String(), code
}

// fleetLines are the lines about the fleet.
func fleetLines(out string) string {
	var keep []string
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, `{"type":"host"`) || strings.HasPrefix(line, `{"type":"rare"`) {
			keep = append(keep, line)
		}
	}
	return strings.Join(keep, "")
}

// TestFleet: the same for any -j, order, and for a run that was broken off; broken files
// are named and skipped.
func TestFleet(t *testing.T) {
	dir := fleetDir(t)
	want, talk, code := command(t, "analyze", "--toctou", "--json", "-j", "1", dir)
	if code != exitFindings || !strings.Contains(talk, "broken.trc") {
		t.Errorf("exit code %d, said %q", code, talk)
	}
	all := fleetLines(want)
	for _, part := range []string{`"host":"lab"`, `"host":"vm"`, `"files":2`, `"what":"finding","rule":"toctou/divergent"`, `"what":"executable"`, `"what":"destination"`, `"first_host"`} {
		if !strings.Contains(all, part) {
			t.Errorf("%s is not in %s", part, all)
		}
	}
	if got, _, _ := command(t, "analyze", "--toctou", "--json", "-j", "3", filepath.Join(dir, "**", "*.trc")); got != want {
		t.Error("a glob and -j 3 give another report")
	}
	reversed := []string{"analyze", "--toctou", "--json", "--fleet", filepath.Join(dir, "vm/two.trc"), filepath.Join(dir, "vm/one.trc"), filepath.Join(dir, "lab/drill.trc")}
	if got, _, _ := command(t, reversed...); fleetLines(got) != all {
		t.Error("another order of files gives another sum")
	}

	state := filepath.Join(t.TempDir(), "state")
	if _, talk, code := command(t, "analyze", "--toctou", "--json", "--state", state, filepath.Join(dir, "vm/one.trc")); code != exitFindings {
		t.Fatalf("exit code %d: %s", code, talk)
	}
	// A run that was killed leaves half a line.
	f, err := os.OpenFile(state, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(`{"file":"hal`)
	f.Close()
	for range 2 {
		got, talk, code := command(t, "analyze", "--toctou", "--json", "--state", state, dir)
		if fleetLines(got) != all || code != exitFindings || !strings.Contains(talk, "analysed by the run before") {
			t.Errorf("resumed: exit code %d, %s\n%s", code, talk, fleetLines(got))
		}
	}
	if got, _, _ := command(t, "analyze", "--toctou", "--json", "--state", state, dir); strings.Contains(got, `"type":"coverage"`) {
		t.Error("a file is analysed that was done before")
	}
	if _, _, code := command(t, "analyze", "--io-uring", "--state", state, dir); code != exitUsage {
		t.Errorf("another run's state with other options: exit code %d", code)
	}
	if err := os.WriteFile(state, []byte("hello\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, code := command(t, "analyze", "--state", state, dir); code != exitUsage {
		t.Errorf("a state that is none: exit code %d", code)
	}
	if text, _ := os.ReadFile(state); string(text) != "hello\n" {
		t.Error("a file that is no state was written to")
	}
}

// TestFleetExit: a broken file is missing evidence, not an error, as long as some file could be read.
func TestFleetExit(t *testing.T) {
	dir := fleetDir(t)
	for _, c := range []struct {
		want int
		args []string
	}{
		{0, []string{"--fail-on", "none", dir}},
		{exitIncomplete, []string{"--fail-on", "none", "--strict", dir}},
		{exitFindings, []string{"--strict", dir}},
		{exitUsage, []string{"--fleet", filepath.Join(dir, "lab/broken.trc")}},
		{exitUsage, []string{filepath.Join(dir, "**", "*.nothing")}},
		{exitUsage, []string{t.TempDir()}},
	} {
		if _, talk, code := command(t, append([]string{"analyze", "--toctou"}, c.args...)...); code != c.want {
			t.Errorf("%v: exit code %d, want %d: %s", c.args, code, c.want, talk)
		}
	}
	out, _, _ := command(t, "analyze", "--toctou", "--limit", "2", dir)
	if !strings.Contains(out, "fleet of 2 hosts, 4 files, 1 could not be read") || !strings.Contains(out, "rarest findings") {
		t.Errorf("the fleet section: %s", out[max(0, len(out)-2000):])
	}
}

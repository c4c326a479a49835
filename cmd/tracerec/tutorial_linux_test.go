package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTutorial runs every command of docs/tutorial.md and demands that each
// says what stands there.
func TestTutorial(t *testing.T) {
	text, err := os.ReadFile("../../docs/tutorial.md")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(self(t), filepath.Join(bin, "tracerec")); err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	for _, name := range []string{"incident.trc", "incident.truth.txt"} {
		b, err := os.ReadFile(filepath.Join("../../testdata/captures", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(work, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ran, compared := 0, 0
	for i, part := range strings.Split(string(text), "```console\n")[1:] {
		block, _, _ := strings.Cut(part, "```")
		var out string
		for line := range strings.Lines(block) {
			line = strings.TrimRight(line, "\n")
			command, ok := strings.CutPrefix(line, "$ ")
			switch {
			case ok && strings.Contains(command, "--tui"): // wants a terminal
				out = ""
			case ok:
				cmd := exec.Command("sh", "-c", command)
				cmd.Dir = work
				cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "NO_COLOR=1")
				b, err := cmd.Output()
				if code := cmd.ProcessState.ExitCode(); err != nil && code != 1 { // 1: findings
					t.Errorf("block %d: %s: exit code %d: %v", i+1, command, code, err)
				}
				out = string(b)
				ran++
			case line != "" && line != "…":
				compared++
				if !strings.Contains(out, line) {
					t.Errorf("block %d: the output lacks %q", i+1, line)
				}
			}
		}
	}
	if ran < 13 || compared < 80 {
		t.Errorf("%d commands were run and %d lines compared: the tutorial is not read right", ran, compared)
	}
}

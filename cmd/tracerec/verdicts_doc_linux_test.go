package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/analyze"
)

// TestVerdictExamples runs every command of docs/verdicts.md and demands that it
// says what stands below it, in one piece; and an example of each verdict.
func TestVerdictExamples(t *testing.T) {
	text, err := os.ReadFile("../../docs/verdicts.md")
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(t.TempDir(), "tracerec") // the test binary is tracerec under that name
	if err := os.Symlink(self(t), bin); err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	section, command := "", ""
	var want []string
	check := func() {
		if command == "" {
			return
		}
		args := strings.Fields(command)
		cmd := exec.Command(bin, args[1:]...)
		cmd.Dir = "../.."
		cmd.Env = append(os.Environ(), "NO_COLOR=1")
		out, err := cmd.Output()
		if code := cmd.ProcessState.ExitCode(); err != nil && code != exitFindings {
			t.Errorf("%s: exit code %d: %v", command, code, err)
		}
		if len(want) < 4 || !strings.Contains(string(out), strings.Join(want, "\n")+"\n") {
			t.Errorf("docs/verdicts.md, %s: %s says\n%s", section, command, out)
		}
		if len(want) > 0 && strings.Contains(want[0], " "+section+" ") {
			shown[section] = true
		}
		command, want = "", nil
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		example, indented := strings.CutPrefix(line, "    ")
		switch {
		case !indented:
			check()
			if name, ok := strings.CutPrefix(line, "### "); ok {
				section = name
			}
		case strings.HasPrefix(example, "$ tracerec "):
			check()
			command = strings.TrimPrefix(example, "$ ")
		case command != "":
			want = append(want, example)
		}
	}
	check()
	for v := range analyze.NumVerdicts {
		if !shown[v.String()] {
			t.Errorf("docs/verdicts.md has no example of %v", v)
		}
	}
}

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// spoken are the verbs as they are tried by TestOneVoice: FILE is a recording,
// TEXT its dump, POLICY a policy, CUT a recording that lacks its end, DIR is empty.
// wide says that lines are as long as what they show: rows, values, paths.
var spoken = []struct {
	verb string
	args []string
	wide bool
}{
	{"analyze", []string{"--fail-on", "none", "FILE"}, true},
	{"build", []string{"-o", "-", "--force", "TEXT"}, true},
	{"completion", []string{"bash"}, true},
	{"dump", []string{"FILE"}, true},
	{"export", []string{"--format", "csv", "FILE"}, true},
	{"filter", []string{"-o", "-", "pid > 0", "FILE"}, true},
	{"info", []string{"FILE"}, false},
	{"info", []string{"--columns", "FILE"}, false},
	{"keygen", nil, false},
	{"list events", nil, false},
	{"list fields", nil, false},
	{"list groups", nil, false},
	{"list syscalls", nil, false},
	{"merge", []string{"-o", "-", "FILE"}, true},
	{"policy check", []string{"POLICY"}, false},
	{"policy fields", nil, false},
	{"policy list", nil, false},
	{"policy show", []string{"reverse-shell"}, true},
	{"repack", []string{"-o", "-", "FILE"}, true},
	{"repair", []string{"-o", "DIR/saved.trc", "--force", "CUT"}, true},
	{"replay", []string{"FILE"}, true},
	{"replay", []string{"--tree", "FILE"}, true},
	{"replay", []string{"FILE", "ps"}, true},
	{"replay", []string{"FILE", "summary"}, false},
	{"replay", []string{"FILE", "lsof", "--at", "300ms"}, true},
	{"replay diff", []string{"FILE", "FILE"}, true},
	{"split", []string{"--rows", "500", "-o", "DIR/part.trc", "--force", "FILE"}, true},
	{"test", []string{"SUITE"}, false},
	{"verify", []string{"FILE"}, false},
	{"version", nil, true},
}

// silent are verbs that need a kernel or a running recorder; their tables have tests of their own.
var silent = []string{"doctor", "drill", "drill clean", "record", "snapshot", "help", "completion", "list", "policy"}

// TestOneVoice tries every verb as it is used in scripts and on terminals: into
// a pipe that nobody reads (no noise), on a full disk (an error, code 2), on a
// terminal with NO_COLOR (no escape sequences), and the width of what it says.
func TestOneVoice(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "incident.trc")
	whole, err := os.ReadFile("../../testdata/captures/incident.trc")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "incident.trc", string(whole), 0o600)
	write(t, dir, "cut.trc", string(whole[:len(whole)-40]), 0o600)
	policy := finish(t, cli(t, "policy", "show", "reverse-shell")).out
	write(t, dir, "mine.yaml", strings.Replace(policy, "name: reverse-shell", "name: mine", 1), 0o600)
	write(t, dir, "rows.txt", finish(t, cli(t, "dump", file)).out, 0o600)
	names := strings.NewReplacer("FILE", file, "TEXT", filepath.Join(dir, "rows.txt"), "POLICY", filepath.Join(dir, "mine.yaml"),
		"CUT", filepath.Join(dir, "cut.trc"), "SUITE", "../../testdata/captures", "DIR", dir)

	known := map[string]bool{}
	for _, s := range silent {
		known[s] = true
	}
	for _, s := range spoken {
		known[s.verb] = true
	}
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		name := strings.TrimPrefix(c.CommandPath(), "tracerec ")
		if c != c.Root() && c.Parent().Name() != "completion" && !c.Hidden && !known[name] {
			t.Errorf("nothing tries the verb %q: put it into spoken", name)
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	root := newRoot()
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	walk(root)

	_, noPTY := exec.LookPath("script")
	for _, s := range spoken {
		args := strings.Fields(s.verb)
		for _, a := range s.args {
			args = append(args, names.Replace(a))
		}
		if s.verb == "keygen" {
			continue // writes no output
		}
		r := finish(t, cli(t, args...))
		if r.code != 0 {
			t.Errorf("%q: code %d\n%s", args, r.code, r.talk)
			continue
		}
		if r.out != "" {
			read, unread, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			read.Close()
			cmd := cli(t, args...)
			var talk strings.Builder
			cmd.Stdout, cmd.Stderr = unread, &talk
			cmd.Run()
			unread.Close()
			if strings.Contains(talk.String(), "pipe") {
				t.Errorf("%q, nobody reads: %s", args, talk.String())
			}
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			talk.Reset()
			cmd = cli(t, args...)
			cmd.Stdout, cmd.Stderr = full, &talk
			cmd.Run()
			full.Close()
			if code := exitCodeOf(cmd); code != exitUsage || !strings.Contains(talk.String(), "no space left on device") {
				t.Errorf("%q on a full disk: code %d, %s", args, code, talk.String())
			}
		}
		if noPTY == nil && !slices.Contains(s.args, "-") {
			var quoted []string
			for _, a := range args {
				quoted = append(quoted, "'"+a+"'")
			}
			cmd := exec.Command("script", "-qec", "stty cols 80; tracerec "+strings.Join(quoted, " "), "/dev/null")
			cmd.Env = append(os.Environ(), "NO_COLOR=1", "TERM=xterm", "SHELL=/bin/sh")
			out, err := cmd.Output()
			if err != nil || strings.Contains(string(out), "\x1b[") {
				t.Errorf("%q with NO_COLOR on a terminal: %v %q", args, err, out[:min(len(out), 300)])
			}
		}
		if !s.wide {
			for line := range strings.Lines(r.out) {
				if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
					t.Errorf("%q: a line of %d columns: %s", args, n, line)
				}
			}
		}
		_, help, _ := tracerec(append(strings.Fields(s.verb), "--help")...)
		if !strings.Contains(help, "Usage:") {
			t.Errorf("%s --help: %q", s.verb, help)
		}
		for line := range strings.Lines(help) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
				t.Errorf("%s --help: a line of %d columns: %s", s.verb, n, line)
			}
		}
	}
}

// TestTimesEverywhere wants --time and --tz of every verb that has them to do something.
func TestTimesEverywhere(t *testing.T) {
	const file = "../../testdata/captures/incident.trc"
	tried := map[string][]string{
		"analyze": {"--fail-on", "none", file}, "info": {file}, "replay": {file}, "verify": {file}, "export": {"--format", "text", file},
	}
	for _, verb := range newRoot().Commands() {
		if verb.Flags().Lookup("time") == nil {
			continue
		}
		name := verb.Name()
		args, ok := tried[name]
		if !ok {
			t.Errorf("nothing tries --time of %s", name)
			continue
		}
		seen := map[string]string{}
		for _, how := range [][]string{{"--time", "utc"}, {"--time", "ns"}, {"--tz", "Asia/Tokyo"}, {"--tz", "America/New_York"}} {
			code, out, talk := tracerec(append(append([]string{name}, how...), args...)...)
			if code != 0 {
				t.Errorf("%s %q: code %d: %s", name, how, code, talk)
			}
			for other, text := range seen {
				if text == out {
					t.Errorf("%s: %q and %s show the same", name, how, other)
				}
			}
			seen[strings.Join(how, " ")] = out
		}
		if code, _, talk := tracerec(append([]string{name, "--tz", "Mars/Olympus"}, args...)...); code != exitUsage || !strings.Contains(talk, "unknown time zone") {
			t.Errorf("%s --tz Mars/Olympus: code %d: %s", name, code, talk)
		}
	}
}

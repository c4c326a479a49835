package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// What cobra writes itself is in the voice of the rest: a verb's short text is no sentence and
// begins with a small letter, and no text has Markdown's headings.
func TestVoiceOfCobra(t *testing.T) {
	root := newRoot()
	seen := 0
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		seen++
		if s := cmd.Short; s == "" || s[0] >= 'A' && s[0] <= 'Z' || strings.HasSuffix(s, ".") {
			t.Errorf("%s: %q", cmd.CommandPath(), s)
		}
		if s := cmd.Long; !cmd.Hidden && (s == "" || s[0] < 'A' || s[0] > 'Z' || !strings.Contains(s, ".")) {
			t.Errorf("%s --help is no text of sentences: %q", cmd.CommandPath(), s)
		}
		if regexp.MustCompile(`(?m)^#+ `).MatchString(cmd.Long) || strings.Contains(cmd.Long, "autocompletion") {
			t.Errorf("%s: %q", cmd.CommandPath(), cmd.Long)
		}
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(root)
	if out := root.UsageString(); seen < 30 || strings.Contains(out, "Available Commands") || strings.Contains(out, "Others:") || !strings.Contains(out, "About tracerec:") {
		t.Errorf("%d commands\n%s", seen, out)
	}
}

func TestFit(t *testing.T) {
	const long = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
	for text, want := range map[string]string{
		"":                          "",
		"short\nlines stay\n":       "short\nlines stay",
		long + "\nand more\n\nnext": "one two three four five six seven eight nine ten eleven twelve thirteen fourteen\nfifteen and more\n\nnext",
		"is:\n  name     " + long:   "is:\n  name     one two three four five six seven eight nine ten eleven twelve\n           thirteen fourteen fifteen",
		"is:\n  cmd --flag 'a' 'b'": "is:\n  cmd --flag 'a' 'b'",
	} {
		if got := fit(text); got != want {
			t.Errorf("%q:\n%q, want\n%q", text, got, want)
		}
	}
}

// TestListNames: one thing of a list by its name, and a name that nothing has.
func TestListNames(t *testing.T) {
	if out, talk, code := command(t, "list", "syscalls", "openat2", "connect"); code != 0 || strings.Count(out, "\n") > 20 ||
		!strings.Contains(out, "openat2 ") || !strings.Contains(out, "(sockfd, addr, addrlen)") {
		t.Errorf("exit code %d: %s%s", code, out, talk)
	}
	if out, _, code := command(t, "list", "events", "--json", "exec"); code != 0 || strings.Count(out, "\n") != 1 || !strings.Contains(out, `"event":"exec"`) {
		t.Errorf("exit code %d: %s", code, out)
	}
	_, err := rowsNamed(listSyscalls(), []string{"openat", "opnat"})
	if err == nil || !strings.Contains(err.Error(), `"opnat" (did you mean openat`) {
		t.Errorf("a name that nothing has: %v", err)
	}
}

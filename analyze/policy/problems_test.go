package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEveryProblem wants all problems of all files, in order, each once: what
// is wrong with one policy, condition or file hides nothing of another.
func TestEveryProblem(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const head = "apiVersion: tracerec/v1\nname: NAME\nseverity: low\nmessage: m\n"
	good := strings.Replace(head, "NAME", "good", 1) + "on: openat\n"
	z := write("z.yaml", ""+
		// A key is wrong (line 5), names of calls are (6), and two names of its condition (7).
		strings.Replace(head, "NAME", "first", 1)+"extra: 1\non: [opnat, openat]\nwhen: foo == 1 and pid > 1 and bar == 2\n"+
		// Not YAML (line 13 or near): the document behind it is read all the same.
		"---\n"+strings.Replace(head, "NAME", "second", 1)+"on:\n - a\n  b: c\n"+
		"---\n"+strings.Replace(head, "NAME", "third", 1)+"on: openat\nwhen: ret == \"x\"\n")
	a := write("a.yaml", good+"---\n"+good)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{z, a, filepath.Join(dir, "none.yaml"), "nothing", dir + "/./a.yaml"}, `
z.yaml:5:1: error: key "extra" is not known
z.yaml:6:6: error: on: no call, event or group is called "opnat"
z.yaml:7:7: error: unknown name foo
z.yaml:7:32: error: unknown name bar
z.yaml:15:1: error: mapping values are not allowed in this context
z.yaml:22:11: error: invalid operation: == (mismatched types
a.yaml:7:1: error: policy "good" stands in line 1 already
none.yaml: error: no such file or directory
nothing: error: neither a file nor a policy that comes with tracerec (tracerec policy list)`},
		{[]string{a, z}, `
a.yaml:7:1: error: policy "good" stands in line 1 already
z.yaml:5:1: error: key "extra" is not known
z.yaml:6:6: error: on: no call, event or group is called "opnat"
z.yaml:7:7: error: unknown name foo
z.yaml:7:32: error: unknown name bar
z.yaml:15:1: error: mapping values are not allowed in this context
z.yaml:22:11: error: invalid operation: == (mismatched types`},
	} {
		_, problems := Load(c.args)
		want := strings.Split(strings.TrimSpace(c.want), "\n")
		var got []string
		for i, p := range problems {
			line := strings.ReplaceAll(p.String(), dir+"/", "")
			if i < len(want) && strings.HasPrefix(line, want[i]) {
				line = want[i]
			}
			got = append(got, line)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%v: %s", c.args, d)
		}
	}
}

// TestStepUnknown wants no second problem of what a first one brings about:
// a step whose id is missing is not also an unknown name.
func TestStepUnknown(t *testing.T) {
	_, problems := Parse("p.yaml", []byte("apiVersion: tracerec/v1\nname: p\nseverity: low\nmessage: m\nwithin: 1s\nsteps:\n  - on: openat\n  - {id: b, on: [exec, exce], when: a.path == path}\n"))
	var got []string
	for _, p := range problems {
		got = append(got, p.String())
	}
	if d := cmp.Diff([]string{
		"p.yaml:7:5: error: id is missing: the name by which other steps and the message call this one",
		`p.yaml:8:24: error: on: no call, event or group is called "exce"`,
	}, got); d != "" {
		t.Error(d)
	}
}

// A text that a value never is makes a condition that never holds, or always.
func TestTextsThatNoValueIs(t *testing.T) {
	for _, c := range []struct{ condition, want string }{
		{`errno == "ENOENTT"`, `errno is never "ENOENTT" (did you mean ENOENT`},
		{`verdict == "divergant"`, `verdict is never "divergant" (did you mean divergent?)`},
		{`severity in ["high", "hgh"]`, `severity is never "hgh" (did you mean high?)`},
		{`syscall != "opnat"`, `syscall is never "opnat" (did you mean openat`},
		{`verdicts.pathname == "divergant"`, `verdicts.pathname is never "divergant"`},
		{`opened.errno == "EPREM"`, `errno is never "EPREM" (did you mean EPERM`},
		{`opened.verdict == "divergent" and errno == "" and comm == "anything"`, ""},
	} {
		path := filepath.Join(t.TempDir(), "p.yaml")
		text := "apiVersion: tracerec/v1\nname: n\nseverity: low\nmessage: m\nwithin: 1s\nsteps:\n  - {id: opened, on: openat}\n  - {id: again, on: openat, when: '" + c.condition + "'}\n"

		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, problems := Load([]string{path})
		err := problems.Err()
		if c.want == "" && err != nil || c.want != "" && (len(problems) != 1 || !strings.Contains(err.Error(), c.want) || problems[0].Pos.Line != 8) {
			t.Errorf("%s: %v, want %q once, in line 8", c.condition, err, c.want)
		}
	}
}

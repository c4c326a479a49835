package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/analyze"
)

// TestProblems: each mistake is told with its place.
func TestProblems(t *testing.T) {
	const head = "apiVersion: tracerec/v1\nname: p\nseverity: low\nmessage: m\n"
	for _, c := range []struct{ text, want string }{
		{head + "on: openat\nwhen: pth == \"x\"\n", "p.yaml:6:7: error: unknown name pth"},
		{head + "on: openat\nwhen: |\n  path == \"x\"\n  and pid == \"y\"\n", "p.yaml:8:11: error: invalid operation"},
		{head + "on: openat\nwhen: 'path =='\n", "p.yaml:6:14: error: unexpected token EOF"},
		{head + "on: openat\nwhen: >\n  path == \"x\"\n  and enter.pathnam == \"y\"\n", "p.yaml:8:"},
		{head + "on: [openat, opnat]\nwhen: ret == 0\n", "p.yaml:5:14: error: on: no call, event or group is called \"opnat\""},
		{head + "on: openat\nwhen: enter.value == \"x\"\n", "p.yaml:6:7: error: enter.value: none of the step's calls (openat) has an argument value"},
		{head + "on: openat\nwhen: len(enter) == 0\n", "p.yaml:6:11: error: enter is not a value but a group of values"},
		{head + "on: openat\nwhne: ret == 0\n", "p.yaml:6:1: error: key \"whne\" is not known"},
		{head + "on: openat\nwhen: ret\n", "p.yaml:6:"},
		{head + "when: true\nwhen: false\n", "p.yaml:6:1: error: key \"when\" stands here twice"},
		{strings.Replace(head, "message: m", "message: 'a {pat} b'", 1) + "on: openat\n", "p.yaml:4:14: error: unknown name pat"},
		{strings.Replace(head, "message: m", "message: 'a {path'", 1) + "on: openat\n", "p.yaml:4:13: error: the brace is not closed"},
		{strings.Replace(head, "low", "lowly", 1) + "on: openat\n", "p.yaml:3:11: error: severity: unknown severity"},
		{strings.Replace(head, "name: p", "name: P!", 1) + "on: openat\n", "p.yaml:2:7: error: name"},
		{head + "mitre: [T1]\non: openat\n", "p.yaml:5:9: error: mitre"},
		{head + "on: openat\nwithin: 5s\n", "p.yaml:6:9: error: within says how several steps"},
		{head + "steps:\n  - id: a\n    on: openat\n  - id: b\n    on: exec\n", "p.yaml:6:3: error: within is missing"},
		{head + "within: 5\nsteps:\n  - id: a\n    on: openat\n", "p.yaml:5:9: error: within \"5\": a time with its unit"},
		{head + "within: 5s\nsteps:\n  - id: path\n    on: openat\n", "p.yaml:7:9: error: id \"path\" is the name of a field"},
		{head + "within: 5s\nsteps:\n  - id: a\n    on: openat\n  - id: a\n    on: exec\n", "p.yaml:9:9: error: id \"a\" stands here twice"},
		{head + "within: 5s\nsteps:\n  - id: a\n    on: openat\n    when: b.path == path\n  - id: b\n    on: exec\n", "p.yaml:9:11: error: unknown name b"},
		{head + "within: 5s\norder: any\nsteps:\n  - id: a\n    on: openat\n  - id: b\n    on: exec\n    when: a.path == path\n", "p.yaml:12:11: error: unknown name a"},
		{head, "p.yaml:1:1: error: nothing to match"},
		{"name: p\n", "p.yaml:1:1: error: apiVersion is missing"},
		{"apiVersion: v9\n", "p.yaml:1:13: error: apiVersion \"v9\" is not known"},
		{"", "p.yaml:1:1: error: no policy stands in this file"},
		{"a: [\n", "p.yaml:"},
		{head + "on: openat\n---\n" + head + "on: openat\n", "p.yaml:7:1: error: policy \"p\" stands in line 1 already"},
		{"apiVersion: tracee.aquasec.com/v1beta1\nkind: Policy\nmetadata: {name: t}\nspec:\n  scope: [container]\n  rules:\n    - event: openat\n", "p.yaml:5:11: warning: scope container is not supported offline"},
		{"apiVersion: tracee.aquasec.com/v1beta1\nkind: Policy\nmetadata: {name: t}\nspec:\n  rules:\n    - event: net_packet_dns\n    - event: openat\n", "p.yaml:6:14: warning: event net_packet_dns is not in recordings"},
		{"apiVersion: tracee.aquasec.com/v1beta1\nkind: Policy\nmetadata: {name: t}\nspec:\n  rules:\n    - event: openat\n      filters: [data.nothing=1]\n    - event: openat\n", "p.yaml:7:17: warning: filter data.nothing=1: openat has no argument nothing"},
	} {
		policies, problems := Parse("p.yaml", []byte(c.text))
		_, more := NewSet(policies)
		var said []string
		for _, p := range append(problems, more...) {
			said = append(said, p.String())
		}
		if all := strings.Join(said, "\n"); !strings.Contains(all, c.want) {
			t.Errorf("%s\nsaid %q\nwant %q", c.text, all, c.want)
		}
	}
}

// matches runs one policy of the given steps over rows.
func matches(t *testing.T, yaml, lines string) (messages []string) {
	t.Helper()
	policies, problems := Parse("p.yaml", []byte("apiVersion: tracerec/v1\nname: p\nseverity: low\n"+yaml))
	set, more := NewSet(policies)
	for _, p := range append(problems, more...) {
		t.Fatal(p)
	}
	for _, f := range find(t, set, rows(t, lines)) {
		messages = append(messages, f.Reason)
	}
	return messages
}

const twoSteps = "within: 1s\nmessage: '{a.path} {b.path}'\nsteps:\n  - {id: a, on: openat, when: 'path startsWith \"/a\"'}\n  - {id: b, on: openat, when: 'path startsWith \"/b\"'}\n"

// TestScopes: which rows belong to one match.
func TestScopes(t *testing.T) {
	family := `
task pid=10 ppid=1 path="/bin/sh"
fork pid=10 arg0=11 arg1=11 arg2=11
fork pid=10 arg0=12 arg1=12 arg2=12
task pid=50 ppid=1 path="/bin/other"
`
	same := "!openat pid=11 path=\"/a\"\n!openat pid=11 path=\"/b\"\n"
	thread := "!openat pid=11 path=\"/a\"\n!openat pid=11 tid=99 path=\"/b\"\n"
	sibling := "!openat pid=11 path=\"/a\"\n!openat pid=12 path=\"/b\"\n"
	stranger := "!openat pid=11 path=\"/a\"\n!openat pid=50 path=\"/b\"\n"
	late := "!openat pid=11 path=\"/a\"\n!openat pid=11 path=\"/b\" time=5000000000\n"
	reversed := "!openat pid=11 path=\"/b\"\n!openat pid=11 path=\"/a\"\n"
	for scope, want := range map[string]string{"task": "same", "process": "same thread", "tree": "same thread sibling", "host": "same thread sibling stranger"} {
		for name, lines := range map[string]string{"same": same, "thread": thread, "sibling": sibling, "stranger": stranger, "late": late, "reversed": reversed} {
			n := len(matches(t, "scope: "+scope+"\n"+twoSteps, family+lines))
			if yes := strings.Contains(" "+want+" ", " "+name+" "); yes && n != 1 || !yes && n != 0 {
				t.Errorf("scope %s, %s: %d matches", scope, name, n)
			}
		}
	}
	if n := len(matches(t, "order: any\n"+twoSteps, family+reversed)); n != 1 {
		t.Errorf("in any order: %d matches", n)
	}
	if got := matches(t, "order: any\n"+twoSteps, family+same+reversed); len(got) != 2 {
		t.Errorf("twice in any order: %q", got)
	}
}

// TestOnce: how often one policy tells.
func TestOnce(t *testing.T) {
	lines := strings.Repeat("!openat pid=11 path=\"/a\"\n", 3) + "!openat pid=12 path=\"/a\"\n"
	for once, want := range map[string]int{"match": 4, "process": 2, "host": 1} {
		if got := matches(t, "once: "+once+"\non: openat\nwhen: path == \"/a\"\nmessage: m\n", lines); len(got) != want {
			t.Errorf("once %s: %d, want %d", once, len(got), want)
		}
	}
}

// TestJoin: a condition on a former step finds its match among thousands, and what waits is bounded.
func TestJoin(t *testing.T) {
	var lines strings.Builder
	for i := range maxWaiting + 100 {
		fmt.Fprintf(&lines, "!openat pid=11 time=%d path=\"/f%d\"\n", i+1, i)
	}
	fmt.Fprintf(&lines, "exec pid=11 path=\"/f%d\"\nexec pid=11 path=\"/f5\"\n", maxWaiting)
	policies, _ := Parse("p.yaml", []byte("apiVersion: tracerec/v1\nname: p\nseverity: low\nwithin: 24h\nmessage: '{a.path}'\nsteps:\n  - {id: a, on: openat}\n  - {id: b, on: exec, when: 'path == a.path and ret == a.ret'}\n"))
	set, problems := NewSet(policies)
	if problems != nil || set.rules[0].steps[1].joinStep != 0 || set.rules[0].steps[1].cross == nil {
		t.Fatalf("the conditions were not taken apart: %v", problems)
	}
	var found []string
	c, err := analyze.Reader(rows(t, lines.String()), analyze.Options{Only: true, More: []analyze.Kind{set.Kind()}}, func(f *analyze.Finding) { found = append(found, f.Reason) })
	if err != nil {
		t.Fatal(err)
	}
	// The first hundred had to go, and that is said.
	if fmt.Sprint(found) != fmt.Sprintf("[/f%d]", maxWaiting) {
		t.Errorf("found %q", found)
	}
	if want := "policy p: 100 unfinished matches were dropped, more than 4096 waited at a time"; !slices.Contains(c.Incomplete, want) {
		t.Errorf("incomplete %q", c.Incomplete)
	}
}

// TestMessage: values are escaped, long ones cut, braces doubled.
func TestMessage(t *testing.T) {
	got := matches(t, "on: openat\nmessage: '{{x}} {path} {pid + 1} {ret < 0} {proc.args} {len(proc.ancestors)}'\n",
		"task ppid=1 path=\"/x\" b_kernel=\"x\\x00-l\\x00\"\n!openat path=\"/\\x1b[2J"+strings.Repeat("a", 400)+"\"\n")
	want := `{x} /\x1b[2J` + strings.Repeat("a", 295) + "… (405 bytes) 101 false x -l 0"
	if len(got) != 1 || got[0] != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestTracee: a policy file of Tracee's, rule by rule.
func TestTracee(t *testing.T) {
	const text = `apiVersion: tracee.aquasec.com/v1beta1
kind: Policy
metadata:
  name: sensitive
  annotations:
    description: sensitive files
spec:
  scope:
    - uid>=1000
    - comm=bash,zsh
  defaultActions:
    - log
  rules:
    - event: openat
      filters:
        - data.pathname=/etc/sh*,*.key
        - retval>=0
    - event: sched_process_exec
      filters:
        - data.pathname!=/usr/bin/*
`
	policies, problems := Parse("t.yaml", []byte(text))
	set, more := NewSet(policies)
	if more != nil || len(policies) != 2 || len(problems) != 1 || problems[0].Pos != (Pos{12, 5}) || !problems[0].Warning {
		t.Fatalf("%d policies, %v, %v", len(policies), problems, more)
	}
	got := find(t, set, rows(t, `
!openat uid=1000 comm="bash" ret=3 a_enter="/etc/shadow" a_enter_status=1 a_kernel_status=2 path="/etc/shadow"
!openat uid=1000 comm="bash" ret=3 a_enter="/tmp/a" a_enter_status=1 a_kernel="/etc/shadow" a_kernel_status=1 path="/etc/shadow"
!openat uid=1000 comm="bash" ret=-13 a_enter="/etc/shadow" a_enter_status=1 a_kernel_status=2
!openat uid=1000 comm="vi" ret=3 a_enter="/etc/shadow" a_enter_status=1 a_kernel_status=2 path="/etc/shadow"
!openat uid=0 comm="bash" ret=3 a_enter="/x.key" a_enter_status=1 a_kernel_status=2 path="/x.key"
!openat uid=1000 comm="zsh" ret=3 a_enter="/x.key" a_enter_status=1 a_kernel_status=2 path="/x.key"
exec uid=1000 comm="bash" path="/tmp/x"
exec uid=1000 comm="bash" path="/usr/bin/x"
`))
	var rules []string
	for _, f := range got {
		rules = append(rules, fmt.Sprint(f.Seq, " ", f.Rule))
	}
	if s := strings.Join(rules, ", "); s != "0 sensitive.1-syscall-openat, 1 sensitive.1-syscall-openat, 5 sensitive.1-syscall-openat, 6 sensitive.2-event-exec" {
		t.Errorf("found %s", s)
	}
}

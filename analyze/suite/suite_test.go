package suite

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/analyze"
)

const header = "tracerec text 1\nid 00112233445566778899aabbccddeeff\nheader {\"boot_id\":\"b\",\"machine\":\"x86_64\"}\nblock boottime=1 realtime=1001\n"

// A call that diverged, and one that did not.
const (
	raced = header + "syscall time=5 tid=7 pid=7 start=7 call=1 comm=\"cat\" abi=1 nr=257 ret=3 a_enter=\"/tmp/a\" a_enter_status=1 a_kernel=\"/tmp/b\" a_kernel_status=1 a_exit_status=2 a_rungs=8 a_copies=1 path=\"/tmp/b\"\ntotals {\"rows\":1}\n"
	clean = header + "syscall time=5 tid=7 pid=7 start=7 call=1 comm=\"cat\" abi=1 nr=257 ret=3 a_enter=\"/tmp/a\" a_enter_status=1 a_kernel_status=2 a_exit_status=2 a_rungs=8 a_copies=1 path=\"/tmp/a\"\ntotals {\"rows\":1}\n"
	blind = header + "syscall time=5 tid=7 pid=7 start=7 call=1 comm=\"cat\" abi=1 nr=257 ret=3 a_enter=\"/tmp/a\" a_enter_status=1 a_exit_status=2\ntotals {\"rows\":1}\n"
)

func dir(t *testing.T, expect string) *Dir {
	t.Helper()
	path := t.TempDir()
	for name, text := range map[string]string{"raced.trc.txt": raced, "clean.trc.txt": clean, "blind.trc.txt": blind, FileName: expect} {
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(path, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	d, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func run(d *Dir, o Options) map[string]*Result {
	got := map[string]*Result{}
	for _, r := range Run([]*Dir{d}, o, func(*Result) {}) {
		got[r.Trace] = r
	}
	return got
}

// TestExpectations has an expectation that holds and one that does not for each kind.
func TestExpectations(t *testing.T) {
	for _, c := range []struct{ trace, expect, fails string }{
		{"raced", "exit: 1\nfind: [{rule: toctou/divergent, argument: openat.pathname, enter: /tmp/a, kernel: '*/b', object: '/tmp/*', comm: cat, severity: high, count: '1'}]", ""},
		{"raced", "find: [{rule: toctou/divergent}]\nexit: 0", "exit code 1, want 0"},
		{"raced", "find: [{rule: toctou/divergent, count: 2+}]", "1 time, want 2+"},
		{"raced", "find: [{rule: toctou/divergent, count: 2-4}]", "1 time, want 2-4"},
		{"raced", "find: [{rule: toctou/divergent, count: '0'}]", "1 time, want 0"},
		{"raced", "find: [{kernel: /tmp/a}, {rule: '*'}]", `must find kernel "/tmp/a": 0 times`},
		{"raced", "find: [{severity: critical}, {rule: '*'}]", "0 times"},
		{"raced", "not: [{rule: 'toctou/*'}]\nothers: allow", "must not find"},
		{"raced", "not: [{rule: 'policy/*'}]\nothers: allow", ""},
		{"raced", "{}", "not expected"},
		{"raced", "fail-on: critical", ""},
		{"raced", "fail-on: none\nexit: 0", ""},
		{"raced", "counts: {toctou/divergent: 1}", ""},
		{"raced", "counts: {toctou/divergent: 2}", "count of toctou/divergent: 1, want 2"},
		{"raced", "counts: {}", "count of toctou/divergent: 1, want 0"},
		{"raced", "analyses: [io-uring]\nexit: 0", ""},
		{"raced", "policies: [path-divergence]\nfind: [{rule: policy/path-divergence}]", ""},
		{"clean", "exit: 0\ncoverage: {witnessed: 100%, openat.pathname: 100%}", ""},
		{"clean", "coverage: {connect.addr: 1%}", "no such call"},
		{"blind", "coverage: {witnessed: 50%}", "0.0% witnessed, want 50%"},
		{"blind", "strict: true\nexit: 3", ""},
		{"blind", "exit: 3", "exit code 0, want 3"},
	} {
		text := "apiVersion: tracerec/v1\ntraces:\n  " + c.trace + ".trc.txt:\n    " + strings.ReplaceAll(c.expect, "\n", "\n    ") + "\n"
		if c.expect == "{}" {
			text = "apiVersion: tracerec/v1\ntraces: {" + c.trace + ".trc.txt: {}}\n"
		}
		r := run(dir(t, text), Options{Jobs: 2})[c.trace+".trc.txt"]
		got := strings.Join(r.Failures, "\n")
		if r.Err != nil || c.fails == "" && got != "" || c.fails != "" && !strings.Contains(got, c.fails) {
			t.Errorf("%s, %s: %v, %q; want %q", c.trace, c.expect, r.Err, got, c.fails)
		}
	}
}

// TestUpdate: what is written holds, what was written by hand stays, and traces without
// expectations fail until then.
func TestUpdate(t *testing.T) {
	d := dir(t, "# a comment\napiVersion: tracerec/v1\ntraces:\n  raced.trc.txt:\n    find: [{rule: toctou/divergent}] # why\n")
	results := run(d, Options{Jobs: 1})
	if r := results["clean.trc.txt"]; len(r.Failures) != 1 || !strings.Contains(r.Failures[0], "nothing is expected") {
		t.Errorf("a trace without expectations: %q", r.Failures)
	}
	var list []*Result
	for _, r := range results {
		list = append(list, r)
	}
	if err := d.Update(list); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(filepath.Join(d.Path, FileName))
	for _, want := range []string{"# a comment", "# why", "toctou/divergent: 1", "clean.trc.txt:", "counts: {}"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	again, err := Load(d.Path)
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range run(again, Options{Jobs: 3}) {
		if r.Err != nil || len(r.Failures) > 0 {
			t.Errorf("%s: %v %q", name, r.Err, r.Failures)
		}
	}
}

// TestBaseline: known findings fail nothing, others do.
func TestBaseline(t *testing.T) {
	d := dir(t, "apiVersion: tracerec/v1\ntraces: {raced.trc.txt: {exit: 0}, clean.trc.txt: {}, blind.trc.txt: {}}\n")
	first := run(d, Options{Jobs: 1})["raced.trc.txt"]
	if len(first.Failures) != 2 {
		t.Fatalf("without a baseline: %q", first.Failures)
	}
	path := filepath.Join(d.Path, "known.txt")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteBaseline(f, []*Result{first}); err != nil {
		t.Fatal(err)
	}
	f.Close()
	known, err := ReadBaseline(path)
	if err != nil || len(known) != 1 {
		t.Fatal(known, err)
	}
	if r := run(d, Options{Jobs: 1, Baseline: known})["raced.trc.txt"]; len(r.Failures) > 0 || r.Known != 1 {
		t.Errorf("known findings fail: %q", r.Failures)
	}
	if err := os.WriteFile(path, []byte("nonsense\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadBaseline(path); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("a baseline of nonsense: %v", err)
	}
}

// goWords are what errors of the YAML package have beside what is wrong.
var goWords = regexp.MustCompile(`!!|unmarshal|suite\.|\bEOF\b|into (int|bool|string|\[\]|map)`)

// writeExpect makes a directory with these expectations.
func writeExpect(t *testing.T, text string) string {
	t.Helper()
	path := t.TempDir()
	if err := os.WriteFile(filepath.Join(path, FileName), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestWrong: mistakes in expectations are errors, not expectations that hold.
func TestWrong(t *testing.T) {
	for text, want := range map[string]string{
		"traces: {}": "apiVersion",
		"":           "expect.yaml:1:1: error: nothing stands in this file: apiVersion: tracerec/v1, and traces",
		"# nothing":  "expect.yaml:1:1: error: nothing stands in this file",
		"- a":        "expect.yaml:1:1: error: a mapping should stand here",
		"a: b: c":    "expect.yaml:1:1: error: mapping values are not allowed in this context",
		"apiVersion: tracerec/v1\ntraces:\n  a.trc:\n    find:\n      - rule: a\n        cuont: 3\n": `expect.yaml:6:9: error: key "cuont" is not known (did you mean count?): id, rule, argument, severity,`,
		"apiVersion: tracerec/v1\ntraces: {a.trc: {find: foo}}":                                      "expect.yaml:2:24: error: find: a list should stand here",
		"apiVersion: tracerec/v1\ntraces: {a.trc: {exit: bar}}":                                      `2:24: error: exit: "bar" where a whole number should stand`,
		"apiVersion: tracerec/v1\ntraces: {a.trc: {exit: }}":                                         "exit: nothing stands here",
		"apiVersion: tracerec/v1\ntraces: {a.trc: {strict: 7}}":                                      `strict: "7" where true or false should stand`,
		"apiVersion: tracerec/v1\ntraces: {a.trc: {counts: {a: [1]}}}":                               "counts: one value should stand here",
		"apiVersion: tracerec/v1\ntraces: {a.trc: {exit: 1, exit: 2}}":                               `key "exit" stands here twice`,
		"apiVersion: tracerec/v1\ntraces: {a.trc: {analyses: [toctuo]}}":                             `unknown analysis "toctuo" (did you mean toctou?)`,
		"apiVersion: tracerec/v1\ntraces: {x.trc: &a {<<: *a}}":                                      "an alias that contains itself",
		"apiVersion: tracerec/v1\ntraces: {}\n---\ntraces: {}":                                       "3:1: error: a second document",
		"apiVersion: tracerec/v1\ntraces: {a.trc: {fnd: []}}":                                        "fnd",
		"apiVersion: tracerec/v1\ntraces: {a.trc: {find: [{count: 'x', rule: a}]}}":                  "count",
		"apiVersion: tracerec/v1\ntraces: {a.trc: {find: [{count: '1'}]}}":                           "fits everything",
		"apiVersion: tracerec/v1\ntraces: {a.trc: {coverage: {witnessed: 101%}}}":                    "0% to 100%",
		"apiVersion: tracerec/v1\ntraces: {a.trc: {fail-on: sometimes}}":                             "severity",
		"apiVersion: tracerec/v1\ntraces: {a.trc: {others: maybe}}":                                  "others",
		"apiVersion: tracerec/v1\ntraces: {a.trc: {not: [{rule: toctou/divergant}]}}":                `2:31: error: rule: no finding has the rule "toctou/divergant" (did you mean toctou/divergent?)`,
		"apiVersion: tracerec/v1\ntraces: {a.trc: {not: [{rule: 'tocto/*'}]}}":                       `no finding has the rule "tocto/*"`,
		"apiVersion: tracerec/v1\ntraces: {a.trc: {counts: {divergent: 2}}}":                         `2:27: error: counts: no finding has the rule "divergent"`,
		"apiVersion: tracerec/v1\ntraces: {a.trc: {find: [{argument: openatt.pathname}]}}":           `argument: no call has the name "openatt" (did you mean openat, `,
		"apiVersion: tracerec/v1\ntraces: {a.trc: {coverage: {opnat.pathname: 95%}}}":                `coverage: no call has the name "opnat" (did you mean openat, `,
		"apiVersion: tracerec/v1\ntraces: {a.trc: {coverage: {openat.pathnam: 95%}}}":                `"pathnam" is no compared argument of openat (did you mean pathname?): pathname`,
		"apiVersion: tracerec/v1\ntraces: {a.trc: {coverage: {getpid.pid: 95%}}}":                    "getpid has no argument that is compared",
		"apiVersion: tracerec/v1\ntraces: {../../etc/passwd.trc: {}}":                                "not within",
		"apiVersion: tracerec/v1\ntraces: {a.trc: {find: [{rule: a, severity: bad}]}}":               "severity",
	} {
		_, err := Load(writeExpect(t, text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", text, err, want)
		} else if goWords.MatchString(err.Error()) {
			t.Errorf("%s: %v: words of Go", text, err)
		}
	}
	if _, err := Load(writeExpect(t, "apiVersion: tracerec/v1\nbase: 1\ntraces: {a.trc: {exit: x, others: maybe}}")); err == nil || strings.Count(err.Error(), "expect.yaml:") != 3 {
		t.Errorf("three mistakes: %v", err)
	}
	shared := "apiVersion: tracerec/v1\ntraces:\n  a.trc: &a {exit: 1, find: [&f {rule: 'toctou/*'}]}\n  b.trc: {<<: *a, strict: true, not: [{<<: *f, count: '0'}]}\n"
	if d, err := Load(writeExpect(t, shared)); err != nil || *d.Traces["b.trc"].Exit != 1 || d.Traces["b.trc"].Not[0].Rule != "toctou/*" {
		t.Errorf("anchors: %v", err)
	}
	d := dir(t, "apiVersion: tracerec/v1\ntraces: {gone.trc: {}}\n")
	if r := run(d, Options{Jobs: 1})["gone.trc"]; r.Err == nil || !strings.Contains(r.Err.Error(), "there is no such file, ") {
		t.Errorf("a trace that is gone: %v", r.Err)
	}
	for root, want := range map[string]string{filepath.Join(d.Path, "clean.trc.txt"): "is a file: give the directory in which expect.yaml", d.Path + "/none": "no such file"} {
		if _, err := Find([]string{root}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", root, err, want)
		}
	}
}

// Every rule that a finding of the captured traces has is one of those that expectations may name.
func TestRuleIDsAreThoseOfFindings(t *testing.T) {
	d, err := Load("../../testdata/captures")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	Run([]*Dir{d}, Options{Jobs: 1}, func(r *Result) {
		for rule := range r.Counts {
			seen[rule] = true
		}
	})
	for rule := range seen {
		if !strings.HasPrefix(rule, policyRules) && !slices.Contains(analyze.RuleIDs(), rule) {
			t.Errorf("%s is no known rule", rule)
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d rules: %v", len(seen), seen)
	}
}

// What can never hold or fail is refused before it passes for ever.
func TestWhatDoesNotRun(t *testing.T) {
	for text, want := range map[string]string{
		"policies: [shipped], coverage: {witnessed: 1%}":             "add analyses: [toctou]",
		"not: [{rule: policy/write-then-exec}]":                      "no policy runs: add policies",
		"policies: [shipped], not: [{rule: policy/write-then-exe}]":  "no policy that runs has the rule policy/write-then-exe (did you mean write-then-exec?)",
		"policies: [shipped], not: [{rule: policy/write-then-exec}]": "",
		"not: [{rule: 'policy/*'}], exit: 0":                         "",
	} {
		d := dir(t, "apiVersion: tracerec/v1\ntraces: {clean.trc.txt: {"+text+"}}\n")
		r := run(d, Options{Jobs: 1})["clean.trc.txt"]
		if r == nil || (want == "") != (r.Err == nil) || r.Err != nil && !strings.Contains(r.Err.Error(), want) {
			t.Errorf("%s: %+v, want %q", text, r, want)
		}
	}
}

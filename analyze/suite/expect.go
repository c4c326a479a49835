package suite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tracerec/tracerec/analyze"
)

// FileName is that of the expectations of a directory.
const FileName = "expect.yaml"

// Expect is what is expected of one trace.
type Expect struct {
	Analyses []string          `yaml:"analyses,omitempty"` // names of analyze.Kinds; none is all, unless policies are given
	Policies []string          `yaml:"policies,omitempty"` // as analyze --policy; files relative to the directory
	FailOn   string            `yaml:"fail-on,omitempty"`
	Strict   bool              `yaml:"strict,omitempty"`
	Exit     *int              `yaml:"exit,omitempty"` // of analyze with these options
	Find     []Finding         `yaml:"find,omitempty"`
	Not      []Finding         `yaml:"not,omitempty"`
	Counts   map[string]int    `yaml:"counts,omitempty"`   // by rule: toctou/divergent; all rules, if given at all
	Coverage map[string]string `yaml:"coverage,omitempty"` // floors: witnessed, or call.argument: 95%
	Others   string            `yaml:"others,omitempty"`   // fail or allow findings that no find names
}

// Finding is a pattern: what is given must fit, * stands for anything.
type Finding struct {
	ID       string `yaml:"id,omitempty"`
	Rule     string `yaml:"rule,omitempty"`     // toctou/divergent, policy/write-then-exec
	Argument string `yaml:"argument,omitempty"` // openat.pathname
	Severity string `yaml:"severity,omitempty"` // at least
	Enter    string `yaml:"enter,omitempty"`
	Kernel   string `yaml:"kernel,omitempty"`
	Object   string `yaml:"object,omitempty"` // path of what was reached
	Comm     string `yaml:"comm,omitempty"`
	Reason   string `yaml:"reason,omitempty"`
	Count    string `yaml:"count,omitempty"` // 3, 3+ or 2-5; 1+ if not given
}

// Dir is one directory with expectations.
type Dir struct {
	Path     string
	Defaults Expect
	Traces   map[string]*Expect // by name within the directory
	Names    []string           // sorted: those named, and those that are there
	doc      yaml.Node
}

type file struct {
	APIVersion string             `yaml:"apiVersion"`
	Defaults   Expect             `yaml:"defaults"`
	Traces     map[string]*Expect `yaml:"traces"`
}

// Load reads the expectations of a directory, and finds traces that have none.
func Load(dir string) (*Dir, error) {
	d := &Dir{Path: dir, Traces: map[string]*Expect{}}
	path := filepath.Join(dir, FileName)
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		var f file
		if f, d.doc, err = read(path, text); err != nil {
			return nil, err
		}
		d.Defaults = f.Defaults
		for name, e := range f.Traces {
			if e == nil {
				e = &Expect{}
			}
			if slices.ContainsFunc(slices.Concat(e.Find, e.Not), func(f Finding) bool { return f == Finding{Count: f.Count} }) {
				return nil, fmt.Errorf("%s: %s: a finding that fits everything: say what it is", path, name)
			}
			d.Traces[name] = e
			d.Names = append(d.Names, name)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if isTrace(e.Name()) && d.Traces[e.Name()] == nil {
			d.Names = append(d.Names, e.Name())
		}
	}
	slices.Sort(d.Names)
	return d, nil
}

// isTrace says whether a file is a trace by its name: NAME.trc, or its text NAME.trc.txt.
func isTrace(name string) bool {
	return strings.HasSuffix(name, ".trc") || strings.HasSuffix(name, ".trc.txt")
}

// Find gives the directories below roots that hold expectations, and the roots themselves.
func Find(roots []string) (dirs []string, err error) {
	for _, root := range roots {
		switch info, err := os.Stat(root); {
		case err != nil:
			return nil, err
		case !info.IsDir():
			return nil, fmt.Errorf("%s is a file: give the directory in which %s says what is expected of it", root, FileName)
		}
		found := false
		err := filepath.WalkDir(root+string(filepath.Separator), func(path string, e os.DirEntry, err error) error {
			if err == nil && !e.IsDir() && e.Name() == FileName {
				found = true
				dirs = append(dirs, filepath.Dir(path))
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		if !found {
			dirs = append(dirs, root)
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs), nil
}

// with fills what is not said by the defaults.
func (e Expect) with(d *Expect) Expect {
	if e.Analyses == nil {
		e.Analyses = d.Analyses
	}
	if e.Policies == nil {
		e.Policies = d.Policies
	}
	if e.FailOn == "" {
		e.FailOn = d.FailOn
	}
	e.Strict = e.Strict || d.Strict
	if e.Exit == nil {
		e.Exit = d.Exit
	}
	if e.Coverage == nil {
		e.Coverage = d.Coverage
	}
	if e.Others == "" {
		e.Others = d.Others
	}
	e.Not = slices.Concat(e.Not, d.Not)
	return e
}

var countForm = regexp.MustCompile(`^(\d+)(\+|-(\d+))?$`)

// count is how many findings must fit; most is -1 for any number.
func (f *Finding) count() (least, most int, err error) {
	if f.Count == "" {
		return 1, -1, nil
	}
	return parseCount(f.Count)
}

func parseCount(s string) (least, most int, err error) {
	m := countForm.FindStringSubmatch(s)
	if m == nil {
		return 0, 0, fmt.Errorf("%q: 3, 3+ or 2-5", s)
	}
	least, _ = strconv.Atoi(m[1])
	switch {
	case m[2] == "+":
		return least, -1, nil
	case m[3] != "":
		if most, _ = strconv.Atoi(m[3]); most < least {
			return 0, 0, fmt.Errorf("%q: %d is more than %d", s, least, most)
		}
		return least, most, nil
	}
	return least, least, nil
}

func percent(s string) (float64, error) {
	number, ok := strings.CutSuffix(s, "%")
	v, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || v < 0 || v > 100 {
		return 0, fmt.Errorf("%q: a share from 0%% to 100%%", s)
	}
	return v, nil
}

// glob matches text in which * of the pattern stands for anything.
func glob(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	for i, p := range parts[1:] {
		if i == len(parts)-2 {
			return strings.HasSuffix(text, p)
		}
		at := strings.Index(text, p)
		if at < 0 {
			return false
		}
		text = text[at+len(p):]
	}
	return text == ""
}

func (f *Finding) fits(got *analyze.Finding) bool {
	for _, c := range []struct{ pattern, text string }{
		{f.ID, got.ID}, {f.Rule, got.RuleID()}, {f.Argument, got.Syscall + "." + got.Argument},
		{f.Enter, string(got.Enter.Bytes)}, {f.Kernel, string(got.Kernel.Bytes)},
		{f.Object, string(got.Object.Path)}, {f.Comm, got.Comm}, {f.Reason, got.Reason},
	} {
		if c.pattern != "" && !glob(c.pattern, c.text) {
			return false
		}
	}
	if f.Severity != "" {
		least, _ := analyze.ParseSeverity(f.Severity)
		return got.Severity >= least
	}
	return true
}

func (f *Finding) String() string {
	var parts []string
	for _, p := range [][2]string{{"id", f.ID}, {"rule", f.Rule}, {"argument", f.Argument}, {"severity", f.Severity}, {"enter", f.Enter}, {"kernel", f.Kernel}, {"object", f.Object}, {"comm", f.Comm}, {"reason", f.Reason}} {
		if p[1] != "" {
			parts = append(parts, p[0]+" "+strconv.Quote(p[1]))
		}
	}
	return strings.Join(parts, ", ")
}

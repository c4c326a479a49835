package policy

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/tracerec/tracerec/analyze"
)

// APIVersion stands at the head of every policy of ours.
const APIVersion = "tracerec/v1"

// Policy is one rule, as written.
type Policy struct {
	Name     string
	Title    string
	Doc      string // what it means and what an analyst does next
	Severity analyze.Severity
	MITRE    []string // ATT&CK ids: T1055.008
	Message  Text
	Scope    Scope
	Once     Once
	Within   time.Duration // between the first and the last step; 0 without steps
	AnyOrder bool
	Steps    []Step

	File string // where it was read
	Line int
}

// Step is one row that a policy waits for.
type Step struct {
	ID   string
	On   []Name // calls, events and groups; empty is every row
	When Text   // empty is always
}

// Name is a word with its place.
type Name struct {
	Text string
	At   Pos
}

// Scope says which rows may belong to one match.
type Scope uint8

// The scopes; see docs/policies.md.
const (
	ScopeProcess Scope = iota
	ScopeTask
	ScopeTree
	ScopeHost
)

var scopeNames = []string{"process", "task", "tree", "host"}

func (s Scope) String() string { return scopeNames[s] }

// Once says how often one policy may tell.
type Once uint8

// How often: each match, the first of a process, the first of the recording.
const (
	OnceNever Once = iota
	OncePerProcess
	OncePerHost
)

var onceNames = []string{"match", "process", "host"}

func (o Once) String() string { return onceNames[o] }

// Problem is something wrong in a policy file, or not supported.
type Problem struct {
	File    string
	Pos     Pos
	Text    string
	Warning bool // the policy works without what is named
}

func (p Problem) String() string {
	word := "error"
	if p.Warning {
		word = "warning"
	}
	if p.Pos.Line == 0 { // the file as a whole
		return fmt.Sprintf("%s: %s: %s", p.File, word, p.Text)
	}
	return fmt.Sprintf("%s:%d:%d: %s: %s", p.File, p.Pos.Line, p.Pos.Col, word, p.Text)
}

// Problems are those of one or more files.
type Problems []Problem

// Err joins those that are no warnings, nil for none.
func (p Problems) Err() error {
	var errs []error
	for _, x := range p {
		if !x.Warning {
			errs = append(errs, errors.New(x.String()))
		}
	}
	return errors.Join(errs...)
}

const (
	maxFile     = 1 << 20
	maxPolicies = 4096
	maxSteps    = 8
	maxWithin   = 24 * time.Hour
)

// Parse reads the policies of one file, ours or Tracee's. Each document of the
// file is a policy. What is wrong with one does not hide the others.
func Parse(file string, text []byte) ([]*Policy, Problems) {
	r := reader{file: file, lines: strings.Split(string(text), "\n")}
	if len(text) > maxFile {
		r.problem(Pos{1, 1}, "the file has %d bytes, at most %d", len(text), maxFile)
		return nil, r.problems
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var out []*Policy
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil { // the decoder is lost from here on: a new one begins at the next document
			line := r.yamlError(err)
			next := slices.IndexFunc(r.lines[min(line, len(r.lines)):], isDocument)
			if next < 0 {
				break
			}
			rest := strings.Repeat("\n", line+next) + strings.Join(r.lines[line+next:], "\n") // lines keep their numbers
			dec = yaml.NewDecoder(strings.NewReader(rest))
			continue
		}
		if len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" {
			continue
		}
		out = append(out, r.document(doc.Content[0])...)
	}
	if len(out) == 0 && len(r.problems) == 0 {
		r.problem(Pos{1, 1}, "no policy stands in this file")
	}
	seen := map[string]int{}
	for _, p := range out {
		if line, twice := seen[p.Name]; twice {
			r.problem(Pos{p.Line, 1}, "policy %q stands in line %d already", p.Name, line)
		}
		seen[p.Name] = p.Line
	}
	for _, p := range r.broken {
		r.problems = append(r.problems, conditionsOf(p)...)
	}
	return out, r.problems.sorted()
}

// isDocument says whether a document of YAML begins in a line.
func isDocument(line string) bool {
	rest, ok := strings.CutPrefix(strings.TrimRight(line, "\r"), "---")
	return ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t')
}

// sorted puts problems in the order of their files, those that are named first
// before others, and places, each once.
func (p Problems) sorted(order ...string) Problems {
	files := map[string]int{}
	note := func(file string) {
		if _, ok := files[file]; !ok {
			files[file] = len(files)
		}
	}
	for _, file := range order {
		note(file)
	}
	for _, x := range p {
		note(x.File)
	}
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(files[a.File], files[b.File]), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col), cmp.Compare(a.Text, b.Text))
	})
	return slices.Compact(p)
}

// conditionsOf are the problems of the names and expressions of a policy that is left
// out for other ones.
func conditionsOf(p *Policy) Problems {
	if len(p.Steps) == 0 {
		return nil
	}
	_, problems := NewSet([]*Policy{p})
	if len(p.Steps) > 1 && slices.ContainsFunc(p.Steps, func(s Step) bool { return s.ID == "" }) {
		// What is not known may be the step whose name is wrong.
		problems = slices.DeleteFunc(problems, func(x Problem) bool { return strings.HasPrefix(x.Text, unknownName) })
	}
	return problems
}

func (r *reader) document(n *yaml.Node) []*Policy {
	if n.Kind != yaml.MappingNode {
		r.problem(at(n), "a policy is a mapping: apiVersion, name, …")
		return nil
	}
	version := get(n, "apiVersion")
	switch {
	case version == nil:
		r.problem(at(n), "apiVersion is missing: %s, or Tracee's %s", APIVersion, traceeVersion)
	case version.Value == APIVersion:
		before := len(r.problems)
		p := r.policy(n)
		if r.problems[before:].Err() == nil {
			return []*Policy{p}
		}
		r.broken = append(r.broken, p)
	case version.Value == traceeVersion:
		return r.tracee(n)
	default:
		r.problem(at(version), "apiVersion %q is not known: %s, or Tracee's %s", version.Value, APIVersion, traceeVersion)
	}
	return nil
}

// policy reads one of ours. Keys that are not known are errors: a condition
// with a typing error in its key must not be dropped in silence.
func (r *reader) policy(n *yaml.Node) *Policy {
	p := &Policy{File: r.file, Line: n.Line, Severity: analyze.Medium}
	single := Step{}
	var steps, when, severity *yaml.Node
	r.mapping(n, map[string]func(*yaml.Node){
		"apiVersion": func(*yaml.Node) {},
		"name":       func(v *yaml.Node) { p.Name = r.name(v) },
		"title":      func(v *yaml.Node) { p.Title = r.text(v) },
		"doc":        func(v *yaml.Node) { p.Doc = strings.TrimSpace(r.text(v)) },
		"message":    func(v *yaml.Node) { p.Message = r.expression(v) },
		"mitre":      func(v *yaml.Node) { p.MITRE = r.mitre(v) },
		"severity": func(v *yaml.Node) {
			severity = v
			var err error
			if p.Severity, err = analyze.ParseSeverity(v.Value); err != nil {
				r.problem(at(v), "severity: %v", err)
			}
		},
		"scope":  func(v *yaml.Node) { p.Scope = Scope(r.oneOf(v, "scope", scopeNames)) },
		"once":   func(v *yaml.Node) { p.Once = Once(r.oneOf(v, "once", onceNames)) },
		"order":  func(v *yaml.Node) { p.AnyOrder = r.oneOf(v, "order", []string{"sequence", "any"}) == 1 },
		"within": func(v *yaml.Node) { p.Within = r.duration(v) },
		"on":     func(v *yaml.Node) { single.On = r.names(v) },
		"when":   func(v *yaml.Node) { when = v; single.When = r.expression(v) },
		"steps":  func(v *yaml.Node) { steps = v },
	})
	if p.Name == "" && get(n, "name") == nil {
		r.problem(at(n), "name is missing")
	}
	if severity == nil {
		r.problem(at(n), "severity is missing: info, low, medium, high or critical")
	}
	if p.Message.Value == "" {
		r.problem(at(n), "message is missing: what a finding says, with {expressions} in braces")
	}
	switch {
	case steps == nil && when == nil && single.On == nil:
		r.problem(at(n), "nothing to match: on and when, or steps")
	case steps == nil:
		p.Steps = []Step{single}
		for _, key := range []string{"scope", "order", "within"} {
			if v := get(n, key); v != nil {
				r.problem(at(v), "%s says how several steps belong together: there is only one", key)
			}
		}
	case when != nil || single.On != nil:
		r.problem(at(steps), "on and when stand in each step where there are steps")
	default:
		r.steps(p, steps)
	}
	return p
}

func (r *reader) steps(p *Policy, n *yaml.Node) {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		r.problem(at(n), "steps is a list: - id: …")
		return
	}
	if len(n.Content) > maxSteps {
		r.problem(at(n), "%d steps, at most %d", len(n.Content), maxSteps)
		return
	}
	seen := map[string]bool{}
	for _, item := range n.Content {
		s := Step{}
		r.mapping(item, map[string]func(*yaml.Node){
			"id":   func(v *yaml.Node) { s.ID = r.stepID(v, seen) },
			"on":   func(v *yaml.Node) { s.On = r.names(v) },
			"when": func(v *yaml.Node) { s.When = r.expression(v) },
		})
		if s.ID == "" && get(item, "id") == nil {
			r.problem(at(item), "id is missing: the name by which other steps and the message call this one")
		}
		if s.On == nil && s.When.Value == "" {
			r.problem(at(item), "nothing to match: on, when or both")
		}
		p.Steps = append(p.Steps, s)
	}
	if len(p.Steps) > 1 && p.Within == 0 {
		r.problem(at(n), "within is missing: how long a match may take, 10s for example. It bounds what is kept in memory")
	}
}

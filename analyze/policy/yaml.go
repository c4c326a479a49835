package policy

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// Pos is a place in a file; both count from 1.
type Pos struct{ Line, Col int }

func at(n *yaml.Node) Pos { return Pos{n.Line, n.Column} }

// Text is a string of the file and where each of its lines stands there, so
// that an error within an expression has the place in the file.
type Text struct {
	Value string
	parts []part
}

// part is a run of the value that stands in one line of the file. The value
// has one character, a newline or a space, between two parts.
type part struct {
	at   Pos
	size int // characters
}

// Pos is where character n of the value stands in the file.
func (t *Text) Pos(n int) Pos {
	for i, p := range t.parts {
		if n <= p.size || i == len(t.parts)-1 {
			return Pos{p.at.Line, p.at.Col + n}
		}
		n -= p.size + 1
	}
	return Pos{1, 1}
}

// slice is a part of a text.
func (t *Text) slice(from, to int) Text {
	before := utf8.RuneCountInString(t.Value[:from])
	s := Text{Value: t.Value[from:to]}
	for line := range strings.SplitSeq(s.Value, "\n") {
		size := utf8.RuneCountInString(line)
		s.parts = append(s.parts, part{t.Pos(before), size})
		before += size + 1
	}
	return s
}

// reader gathers problems while it reads a file.
type reader struct {
	file     string
	lines    []string
	problems Problems
	broken   []*Policy // left out
}

func (r *reader) problem(at Pos, layout string, args ...any) {
	r.problems = append(r.problems, Problem{File: r.file, Pos: at, Text: fmt.Sprintf(layout, args...)})
}

func (r *reader) warn(at Pos, layout string, args ...any) {
	r.problem(at, layout, args...)
	r.problems[len(r.problems)-1].Warning = true
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)`)

// NotYAML is the problem of a file that the YAML package could not read.
func NotYAML(file string, err error) Problem {
	p, _ := notYAML(file, err)
	return p
}

// notYAML says also whether the error has a line.
func notYAML(file string, err error) (p Problem, hasLine bool) {
	p = Problem{File: file, Pos: Pos{1, 1}, Text: strings.ReplaceAll(err.Error(), "\n", " ")}
	if m := yamlLine.FindStringSubmatch(p.Text); m != nil {
		p.Text = m[2]
		if line, err := strconv.Atoi(m[1]); err == nil && line > 0 {
			p.Pos.Line, hasLine = line, true
		}
	}
	return p, hasLine
}

// yamlError notes an error of the YAML itself and returns its line, that of the end when it is not known.
func (r *reader) yamlError(err error) int {
	p, hasLine := notYAML(r.file, err)
	r.problems = append(r.problems, p)
	if !hasLine {
		return len(r.lines)
	}
	return p.Pos.Line
}

// get is the value of a key, nil when there is none.
func get(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// mapping calls a function for the value of each key.
func (r *reader) mapping(n *yaml.Node, keys map[string]func(*yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.problem(at(n), "a mapping should stand here")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		f, known := keys[key.Value]
		switch {
		case !known:
			names := sortedKeys(keys)
			r.problem(at(key), "key %q is not known%s: %s", key.Value, format.Suggest(key.Value, names), strings.Join(names, ", "))
		case seen[key.Value]:
			r.problem(at(key), "key %q stands here twice", key.Value)
		case value.Kind == yaml.AliasNode:
			r.problem(at(value), "aliases are not supported")
		default:
			f(value)
		}
		seen[key.Value] = true
	}
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (r *reader) text(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode {
		r.problem(at(n), "text should stand here")
		return ""
	}
	return n.Value
}

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,79}$`)

func (r *reader) name(n *yaml.Node) string {
	if s := r.text(n); nameForm.MatchString(s) {
		return s
	}
	r.problem(at(n), "name %q: small letters, digits, dots, dashes and underscores, at most 80", n.Value)
	return ""
}

var stepForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,30}$`)

func (r *reader) stepID(n *yaml.Node, seen map[string]bool) string {
	s := r.text(n)
	switch {
	case !stepForm.MatchString(s):
		r.problem(at(n), "id %q: small letters, digits and underscores, a letter first", s)
	case reserved(s):
		r.problem(at(n), "id %q is the name of a field or a function", s)
	case seen[s]:
		r.problem(at(n), "id %q stands here twice", s)
	}
	seen[s] = true
	return s
}

// names reads one word or a list of words.
func (r *reader) names(n *yaml.Node) []Name {
	list := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		list = n.Content
	}
	out := []Name{}
	for _, item := range list {
		if s := strings.TrimSpace(r.text(item)); s != "" {
			out = append(out, Name{s, at(item)})
		}
	}
	if len(out) == 0 {
		r.problem(at(n), "the list is empty")
	}
	return out
}

var mitreForm = regexp.MustCompile(`^(T\d{4}(\.\d{3})?|TA\d{4})$`)

func (r *reader) mitre(n *yaml.Node) (ids []string) {
	for _, name := range r.names(n) {
		if !mitreForm.MatchString(name.Text) {
			r.problem(name.At, "mitre %q: T1055 or T1055.008 or TA0005", name.Text)
		}
		ids = append(ids, name.Text)
	}
	return ids
}

func (r *reader) oneOf(n *yaml.Node, key string, words []string) int {
	i := slices.Index(words, n.Value)
	if i < 0 {
		r.problem(at(n), "%s %q: one of %s", key, n.Value, strings.Join(words, ", "))
		return 0
	}
	return i
}

func (r *reader) duration(n *yaml.Node) time.Duration {
	d, err := time.ParseDuration(r.text(n))
	switch {
	case err != nil:
		r.problem(at(n), "within %q: a time with its unit, like 500ms, 10s, 5m", n.Value)
	case d <= 0 || d > maxWithin:
		r.problem(at(n), "within %s: more than 0, at most %s", show.Duration(int64(d)), show.Duration(int64(maxWithin)))
	}
	return d
}

// expression reads a text and finds out where its parts stand in the file.
func (r *reader) expression(n *yaml.Node) Text {
	t := Text{Value: r.text(n)}
	block := n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0
	if block {
		t.Value = strings.TrimRight(t.Value, "\n")
		for i := n.Line; i < len(r.lines); i++ {
			line := strings.TrimRight(r.lines[i], "\r")
			text := strings.TrimLeft(line, " ")
			indent := len(line) - len(text)
			if indent <= 0 && text != "" {
				break
			}
			// Deeper lines keep what they are deeper by.
			if len(t.parts) > 0 {
				indent = min(indent, t.parts[0].at.Col-1)
			}
			t.parts = append(t.parts, part{Pos{i + 1, indent + 1}, utf8.RuneCountInString(line[min(indent, len(line)):])})
			if len(t.parts) > strings.Count(t.Value, "\n") && n.Style&yaml.LiteralStyle != 0 {
				break
			}
		}
		return t
	}
	col := n.Column
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		col++
	}
	if n.Line >= 1 && n.Line <= len(r.lines) {
		size := utf8.RuneCountInString(r.lines[n.Line-1]) - col + 1
		t.parts = append(t.parts, part{Pos{n.Line, col}, max(size, 0)})
		for i := n.Line; i < len(r.lines); i++ {
			text := strings.TrimSpace(r.lines[i])
			t.parts = append(t.parts, part{Pos{i + 1, strings.Index(r.lines[i], text) + 1}, utf8.RuneCountInString(text)})
			if sum := len(t.parts); sum > 64 {
				break
			}
		}
	}
	return t
}

// errTooLong bounds what an expression may make the parser do.
var errTooLong = errors.New("the expression is too long")

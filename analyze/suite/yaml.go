package suite

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/analyze/policy"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// read decodes the expectations of a file. Each mistake is told with its place, as in policies.
func read(path string, text []byte) (f file, doc yaml.Node, err error) {
	c := checker{file: path}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF) || err == nil && doc.Content[0].Tag == "!!null":
		c.problem(&yaml.Node{Line: 1, Column: 1}, "nothing stands in this file: apiVersion: tracerec/v1, and traces")
		return f, doc, c.problems.Err()
	case err != nil:
		return f, doc, policy.Problems{policy.NotYAML(path, err)}.Err()
	}
	var second yaml.Node
	if dec.Decode(&second) == nil {
		c.problem(&second, "a second document: expectations are one")
	}
	c.node(doc.Content[0], reflect.TypeFor[file](), "", 0)
	if err := c.problems.Err(); err != nil {
		return f, doc, err
	}
	if err := doc.Decode(&f); err != nil { // nothing that the checker lets through
		return f, doc, policy.Problems{policy.NotYAML(path, err)}.Err()
	}
	return f, doc, nil
}

// checker walks a document beside the type that it is decoded into. The YAML
// package would name the type, and neither the column nor what may stand there.
type checker struct {
	file     string
	problems policy.Problems
}

func (c *checker) problem(n *yaml.Node, layout string, args ...any) {
	c.problems = append(c.problems, policy.Problem{File: c.file, Pos: policy.Pos{Line: n.Line, Col: n.Column}, Text: fmt.Sprintf(layout, args...)})
}

// deepest is more than any document of ours needs: an alias may contain itself.
const deepest = 32

func (c *checker) node(n *yaml.Node, t reflect.Type, key string, depth int) {
	if depth > deepest {
		c.problem(n, "an alias that contains itself")
		return
	}
	if n.Kind == yaml.AliasNode {
		c.node(n.Alias, t, key, depth+1)
		return
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	nothing := n.Kind == yaml.ScalarNode && n.Tag == "!!null"
	of := ""
	if key != "" {
		of = key + ": "
	}
	switch kind := t.Kind(); {
	case kind == reflect.Struct || kind == reflect.Map:
		switch {
		case nothing:
		case n.Kind != yaml.MappingNode:
			c.problem(n, "%sa mapping should stand here, KEY: VALUE", of)
		default:
			c.mapping(n, t, key, depth)
		}
	case kind == reflect.Slice:
		switch {
		case nothing:
		case n.Kind != yaml.SequenceNode:
			c.problem(n, "%sa list should stand here, [A, B] or lines that begin with -", of)
		default:
			for _, item := range n.Content {
				c.node(item, t.Elem(), key, depth+1)
			}
		}
	case nothing:
		c.problem(n, "%snothing stands here", of)
	case n.Kind != yaml.ScalarNode:
		c.problem(n, "%sone value should stand here", of)
	case kind == reflect.Int && !whole(n.Value):
		c.problem(n, "%s%s where a whole number should stand", of, quoted(n))
	case kind == reflect.Bool && n.Tag != "!!bool":
		c.problem(n, "%s%s where true or false should stand", of, quoted(n))
	default:
		if err := checkValue(key, n.Value); err != nil {
			c.problem(n, "%s%v", of, err)
		}
	}
}

func whole(s string) bool { _, err := strconv.Atoi(s); return err == nil }

func quoted(n *yaml.Node) string { return strconv.Quote(show.Escape([]byte(n.Value))) }

// mapping walks the keys of a struct, which are known, or of a map. key is where it stands.
func (c *checker) mapping(n *yaml.Node, t reflect.Type, key string, depth int) {
	fields, names := fieldsOf(t)
	seen, merged := map[string]bool{}, false
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch {
		case k.Tag == "!!merge":
			merged = true
			from := []*yaml.Node{v}
			if v.Kind == yaml.SequenceNode {
				from = v.Content
			}
			for _, other := range from {
				c.node(other, t, key, depth+1)
			}
		case k.Kind != yaml.ScalarNode:
			c.problem(k, "a key is a word")
		case seen[k.Value]:
			c.problem(k, "key %s stands here twice", quoted(k))
		case t.Kind() == reflect.Map:
			if t == reflect.TypeFor[map[string]*Expect]() && !filepath.IsLocal(k.Value) {
				c.problem(k, "trace %s is not within the directory", quoted(k))
			}
			if err := checkKey(key, k.Value); err != nil {
				c.problem(k, "%s: %v", key, err)
			}
			c.node(v, t.Elem(), key, depth+1)
		case fields[k.Value] == nil:
			c.problem(k, "key %s is not known%s: %s", quoted(k), format.Suggest(k.Value, names), strings.Join(names, ", "))
		default:
			c.node(v, fields[k.Value], k.Value, depth+1)
		}
		seen[k.Value] = true
	}
	switch {
	case merged: // what is missing here may come from there
	case t == reflect.TypeFor[file]() && !seen["apiVersion"]:
		c.problem(n, "apiVersion is missing: apiVersion: tracerec/v1")
	case t == reflect.TypeFor[Finding]() && (len(seen) == 0 || len(seen) == 1 && seen["count"]):
		c.problem(n, "a finding that fits everything: say what it is: %s", strings.Join(names, ", "))
	}
}

// fieldsOf are the keys of a struct and the types of their values; names are in its order.
func fieldsOf(t reflect.Type) (fields map[string]reflect.Type, names []string) {
	fields = map[string]reflect.Type{}
	if t.Kind() != reflect.Struct {
		return fields, nil
	}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		if name != "" {
			fields[name] = t.Field(i).Type
			names = append(names, name)
		}
	}
	return fields, names
}

// checkValue says what is wrong with the value of a key.
func checkValue(key, value string) error {
	switch key {
	case "apiVersion":
		if value != policy.APIVersion {
			return fmt.Errorf("%q: %s should stand there", value, policy.APIVersion)
		}
	case "rule":
		return checkRule(value)
	case "argument":
		call, _, _ := strings.Cut(value, ".")
		return checkCall(call)
	case "severity":
		_, err := analyze.ParseSeverity(value)
		return err
	case "fail-on":
		if value == "none" {
			return nil
		}
		if _, err := analyze.ParseSeverity(value); err != nil {
			return fmt.Errorf("%w, or none", err)
		}
	case "count":
		_, _, err := parseCount(value)
		return err
	case "coverage":
		_, err := percent(value)
		return err
	case "others":
		if value != "fail" && value != "allow" {
			return fmt.Errorf("%q: fail or allow", value)
		}
	case "analyses":
		if !slices.ContainsFunc(analyze.Kinds, func(k analyze.Kind) bool { return k.Name == value }) {
			var names []string
			for _, k := range analyze.Kinds {
				names = append(names, k.Name)
			}
			return fmt.Errorf("unknown analysis %q%s: use one of %s", value, format.Suggest(value, names), strings.Join(names, ", "))
		}
	}
	return nil
}

// checkKey says what is wrong with a key of the map that stands at another key.
func checkKey(of, key string) error {
	switch of {
	case "counts":
		return checkRule(key)
	case "coverage":
		if key == "witnessed" {
			return nil
		}
		call, arg, _ := strings.Cut(key, ".")
		if err := checkCall(call); err != nil {
			return fmt.Errorf("%w; or witnessed, for all arguments", err)
		}
		var names []string
		for i := range format.Syscalls {
			if s := &format.Syscalls[i]; s.Name == call {
				for _, v := range s.Views {
					names = append(names, s.Args[v.Arg].Name)
				}
			}
		}
		if whole, _, _ := strings.Cut(arg, "["); !slices.Contains(names, whole) {
			if len(names) == 0 {
				return fmt.Errorf("%s has no argument that is compared", call)
			}
			return fmt.Errorf("%q is no compared argument of %s%s: %s", arg, call, format.Suggest(arg, names), strings.Join(names, ", "))
		}
	}
	return nil
}

// policyRules is what the rules of policies begin with.
const policyRules = "policy/"

// checkRule refuses a pattern that no finding can fit. Which policies there are is known when they are loaded.
func checkRule(pattern string) error {
	begin, _, open := strings.Cut(pattern, "*")
	if strings.HasPrefix(begin, policyRules) || open && strings.HasPrefix(policyRules, begin) {
		return nil
	}
	ids := analyze.RuleIDs()
	if slices.ContainsFunc(ids, func(id string) bool { return glob(pattern, id) }) {
		return nil
	}
	return fmt.Errorf("no finding has the rule %q%s: docs/verdicts.md has them, ANALYSIS/RULE; a policy's is policy/NAME", pattern, format.Suggest(pattern, ids))
}

// checkCall refuses the name of a call that is none.
func checkCall(name string) error {
	if strings.Contains(name, "*") || name == "none" { // integrity findings are about no call
		return nil
	}
	names := show.ValueNames("syscall")
	if slices.Contains(names, name) {
		return nil
	}
	return fmt.Errorf("no call has the name %q%s: CALL.ARGUMENT should stand here", name, format.Suggest(name, names))
}

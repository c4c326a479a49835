package suite

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Update writes exit code and counts of what was found into the directory's
// expectations. What else stands there, comments too, stays.
func (d *Dir) Update(results []*Result) error {
	if d.doc.Kind == 0 {
		d.doc = yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{{Kind: yaml.MappingNode}}}
	}
	top := d.doc.Content[0]
	set(top, "apiVersion", scalar("tracerec/v1"))
	traces := child(top, "traces")
	for _, r := range results {
		if r.Dir != d.Path || r.Err != nil {
			continue
		}
		t := child(traces, r.Trace)
		set(t, "exit", scalar(strconv.Itoa(r.Exit)))
		counts := &yaml.Node{Kind: yaml.MappingNode}
		for _, rule := range slices.Sorted(maps.Keys(r.Counts)) {
			set(counts, rule, scalar(strconv.Itoa(r.Counts[rule])))
		}
		if len(r.Counts) == 0 {
			counts.Style = yaml.FlowStyle
		}
		set(t, "counts", counts)
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(&d.doc); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(d.Path, FileName), out.Bytes(), 0o644)
}

func scalar(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: s} }

// child is the mapping of a key, made if it is not there.
func child(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			if c := n.Content[i+1]; c.Kind == yaml.MappingNode {
				return c
			}
			n.Content[i+1] = &yaml.Node{Kind: yaml.MappingNode}
			return n.Content[i+1]
		}
	}
	c := &yaml.Node{Kind: yaml.MappingNode}
	n.Content = append(n.Content, scalar(key), c)
	return c
}

func set(n *yaml.Node, key string, v *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			v.LineComment, v.HeadComment, v.FootComment = n.Content[i+1].LineComment, n.Content[i+1].HeadComment, n.Content[i+1].FootComment
			n.Content[i+1] = v
			return
		}
	}
	n.Content = append(n.Content, scalar(key), v)
}

var idForm = regexp.MustCompile(`^[0-9a-f]{16}$`)

// ReadBaseline reads ids of known findings: one a line, # begins a comment.
func ReadBaseline(path string) (map[string]bool, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	ids := map[string]bool{}
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		id, _, _ := strings.Cut(lines.Text(), "#")
		if id = strings.TrimSpace(id); id == "" {
			continue
		}
		if !idForm.MatchString(id) {
			return nil, fmt.Errorf("%s: line %d: %.40q is no id of a finding", path, n, id)
		}
		ids[id] = true
	}
	return ids, lines.Err()
}

// BaselineOf is what ReadBaseline reads of what WriteBaseline writes.
func BaselineOf(results []*Result) map[string]bool {
	known := map[string]bool{}
	for _, r := range results {
		for _, f := range r.Findings {
			known[f.ID] = true
		}
	}
	return known
}

// WriteBaseline writes the ids of all findings, each with what it is.
func WriteBaseline(w io.Writer, results []*Result) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "# Known findings: tracerec test --baseline does not fail for them. Written by --update.")
	seen := map[string]bool{}
	for _, r := range results {
		for _, f := range r.Findings {
			if !seen[f.ID] {
				seen[f.ID] = true
				fmt.Fprintf(out, "%s # %s %s\n", f.ID, f.RuleID(), f.Headline())
			}
		}
	}
	return out.Flush()
}

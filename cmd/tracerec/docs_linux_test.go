package main

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// A document says things of the tree that nothing else holds it to: where links
// lead, and that what it calls a file, a test, a target of make, a verb or a flag
// is there. These tests read every document; what commands print is compared by
// TestTutorial, TestVerdictExamples and their like.

const repository = "../.."

// checkout is what a checkout holds: names of files and directories from its root.
func checkout(t *testing.T) []string {
	var names []string
	err := filepath.WalkDir(repository, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{".git", "bin", "node_modules"}, d.Name()) {
			return fs.SkipDir
		}
		name, err := filepath.Rel(repository, p)
		names = append(names, filepath.ToSlash(name))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// documents are the texts of all Markdown files by name.
func documents(t *testing.T, names []string) map[string]string {
	docs := map[string]string{}
	for _, name := range names {
		if path.Ext(name) == ".md" {
			docs[name] = read(t, name)
		}
	}
	if len(docs) < 25 {
		t.Fatalf("only %d documents were found", len(docs))
	}
	return docs
}

func read(t *testing.T, name string) string {
	b, err := os.ReadFile(filepath.Join(repository, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var (
	fenced    = regexp.MustCompile("(?ms)^ *```[a-z]*\n(.*?)^ *```$")
	codeSpans = regexp.MustCompile("``? ?([^`]+?) ?``?")
	links     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	notInSlug = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// code is the lines of a document's code blocks, and its code spans.
func code(text string) (lines, spans []string) {
	for _, m := range fenced.FindAllStringSubmatch(text, -1) {
		lines = append(lines, strings.Split(m[1], "\n")...)
	}
	text = fenced.ReplaceAllString(text, "")
	var prose []string
	for line := range strings.Lines(text) {
		if block, ok := strings.CutPrefix(line, "    "); ok && !strings.HasPrefix(strings.TrimSpace(block), "|") {
			lines = append(lines, strings.TrimRight(block, "\n"))
			continue
		}
		prose = append(prose, line)
	}
	for _, m := range codeSpans.FindAllStringSubmatch(strings.Join(prose, ""), -1) {
		spans = append(spans, strings.ReplaceAll(m[1], `\|`, "|"))
	}
	return lines, spans
}

// anchors are the fragments that headings have, as GitHub makes them.
func anchors(text string) []string {
	var out []string
	for line := range strings.Lines(fenced.ReplaceAllString(text, "")) {
		heading := strings.TrimLeft(line, "#")
		if n := len(line) - len(heading); n == 0 || n > 6 || !strings.HasPrefix(heading, " ") {
			continue
		}
		slug := notInSlug.ReplaceAllString(strings.ToLower(strings.TrimSpace(heading)), "")
		out = append(out, strings.ReplaceAll(slug, " ", "-"))
	}
	return out
}

// TestDocLinks follows every relative link, and its fragment.
func TestDocLinks(t *testing.T) {
	names := checkout(t)
	docs := documents(t, names)
	followed := 0
	for name, text := range docs {
		for _, m := range links.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			followed++
			file, fragment, _ := strings.Cut(m[1], "#")
			to := name
			if file != "" {
				to = path.Join(path.Dir(name), file)
			}
			if !slices.Contains(names, to) {
				t.Errorf("%s: no file for the link %s", name, m[1])
			} else if fragment != "" && !slices.Contains(anchors(docs[to]), fragment) {
				t.Errorf("%s: no heading for the link %s", name, m[1])
			}
		}
	}
	if followed < 50 {
		t.Errorf("only %d links were followed", followed)
	}
	for name := range docs {
		if path.Dir(name) == "docs" && !strings.Contains(docs["README.md"], "("+name+")") {
			t.Errorf("README.md does not lead to %s", name)
		}
	}
}

var (
	measuredPart = regexp.MustCompile(`(?s)<!-- measured -->\n(.*?)<!-- end: measured -->`)
	measuredCell = regexp.MustCompile(`\d+\.\d+|\d{1,3}(?:,\d{3})+|\d+ (?:MiB|%)`)
)

// TestDocMeasured finds each number that is said to be measured in
// docs/BENCHMARKS.md, where it is told how: what is measured again there is told
// again where it is repeated.
func TestDocMeasured(t *testing.T) {
	benchmarks := read(t, "docs/BENCHMARKS.md")
	for _, name := range []string{"README.md", "docs/operations.md"} {
		part := measuredPart.FindStringSubmatch(read(t, name))
		if part == nil {
			t.Errorf("%s has no part that is measured", name)
			continue
		}
		numbers := measuredCell.FindAllString(part[1], -1)
		if len(numbers) < 9 {
			t.Errorf("%s: only %d numbers were found", name, len(numbers))
		}
		for _, n := range numbers {
			if !regexp.MustCompile(`(?:^|[^\d.,])` + regexp.QuoteMeta(n) + `(?:$|[^\d])`).MatchString(benchmarks) {
				t.Errorf("%s: docs/BENCHMARKS.md does not have %s", name, n)
			}
		}
	}
}

var (
	fileName   = regexp.MustCompile(`^[\w/.*-]+\.(go|md|sh|yaml|yml|h|c|js|mjs|sql|css|html|mod)$`)
	testName   = regexp.MustCompile(`\b(?:Test|Benchmark|Fuzz)[A-Z]\w+`)
	makeTarget = regexp.MustCompile(`(?:^|[ ;&(])make ([a-z][a-z-]*)`)
	testFunc   = regexp.MustCompile(`(?m)^func ((?:Test|Benchmark|Fuzz)[A-Z]\w+)\(`)
)

// notOurs are files of other projects.
var notOurs = []string{"include/linux/lsm_hook_defs.h", "asm/unistd*.h"}

// isFile says whether a name from the root is what a document calls it: all of
// it, its end, or a pattern of either.
func isFile(name, called string) bool {
	depth := strings.Count(name, "/") - strings.Count(called, "/")
	if depth < 0 {
		return false
	}
	ok, err := path.Match(called, strings.Join(strings.Split(name, "/")[depth:], "/"))
	return ok && err == nil
}

// TestDocNames finds the files, tests and targets of make that documents name.
func TestDocNames(t *testing.T) {
	names := checkout(t)
	docs := documents(t, names)
	var tests []string
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			for _, m := range testFunc.FindAllStringSubmatch(read(t, name), -1) {
				tests = append(tests, m[1])
			}
		}
	}
	makefile := read(t, "Makefile")
	found := 0
	for name, text := range docs {
		if name == "CHANGELOG.md" { // it tells of what was
			continue
		}
		lines, spans := code(text)
		for _, span := range spans {
			if fileName.MatchString(span) && !slices.Contains(notOurs, span) {
				found++
				if !slices.ContainsFunc(names, func(n string) bool { return isFile(n, span) }) {
					t.Errorf("%s: there is no file %s", name, span)
				}
			}
			for _, test := range testName.FindAllString(span, -1) {
				found++
				if !slices.Contains(tests, test) {
					t.Errorf("%s: there is no test %s", name, test)
				}
			}
		}
		for _, line := range slices.Concat(lines, spans) {
			for _, m := range makeTarget.FindAllStringSubmatch(line, -1) {
				found++
				if !strings.Contains(makefile, "\n"+m[1]+":") {
					t.Errorf("%s: make has no target %s: %s", name, m[1], line)
				}
			}
		}
	}
	if found < 200 {
		t.Errorf("only %d names were looked for", found)
	}
}

var (
	invocation = regexp.MustCompile(`(?:^|[ /(])tracerec ([a-z][a-z-]*)((?: [^|;&#]*)?)`)
	quoted     = regexp.MustCompile(`'[^']*'|"[^"]*"`)
	flagWord   = regexp.MustCompile(`(?:^|[\s(\[{])(--?[A-Za-z][a-z-]*)`)
	longFlag   = regexp.MustCompile(`(?:^|[\s(\[{])--([a-z][a-z_-]*)`)
	fleetFlag  = regexp.MustCompile(`(?:StringVar|IntVar|BoolVar|DurationVar|Var|String|Int|Bool|Duration)\((?:&[\w.]+, )?"([a-z][a-z_-]*)"`)
)

// beamFlags are those of Beam's runners, which tracerec-fleet passes on.
var beamFlags = []string{
	"runner", "endpoint", "environment_type", "environment_config", "project", "region",
	"staging_location", "temp_location", "worker_machine_type", "num_workers",
}

// TestDocFlags demands of every command line in a document that its verb is one
// of ours and has each flag, and of a flag that stands alone that some verb has it.
func TestDocFlags(t *testing.T) {
	root := newRoot()
	root.InitDefaultHelpCmd()
	var all []*cobra.Command
	var collect func(c *cobra.Command)
	collect = func(c *cobra.Command) {
		c.InitDefaultHelpFlag()
		all = append(all, c)
		for _, sub := range c.Commands() {
			collect(sub)
		}
	}
	collect(root)
	has := func(c *cobra.Command, word string) bool {
		if long, ok := strings.CutPrefix(word, "--"); ok {
			return c.Flag(long) != nil
		}
		return len(word) >= 2 && (c.Flags().ShorthandLookup(word[1:2]) != nil || c.InheritedFlags().ShorthandLookup(word[1:2]) != nil)
	}
	names := checkout(t)
	fleet := ""
	for _, name := range names {
		if strings.HasPrefix(name, "fleet/") && path.Ext(name) == ".go" {
			fleet += read(t, name)
		}
	}
	others := slices.Clone(beamFlags)
	for _, m := range fleetFlag.FindAllStringSubmatch(fleet, -1) {
		others = append(others, m[1])
	}
	commands, flags := 0, 0
	for name, text := range documents(t, names) {
		if name == "CHANGELOG.md" {
			continue
		}
		lines, spans := code(text)
		for _, line := range slices.Concat(lines, spans) {
			line = quoted.ReplaceAllString(line, "Q")
			ours, _, _ := strings.Cut(line, " -- ")
			for _, m := range invocation.FindAllStringSubmatch(ours, -1) {
				verb, _, err := root.Find(strings.Fields(m[1] + " " + m[2]))
				if m[1] == "trailer" { // what is signed, in FORMAT.md
					continue
				}
				if err != nil || verb == root {
					t.Errorf("%s: no verb %s: %s", name, m[1], line)
					continue
				}
				commands++
				for _, f := range flagWord.FindAllStringSubmatch(m[2], -1) {
					flags++
					if !has(verb, f[1]) {
						t.Errorf("%s: %s has no flag %s: %s", name, verb.CommandPath(), f[1], line)
					}
				}
			}
		}
		for _, span := range spans {
			for _, f := range longFlag.FindAllStringSubmatch(quoted.ReplaceAllString(span, "Q"), -1) {
				flags++
				if strings.HasSuffix(f[1], "-") { // --exclude-…
					f[1] += "uid"
				}
				if !slices.Contains(others, f[1]) && !slices.ContainsFunc(all, func(c *cobra.Command) bool { return c.Flag(f[1]) != nil }) {
					t.Errorf("%s: no verb has the flag --%s: %s", name, f[1], span)
				}
			}
		}
	}
	if commands < 100 || flags < 200 {
		t.Errorf("only %d commands and %d flags were looked at", commands, flags)
	}
}

package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/xeipuuv/gojsonschema"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
)

// hostile strings are what a recorded program can put into any name.
var hostile = map[string]string{
	"plain":      "/etc/passwd",
	"escape":     "\x1b]0;owned\x07\x1b[2J\r\n\x00\x7f",
	"utf8":       "\xff\xfe\xc0\x80 \xed\xa0\x80 \u202egpj.exe \ufeff\ufffe",
	"markup":     "</failure><script>alert(1)</script> ]]> <!-- & \" '",
	"markdown":   "``` \n</details>\n# x | [a](javascript:b) ![i](http://h/) @everyone `````` ",
	"percent":    "%s%n%00 ../../.. file:///c:\\x?q#f {{.}} ${x}",
	"huge":       strings.Repeat("A\x01", 1<<16),
	"empty":      "",
	"long ticks": strings.Repeat("`", 300),
}

func hostileReport(s string) *Report {
	f := &analyze.Finding{
		ID: "0123456789abcdef", File: s, Analysis: "toctou", Rule: "divergent", Verdict: analyze.Divergent, Severity: analyze.High, Reason: "they differ",
		Syscall: "openat", Argument: "pathname", Kind: format.KindPath, Compared: true,
		Enter: analyze.View{Status: format.ViewOK, Bytes: []byte(s)}, Kernel: analyze.View{Status: format.ViewOK, Bytes: []byte("/k" + s)},
		Exit: analyze.View{Status: format.ViewOK, Bytes: []byte(s)}, Object: analyze.Object{Ino: 1, Path: []byte(s)},
		Comm: s, PID: 1, TID: 2, Time: time.Unix(0, 0).UTC(),
		Ancestors: []analyze.Proc{{PID: 1, Comm: s, Exe: s}},
		Evidence:  []analyze.Evidence{{Role: analyze.RoleThread, Who: analyze.Thread{TID: 3, PID: 1, Comm: s}, What: s, Boottime: 1, Row: true}},
	}
	path := s[:min(len(s), 1024)] // a file that was opened has no longer name
	p := *f
	p.Analysis, p.Rule, p.Verdict, p.Severity, p.Tags = "policy", s, analyze.Matched, analyze.Low, []string{"T1036", s}
	info := *f
	info.Severity, info.Verdict, info.Rule = analyze.Info, analyze.Redirected, "redirected"
	c := &analyze.Coverage{File: s, Host: s, Kernel: s, BootID: s, Lost: analyze.NewLosses(), Notes: []string{s, "n"}, Incomplete: []string{s, "lost"}}
	c.Rated[analyze.Divergent][analyze.High] = 1
	return &Report{
		FailOn: analyze.Medium, Version: "v", Files: []File{
			{Path: path, Coverage: c, Findings: []*analyze.Finding{f, &p, &info}, Dropped: 7},
			{Path: path, Err: errors.New("open " + s)},
		},
	}
}

// clear fails on what a terminal or an editor would act on.
func checkClear(t *testing.T, out []byte) {
	t.Helper()
	if !utf8.Valid(out) {
		t.Error("not UTF-8")
	}
	for _, r := range string(out) {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			t.Fatalf("%U stands in the output", r)
		}
	}
}

func write(t *testing.T, name string, r *Report) []byte {
	t.Helper()
	f, ok := ByName(name)
	if !ok {
		t.Fatalf("no format %s", name)
	}
	var b bytes.Buffer
	if err := f.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestHostile puts hostile strings everywhere and reads the reports as their readers do.
func TestHostile(t *testing.T) {
	for name, s := range hostile {
		t.Run(name, func(t *testing.T) {
			r := hostileReport(s)
			for _, f := range Formats {
				out := write(t, f.Name, r)
				checkClear(t, out)
				if len(out) > 2<<20 {
					t.Errorf("%s has %d bytes", f.Name, len(out))
				}
			}
			sarifOf(t, r)
			suites := junitOf(t, write(t, "junit", r))
			if suites.Tests != 6 || suites.Failures != 1 || suites.Errors != 1 || suites.Skipped != 2 {
				t.Errorf("junit counts %d tests, %d failures, %d errors, %d skipped", suites.Tests, suites.Failures, suites.Errors, suites.Skipped)
			}
			markdownOf(t, write(t, "markdown", r))
		})
	}
}

// sarifOf validates against the official schema, which the library carries.
func sarifOf(t *testing.T, r *Report) *sarif.Report {
	t.Helper()
	out := write(t, "sarif", r)
	doc, err := sarif.FromBytes(out)
	if err != nil {
		t.Fatal(err)
	}
	// The library validates what it would write, defaults and all; this is what we wrote.
	result, err := gojsonschema.Validate(gojsonschema.NewStringLoader(sarifSchema(t)), gojsonschema.NewBytesLoader(out))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range result.Errors() {
		t.Errorf("the schema refuses: %s", e)
	}
	var raw any
	if err := json.Unmarshal(out, &raw); err != nil {
		t.Fatal(err)
	}
	saysNothing(t, "", raw)
	run := doc.Runs[0]
	if len(run.Results) != 3 || len(run.Tool.Driver.Rules) != 3 || *run.Invocations[0].ExecutionSuccessful {
		t.Errorf("%d results, %d rules", len(run.Results), len(run.Tool.Driver.Rules))
	}
	levels := ""
	for _, res := range run.Results {
		levels += res.Level + " "
		if res.Fingerprints["tracerec/v1"] != "0123456789abcdef" || *run.Tool.Driver.Rules[res.RuleIndex].ID != *res.RuleID {
			t.Errorf("result %+v", res)
		}
	}
	if levels != "error note none " {
		t.Errorf("levels %s", levels)
	}
	return doc
}

// sarifSchema is the official schema as the library has it in its source: it does not export it.
var sarifSchema = func() func(t *testing.T) string {
	once := sync.OnceValues(func() (string, error) {
		dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/owenrumney/go-sarif/v3").Output()
		if err != nil {
			return "", err
		}
		path := filepath.Join(strings.TrimSpace(string(dir)), "pkg/report/v210/sarif/schema.go")
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return "", err
		}
		value := file.Decls[0].(*ast.GenDecl).Specs[0].(*ast.ValueSpec).Values[0].(*ast.BasicLit).Value
		return strconv.Unquote(value)
	})
	return func(t *testing.T) string {
		t.Helper()
		schema, err := once()
		if err != nil || !strings.Contains(schema, `"reportingDescriptor"`) {
			t.Fatalf("the schema cannot be read: %v", err)
		}
		return schema
	}
}()

// saysNothing finds values that stand in place of nothing.
func saysNothing(t *testing.T, where string, v any) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			t.Errorf("%s is empty", where)
		}
		for k, inside := range v {
			if k != "properties" {
				saysNothing(t, where+"/"+k, inside)
			}
		}
	case []any:
		if len(v) == 0 && !strings.HasSuffix(where, "/results") {
			t.Errorf("%s is empty", where)
		}
		for _, inside := range v {
			saysNothing(t, where+"[]", inside)
		}
	case float64:
		if v == -1 {
			t.Errorf("%s is -1", where)
		}
	}
}

// TestSchemaBites: the schema that the other tests use refuses what is wrong.
func TestSchemaBites(t *testing.T) {
	doc := sarifOf(t, hostileReport("x"))
	doc.Runs[0].Results[0].Level = "catastrophic"
	if doc.Validate() == nil {
		t.Error("the schema takes a level that is none")
	}
	wrong := bytes.Replace(write(t, "sarif", hostileReport("x")), []byte(`"level": "error"`), []byte(`"level": "catastrophic"`), 1)
	result, err := gojsonschema.Validate(gojsonschema.NewStringLoader(sarifSchema(t)), gojsonschema.NewBytesLoader(wrong))
	if err != nil || result.Valid() {
		t.Errorf("the schema takes a level that is none in what is written: %v", err)
	}
}

func junitOf(t *testing.T, out []byte) *Suites {
	t.Helper()
	var s Suites
	dec := xml.NewDecoder(bytes.NewReader(out))
	if err := dec.Decode(&s); err != nil {
		t.Fatal(err)
	}
	// Nothing but our own elements: hostile text has made none.
	known := map[string]bool{"testsuites": true, "testsuite": true, "testcase": true, "failure": true, "error": true, "skipped": true, "system-out": true}
	dec = xml.NewDecoder(bytes.NewReader(out))
	for {
		token, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && !known[e.Name.Local] {
			t.Fatalf("element %s", e.Name.Local)
		}
	}
	return &s
}

// markdownOf checks that text of the trace stands within code or is escaped: outside of
// code there is no link, no image, no element but ours.
func markdownOf(t *testing.T, out []byte) {
	t.Helper()
	fence := ""
	details := 0
	for line := range strings.Lines(string(out)) {
		line = strings.TrimRight(line, "\n")
		if fence != "" {
			if line == fence {
				fence = ""
			}
			continue
		}
		if run := len(line) - len(strings.TrimLeft(line, "`")); run >= 3 && strings.HasSuffix(line, "`text") {
			fence = strings.Repeat("`", run)
			continue
		}
		text := spans(line)
		details += strings.Count(text, "<details>") - strings.Count(text, "</details>")
		text = strings.NewReplacer(`\\`, "", `\[`, "", `\]`, "", "<details>", "", "</details>", "", "<summary>", "", "</summary>", "", "<b>", "", "</b>", "").Replace(text)
		if strings.ContainsAny(text, "<>") || strings.Contains(text, "](") {
			t.Errorf("markup stands in %.200q", line)
		}
	}
	if fence != "" || details != 0 {
		t.Errorf("a code block or an element is not closed")
	}
}

// spans takes code spans out of a line.
func spans(line string) string {
	var out strings.Builder
	for {
		at := strings.IndexByte(line, '`')
		if at < 0 || at > 0 && line[at-1] == '\\' {
			out.WriteString(line)
			return out.String()
		}
		run := 0
		for at+run < len(line) && line[at+run] == '`' {
			run++
		}
		out.WriteString(line[:at])
		rest := line[at+run:]
		end := closing(rest, run)
		if end < 0 {
			out.WriteString(rest)
			return out.String()
		}
		line = rest[end+run:]
	}
}

// closing finds a run of exactly n backticks.
func closing(s string, n int) int {
	for i := 0; i < len(s); {
		if s[i] != '`' {
			i++
			continue
		}
		run := 0
		for i+run < len(s) && s[i+run] == '`' {
			run++
		}
		if run == n {
			return i
		}
		i += run
	}
	return -1
}

// TestStrict: incomplete evidence is a failure of its own under --strict.
func TestStrict(t *testing.T) {
	r := hostileReport("x")
	r.Strict = true
	if s := junitOf(t, write(t, "junit", r)); s.Failures != 2 || s.Skipped != 1 {
		t.Errorf("%d failures, %d skipped", s.Failures, s.Skipped)
	}
	r.FailOn = analyze.NumSeverities
	if s := junitOf(t, write(t, "junit", r)); s.Failures != 1 {
		t.Errorf("%d failures with --fail-on none", s.Failures)
	}
}

// TestValues: views keep their value up to what is escaped.
func TestValues(t *testing.T) {
	var doc struct {
		Runs []struct {
			Results []struct {
				Properties map[string]any
				Message    struct{ Text string }
			}
		}
	}
	if err := json.Unmarshal(write(t, "sarif", hostileReport("/tmp/a\x1b b")), &doc); err != nil {
		t.Fatal(err)
	}
	got := doc.Runs[0].Results[0]
	if got.Properties["enter"] != `/tmp/a\x1b b` || got.Properties["kernel"] != `/k/tmp/a\x1b b` {
		t.Errorf("properties %v", got.Properties)
	}
	if want := `openat pathname: divergent: showed "/tmp/a\x1b b", the kernel used "/k/tmp/a\x1b b" ("/tmp/a\x1b b"[1])`; got.Message.Text != want {
		t.Errorf("message %s\nwant    %s", got.Message.Text, want)
	}
}

// The page runs nothing, loads nothing, and shows each finding with its views.
func TestHTML(t *testing.T) {
	for name, s := range hostile {
		t.Run(name, func(t *testing.T) {
			out := string(write(t, "html", hostileReport(s)))
			checkClear(t, []byte(out))
			for _, bad := range []string{"<script", "<img", "href=", "src=", "javascript:b\"", "onload"} {
				if strings.Contains(out, bad) {
					t.Errorf("%q stands in the page", bad)
				}
			}
			if !strings.Contains(out, "default-src &#39;none&#39;") && !strings.Contains(out, "default-src 'none'") {
				t.Error("the page has no policy")
			}
			if n := strings.Count(out, "<article"); n != 3 {
				t.Errorf("%d findings, want 3", n)
			}
			if strings.Count(out, "<svg") != 3 || strings.Count(out, `class="enter"`) < 3 {
				t.Error("a finding has no picture, or it lacks the enter view")
			}
		})
	}
}

// A view that is too long for its place is cut where all views are alike.
func TestViewsAreCutWhereTheyAreAlike(t *testing.T) {
	long := strings.Repeat("/directory", 20)
	texts := func(texts ...string) (views []view) {
		for _, text := range texts {
			views = append(views, view{Text: text})
		}
		return views
	}
	for _, c := range []struct {
		views []view
		want  string // in every text
		same  bool   // texts are as they were
	}{
		{texts("short", "other"), "", true},
		{texts(long+"/a-file", long+"/b-file"), "-file", false},
		{texts("/a"+long, "/b"+long), "/directory", false},
		{texts("é"+long+"é/a-file", "é"+long+"é/b-file", "é"+long+"é/a-file"), "-file", false},
	} {
		n := alike(c.views)
		shown := map[string]bool{}
		for _, v := range c.views {
			got := around(v.Text, n, maxSymbol)
			if !utf8.ValidString(got) || len(got) > maxSymbol+2*len("…") || !strings.Contains(got, c.want) || c.same != (got == v.Text) {
				t.Errorf("%q is shown as %q", v.Text, got)
			}
			shown[got] = true
		}
		if len(shown) != 2 {
			t.Errorf("two values are shown as %v", shown)
		}
	}
}

// Red is what differs from what was shown; that an execve took the old memory
// away, or that a page could not be read, is no difference.
func TestWhatDiffersIsMarked(t *testing.T) {
	seen := func(s string) analyze.View { return analyze.View{Status: format.ViewOK, Bytes: []byte(s)} }
	for _, c := range []struct {
		enter, kernel, exit analyze.View
		want                string
	}{
		{seen("/a"), seen("/b"), analyze.View{Status: format.ViewReplaced}, "kernel"},
		{seen("/a"), seen("/a"), seen("/b"), "exit"},
		{seen("/a"), seen("/b"), seen("/b"), "kernel exit"},
		{analyze.View{Status: format.ViewUnreadable}, seen("/b"), seen("/b"), ""},
	} {
		var got []string
		for _, v := range viewsOf(&analyze.Finding{Enter: c.enter, Kernel: c.kernel, Exit: c.exit, Witness: []string{"putname"}}) {
			if v.Differs {
				got = append(got, v.Kind)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%v: marked %q, want %q", c, got, c.want)
		}
	}
}

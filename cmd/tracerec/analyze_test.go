package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tracerec/tracerec/format"
)

// openTrace writes a trace of one openat that showed enter; the kernel used
// kernel, or was not witnessed when that is empty.
func openTrace(t *testing.T, enter, kernel string) string {
	t.Helper()
	b := format.NewBatch(1)
	i := b.Append()
	for c, v := range map[format.ColumnID]uint64{
		format.ColEvent: uint64(format.EventSyscall), format.ColABI: uint64(format.ABIAMD64), format.ColNR: 257,
		format.ColTID: 7, format.ColTGID: 7, format.ColCall: 1, format.ColTime: 100, format.ColRet: 3,
		format.ColAEnterStatus: uint64(format.ViewOK), format.ColAExitStatus: uint64(format.ViewSame),
	} {
		b.Set(c, i, v)
	}
	b.SetBytes(format.ColAEnter, i, []byte(enter))
	switch kernel {
	case "":
	case enter:
		b.Set(format.ColAKernelStatus, i, uint64(format.ViewSame))
		b.Set(format.ColARungs, i, uint64(format.RungPutname))
	default:
		b.SetBytes(format.ColAKernel, i, []byte(kernel))
		b.Set(format.ColAKernelStatus, i, uint64(format.ViewOK))
		b.Set(format.ColARungs, i, uint64(format.RungPutname))
	}
	path := filepath.Join(t.TempDir(), "t.trc")
	w, err := format.Create(path, &format.Header{Host: "lab", BootID: "b"}, format.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(b, format.Clock{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(&format.Totals{}); err != nil {
		t.Fatal(err)
	}
	return path
}

func analyzeWith(args ...string) (code int, out string) {
	var stdout bytes.Buffer
	root := newRoot()
	root.SetArgs(append([]string{"analyze"}, args...))
	root.SetOut(&stdout)
	return run(root), stdout.String()
}

func TestAnalyzeExitCodes(t *testing.T) {
	clean, raced, blind := openTrace(t, "/tmp/a", "/tmp/a"), openTrace(t, "/tmp/a", "/tmp/b"), openTrace(t, "/tmp/a", "")
	junk := filepath.Join(t.TempDir(), "junk")
	if err := os.WriteFile(junk, []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{clean, 0, "nothing found in 1 compared argument"},
		{clean + " --strict", 0, "nothing found"},
		{raced, 1, "HIGH  divergent  openat pathname"},
		{raced + " --strict", 1, "/tmp/b"},
		{raced + " --fail-on high", 1, ""},
		{raced + " --fail-on critical", 0, "HIGH  divergent"},
		{raced + " --fail-on none", 0, ""},
		{raced + " --verdict consistent", 1, "1 high divergent"},
		{raced + " --io-uring", 0, "nothing found"},
		{raced + " --toctou --color always", 1, "\x1b[31m"},
		{clean + " --verdict consistent", 0, "INFO  consistent"},
		{clean + " " + raced, 1, "nothing found"},
		{blind, 0, "this is no clean result"},
		{blind + " --strict", 3, "missing"},
		{clean + " " + blind + " --strict", 3, ""},
		{raced + " " + blind + " --strict", 1, ""},
		{"/nonexistent.trc", 2, ""},
		{junk, 2, ""},
		{"", 2, ""},
		{clean + " --fail-on much", 2, ""},
		{clean + " --verdict guilty", 2, ""},
		{clean + " --color blue", 2, ""},
		{clean + " --limit -1", 2, ""},
	} {
		code, out := analyzeWith(strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(out, c.want) {
			t.Errorf("analyze %s: exit %d, want %d; want %q in\n%s", c.args, code, c.code, c.want, out)
		}
		if code == 2 && out != "" {
			t.Errorf("analyze %s: output after a failure: %s", c.args, out)
		}
	}
}

// TestAnalyzeDamaged: a damaged file is never a success, a cut one is
// incomplete, and neither keeps the other files from being reported.
func TestAnalyzeDamaged(t *testing.T) {
	clean, raced := openTrace(t, "/tmp/a", "/tmp/a"), openTrace(t, "/tmp/a", "/tmp/b")
	change := func(from string, f func([]byte) []byte) string {
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(t.TempDir(), "t.trc")
		if err := os.WriteFile(to, f(b), 0o600); err != nil {
			t.Fatal(err)
		}
		return to
	}
	r, err := format.Open(clean)
	if err != nil {
		t.Fatal(err)
	}
	at := r.BlockInfo(0)
	r.Close()
	damaged := change(clean, func(b []byte) []byte { b[at.Offset+at.Size/2] ^= 1; return b })
	cut := change(clean, func(b []byte) []byte { return b[:at.Offset+at.Size] })
	for _, c := range []struct {
		args    string
		code    int
		reports int
	}{
		{damaged, 2, 1},
		{damaged + " --strict", 2, 1},
		{damaged + " --fail-on none", 2, 1},
		{damaged + " " + raced, 1, 2},
		{cut, 0, 1},
		{cut + " --strict", 3, 1},
		{clean + " /nonexistent.trc " + clean, 2, 2},
		{"/nonexistent.trc " + raced, 2, 1},
		{"--json " + clean + " " + damaged + " " + cut, 2, 3},
	} {
		code, out := analyzeWith(strings.Fields(c.args)...)
		reports := strings.Count(out, "summary of ") + strings.Count(out, `"type":"coverage"`)
		if code != c.code || reports != c.reports {
			t.Errorf("analyze %s: exit %d, want %d; %d reports, want %d:\n%s", c.args, code, c.code, reports, c.reports, out)
		}
	}
}

func TestAnalyzeJSON(t *testing.T) {
	raced := openTrace(t, "/tmp/a", "/tmp/b")
	code, out := analyzeWith("--json", raced, openTrace(t, "/tmp/a", "/tmp/a"))
	if code != 1 {
		t.Errorf("exit %d", code)
	}
	var types []string
	for line := range strings.Lines(out) {
		var v struct{ Type, File string }
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		types = append(types, v.Type)
		if v.Type == "finding" && v.File != raced {
			t.Errorf("finding of %s", v.File)
		}
	}
	if got := strings.Join(types, " "); got != "finding coverage coverage" {
		t.Errorf("lines: %s", got)
	}
}

// TestAnalyzeWidth: with --width a line of a finding is longer only when one value is; without a terminal
// each sentence is a line, for grep.
func TestAnalyzeWidth(t *testing.T) {
	const file = "../../testdata/captures/copies.trc"
	_, out, _ := tracerec("analyze", "--limit", "1", "--width", "70", file)
	for line := range strings.Lines(out) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 && !strings.Contains(line, `: "/tmp/`) {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, want := range []string{"/file--b\"\n          seen by putname\n", "/file--b\"\n            seen by putname\n", "\n  why     the kernel copied the value more than once, and one copy\n          differs from"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if _, out, _ = tracerec("analyze", "--limit", "1", file); !strings.Contains(out, "and one copy differs from what the program showed at enter\n") || !strings.Contains(out, "/file--b\"   seen by putname\n") {
		t.Errorf("without a terminal:\n%s", out)
	}
}

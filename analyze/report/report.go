package report

import (
	"io"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format/show"
)

// Report is all that one run of analyze has to say.
type Report struct {
	Files   []File
	FailOn  analyze.Severity // findings of it and above fail; NumSeverities: none does
	Strict  bool             // incomplete evidence fails
	Version string           // of tracerec
}

// File is the report on one file.
type File struct {
	Path     string
	Err      error // it could not be read: nothing else is set
	Coverage *analyze.Coverage
	Findings []*analyze.Finding // worst first
	Dropped  uint64             // more findings that are listed nowhere
}

// Failed says whether a finding counts for the exit code.
func (r *Report) Failed(f *analyze.Finding) bool { return f.Severity >= r.FailOn }

// Format is a form of report that is written when all is known.
type Format struct {
	Name  string
	Doc   string
	Write func(io.Writer, *Report) error
}

// Formats are all of them.
var Formats = []Format{
	{"sarif", "SARIF 2.1.0, for code scanning", SARIF},
	{"junit", "JUnit XML, for CI servers", JUnit},
	{"markdown", "Markdown, for tickets and pull requests", Markdown},
	{"html", "a page for people, without network or script", HTML},
}

// ByName finds a format.
func ByName(name string) (*Format, bool) {
	i := slices.IndexFunc(Formats, func(f Format) bool { return f.Name == name })
	if i < 0 {
		return nil, false
	}
	return &Formats[i], true
}

// Names are those of all formats.
func Names() (names []string) {
	for _, f := range Formats {
		names = append(names, f.Name)
	}
	return names
}

// clean is text without anything that a terminal, a browser or a parser would act on
// unless its own form is at it.
func clean(s string) string {
	if len(s) > maxText {
		return show.Escape([]byte(s[:maxText])) + "…"
	}
	return show.Escape([]byte(s))
}

// result sums a file up in a line.
func (f *File) result() string {
	if f.Err != nil {
		return "not read: " + clean(f.Err.Error())
	}
	var parts []string
	for s := analyze.Critical; s > analyze.Info; s-- {
		n := f.Coverage.At(s)
		if s < analyze.Critical {
			n -= f.Coverage.At(s + 1)
		}
		if n > 0 {
			parts = append(parts, humanize.Comma(int64(n))+" "+s.String())
		}
	}
	if len(parts) == 0 {
		return "nothing found in " + show.Count(f.Coverage.Compared(), "compared argument")
	}
	return strings.Join(parts, ", ")
}

// message is a finding in full: the table's lines.
func message(f *analyze.Finding) string {
	lines := f.Lines()
	for i, line := range lines {
		if len(line) > maxText {
			lines[i] = strings.ToValidUTF8(line[:maxText], "") + "…"
		}
	}
	if len(lines) > maxLines {
		lines = append(lines[:maxLines], "…")
	}
	return strings.Join(lines, "\n")
}

// Single texts and findings are cut there: JSON Lines has all of them.
const (
	maxText  = 1024 // bytes
	maxLines = 64
)

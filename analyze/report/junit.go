package report

import (
	"encoding/xml"
	"io"
	"strconv"
	"time"

	"github.com/tracerec/tracerec/format/show"
)

// Suites is a JUnit report; the dialect is that of Jenkins' junit-10.xsd, which
// GitLab, GitHub actions and most others read.
type Suites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Skipped  int      `xml:"skipped,attr"`
	Time     string   `xml:"time,attr,omitempty"`
	Suites   []Suite  `xml:"testsuite"`
}

// Suite is one file or directory.
type Suite struct {
	Name     string `xml:"name,attr"`
	Tests    int    `xml:"tests,attr"`
	Failures int    `xml:"failures,attr"`
	Errors   int    `xml:"errors,attr"`
	Skipped  int    `xml:"skipped,attr"`
	Time     string `xml:"time,attr,omitempty"`
	Cases    []Case `xml:"testcase"`
}

// Case is one expectation or finding.
type Case struct {
	Class   string   `xml:"classname,attr"`
	Name    string   `xml:"name,attr"`
	Time    string   `xml:"time,attr,omitempty"`
	Failure *Outcome `xml:"failure"`
	Error   *Outcome `xml:"error"`
	Skipped *Outcome `xml:"skipped"`
	Out     string   `xml:"system-out,omitempty"`
}

// Outcome says why a case did not pass.
type Outcome struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// Seconds writes a duration as JUnit does.
func Seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }

// Add counts a case and appends it.
func (s *Suite) Add(c Case) {
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

// Write counts the suites and writes them.
func (s *Suites) Write(w io.Writer) error {
	s.Tests, s.Failures, s.Errors, s.Skipped = 0, 0, 0, 0
	for i := range s.Suites {
		t := &s.Suites[i]
		s.Tests, s.Failures, s.Errors, s.Skipped = s.Tests+t.Tests, s.Failures+t.Failures, s.Errors+t.Errors, s.Skipped+t.Skipped
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(s); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// JUnit writes the report as test cases: one for each finding, which fails where the
// exit code counts it, and one for the evidence of each file.
func JUnit(w io.Writer, r *Report) error {
	out := Suites{Name: "tracerec analyze"}
	for i := range r.Files {
		f := &r.Files[i]
		name := clean(f.Path)
		suite := Suite{Name: name}
		if f.Err != nil {
			suite.Add(Case{Class: name, Name: "read", Error: &Outcome{Message: clean(f.Err.Error()), Type: "unreadable"}})
			out.Suites = append(out.Suites, suite)
			continue
		}
		evidence := Case{Class: name, Name: "evidence is complete", Out: f.result()}
		if missing := f.Coverage.Incomplete; len(missing) > 0 {
			o := &Outcome{Message: show.Count(uint64(len(missing)), "reason") + " why the evidence is incomplete", Type: "incomplete"}
			for _, why := range missing {
				o.Text += clean(why) + "\n"
			}
			if r.Strict {
				evidence.Failure = o
			} else {
				evidence.Skipped = o
			}
		}
		suite.Add(evidence)
		for _, finding := range f.Findings {
			c := Case{Class: name + "." + clean(finding.RuleID()), Name: finding.ID + " " + finding.Headline()}
			if r.Failed(finding) {
				c.Failure = &Outcome{Message: finding.Severity.String() + ": " + finding.Headline(), Type: clean(finding.RuleID()), Text: message(finding)}
			} else {
				c.Out = message(finding)
			}
			suite.Add(c)
		}
		if f.Dropped > 0 {
			suite.Add(Case{Class: name, Name: "all findings are listed", Skipped: &Outcome{Message: show.CountOf(f.Dropped, "more is", "more are") + " not listed: --limit 0 lists all"}})
		}
		out.Suites = append(out.Suites, suite)
	}
	return out.Write(w)
}

func itoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

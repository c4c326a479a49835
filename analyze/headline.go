package analyze

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// maxHeadline is where a headline is cut, in bytes.
const maxHeadline = 400

// Headline says a finding in one line of safe text.
func (f *Finding) Headline() string {
	s := f.Syscall + " " + f.Argument + ": " + f.Verdict.String()
	if f.Syscall == "none" {
		s = f.Argument + ": " + f.Verdict.String()
	}
	switch {
	case f.Analysis == "policy":
		s = show.Escape([]byte(f.Rule)) + ": " + f.Reason // escaped where it was made
	case f.Enter.Bytes != nil && f.Kernel.Bytes != nil && !bytes.Equal(f.Enter.Bytes, f.Kernel.Bytes):
		s += ": showed " + f.viewText(f.Enter, nil) + ", the kernel used " + f.viewText(f.Kernel, nil)
	case f.Kernel.Bytes != nil:
		s += ": the kernel used " + f.viewText(f.Kernel, nil)
	default:
		s += ": " + f.Reason
	}
	if len(s) > maxHeadline {
		s = strings.ToValidUTF8(s[:maxHeadline], "") + "…"
	}
	if f.whole() {
		return s
	}
	return fmt.Sprintf("%s (%s[%d])", s, bare(f.Comm), f.PID)
}

// whole says that a finding is about the recording as a whole, not about a task's.
func (f *Finding) whole() bool { return f.PID == 0 && f.TID == 0 }

// When is the time of a finding in UTC, "" for one that has none: that a file is missing, for example.
func (f *Finding) When() string {
	if f.Time.IsZero() {
		return ""
	}
	return f.Time.Format(timeLayout)
}

// Lines are the table's text about a finding: labels and values, safe on a
// terminal, without colour.
func (f *Finding) Lines() []string {
	var buf bytes.Buffer
	NewTable(&buf, false).Finding(f)
	return strings.Split(strings.TrimRight(buf.String(), "\n"), "\n")
}

// RuleID names what was broken, for reports that count by rule: toctou/divergent.
func (f *Finding) RuleID() string {
	rule := f.Rule
	if rule == "" {
		rule = f.Verdict.String()
	}
	return f.Analysis + "/" + rule
}

// ViewRows are the three views as rows of a label and safe text; none where
// nothing was seen.
func (f *Finding) ViewRows() (rows [][2]string) {
	kernel := "kernel"
	if len(f.Witness) > 0 {
		kernel += " (" + strings.Join(f.Witness, ", ") + ")"
	}
	for _, v := range []struct {
		label string
		View
	}{{"enter", f.Enter}, {kernel, f.Kernel}, {"exit", f.Exit}} {
		if v.Bytes == nil && v.Status == format.ViewNone {
			continue
		}
		rows = append(rows, [2]string{v.label, f.viewText(v.View, nil)})
	}
	return rows
}

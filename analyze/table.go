package analyze

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// Table writes reports for people: each finding with its three views one
// under the other, so that the eye sees the lie.
type Table struct {
	w     io.Writer
	color bool
	times show.Options
	width int
	err   error
}

// NewTable writes to w, with colours if asked to, and with times in UTC.
func NewTable(w io.Writer, color bool) *Table {
	return &Table{w: w, color: color, times: show.Options{Time: show.TimeUTC}}
}

// Times has times written as Time and Zone of o say.
func (t *Table) Times(o show.Options) { t.times = o }

// Width has the lines of findings broken to fit that many columns, at least 40, where
// values are not longer; 0 leaves a line for each sentence, which is better for grep
// and for files.
func (t *Table) Width(columns int) {
	if t.width = columns; columns > 0 {
		t.width = max(columns, 40)
	}
}

// margin is what stands before the text of a labelled line.
const margin = len("  process ")

// prose prints a labelled sentence.
func (t *Table) prose(label, text string) {
	if t.width == 0 {
		t.line(label, text)
		return
	}
	for _, line := range show.Wrap(text, t.width-margin) {
		t.line(label, line)
		label = ""
	}
}

// fact prints one of several that stand below each other: its further lines stand deeper.
func (t *Table) fact(label, text string) {
	if t.width == 0 {
		t.line(label, text)
		return
	}
	deeper := ""
	for _, line := range show.Wrap(text, t.width-margin-2) {
		t.line(label, deeper+line)
		label, deeper = "", "  "
	}
}

// parts prints a value and what is said of it, which goes to a line of its own where
// both do not fit into one.
func (t *Table) parts(label, value, gap, about string) {
	plain := value
	if t.color {
		plain = escapes.ReplaceAllString(value, "")
	}
	switch {
	case about == "":
		t.line(label, value)
	case t.width == 0, margin+show.Width([]byte(plain))+len(gap)+show.Width([]byte(about)) <= t.width:
		t.line(label, value+gap+t.paint(show.Dim, about))
	default:
		t.line(label, value)
		if label == "" {
			about = "  " + about // below it
		}
		t.line("", t.paint(show.Dim, about))
	}
}

// escapes are the colours that paint has added.
var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// moment is when a finding's call began. The finding carries its own clocks.
func (t *Table) moment(f *Finding) string {
	if f.Time.IsZero() {
		return ""
	}
	o := t.times
	o.Clock = format.Clock{Boottime: f.Boottime, Realtime: f.Time.UnixNano()}
	o.Start = f.Boottime - int64(f.Since)
	return o.Moment(f.Boottime)
}

// Err is the first error in writing.
func (t *Table) Err() error { return t.err }

func (t *Table) printf(layout string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, layout, args...)
	}
}

var severityColors = [NumSeverities]show.Colour{Info: show.Dim, Low: show.Cyan, Medium: show.Yellow, High: show.Red, Critical: show.BoldRed}

func (t *Table) paint(c show.Colour, s string) string {
	if !t.color || s == "" {
		return s
	}
	return c.Paint(s)
}

// line prints one labelled line of a finding.
func (t *Table) line(label, value string) { t.printf("  %-8s%s\n", label, value) }

// Finding prints one finding.
func (t *Table) Finding(f *Finding) {
	what := f.Syscall + " " + f.Argument
	switch {
	case f.Verdict == Matched:
		what = show.Escape([]byte(f.Rule))
	case f.Syscall == "none":
		what = f.Argument
	}
	t.printf("%s  %s  %s  %s\n",
		t.paint(severityColors[f.Severity], strings.ToUpper(f.Severity.String())),
		t.paint(show.Bold, f.Verdict.String()),
		t.paint(show.Bold, what),
		t.paint(show.Dim, t.moment(f)))
	views := f.Enter.Status != format.ViewNone || f.Kernel.Status != format.ViewNone || f.Exit.Status != format.ViewNone || f.Verdict < Unpaired
	if f.Verdict != Unpaired && views {
		t.line("enter", f.viewText(f.Enter, nil))
	}
	kernel := f.viewText(f.Kernel, f.Enter.Bytes)
	if f.Compared && (f.Verdict == Divergent || f.Verdict == MultipleCopies) {
		kernel = t.paint(show.Red, kernel)
	}
	seen := ""
	if len(f.Witness) > 0 {
		seen = "seen by " + strings.Join(f.Witness, ", ")
	}
	if views {
		t.parts("kernel", kernel, "   ", seen)
	}
	for i, c := range f.Copies {
		t.parts("", fmt.Sprintf("copy %d: %s", i+1, f.viewText(c.View, f.Enter.Bytes)), "   ", "seen by "+show.Rungs(c.Rungs))
	}
	if f.Verdict != Unpaired && views {
		exit := f.viewText(f.Exit, f.Enter.Bytes)
		if f.Verdict == PostUseChange || f.Verdict == Unwitnessed && f.Severity > Info {
			exit = t.paint(show.Red, exit)
		}
		t.line("exit", exit)
	}
	if o := f.Object; o.Path != nil || o.Ino != 0 {
		at := fmt.Sprintf("dev %s ino %d", show.AppendDev(nil, o.Dev), o.Ino)
		if o.Path != nil {
			name := show.Text(f.objectKind(), o.Path)
			if len(o.Path) > longValue {
				name = fmt.Sprintf("%s … (%d bytes)", show.Quote(o.Path[:someBytes]), len(o.Path))
			}
			t.parts("object", name, "  ", at)
		} else {
			t.line("object", at)
		}
	}
	t.prose("why", f.Reason)
	if !f.whole() {
		t.prose("process", f.processText())
	}
	if len(f.Ancestors) > 0 {
		t.prose("from", f.ancestorText())
	}
	if f.Verdict != Unpaired && views {
		t.prose("memory", f.threadText())
	}
	if rules := f.severityText(); rules != "" {
		t.prose("rating", rules)
	}
	t.evidence(f)
	id := "id " + f.ID
	if f.File != "" {
		id += "  " + bare(f.File)
	}
	row := fmt.Sprintf("row %d", f.Seq)
	if f.Call != 0 {
		row += fmt.Sprintf("  call %d", f.Call)
	}
	t.parts("", t.paint(show.Dim, id), "  ", row)
	t.printf("\n")
}

// severityText names the rules by which a finding's severity is what it is.
func (f *Finding) severityText() string {
	var parts []string
	if len(f.Raised) > 0 {
		parts = append(parts, "raised by "+strings.Join(f.Raised, ", "))
	}
	if len(f.Lowered) > 0 {
		parts = append(parts, "lowered by "+strings.Join(f.Lowered, ", "))
	}
	return strings.Join(parts, "; ")
}

// maxEvidence is how many rows of evidence the table shows; JSON has all.
const maxEvidence = 12

func (t *Table) evidence(f *Finding) {
	label := "facts"
	for i, shown := 0, 0; i < len(f.Evidence); shown++ {
		if shown == maxEvidence {
			t.line("", t.paint(show.Dim, fmt.Sprintf("and %d more, in --json", len(f.Evidence)-i)))
			return
		}
		e := &f.Evidence[i]
		var s strings.Builder
		if e.Boottime != 0 {
			s.WriteString(fromCall(e.Boottime-f.Boottime) + "  ")
		}
		fmt.Fprintf(&s, "%s: %s", e.Role, show.Escape([]byte(e.What)))
		who := e.group(f.Evidence[i:])
		i += len(who)
		for n, w := range who[:min(len(who), maxWho)] {
			if w.Who.TID != 0 {
				s.WriteString([]string{"  ", ", "}[min(n, 1)] + w.Who.text())
			}
		}
		if len(who) > maxWho {
			fmt.Fprintf(&s, ", %d more", len(who)-maxWho)
		}
		if e.Row {
			in := ""
			if e.File != "" {
				in = "  " + bare(e.File)
			}
			at := fmt.Sprintf("%s  row %d", in, e.Seq)
			if t.width == 0 {
				at = t.paint(show.Dim, at) // what is broken between words knows no colours
			}
			s.WriteString(at)
		}
		t.fact(label, s.String())
		label = ""
	}
}

// maxWho is how many are named of whom the same is said.
const maxWho = 4

// group is how much of list, which begins with e, is the same of several tasks:
// what has no time, and so no row.
func (e *Evidence) group(list []Evidence) []Evidence {
	n := 1
	for e.Boottime == 0 && !e.Row && n < len(list) {
		if o := &list[n]; o.Boottime != 0 || o.Row || o.Role != e.Role || o.What != e.What || o.Who.TID == 0 {
			break
		}
		n++
	}
	return list[:n]
}

// text names a thread.
func (th *Thread) text() string {
	s := fmt.Sprintf("%s[%d]", bare(th.Comm), th.TID)
	if th.PID != th.TID && th.PID != 0 {
		s += fmt.Sprintf(" of process %d", th.PID)
	}
	if th.Ended {
		s += " (ended)"
	}
	return s
}

// viewText says a view, or why there is none.
func (f *Finding) viewText(v View, enter []byte) string {
	if v.Bytes == nil {
		if v.Status == format.ViewUnreadable && f.Enter.Status == format.ViewUnreadable {
			return "unreadable (" + show.VMA(f.VMA) + " memory)"
		}
		if v.Status == format.ViewNone {
			return "not seen"
		}
		return show.Status(v.Status)
	}
	var s string
	switch {
	case len(v.Bytes) > longValue:
		s = f.longText(v.Bytes, enter)
	case f.Kind == format.KindPath:
		s = show.Quote(v.Bytes)
	case f.Kind.Strings() && len(v.Bytes) == 0:
		s = "(empty)"
	default:
		s = show.Text(f.Kind, v.Bytes)
	}
	if v.Status == format.ViewTruncated {
		if v.Len > 0 {
			s += fmt.Sprintf(" … first %d of %d bytes", len(v.Bytes), v.Len)
		} else {
			s += fmt.Sprintf(" … first %d bytes", len(v.Bytes))
		}
	}
	if enter != nil && bytes.Equal(v.Bytes, enter) {
		s += "  (as at enter)"
	}
	return s
}

const (
	longValue = 512 // bytes that are shown whole
	someBytes = 160 // of a longer value: its beginning, and where it differs
)

// longText shows the beginning of a long value, and where it parts from what
// was shown at enter. JSON has it whole.
func (f *Finding) longText(v, enter []byte) string {
	kind := f.Kind
	cut := func(from int) string {
		part := v[from:min(from+someBytes, len(v))]
		if kind.Strings() {
			return show.Text(kind, part)
		}
		return show.Quote(part)
	}
	s := fmt.Sprintf("%s … (%d bytes)", cut(0), len(v))
	if enter == nil || bytes.Equal(v, enter) {
		return s
	}
	at := 0
	for at < len(v) && at < len(enter) && v[at] == enter[at] {
		at++
	}
	if at == len(v) {
		return s + ", ends where the enter view goes on"
	}
	return s + fmt.Sprintf(", from byte %d: %s", at, show.Quote(v[at:min(at+someBytes/4, len(v))]))
}

func (f *Finding) processText() string {
	s := fmt.Sprintf("%s[%d]", bare(f.Comm), f.PID)
	if f.TID != f.PID {
		s += fmt.Sprintf(" thread %d", f.TID)
	}
	s += fmt.Sprintf(" uid %d", f.UID)
	switch {
	case f.Verdict == Unpaired || f.Verdict == Tampering || f.Verdict == Matched:
	case f.NoExit:
		s += ", not seen to return"
	default:
		s += fmt.Sprintf(", returned %s after %s", show.AppendRet(nil, f.Ret), show.Duration(int64(f.Duration)))
	}
	return s
}

func (f *Finding) ancestorText() string {
	var names []string
	for _, p := range f.Ancestors {
		name := p.Comm
		if p.Exe != "" {
			name = p.Exe
		}
		if name == "" {
			names = append(names, fmt.Sprintf("[%d]", p.PID))
			continue
		}
		names = append(names, fmt.Sprintf("%s[%d]", bare(name), p.PID))
	}
	return strings.Join(names, " ← ")
}

func (f *Finding) threadText() string {
	if len(f.Threads) == 0 {
		return "no other task is known to share it: ptrace, /proc/pid/mem or shared memory remain"
	}
	const most = 3 // on one line
	var names []string
	more := f.MoreThreads
	for i, th := range f.Threads {
		if i == most {
			more += len(f.Threads) - most
			break
		}
		name := fmt.Sprintf("%s %d", bare(th.Comm), th.TID)
		if th.PID != f.PID {
			name += fmt.Sprintf(" of process %d", th.PID)
		}
		if th.Ended {
			name += " (ended during the call)"
		}
		names = append(names, name)
	}
	if more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return "shared with " + strings.Join(names, ", ")
}

// fromCall says when something was, seen from a call's begin.
func fromCall(ns int64) string {
	if ns > 0 {
		return "+" + show.Duration(ns)
	}
	return show.Duration(ns)
}

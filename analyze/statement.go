package analyze

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/tracerec/tracerec/format/show"
)

// Coverage prints the summary and the coverage statement of one file. dropped
// are findings that a limit kept from being shown.
func (t *Table) Coverage(c *Coverage, dropped uint64) {
	title := "summary"
	if c.File != "" {
		title += " of " + bare(c.File)
	}
	t.printf("%s\n", t.paint(bold, title))
	t.line("host", fmt.Sprintf("%s, Linux %s, boot %s", bare(c.Host), bare(c.Kernel), bare(c.BootID)))
	t.line("rows", fmt.Sprintf("%d, of them %s; %s", c.Rows, count(c.Calls, "syscall"), strings.Join(c.Analyses, ", ")))
	t.line("result", t.result(c))
	if dropped > 0 {
		t.line("", moreFindings(dropped)+" not shown: --limit 0 shows all")
	}
	if len(c.Arguments) > 0 {
		t.arguments(c)
	}
	for _, u := range c.Unpaired {
		t.printf("  unpaired  %d %s (%s): %s\n", u.Count, u.Witness, u.Severity, u.Reason)
	}
	for _, k := range c.Lost.keys() {
		t.printf("  lost      %s, cpu %d, %s lane\n", count(c.Lost.Count[k], className(k.Class)+" record"), k.CPU, laneName(k.Lane))
	}
	if c.Orphans > 0 {
		t.printf("  orphans   %s whose call is not in the trace\n", count(c.Orphans, "witness"))
	}
	for _, n := range c.Notes {
		t.printf("  note      %s\n", show.Escape([]byte(n)))
	}
	for _, n := range c.Incomplete {
		t.printf("  %s%s\n", t.paint("33", "missing   "), show.Escape([]byte(n)))
	}
}

// result is the one line that must not be misread: what was found, and
// whether there was anything to look at.
func (t *Table) result(c *Coverage) string {
	var found []string
	for v := range NumVerdicts {
		for s := range NumSeverities {
			s = NumSeverities - 1 - s // worst first
			if n := c.Rated[v][s]; n > 0 && (s > Info || c.Info) {
				found = append(found, t.paint(severityColors[s], fmt.Sprintf("%d %s %s", n, s, v)))
			}
		}
	}
	compared := c.Compared()
	switch {
	case len(found) > 0:
		return strings.Join(found, ", ")
	case len(c.Arguments) > 0 && compared == 0:
		return t.paint("33", "nothing could be compared: this is no clean result")
	case len(c.Incomplete) > 0:
		return t.paint("33", "nothing found in "+count(compared, "compared argument")+", but the evidence is incomplete")
	case len(c.Arguments) == 0:
		return "nothing found; no arguments were compared, that analysis was not asked for"
	}
	return "nothing found in " + count(compared, "compared argument")
}

func moreFindings(n uint64) string {
	if n == 1 {
		return "1 more finding is"
	}
	return fmt.Sprintf("%d more findings are", n)
}

// count is a number and what it counts: "1 witness", "2 witnesses".
func count(n uint64, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case strings.HasSuffix(what, "s"):
		what += "e"
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// wrap prints words after a label in lines of at most 80 columns.
func (t *Table) wrap(label string, words []string) {
	line := "  " + label
	for i, w := range words {
		if i+1 < len(words) {
			w += ","
		}
		if len(line)+1+len(w) > 80 {
			t.printf("%s\n", line)
			line = "     "
		}
		line += " " + w
	}
	t.printf("%s\n", line)
}

// arguments prints who was compared how often, by whom, and what that leaves open.
func (t *Table) arguments(c *Coverage) {
	t.printf("%s\n", t.paint(bold, "coverage"))
	tw := tabwriter.NewWriter(t.w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(tw, "  argument\tcalls\tconsist.\tdiverg.\tcopies\tpost-use\tunread.\tredir.\tunwit.\tinconcl.\tagreed\t\n")
	var none []string
	for i := range c.Arguments {
		a := &c.Arguments[i]
		if a.Calls == 0 {
			none = append(none, a.Syscall+"."+a.Argument)
			continue
		}
		v := &a.Verdicts
		fmt.Fprintf(tw, "  %s.%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", a.Syscall, a.Argument, a.Calls,
			v[Consistent], v[Divergent], v[MultipleCopies], v[PostUseChange], v[Unreadable], v[Redirected], v[Unwitnessed], v[Inconclusive], a.Agreed)
	}
	if err := tw.Flush(); t.err == nil {
		t.err = err
	}
	for i := range c.Arguments {
		if c.Arguments[i].Calls > 0 {
			t.argument(&c.Arguments[i])
		}
	}
	if len(none) > 0 {
		t.wrap("not called:", none)
	}
}

func (t *Table) argument(a *ArgCoverage) {
	var by []string
	for _, r := range a.Rungs {
		by = append(by, fmt.Sprintf("%s %d", r.Rung, r.Calls))
	}
	seen := "seen by nobody"
	if len(by) > 0 {
		seen = "seen by " + strings.Join(by, ", ")
	}
	switch {
	case !a.Known:
		seen += "; the trace does not say which witnesses were active"
	case len(a.Active) > 0:
		seen += "; active: " + strings.Join(a.Active, ", ")
	}
	t.printf("  %s.%s: %s\n", a.Syscall, a.Argument, show.Escape([]byte(seen)))
	for _, r := range a.Reasons {
		if r.Verdict != Divergent && r.Verdict != MultipleCopies {
			t.printf("      %d %s: %s\n", r.Calls, r.Verdict, r.Reason)
		}
	}
	for _, e := range a.Exposed {
		t.printf("      open: %s\n", e)
	}
}

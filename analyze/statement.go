package analyze

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
	"github.com/tracerec/tracerec/format/show"
)

// Coverage prints the summary and the coverage statement of one file. dropped
// are findings that a limit kept from being shown.
func (t *Table) Coverage(c *Coverage, dropped uint64) {
	title := "summary"
	if c.File != "" {
		title += " of " + bare(c.File)
	}
	if n := len(c.Files); n > 1 {
		title += fmt.Sprintf(" to %s, %d segments of one recording", bare(c.Files[n-1]), n)
	}
	t.printf("%s\n", t.paint(show.Bold, title))
	if c.Host == "" && c.Kernel == "" && c.BootID == "" {
		t.line("host", "not known: the header does not say")
	} else {
		t.prose("host", fmt.Sprintf("%s, Linux %s, boot %s", bare(c.Host), bare(c.Kernel), bare(c.BootID)))
	}
	label := "rows"
	for _, line := range show.Wrap(fmt.Sprintf("%s, of them %s; %s", humanize.Comma(int64(c.Rows)), show.Count(c.Calls, "syscall"), strings.Join(c.Analyses, ", ")), width-margin) {
		t.line(label, line)
		label = ""
	}
	t.line("result", t.result(c))
	if dropped > 0 {
		t.line("", moreFindings(dropped)+" not shown: --limit 0 shows all")
	}
	if len(c.Arguments) > 0 {
		t.arguments(c)
	}
	for _, u := range c.Unpaired {
		t.wrap(2, fmt.Sprintf("unpaired %s %s (%s): %s", humanize.Comma(int64(u.Count)), u.Witness, u.Severity, u.Reason))
	}
	t.risk(c)
	for _, p := range c.NamePairs {
		t.item("names", fmt.Sprintf("%s checked, then used: %s", humanize.Comma(int64(p.Calls)), p.Reason))
	}
	for _, k := range c.Lost.keys() {
		t.printf("  lost      %s\n", k.text(c.Lost.Count[k]))
	}
	if c.Orphans > 0 {
		t.printf("  orphans   %s whose call is not in the trace\n", show.Count(c.Orphans, "witness"))
	}
	for _, n := range c.Notes {
		t.item("note", show.Escape([]byte(n)))
	}
	for _, n := range c.Incomplete {
		t.item(t.paint(show.Yellow, "missing"), show.Escape([]byte(n)))
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
				found = append(found, t.paint(severityColors[s], fmt.Sprintf("%s %s %s", humanize.Comma(int64(n)), s, v)))
			}
		}
	}
	compared := c.Compared()
	switch {
	case len(found) > 0:
		return inLines(found, 2)
	case len(c.Arguments) > 0 && compared == 0:
		return t.paint(show.Yellow, "nothing could be compared: this is no clean result")
	case len(c.Incomplete) > 0:
		return t.paint(show.Yellow, "nothing found in "+show.Count(compared, "compared argument")+", but the evidence is incomplete")
	case len(c.Arguments) == 0:
		return "nothing found; no arguments were compared, that analysis was not asked for"
	}
	return "nothing found in " + show.Count(compared, "compared argument")
}

// inLines joins words with commas, n to a line of the summary.
func inLines(words []string, n int) string {
	var lines []string
	for part := range slices.Chunk(words, n) {
		lines = append(lines, strings.Join(part, ", "))
	}
	return strings.Join(lines, ",\n          ")
}

func moreFindings(n uint64) string { return show.CountOf(n, "more finding is", "more findings are") }

// width is that of the terminals that have always been.
const width = 80

// wrap prints text after an indent, in lines of at most width columns where
// its words allow it; further lines stand two columns deeper.
func (t *Table) wrap(indent int, text string) {
	pad := strings.Repeat(" ", indent)
	line := pad
	for i, word := range strings.Fields(text) {
		if i > 0 && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			t.printf("%s\n", line)
			line = pad + " "
		}
		if i > 0 {
			line += " "
		}
		line += word
	}
	t.printf("%s\n", line)
}

// item prints text behind what it is about, wrapped below itself.
func (t *Table) item(what, text string) {
	for _, line := range show.Wrap(text, width-12) {
		t.printf("  %s%s  %s\n", what, strings.Repeat(" ", max(0, 8-show.Width([]byte(what)))), line)
		what = ""
	}
}

// verdictHeads are the columns of the coverage table. One without a call is left
// out, so that a common table fits 80 columns.
var verdictHeads = []struct {
	verdict Verdict
	head    string
}{
	{Consistent, "consist."}, {Divergent, "diverg."}, {MultipleCopies, "copies"}, {PostUseChange, "post-use"}, {Unreadable, "unread."},
	{Redirected, "redir."}, {Unwitnessed, "unwit."}, {Inconclusive, "inconcl."},
}

// arguments prints who was compared how often, by whom, and what that leaves open.
func (t *Table) arguments(c *Coverage) {
	t.printf("%s\n", t.paint(show.Bold, "coverage"))
	tw := tabwriter.NewWriter(t.w, 0, 8, 1, ' ', tabwriter.AlignRight)
	heads := verdictHeads
	for i := len(heads) - 1; i > 0; i-- {
		if !slices.ContainsFunc(c.Arguments, func(a ArgCoverage) bool { return a.Verdicts[heads[i].verdict] > 0 }) {
			heads = slices.Delete(slices.Clone(heads), i, i+1)
		}
	}
	fmt.Fprint(tw, "  argument\tcalls\t")
	for _, h := range heads {
		fmt.Fprintf(tw, "%s\t", h.head)
	}
	fmt.Fprintln(tw)
	uncalled, leftOut := 0, 0
	for i := range c.Arguments {
		a := &c.Arguments[i]
		switch {
		case a.Calls == 0 && a.LeftOut:
			leftOut++
			continue
		case a.Calls == 0:
			uncalled++
			continue
		}
		fmt.Fprintf(tw, "  %s.%s\t%s\t", a.Syscall, a.Argument, humanize.Comma(int64(a.Calls)))
		for _, h := range heads {
			fmt.Fprintf(tw, "%s\t", humanize.Comma(int64(a.Verdicts[h.verdict])))
		}
		fmt.Fprintln(tw)
	}
	if err := tw.Flush(); t.err == nil {
		t.err = err
	}
	for i := range c.Arguments {
		if c.Arguments[i].Calls > 0 {
			t.argument(&c.Arguments[i])
		}
	}
	if uncalled > 0 {
		t.printf("  not called: %s that could have been compared\n", show.Count(uint64(uncalled), "further argument"))
	}
	if leftOut > 0 {
		t.printf("  not recorded: %s, left out by record -e\n", show.Count(uint64(leftOut), "further argument"))
	}
}

func (t *Table) argument(a *ArgCoverage) {
	var by []string
	for _, r := range a.Rungs {
		by = append(by, fmt.Sprintf("%s %s", r.Rung, humanize.Comma(int64(r.Calls))))
	}
	seen := "seen by nobody"
	if len(by) > 0 {
		seen = "seen by " + strings.Join(by, ", ")
	}
	if a.Agreed > 0 {
		seen += fmt.Sprintf(" (%s by two witnesses that agree)", humanize.Comma(int64(a.Agreed)))
	}
	switch {
	case !a.Known:
		seen += "; the trace does not say which witnesses were active"
	case len(a.Active) > 0:
		seen += "; active: " + strings.Join(a.Active, ", ")
	}
	t.wrap(2, fmt.Sprintf("%s.%s: %s", a.Syscall, a.Argument, show.Escape([]byte(seen))))
	for _, r := range a.Reasons {
		if r.Verdict != Divergent && r.Verdict != MultipleCopies {
			t.wrap(6, fmt.Sprintf("%s %s: %s", humanize.Comma(int64(r.Calls)), r.Verdict, r.Reason))
		}
	}
	for _, e := range a.Exposed {
		t.wrap(6, "open: "+e)
	}
}

// shownRisk is how many rows are shown where the list was not asked for alone.
const shownRisk = 5

// risk lists the calls that nobody but sys_enter saw.
func (t *Table) risk(c *Coverage) {
	var sum uint64
	for _, n := range c.Risk {
		sum += n.Calls
	}
	if sum += c.RiskMore; sum == 0 {
		return
	}
	t.wrap(2, fmt.Sprintf("at risk   %s whose argument only sys_enter showed", show.Count(sum, "call")))
	for i, n := range c.Risk {
		if i == shownRisk && len(c.Analyses) > 1 {
			t.wrap(6, fmt.Sprintf("and of %s: --toctou-risk lists all", show.Count(uint64(len(c.Risk)-i), "further process and argument")))
			return
		}
		text := fmt.Sprintf("%s %s.%s by %s[%d]", humanize.Comma(int64(n.Calls)), n.Syscall, n.Argument, bare(n.Comm), n.PID)
		if n.Possible {
			text += "; a witness exists and was not active: see tracerec doctor"
		}
		t.wrap(6, text)
	}
}

//go:build linux

package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/tracerec/tracerec/analyze"
)

// summary says what became of a boot, failures in full.
func (b *boot) summary(w io.Writer) {
	n := b.numbers
	fmt.Fprintf(w, "%s: %s, %d of %d drill cases caught (%d run twice), kernel view = truth %d of %d; benign: %d arguments compared, %d divergent, hooks and putname: %d alike, %d not; %d rows of the host; %d lost, %d runs skipped; boot %.0f s, in all %.0f s\n",
		b.target, b.result.Kernel, n.caught, n.cases, n.again, n.truth, n.seen, n.benign, n.divergent, n.agree, n.disagree, n.hostRows, n.lost, n.missed,
		b.result.Boot.Seconds(), b.result.Total.Seconds())
	for _, c := range b.checks {
		if c.status == failed {
			fmt.Fprintf(w, "  FAILED %s: %s\n", c.what, c.why)
		}
	}
}

// report prints the tables and counts the checks.
func report(w io.Writer, boots []*boot, markdown bool) (ok, bad, skip int) {
	reasons := &footnotes{}
	open := slices.DeleteFunc(slices.Clone(boots), func(b *boot) bool { return b.mode != "" })
	render(w, witnessTable(open, reasons), markdown)
	for i, r := range reasons.list {
		fmt.Fprintf(w, "%s[%d] %s\n", map[bool]string{true: "\n"}[markdown], i+1, r)
	}
	fmt.Fprintln(w)
	render(w, numberTable(boots), markdown)
	fmt.Fprintln(w)
	render(w, orderTable(open), markdown)
	said := map[string]bool{}
	fmt.Fprintln(w, "\nskipped, and why:")
	for _, b := range boots {
		for _, c := range b.checks {
			switch c.status {
			case passed:
				ok++
			case failed:
				bad++
			case skipped:
				skip++
				if line := c.what + ": " + c.why; !said[line] {
					said[line] = true
					fmt.Fprintf(w, "  %s\n", line)
				}
			}
		}
	}
	if skip == 0 {
		fmt.Fprintln(w, "  nothing")
	}
	return ok, bad, skip
}

// footnotes numbers reasons.
type footnotes struct{ list []string }

func (f *footnotes) mark(why string) string {
	i := slices.Index(f.list, why)
	if i < 0 {
		i = len(f.list)
		f.list = append(f.list, why)
	}
	return fmt.Sprintf("[%d]", i+1)
}

func witnessTable(boots []*boot, reasons *footnotes) table.Writer {
	t := table.NewWriter()
	header := table.Row{"witness", "rung"}
	for _, b := range boots {
		header = append(header, b.target.String())
	}
	t.AppendHeader(header)
	for _, key := range hookKeys() {
		row := table.Row{key.event, name(key.rung)}
		for _, b := range boots {
			row = append(row, b.cell(key, reasons))
		}
		t.AppendRow(row)
	}
	return t
}

func (b *boot) cell(key hookKey, reasons *footnotes) string {
	c, known := b.hooks[key]
	switch {
	case !known:
		return "no boot"
	case c.state == passed:
		return "works"
	case c.state == skipped:
		return "absent " + reasons.mark(c.why)
	}
	return "BROKEN " + reasons.mark(b.target.String()+": "+key.event+"/"+name(key.rung)+": "+c.why)
}

func numberTable(boots []*boot) table.Writer {
	t := table.NewWriter()
	t.AppendHeader(table.Row{"boot", "kernel", "drill", "kernel view = truth", "benign compared", "divergent", "hook = putname", "differ", "host rows", "lost", "skipped runs", "reboots", "boot s", "total s"})
	for _, b := range boots {
		n := b.numbers
		t.AppendRow(table.Row{
			b.target.String(), b.result.Kernel, fmt.Sprintf("%d/%d", n.caught, n.cases), fmt.Sprintf("%d/%d", n.truth, n.seen),
			n.benign, n.divergent, n.agree, n.disagree, n.hostRows, n.lost, n.missed, b.reboots,
			fmt.Sprintf("%.0f", b.result.Boot.Seconds()), fmt.Sprintf("%.0f", b.result.Total.Seconds()),
		})
	}
	return t
}

// swaps are the calls whose arguments the drill changes while the kernel waits
// for another: what is divergent there was copied later.
var swaps = []struct{ call, waits, swapped string }{
	{"openat2", "how", "pathname"},
	{"execve", "envp", "argv"},
	{"renameat2", "newpath", "oldpath"},
	{"renameat2", "oldpath", "newpath"},
	{"symlinkat", "linkpath", "target"},
	{"symlinkat", "target", "linkpath"},
}

// orderTable tells in which order each kernel copies a call's arguments, as measured.
func orderTable(boots []*boot) table.Writer {
	t := table.NewWriter()
	header := table.Row{"copied first, then"}
	for _, b := range boots {
		header = append(header, b.target.String())
	}
	t.AppendHeader(header)
	for _, s := range swaps {
		row := table.Row{s.call + ": " + s.waits + ", " + s.swapped}
		for _, b := range boots {
			cell := ""
			if rec := b.traces["drill"]; rec != nil && rec.verdicts(s.call, s.swapped, analyze.Divergent) > 0 {
				cell = "measured"
			}
			row = append(row, cell)
		}
		t.AppendRow(row)
	}
	return t
}

func render(w io.Writer, t table.Writer, markdown bool) {
	s := table.StyleLight
	s.Options = table.OptionsNoBordersAndSeparators
	t.SetStyle(s)
	if markdown {
		fmt.Fprintln(w, t.RenderMarkdown())
	} else {
		fmt.Fprintln(w, t.Render())
	}
}

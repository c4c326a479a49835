package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format/show"
)

// Markdown writes the report for tickets and pull requests: a table of files, each finding
// folded away under its headline, and what could not be seen.
func Markdown(w io.Writer, r *Report) error {
	out := bufio.NewWriter(w)
	fmt.Fprint(out, "# tracerec analyze\n\n| file | host | result | evidence |\n|---|---|---|---|\n")
	for i := range r.Files {
		f := &r.Files[i]
		if f.Err != nil {
			fmt.Fprintf(out, "| %s | | %s | |\n", code(f.Path), cell(f.result()))
			continue
		}
		evidence := "complete"
		if n := len(f.Coverage.Incomplete); n > 0 {
			evidence = fmt.Sprintf("**incomplete** (%s)", show.Count(uint64(n), "reason"))
		}
		fmt.Fprintf(out, "| %s | %s | %s | %s |\n", code(f.Path), code(f.Coverage.Host), cell(f.result()), evidence)
	}
	for i := range r.Files {
		f := &r.Files[i]
		if f.Err != nil {
			continue
		}
		if len(f.Findings) > 0 {
			fmt.Fprintf(out, "\n## Findings in %s\n", code(f.Path))
		}
		for _, finding := range f.Findings {
			fmt.Fprintf(out, "\n<details><summary><b>%s</b> %s</summary>\n\n%s\n</details>\n",
				strings.ToUpper(finding.Severity.String()), html(finding.Headline()), fence(message(finding)))
		}
		if f.Dropped > 0 {
			fmt.Fprintf(out, "\n%s not listed: `--limit 0` lists all.\n", show.CountOf(f.Dropped, "more finding is", "more findings are"))
		}
		if len(f.Coverage.Incomplete) > 0 {
			fmt.Fprintf(out, "\n## Missing from %s\n\n", code(f.Path))
			for _, why := range f.Coverage.Incomplete {
				fmt.Fprintf(out, "- %s\n", cell(clean(why)))
			}
		}
		fmt.Fprintf(out, "\n## Coverage of %s\n\n", code(f.Path))
		coverage(out, f.Coverage)
	}
	return out.Flush()
}

func coverage(out io.Writer, c *analyze.Coverage) {
	columns := coverageVerdicts
	fmt.Fprint(out, "| argument | calls |")
	for _, v := range columns {
		fmt.Fprintf(out, " %s |", v)
	}
	fmt.Fprintf(out, "\n|---|%s\n", strings.Repeat("--:|", len(columns)+1))
	for i := range c.Arguments {
		a := &c.Arguments[i]
		if a.Calls == 0 {
			continue
		}
		fmt.Fprintf(out, "| %s.%s | %d |", a.Syscall, a.Argument, a.Calls)
		for _, v := range columns {
			fmt.Fprintf(out, " %d |", a.Verdicts[v])
		}
		fmt.Fprintln(out)
	}
	for _, note := range c.Notes {
		fmt.Fprintf(out, "\n%s\n", cell(clean(note)))
	}
}

// longest is the length of the longest run of backticks.
func longest(s string) (n int) {
	run := 0
	for i := range len(s) {
		if s[i] == '`' {
			run++
			n = max(n, run)
		} else {
			run = 0
		}
	}
	return n
}

// code is a code span that nothing in s can end; within a table it cannot end the cell.
func code(s string) string {
	s = clean(s)
	if s == "" {
		return ""
	}
	ticks := strings.Repeat("`", longest(s)+1)
	pad := ""
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		pad = " "
	}
	return ticks + pad + strings.ReplaceAll(s, "|", `\|`) + pad + ticks
}

// fence is a code block that nothing in s can end.
func fence(s string) string {
	ticks := strings.Repeat("`", max(longest(s)+1, 3))
	return ticks + "text\n" + s + "\n" + ticks + "\n"
}

var (
	markdownEscapes = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "|", `\|`, "#", `\#`, "~", `\~`, "!", `\!`, "@", "&#64;", "\n", " ")
	htmlEscapes     = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;", "`", "&#96;", "*", "&#42;", "_", "&#95;", "[", "&#91;", "]", "&#93;", "|", "&#124;", "@", "&#64;", "#", "&#35;", "~", "&#126;", "\n", " ")
)

// cell is text that Markdown shows as it is.
func cell(s string) string { return markdownEscapes.Replace(s) }

// html is text within an element, which Markdown looks at as well.
func html(s string) string { return htmlEscapes.Replace(s) }

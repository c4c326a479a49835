//go:build reference

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// writeManPages writes a page of section 1 for cmd and each verb below it, in
// man(7)'s macros: what the verb says of itself with --help, with its lists and
// examples as they stand.
func writeManPages(cmd *cobra.Command, dir string, when time.Time) error {
	if cmd.Hidden {
		return nil
	}
	cmd.InitDefaultHelpFlag()
	name := pageName(cmd)
	if err := os.WriteFile(filepath.Join(dir, name+".1"), manPage(cmd, when), 0o644); err != nil {
		return err
	}
	for _, sub := range cmd.Commands() {
		if err := writeManPages(sub, dir, when); err != nil {
			return err
		}
	}
	return nil
}

func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

func manPage(cmd *cobra.Command, when time.Time) []byte {
	var b bytes.Buffer
	name := pageName(cmd)
	fmt.Fprintf(&b, ".TH %s 1 %s tracerec \"tracerec manual\"\n", strings.ToUpper(roff(name)), when.Format(time.DateOnly))
	fmt.Fprintf(&b, ".nh\n.ad l\n.SH NAME\n%s \\- %s\n", roff(name), roff(cmd.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(cmd.UseLine()))
	about := cmd.Long
	if about == "" {
		about = strings.ToUpper(cmd.Short[:1]) + cmd.Short[1:] + "."
	}
	b.WriteString(".SH DESCRIPTION\n" + roffText(about))
	if cmd.HasAvailableSubCommands() {
		b.WriteString(".SH COMMANDS\n")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(&b, ".TP\n.BR %s (1)\n%s\n", roff(pageName(sub)), roff(sub.Short))
			}
		}
	}
	b.WriteString(".SH OPTIONS\n")
	titles := topicsOf(cmd)
	for _, title := range titles {
		if title != "" && len(titles) > 1 {
			fmt.Fprintf(&b, ".SS %s\n", roff(title))
		}
		eachFlag(cmd, title, func(f *pflag.Flag) {
			kind, usage := pflag.UnquoteUsage(f)
			kind = strings.TrimSpace(kinds.Replace(" " + kind + " "))
			b.WriteString(".TP\n.B ")
			if f.Shorthand != "" {
				b.WriteString(roff("-"+f.Shorthand) + ", ")
			}
			b.WriteString(roff("--" + f.Name))
			if kind != "" {
				b.WriteString(" \\fI" + roff(kind) + "\\fR")
			}
			if d := f.DefValue; d != "" && d != "[]" && d != "false" && d != "0" && d != "0s" {
				usage += " (default " + d + ")"
			}
			b.WriteString("\n" + roff(usage) + "\n")
		})
	}
	if cmd.Example != "" {
		b.WriteString(".SH EXAMPLES\n.nf\n")
		for line := range strings.SplitSeq(strings.Trim(cmd.Example, "\n"), "\n") {
			b.WriteString(roff(strings.TrimPrefix(line, "  ")) + "\n")
		}
		b.WriteString(".fi\n")
	}
	b.WriteString(".SH SEE ALSO\n")
	var also []string
	if cmd.HasParent() {
		also = append(also, pageName(cmd.Parent()))
		for _, c := range cmd.Parent().Commands() {
			if c != cmd && c.IsAvailableCommand() && cmd.Parent().HasParent() {
				also = append(also, pageName(c))
			}
		}
	}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			also = append(also, pageName(sub))
		}
	}
	for i, page := range also {
		comma := ","
		if i == len(also)-1 {
			comma = ""
		}
		fmt.Fprintf(&b, ".BR %s (1)%s\n", roff(page), comma)
	}
	b.WriteString("Pages on formats, verdicts, policies and filters: /usr/share/doc/tracerec\n")
	return b.Bytes()
}

// topicsOf are the headings of the options, "" where there are none.
func topicsOf(cmd *cobra.Command) []string {
	if cmd.Name() != "record" {
		return []string{""}
	}
	var titles []string
	for _, t := range recordTopics {
		titles = append(titles, t.title)
	}
	return append(titles, "")
}

func eachFlag(cmd *cobra.Command, title string, f func(*pflag.Flag)) {
	visit := func(flag *pflag.Flag) {
		if !flag.Hidden && (cmd.Name() != "record" || topicOf(flag.Name) == title) {
			f(flag)
		}
	}
	cmd.LocalFlags().VisitAll(visit)
	if title == "" {
		cmd.InheritedFlags().VisitAll(visit)
	}
}

// roff escapes a line of text.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "…", "...").Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}

// roffText is text of paragraphs, and of lists, which begin with a space and
// are not filled.
func roffText(text string) string {
	var b strings.Builder
	list := false
	for line := range strings.SplitSeq(fit(text), "\n") {
		switch {
		case line == "":
			if list {
				b.WriteString(".fi\n")
			}
			list = false
			b.WriteString(".PP\n")
			continue
		case strings.HasPrefix(line, " ") && !list:
			b.WriteString(".nf\n")
			list = true
		case list && !strings.HasPrefix(line, " "):
			b.WriteString(".fi\n")
			list = false
		}
		b.WriteString(roff(line) + "\n")
	}
	if list {
		b.WriteString(".fi\n")
	}
	return b.String()
}

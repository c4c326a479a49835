package main

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/format/show"
)

// helpWidth is what every terminal has.
const helpWidth = 80

// fitHelp has root and its verbs say what they are in lines that fit.
func fitHelp(root *cobra.Command) {
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		about := cmd.Long
		if about == "" {
			about = cmd.Short
		}
		if about = fit(about); about != "" {
			about += "\n\n"
		}
		fmt.Fprint(cmd.OutOrStdout(), about+kinds.Replace(cmd.UsageString()))
	})
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages ", fmt.Sprintf(".FlagUsagesWrapped %d ", helpWidth)))
}

// kinds are words for what pflag calls by types of Go, of the same width.
var kinds = strings.NewReplacer(" stringArray ", " value       ", " strings ", " list    ", " string ", " value  ", " ints ", " list ", " int ", " n   ", " uint ", " n    ", " uint32 ", " n      ")

// item is a line of a list or table: where its last column begins.
var item = regexp.MustCompile(`^( +\S.*?\S? {2,})\S`)

// fit breaks the lines of text: paragraphs as a whole when one of their lines is
// too long, lines of lists and tables below where their text begins. What begins
// with a space and is no such line stays as it is.
func fit(text string) string {
	var out, paragraph []string
	flush := func() {
		for _, line := range paragraph {
			if utf8.RuneCountInString(line) > helpWidth {
				paragraph = show.Wrap(strings.Join(paragraph, " "), helpWidth)
				break
			}
		}
		out, paragraph = append(out, paragraph...), nil
	}
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		switch {
		case line == "":
			flush()
			out = append(out, "")
		case line[0] != ' ':
			paragraph = append(paragraph, line)
		default:
			flush()
			head := item.FindStringSubmatch(line)
			if head == nil || utf8.RuneCountInString(line) <= helpWidth {
				out = append(out, line)
				continue
			}
			at := utf8.RuneCountInString(head[1])
			for n, part := range show.Wrap(line[len(head[1]):], helpWidth-at) {
				if n > 0 {
					head[1] = strings.Repeat(" ", at)
				}
				out = append(out, head[1]+part)
			}
		}
	}
	flush()
	return strings.Join(out, "\n")
}

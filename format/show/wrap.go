package show

import (
	"strings"
	"unicode/utf8"
)

// Wrap breaks text between words into lines of at most width columns, where a
// word allows it; it returns one line at least.
func Wrap(text string, width int) []string {
	lines, line := []string{}, ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

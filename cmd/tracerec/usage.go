package main

import (
	"errors"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// plainUsage puts what cobra and pflag say about a command line into words of
// this program: what is missing is shown by the verb's usage line, and of a
// value that is no number not what strconv calls it.
func plainUsage(cmd *cobra.Command, err error) error {
	text := err.Error()
	switch {
	case wrongCount.MatchString(text):
		return errors.New("wrong number of arguments: use " + useLine(cmd))
	case strings.HasPrefix(text, "required flag(s) "):
		return errors.New(strings.NewReplacer(`required flag(s) "`, "--", `", "`, ", --", `" not set`, " is missing").Replace(text) + ": use " + useLine(cmd))
	case notNumber.MatchString(text):
		return errors.New(notNumber.ReplaceAllString(text, ": not a whole number"))
	case outOfRange.MatchString(text):
		return errors.New(outOfRange.ReplaceAllString(text, ": too small or too large"))
	}
	return err
}

// useLine is the usage line of a verb, with the word that shows its help.
func useLine(cmd *cobra.Command) string {
	return cmd.UseLine() + " (--help says more)"
}

var (
	wrongCount = regexp.MustCompile(`^(accepts|requires) .*arg\(s\)`)
	notNumber  = regexp.MustCompile(`: strconv\.(Atoi|ParseU?[iI]nt): parsing "(?s:.*)": invalid syntax$`)
	outOfRange = regexp.MustCompile(`: strconv\.(Atoi|ParseU?[iI]nt): parsing "(?s:.*)": value out of range$`)
)

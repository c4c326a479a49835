package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tracerec/tracerec/format"
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
	case strings.HasPrefix(text, "unknown command "):
		first, _, _ := strings.Cut(text, "\n") // behind it stands what cobra suggests
		if m := unknownCommand.FindStringSubmatch(first); m != nil {
			var names []string
			for _, c := range cmd.Commands() {
				names = append(names, c.Name())
			}
			first += format.Suggest(m[1], names)
		}
		return fmt.Errorf("%s: %s --help lists them", first, cmd.CommandPath())
	case strings.HasPrefix(text, "unknown flag: --"):
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		return errors.New(text + format.Suggest(strings.TrimPrefix(text, "unknown flag: "), names))
	}
	for _, w := range wrongValues {
		text = w.said.ReplaceAllString(text, w.words)
	}
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}

// refuseEmpty refuses flags that were given no value, as by a variable of a script that is
// not set, and numbers below 0: neither may stand for everything.
func refuseEmpty(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		name, value := "--"+f.Name, f.Value.String()
		empty := value == "" && f.NoOptDefVal == ""
		if list, ok := f.Value.(pflag.SliceValue); ok {
			empty = len(list.GetSlice()) == 0 || slices.Contains(list.GetSlice(), "")
		}
		switch kind := f.Value.Type(); {
		case err != nil:
		case empty:
			err = fmt.Errorf("%s has no value: give one, or leave it out", name)
		case (kind == "int" || kind == "duration") && strings.HasPrefix(value, "-"):
			err = fmt.Errorf("%s %s: not less than 0", name, value)
		}
	})
	return err
}

// useLine is the usage line of a verb, with the word that shows its help.
func useLine(cmd *cobra.Command) string {
	return cmd.UseLine() + " (--help says more)"
}

var (
	unknownCommand = regexp.MustCompile(`^unknown command "(.*)" for `)
	wrongCount     = regexp.MustCompile(`^(accepts|requires) .*arg\(s\)`)
)

// wrongValues are words for what strconv says of a value.
var wrongValues = []struct {
	said  *regexp.Regexp
	words string
}{
	{regexp.MustCompile(`: strconv\.(Atoi|ParseU?[iI]nt): parsing "(?s:.*)": invalid syntax$`), ": not a whole number"},
	{regexp.MustCompile(`: strconv\.(Atoi|ParseU?[iI]nt): parsing "(?s:.*)": value out of range$`), ": too small or too large"},
	{regexp.MustCompile(`: strconv\.ParseBool: parsing "(?s:.*)": invalid syntax$`), ": neither true nor false"},
}

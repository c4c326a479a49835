package main

import (
	"errors"
	"strings"

	"github.com/spf13/pflag"
)

// outputFlag adds --output. What looks like an option is no name of a file: `-o --help` once made a file of
// that name, and recorded the whole host into it.
func outputFlag(f *pflag.FlagSet, name *string, value, usage string) {
	*name = value
	f.VarP((*outputName)(name), "output", "o", usage)
}

type outputName string

func (n *outputName) String() string { return string(*n) }

// Type is what --help calls the value.
func (n *outputName) Type() string { return "string" }

func (n *outputName) Set(v string) error {
	if v == "" {
		return errors.New("the name of the file is empty")
	}
	if v != "-" && strings.HasPrefix(v, "-") {
		return errors.New("that is an option; a file of such a name is ./" + v)
	}
	*n = outputName(v)
	return nil
}

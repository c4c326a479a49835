package main

import (
	"fmt"
	"io"
	"os"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/derive"
	"github.com/tracerec/tracerec/format/keyfile"
)

// outputFlags are those of every verb that makes a trace file of others.
type outputFlags struct {
	o    derive.Output
	sign string
}

func (f *outputFlags) register(cmd *cobra.Command) {
	outputFlag(cmd.Flags(), &f.o.Path, "", "trace file to write (- for standard output)")
	cmd.MarkFlagRequired("output")
	cmd.Flags().BoolVar(&f.o.Force, "force", false, "replace an existing file")
	cmd.Flags().StringVar(&f.sign, "sign", "", "sign the new file with this key (see keygen)")
}

// tellUnfinished says of files that have no end that what was made of them ends there too.
func tellUnfinished(talk io.Writer, files ...*derive.Input) {
	for _, in := range files {
		if state, why := in.State(); state == format.Unsealed && why != nil {
			fmt.Fprintf(talk, "tracerec: note: %v: what came after is not in the new file either\n", why)
		}
	}
}

func (f *outputFlags) output(cmd *cobra.Command) (*derive.Output, error) {
	if f.o.Path == "-" && isatty.IsTerminal(os.Stdout.Fd()) {
		return nil, fmt.Errorf("the trace is not text: give a file, or redirect the output")
	}
	if f.sign != "" {
		var err error
		if f.o.Sign, err = keyfile.Private(f.sign); err != nil {
			return nil, fmt.Errorf("--sign: %w", err)
		}
	}
	f.o.Args = os.Args
	return &f.o, nil
}

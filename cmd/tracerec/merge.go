package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/derive"
	"github.com/tracerec/tracerec/format/show"
)

func init() { verbs = append(verbs, newMerge) }

func newMerge() *cobra.Command {
	var out outputFlags
	cmd := &cobra.Command{
		Use:   "merge -o FILE FILE...",
		Short: "make one file of the parts of a recording, or of several recordings",
		Long: `Merge writes the rows of all files to one: the parts of a recording one behind the
other (in whatever order they are given), other recordings of the same boot by the
time at which their rows were written. Where one had ended before the next began, a
row says that nothing was recorded in between. Two recordings of the same thread at
the same time are refused: which of their calls are the same cannot be known.

Recordings of several hosts or boots stay apart in the file, block by block in order
of wall time. FILE@HOST is one host's part, by number, name or boot id, wherever a
file is read: tracerec replay fleet.trc@web1. Info lists the hosts, analyze takes one
after the other, export has the field hostname.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := out.output(cmd)
			if err != nil {
				return err
			}
			var inputs []*derive.Input
			var files []*format.Reader
			for _, path := range args {
				in, err := derive.Open(path)
				if err != nil {
					return err
				}
				defer in.Close()
				inputs, files = append(inputs, in), append(files, in.Reader)
			}
			read := watchReading(cmd.ErrOrStderr(), files...)
			rows, err := derive.Merge(inputs, o)
			read()
			if err != nil {
				return err
			}
			tellUnfinished(cmd.ErrOrStderr(), inputs...)
			_, err = fmt.Fprintf(cmd.ErrOrStderr(), "tracerec: %s of %s\n", show.Count(uint64(rows), "row"), show.Count(uint64(len(inputs)), "file"))
			return err
		},
	}
	out.register(cmd)
	return cmd
}

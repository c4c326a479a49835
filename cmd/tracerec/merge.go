package main

import (
	"fmt"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/format/derive"
)

func init() { verbs = append(verbs, newMerge) }

func newMerge() *cobra.Command {
	var out outputFlags
	cmd := &cobra.Command{
		Use:   "merge -o FILE FILE...",
		Short: "make one recording of parts, or of several recordings of one boot",
		Long: `Merge writes the rows of all files to one: the parts of a recording one behind the
other (in whatever order they are given), other recordings by the time at which
their rows were written. All must be of the same boot of the same host: a pid and
a time mean something else on another one, and rows do not say which host they
are of. Two recordings of the same thread are refused too: which of their calls
are the same cannot be known.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := out.output(cmd)
			if err != nil {
				return err
			}
			var inputs []*derive.Input
			for _, path := range args {
				in, err := derive.Open(path)
				if err != nil {
					return err
				}
				defer in.Close()
				inputs = append(inputs, in)
			}
			rows, err := derive.Merge(inputs, o)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.ErrOrStderr(), "tracerec: %s rows of %s\n", humanize.Comma(int64(rows)), countText(uint64(len(inputs)), "file"))
			return err
		},
	}
	out.register(cmd)
	return cmd
}

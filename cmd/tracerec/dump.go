package main

import (
	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/text"
)

func init() { verbs = append(verbs, newDump) }

func newDump() *cobra.Command {
	var output string
	var force, bare bool
	cmd := &cobra.Command{
		Use:   "dump [-o FILE] FILE",
		Short: "write every value of a recording as text; build makes a file of it",
		Long: `Dump writes all that is in a recording as text: the header, and each row on a line
with every column that is not 0 or null. What stands behind a tab and # says what
the row means. Build makes a file of such text, with the same rows, whose dump is
the same text. For people, replay and export are easier to read.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := format.Open(args[0])
			if err != nil {
				return err
			}
			defer r.Close()
			out, finish, err := createPlain(output, force, false, cmd.OutOrStdout())
			if err != nil {
				return err
			}
			if err := finish(text.Dump(out, r, !bare)); err != nil {
				return err
			}
			return tellState(cmd.ErrOrStderr(), r, nil)
		},
	}
	f := cmd.Flags()
	outputFlag(f, &output, "-", "file to write (- for standard output)")
	f.BoolVar(&force, "force", false, "replace an existing file")
	f.BoolVar(&bare, "bare", false, "only values, not what rows mean")
	return cmd
}

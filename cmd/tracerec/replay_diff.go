package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/replay"
)

func newReplayDiff() *cobra.Command {
	var asJSON bool
	var limit int
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "say what two recordings of one program do not have in common",
		Long: `Diff compares two recordings of the same program: the syscalls, programs, files and
peers of each, and for each thread that both have the order of its calls. Calls
are the same when name, named file or peer, and error are; addresses, numbers of
descriptors and times differ in every run and are not compared.

Exit codes: 0 no difference, 1 differences, 2 usage, I/O, or a damaged file.
A file that is named diff is ./diff.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			var srcs [2]replay.Source
			var shows [2]show.Options
			for i, path := range args {
				r, err := openOne(path)
				if err != nil {
					return err
				}
				defer r.Close()
				srcs[i], shows[i] = replaySource(r), show.For(r.Header())
			}
			d, err := replay.Diff(srcs[0], srcs[1], &shows[0], &shows[1])
			var damage *replay.Damage
			if err != nil && !errors.As(err, &damage) {
				return err
			}
			if asJSON {
				err = writeJSON(cmd.OutOrStdout(), "diff", d)
			} else {
				err = d.Write(cmd.OutOrStdout(), limit)
			}
			if err != nil {
				return err
			}
			switch {
			case damage != nil:
				return &exitError{exitUsage, fmt.Errorf("%w: what differs may be what could not be read", damage)}
			case !d.Same():
				return &exitError{code: exitFindings}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object")
	cmd.Flags().IntVar(&limit, "limit", 25, "at most this many lines of each kind; 0 for all")
	return cmd
}

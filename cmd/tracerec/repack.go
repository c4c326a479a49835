package main

import (
	"fmt"
	"os"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/format/derive"
	"github.com/tracerec/tracerec/format/show"
)

func init() { verbs = append(verbs, newRepack) }

func newRepack() *cobra.Command {
	var out outputFlags
	cmd := &cobra.Command{
		Use:   "repack -o FILE FILE",
		Short: "write the same rows in less space",
		Long: `Repack writes the same rows in larger blocks, compressed harder: for keeping. It
takes several times as long as recording does.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := out.output(cmd)
			if err != nil {
				return err
			}
			in, err := derive.Open(args[0])
			if err != nil {
				return err
			}
			defer in.Close()
			read := watchReading(cmd.ErrOrStderr(), in.Reader)
			rows, err := derive.Repack(in, o)
			read()
			if err != nil {
				return err
			}
			tellUnfinished(cmd.ErrOrStderr(), in)
			old, errOld := os.Stat(args[0])
			made, errMade := os.Stat(o.Path)
			if errOld != nil || errMade != nil || rows == 0 {
				return nil
			}
			_, err = fmt.Fprintf(cmd.ErrOrStderr(), "tracerec: %s, %s: %.2f bytes each; were %s: %.2f\n", show.Count(rows, "row"),
				humanize.IBytes(uint64(made.Size())), float64(made.Size())/float64(rows), humanize.IBytes(uint64(old.Size())), float64(old.Size())/float64(rows))
			return err
		},
	}
	out.register(cmd)
	return cmd
}

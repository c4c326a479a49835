package main

import (
	"fmt"
	"os"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/format/derive"
	"github.com/tracerec/tracerec/format/filter"
)

func init() { verbs = append(verbs, newFilter) }

func newFilter() *cobra.Command {
	var out outputFlags
	cmd := &cobra.Command{
		Use:   "filter -o FILE EXPRESSION FILE",
		Short: "make a smaller recording of the rows that an expression chooses",
		Long: `Filter writes the rows for which an expression over their fields is true, and what
they cannot be read without: the life of all processes, loss, and for each chosen
call its views and witnesses. So replay and analyze work on the new file. Its header
names the file that it was made of and the expression. docs/filters.md has the
language and all fields.`,
		Example: `  tracerec filter -o etc.trc \
    'syscall == "openat" && path startsWith "/etc"' host.trc
  tracerec filter -o denied.trc 'errno in ["EACCES", "EPERM"]' host.trc`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := out.output(cmd)
			if err != nil {
				return err
			}
			f, err := filter.Parse(args[0])
			if err != nil {
				if _, is := os.Stat(args[0]); is == nil {
					return fmt.Errorf("%s is a file: the expression stands before it: %s", args[0], useLine(cmd))
				}
				return fmt.Errorf("the expression: %w", err)
			}
			in, err := derive.Open(args[1])
			if err != nil {
				return err
			}
			defer in.Close()
			read := watchReading(cmd.ErrOrStderr(), in.Reader)
			done, err := derive.Filter(in, f, o)
			read()
			if err != nil {
				return err
			}
			tellUnfinished(cmd.ErrOrStderr(), in)
			_, err = fmt.Fprintf(cmd.ErrOrStderr(), "tracerec: %s of %s rows chosen, %s written\n", humanize.Comma(int64(done.Chosen)), humanize.Comma(int64(done.Rows)), humanize.Comma(int64(done.Kept)))
			return err
		},
	}
	out.register(cmd)
	return cmd
}

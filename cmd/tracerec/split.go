package main

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/derive"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/replay"
)

func init() { verbs = append(verbs, newSplit) }

func newSplit() *cobra.Command {
	var out outputFlags
	var by derive.SplitBy
	var size string
	var every time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use:                   "split -o FILE {--every TIME|--size BYTES|--rows N|--by-process} FILE",
		DisableFlagsInUseLine: true,
		Short:                 "cut a recording into several files",
		Long: `Split writes FILE-000.trc, FILE-001.trc and so on. Parts by time, size and rows are
chained, each to the final hash of the one before (verify checks it), and begin
with rows that say how the living processes came to be and what is open and mounted,
so that each can be replayed alone. Merge makes one file of them again. --by-process
writes a file for each process, FILE-pidN.trc, with the life of all.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			given := 0
			for _, name := range []string{"every", "size", "rows", "by-process"} {
				if cmd.Flags().Changed(name) {
					given++
				}
			}
			if given != 1 {
				return fmt.Errorf("give one of --every, --size, --rows and --by-process")
			}
			if size != "" {
				n, err := humanize.ParseBytes(size)
				if err != nil || n == 0 || n > 1<<62 {
					return fmt.Errorf("--size %q: give bytes, as 100MB or 1GiB", size)
				}
				by.Size = int64(n)
			}
			by.Every = int64(every)
			if by.Rows < 0 || by.Every < 0 || by.Rows == 0 && by.Every == 0 && by.Size == 0 && !by.Process {
				return fmt.Errorf("a part must be larger than nothing")
			}
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
			by.Follow = func() format.Follower { return replay.NewCarry() }
			parts, err := derive.Split(in, by, o)
			read()
			if err == nil {
				tellUnfinished(cmd.ErrOrStderr(), in)
			}
			for _, p := range parts {
				var werr error
				if asJSON {
					werr = writeJSON(cmd.OutOrStdout(), "part", p)
				} else {
					_, werr = fmt.Fprintf(cmd.OutOrStdout(), "%s\t%s\n", show.Escape([]byte(p.File)), show.Count(p.Rows, "row"))
				}
				if werr != nil {
					return werr
				}
			}
			return err
		},
	}
	out.register(cmd)
	f := cmd.Flags()
	durationFlag(f, &every, "every", 0, "a file for each span of time, as 10s or 5m")
	f.StringVar(&size, "size", "", "a new file when one has this size, as 100MB")
	f.IntVar(&by.Rows, "rows", 0, "a file for each so many rows")
	f.BoolVar(&by.Process, "by-process", false, "a file for each process")
	f.BoolVar(&asJSON, "json", false, "one JSON object a part")
	return cmd
}

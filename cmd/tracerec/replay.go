package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/filter"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/replay"
)

func init() { verbs = append(verbs, newReplay) }

// replayFlags are the flags that need reading once the file is open.
type replayFlags struct {
	from, to, at, color, view, html         string
	width                                   int
	follow, findings, around, filter, speed string
	within                                  time.Duration
	index, force, tui                       bool
	times                                   timeFlags
}

func newReplay() *cobra.Command {
	var flags replayFlags
	var o replay.Options
	cmd := &cobra.Command{
		Use:   "replay FILE [VIEW]",
		Short: "show the processes of a recording, and what they did in order",
		Long: `Replay shows the processes of a recording as a tree, with what each was asked
to run and what the kernel ran, and then every row in order of time.

With a VIEW it lists what there was at the moment --at, or else at the end:

` + viewsHelp() + `
A call counts when it had returned by then. A ? marks what may be out of date,
because rows were lost since it was seen or what ends it is not in the file.

A moment is an offset from the start (1.5s, 200ms; 3 is 3s), RFC 3339 wall time
(2026-01-02T15:04:05Z) or ns since boot (123456789ns@boot). A ? behind a pid says
that something about the process is uncertain; see "doubts" under --json.

Exit codes: 0 shown, 2 usage, I/O, or a damaged file, of which is shown what can be read.`,
		Args: cobra.RangeArgs(1, 2),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 1 {
				return viewNames(), cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			flags.view = append(args, "")[1]
			if cmd.Flags().Changed("pid") && o.PID == 0 {
				return errors.New("--pid 0: no process has this number")
			}
			return runReplay(cmd.OutOrStdout(), cmd.ErrOrStderr(), args[0], o, &flags)
		},
	}
	cmd.AddCommand(newReplayDiff())
	f := cmd.Flags()
	f.StringVar(&flags.follow, "follow-fd", "", "PID:FD: every row that has to do with this descriptor and with what it refers to")
	f.BoolVar(&o.Tree, "tree", false, "only the process tree")
	f.Uint32Var(&o.PID, "pid", 0, "only this process, with its threads")
	f.StringVar(&flags.from, "from", "", "only what began at or after this moment")
	f.StringVar(&flags.to, "to", "", "only what began up to this moment")
	f.StringVar(&flags.at, "at", "", "only the process tree as it was at this moment")
	f.BoolVar(&flags.index, "index", false, "make an index beside the file (FILE.trx) unless it is there: later answers about a moment need not read all before it")
	f.StringVar(&flags.html, "html", "", "write the timeline as a self-contained page to this file (- for standard output); --limit: rows drawn at most")
	f.BoolVar(&flags.tui, "tui", false, "look around in it on the terminal: processes, rows, one row in full, the state at its moment; ? there shows the keys")
	f.BoolVar(&flags.force, "force", false, "replace an existing file")
	f.BoolVar(&o.JSON, "json", false, "one JSON object a line")
	f.StringVar(&flags.findings, "findings", "auto", "mark what analyze finds: auto (in files up to 2 million rows), always, never")
	f.StringVar(&flags.around, "around", "", "only what began about this finding: its id, or the beginning of it")
	durationFlag(f, &flags.within, "within", time.Second, "how long before and after, with --around")
	f.StringVar(&flags.filter, "filter", "", "only rows for which this expression is true (docs/filters.md)")
	f.StringVar(&flags.speed, "speed", "max", "print rows as they happened: 1x, 10x, 0.5x…; max does not wait")
	f.StringVar(&flags.color, "color", "auto", "auto, always or never")
	f.IntVar(&o.Limit, "limit", 0, "at most this many rows; 0 for all")
	flags.times.register(cmd, "rel")
	f.IntVar(&flags.width, "width", 0, "columns to fit the tree into; 0 for those of the terminal")
	return cmd
}

func runReplay(out, talk io.Writer, path string, o replay.Options, flags *replayFlags) error {
	r, err := openOne(path)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := flags.apply(r, &o, out); err != nil {
		return err
	}
	if o.Speed, err = parseSpeed(flags.speed); err != nil {
		return err
	}
	if flags.index {
		makeIndex(talk, r)
	}
	if flags.tui {
		return runTUI(context.Background(), out, r, o, flags)
	}
	if flags.filter != "" {
		chosen, err := filter.Parse(flags.filter)
		if err != nil {
			return fmt.Errorf("--filter: %w", err)
		}
		o.Match = func(b *format.Batch, i int) (bool, error) { return chosen.Match(b, i, &o.Show) }
	}
	if flags.follow != "" {
		return runFollow(out, talk, r, flags.follow, o)
	}
	if flags.view == "summary" {
		return runSummary(out, talk, r, o)
	}
	if flags.view != "" {
		return runView(out, talk, r, flags, o)
	}
	switch flags.findings {
	case "auto", "always", "never":
	default:
		return fmt.Errorf("--findings %q: use auto, always or never", flags.findings)
	}
	if flags.html == "" || flags.around != "" { // a page finds its own, with their views
		if o.Marks, err = findMarks(talk, r, flags); err != nil {
			return err
		}
	}
	if flags.around != "" {
		if o.From, o.To, err = around(o.Marks, flags.around, flags.within); err != nil {
			return err
		}
	}
	if flags.html != "" {
		return runPicture(out, talk, path, r, o, flags)
	}
	if o.At != nil {
		if o.Index = findIndex(talk, r); o.Index != nil {
			defer o.Index.Close()
		}
	}
	o.Folded = watchReading(talk, r)
	err = replay.Print(out, replaySource(r), o)
	var damage *replay.Damage
	if err != nil && !errors.As(err, &damage) {
		return err
	}
	return tellState(talk, r, damage)
}

func (flags *replayFlags) apply(r *format.Reader, o *replay.Options, out io.Writer) (err error) {
	o.Show = show.For(r.Header())
	if err := flags.times.set(&o.Show); err != nil {
		return err
	}
	moment := func(flag, text string, to *int64) {
		if text != "" && err == nil {
			if *to, err = o.Show.ParseTime(text); err != nil {
				err = fmt.Errorf("--%s: %w", flag, err)
			}
		}
	}
	o.From, o.To = math.MinInt64, math.MaxInt64
	moment("from", flags.from, &o.From)
	moment("to", flags.to, &o.To)
	if flags.at != "" {
		o.At = new(int64)
		moment("at", flags.at, o.At)
	}
	if err != nil {
		return err
	}
	if o.From > o.To {
		return fmt.Errorf("--from %s is after --to %s", flags.from, flags.to)
	}
	if o.Limit < 0 || flags.width < 0 {
		return fmt.Errorf("--limit and --width cannot be negative")
	}
	if o.Color, err = wantsColor(flags.color, out); err != nil {
		return err
	}
	if o.Width = flags.width; o.Width == 0 {
		o.Width = terminalWidth(out)
	}
	return nil
}

// terminalWidth is 0 when out is no terminal: lines are then not cut.
func terminalWidth(out io.Writer) int {
	if f, ok := out.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			return max(width, 40)
		}
	}
	return 0
}

func replaySource(r *format.Reader) replay.Source { return replay.FromReader(r) }

// tellState says on talk what a file lacks. Only damage is an error: a file
// that is still being written, or whose recorder was killed, is shown as far
// as it goes.
func tellState(talk io.Writer, r *format.Reader, damage *replay.Damage) error {
	state, why := r.State()
	if state == format.Unsealed {
		fmt.Fprintf(talk, "tracerec: note: %v; shown up to there\n", why)
	}
	if lost := lostRecords(r); lost > 0 {
		how := "while recording"
		if len(r.Header().Missing()) > 0 {
			how = "while recording, or in blocks that were damaged"
		}
		fmt.Fprintf(talk, "tracerec: note: %s lost %s; the rows marked lost say when\n", show.CountOf(lost, "record was", "records were"), how)
	}
	switch {
	case damage != nil:
		for i, err := range damage.Errs {
			if i == 5 {
				fmt.Fprintf(talk, "tracerec: … and %d more\n", len(damage.Errs)-i)
				break
			}
			fmt.Fprintf(talk, "tracerec: %v\n", err)
		}
		return &exitError{exitUsage, fmt.Errorf("%s left out: keep the file as it is and work on a copy",
			show.CountOf(uint64(len(damage.Errs)), "damaged part was", "damaged parts were"))}
	case state == format.Corrupt:
		return &exitError{exitUsage, why}
	}
	return nil
}

func lostRecords(r *format.Reader) (lost uint64) {
	for i := range r.BlockCount() {
		lost = max(lost, r.BlockInfo(i).Lost)
	}
	if t := r.Totals(); t != nil {
		lost = max(lost, t.Lost)
	}
	return lost
}

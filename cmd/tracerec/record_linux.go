package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/dustin/go-humanize"
	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/derive"
	"github.com/tracerec/tracerec/format/keyfile"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/recorder"
	"github.com/tracerec/tracerec/replay"
)

func init() { verbs = append(verbs, newRecord) }

// recordFlags add flags of record, in files of their own (record_*_linux.go).
// What each returns is called when the flags are known, and may refuse them.
var recordFlags []func(f *pflag.FlagSet, opt *recorder.Options) (ready func() error)

func newRecord() *cobra.Command {
	var opt recorder.Options
	var verbose int
	var witness, sign string
	var selection []string
	var extras []func() error
	cmd := &cobra.Command{
		Use:   "record -o FILE [flags] [-- COMMAND ARGS...]",
		Short: "record a command, a process tree, a cgroup or the whole host",
		Long: `Record what processes ask the kernel for and what the kernel really does.

With a command, it and its descendants are recorded from its first instruction,
and tracerec exits with the command's own code. With -p, these processes and
their descendants, until all of them have ended; without either, the host. Ctrl-C
ends the recording and keeps everything recorded so far.

` + scopeHelp + `

A recording begins with what is there: of each task in scope its descriptors,
directories, credentials, namespaces and cgroup, and the mounts that it sees.

-e selects what is recorded: names of calls, of events and of groups ("tracerec
list groups"), joined by commas: -e openat,net. "all" is everything, "default" what
is security-relevant; a ! before a word leaves it out: -e '!statx' is the default
without statx, -e 'file,!statx' the group file without it. Fork, execve, exit and
changes of namespace are always recorded.

Exit codes: the command's own (128 + signal when one ended it); 0 without a
command, or when the recording ended before it (--duration, --max-size); 2 when
the recording could not begin or the file not be written.`,
		Example: `  tracerec record -o build.trc -- make
  tracerec record -o host.trc
  tracerec record -o all.trc -e all -- ./a.out
  tracerec record -o svc.trc -p 4711
  tracerec record -o web.trc --container 4f53cda1 --exclude-comm healthcheck
  tracerec record -o alice.trc --uid alice --new --failed`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.ArgsLenAtDash() < 0 && len(args) > 0 {
				return fmt.Errorf("unexpected argument %q: put the command behind --", args[0])
			}
			opt.Command, opt.Args, opt.Version = args, os.Args, versionString()
			if err := checkScope(&opt); err != nil {
				return err
			}
			if opt.Output == "-" && isatty.IsTerminal(os.Stdout.Fd()) {
				return fmt.Errorf("the trace is not text: give a file, or redirect the output")
			}
			var err error
			if opt.Rungs, err = recorder.ParseRungs(witness); err != nil {
				return err
			}
			if opt.Select, err = format.ParseSelection(selection); err != nil {
				return err
			}
			if sign != "" {
				if opt.Sign, err = keyfile.Private(sign); err != nil {
					return fmt.Errorf("--sign: %w", err)
				}
				if derive.SameFile(sign, opt.Output) {
					return fmt.Errorf("--sign %s: the key would be replaced by the recording: give another name with -o", sign)
				}
			}
			level := slog.LevelWarn
			switch {
			case verbose > 1:
				level = slog.LevelDebug
			case verbose > 0:
				level = slog.LevelInfo
			}
			for _, ready := range extras {
				if err := ready(); err != nil {
					return err
				}
			}
			opt.Log = slog.New(newTalk(os.Stderr, level))
			return runRecord(cmd.Context(), opt)
		},
	}
	f := cmd.Flags()
	outputFlag(f, &opt.Output, "", "trace file to write (- for standard output; the command's own output then goes to standard error)")
	cmd.MarkFlagRequired("output")
	f.BoolVar(&opt.Force, "force", false, "replace an existing file")
	f.IntSliceVarP(&opt.PIDs, "pid", "p", nil, "record these processes and their descendants")
	addScopeFlags(f, &opt)
	f.StringArrayVarP(&selection, "events", "e", nil, "record these calls, events and groups, without those with a ! before them (default \"default\")")
	f.BoolVar(&opt.Env, "env", false, "record and compare the environment of every execve: it may hold secrets (see --redact)")
	f.StringVar(&witness, "witness", "", "use these rungs only: "+format.RungList(","))
	f.IntVar(&opt.Ring, "ring-size", 0, "bytes of each ring buffer, a power of two (default by the memory that is free, at most 8388608 and 4194304)")
	f.StringVar(&sign, "sign", "", "sign the trace with this key (see keygen)")
	for _, register := range recordFlags {
		extras = append(extras, register(f, &opt))
	}
	f.CountVarP(&verbose, "verbose", "v", "say which hooks are used, why others are not, and where the time until the start went; -vv names each hook")
	byTopic(cmd)
	return cmd
}

func runRecord(ctx context.Context, opt recorder.Options) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer takeSignals(&opt, stop)()
	if len(opt.Command) == 0 {
		opt.Ready = func() { fmt.Fprintln(os.Stderr, "tracerec: recording; Ctrl-C ends it") }
	}
	opt.Follow = func() format.Follower { return replay.NewCarry() }
	sum, err := recorder.Record(ctx, opt)
	if sum != nil {
		recordEnd(sum)
		fmt.Fprintf(os.Stderr, "tracerec: %s recorded, %s lost, %s in %s\n", show.Count(sum.Rows, "row"), humanize.Comma(int64(sum.Lost)),
			humanize.IBytes(uint64(sum.Bytes)), show.Duration(int64(sum.Elapsed)))
		if (opt.Flight.Size > 0 || opt.Flight.Time > 0) && sum.Files == 0 {
			fmt.Fprintln(os.Stderr, "tracerec: no file was written: nothing asked for the ring (tracerec snapshot, SIGUSR2, --trigger, --ring-at-end)")
		}
		if sum.Missed > 0 {
			fmt.Fprintf(os.Stderr, "tracerec: the kernel skipped %s of the recorder's programs\n", show.Count(sum.Missed, "run"))
		}
		if sum.Corrupt > 0 {
			fmt.Fprintf(os.Stderr, "tracerec: %s not fit the event table: please report this\n", show.CountOf(sum.Corrupt, "record does", "records do"))
		}
	}
	if err != nil {
		return err
	}
	if sum.Exit != nil && *sum.Exit != 0 {
		return &exitError{code: *sum.Exit}
	}
	return nil
}

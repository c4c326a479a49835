package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/mattn/go-isatty"
	"github.com/spf13/pflag"

	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/recorder"
)

func init() { recordFlags = append(recordFlags, liveFlags) }

func liveFlags(f *pflag.FlagSet, opt *recorder.Options) func() error {
	var live string
	var top, summary bool
	f.StringVar(&live, "live", "auto", "a line that says how it goes, on standard error: auto, always, never; auto is on a terminal, when no command shares it")
	f.BoolVar(&top, "top", false, "the most active processes and calls on standard error, every second")
	f.BoolVar(&summary, "summary", false, "at the end, a table of calls on standard error, like strace -c")
	f.StringVar(&opt.Metrics, "metrics", "", "serve Prometheus metrics at unix:PATH or on a loopback address, 127.0.0.1:9477")
	return func() error {
		terminal := isatty.IsTerminal(os.Stderr.Fd())
		switch live {
		case "always", "never":
		case "auto":
			live = "never"
			if terminal && len(opt.Command) == 0 {
				live = "always"
			}
		default:
			return fmt.Errorf("--live: unknown value %q: use auto, always or never", live)
		}
		opt.Count = summary
		switch {
		case top:
			opt.Watch = func(p recorder.Progress) { os.Stderr.Write(topScreen(p, terminal)) }
		case live == "always":
			opt.Watch = func(p recorder.Progress) { fmt.Fprintf(os.Stderr, "\r%s\x1b[K", liveLine(p)) }
		}
		recordEnd = func(sum *recorder.Summary) {
			if opt.Watch != nil && !top {
				fmt.Fprint(os.Stderr, "\r\x1b[K")
			}
			if summary {
				writeSummary(os.Stderr, sum.Calls)
			}
		}
		return nil
	}
}

// recordEnd is called when a recording has ended, before its last line.
var recordEnd = func(*recorder.Summary) {}

func liveLine(p recorder.Progress) string {
	per := 0.0
	if p.Written.Rows > 0 {
		per = float64(p.Written.Bytes) / float64(p.Written.Rows)
	}
	return fmt.Sprintf("%s  %s  %s/s  %s  %.1f bytes/row  %s lost  %.0f %% CPU", show.Duration(int64(p.Elapsed.Truncate(time.Second))), show.Count(p.Written.Rows, "row"),
		humanize.Comma(int64(p.Rate)), humanize.IBytes(p.Written.Bytes), per, humanize.Comma(int64(p.Written.Lost)), 100*p.CPU)
}

// topScreen is a screenful for a terminal, else a part of a log.
func topScreen(p recorder.Progress, terminal bool) []byte {
	var b bytes.Buffer
	if terminal {
		b.WriteString("\x1b[H\x1b[J")
	}
	fmt.Fprintln(&b, liveLine(p))
	var rows [][]string
	for i, proc := range p.Processes {
		if i == 10 {
			break
		}
		rows = append(rows, []string{fmt.Sprint(proc.PID), humanize.Comma(int64(proc.Rows)), processName(&proc)})
	}
	writeColumns(&b, []string{">pid", ">rows", "process"}, rows)
	b.WriteByte('\n')
	writeCalls(&b, p.Calls, 10)
	return b.Bytes()
}

// processName names the rows of no process as what they are.
func processName(p *recorder.ProcessStats) string {
	if p.PID == 0 {
		return "(the recording itself)"
	}
	return show.Escape([]byte(p.Comm))
}

// writeSummary is the table at the end: calls by the time spent in them.
func writeSummary(out io.Writer, calls []recorder.CallStats) {
	var b bytes.Buffer
	writeCalls(&b, calls, 30)
	out.Write(b.Bytes())
}

func writeCalls(out io.Writer, calls []recorder.CallStats, limit int) {
	list := make([]show.CallCount, 0, len(calls))
	for i := range calls {
		c := &calls[i]
		list = append(list, show.CallCount{Name: c.Name, Calls: c.Calls, Errors: c.Errors, Time: int64(c.Total), Max: int64(c.Slowest)})
	}
	show.WriteCalls(out, list, limit)
}

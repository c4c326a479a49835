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
	return fmt.Sprintf("%s  %s rows  %s/s  %s  %.1f bytes/row  %s lost  %.0f %% CPU", show.Duration(int64(p.Elapsed.Truncate(time.Second))), humanize.Comma(int64(p.Written.Rows)),
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
		rows = append(rows, []string{fmt.Sprint(proc.PID), humanize.Comma(int64(proc.Rows)), show.Escape([]byte(proc.Comm))})
	}
	writeColumns(&b, []string{"pid", "rows", "process"}, rows)
	b.WriteByte('\n')
	writeCalls(&b, p.Calls, 10)
	return b.Bytes()
}

// writeSummary is the table at the end: calls by the time spent in them.
func writeSummary(out io.Writer, calls []recorder.CallStats) {
	var b bytes.Buffer
	writeCalls(&b, calls, 30)
	out.Write(b.Bytes())
}

func writeCalls(out io.Writer, calls []recorder.CallStats, limit int) {
	var rows [][]string
	var rest, total recorder.CallStats
	row := func(c *recorder.CallStats) []string {
		each := time.Duration(0)
		if c.Calls > 0 {
			each = c.Total / time.Duration(c.Calls)
		}
		failed := ""
		if c.Errors > 0 {
			failed = humanize.Comma(int64(c.Errors))
		}
		return []string{show.Duration(int64(c.Total)), show.Duration(int64(each)), show.Duration(int64(c.Slowest)), humanize.Comma(int64(c.Calls)), failed, show.Escape([]byte(c.Name))}
	}
	sum := func(to, c *recorder.CallStats) {
		to.Calls, to.Errors, to.Total, to.Slowest = to.Calls+c.Calls, to.Errors+c.Errors, to.Total+c.Total, max(to.Slowest, c.Slowest)
	}
	for i := range calls {
		sum(&total, &calls[i])
		if i < limit {
			rows = append(rows, row(&calls[i]))
		} else {
			sum(&rest, &calls[i])
		}
	}
	if len(calls) > limit {
		rest.Name = fmt.Sprintf("%d others", len(calls)-limit)
		rows = append(rows, row(&rest))
	}
	total.Name = "all"
	rows = append(rows, row(&total))
	writeColumns(out, []string{"time", "each", "slowest", "calls", "failed", "syscall"}, rows)
}

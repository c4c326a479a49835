package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"runtime"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/analyze/fleet"
	"github.com/tracerec/tracerec/analyze/report"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

func init() { verbs = append(verbs, newAnalyze) }

func newAnalyze() *cobra.Command {
	var (
		opts     analyze.Options
		out      analyzeReport
		verdicts []string
		failOn   string
		color    string
		policies []string
		output   string
		state    string
		asFleet  bool
		force    bool
		times    timeFlags
		chosen   = make(map[string]*bool)
	)
	cmd := &cobra.Command{
		Use:   "analyze FILE|DIR|GLOB...",
		Short: "compare what programs showed with what the kernel used",
		Long: `Analyze reads recordings and reports every syscall argument for which the kernel
used another value than the program showed when it entered the call, and
states what could not be compared. All analyses run unless some are chosen.
Segments of one recording (record -C, -G, split) are analysed as one, in whatever
order they are given.
--policy matches policies too (docs/policies.md), and is such a choice: what
policies find may be somebody's work, so they run only when asked for.

Of a directory every *.trc below it is analysed, and in globs ** is any directory
(quote them). Then a section about the fleet follows: coverage by host, and how
rare findings, executables and destinations are among hosts. Files that cannot be
read are named and skipped: incomplete evidence. --state FILE lets a run that was
broken off go on.

Exit codes: 0 no finding at or above --fail-on, 1 findings, 2 usage or I/O,
3 no findings, but incomplete evidence, under --strict. A damaged file is
reported on as far as it can be read, and then ends with 2 unless there are
findings. A file that cannot be read at all always ends with 2; the others are
reported on all the same. A file that is cut off or not sealed is whole as far
as it goes: incomplete evidence.`,
		Example: `  tracerec analyze race.trc
  tracerec analyze --toctou --policy shipped --format sarif -o r.sarif race.trc
  tracerec analyze --policy my-policies/ --fail-on high host-*.trc
  tracerec analyze --toctou -j 4 --state today.state '/srv/traces/**/*.trc'`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, k := range analyze.Kinds {
				if *chosen[k.Name] {
					opts.Analyses = append(opts.Analyses, k.Name)
				}
			}
			more, err := policyKinds(policies, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			opts.More, opts.Only = more, len(policies) > 0
			for _, name := range verdicts {
				v, err := analyze.ParseVerdict(name)
				if err != nil {
					return fmt.Errorf("--verdict: %w", err)
				}
				opts.Verdicts = append(opts.Verdicts, v)
			}
			if out.limit < 0 {
				return fmt.Errorf("--limit: %d is less than 0", out.limit)
			}
			if err := out.setFormat(cmd.Flags().Changed("format"), cmd.Flags().Changed("json")); err != nil {
				return err
			}
			if failOn == "none" {
				out.failOn = analyze.NumSeverities
			} else if out.failOn, err = analyze.ParseSeverity(failOn); err != nil {
				return fmt.Errorf("--fail-on: %w, or none", err)
			}
			opts.Info = out.failOn == analyze.Info
			if err := times.set(&out.times); err != nil {
				return err
			}
			to, finish, err := createPlain(output, force, false, cmd.OutOrStdout())
			if err != nil {
				return err
			}
			screen := to // buffered, so not the terminal itself
			if output == "-" {
				screen = cmd.OutOrStdout()
			}
			if out.color, err = wantsColor(color, screen); err != nil {
				return finish(err)
			}
			if out.width == 0 {
				out.width = terminalWidth(screen)
			}
			if !cmd.Flags().Changed("limit") && out.format != "table" {
				out.limit = out.defaultLimit()
			}
			files, several, err := fleet.Expand(args)
			if err != nil {
				return finish(err)
			}
			files = eachHost(files)
			if several || asFleet || state != "" {
				if out.fleet, files, err = newFleetRun(files, state, optionsText(&opts, policies), cmd.ErrOrStderr()); err != nil {
					return finish(err)
				}
			}
			units := singly(files)
			if state == "" { // which notes what was done file by file
				units = joinParts(files)
			} else if n := len(files) - len(joinParts(files)); n > 0 {
				fmt.Fprintf(cmd.ErrOrStderr(), "tracerec: with --state segments of one recording are analysed each for itself: %d are continuations of others, whose borders policies and --fs-race do not see across\n", n)
			}
			if len(units) == 1 && out.fleet == nil {
				out.screen = cmd.ErrOrStderr()
			}
			err = out.run(files, units, opts, to, cmd.ErrOrStderr())
			if errors.Is(err, errReport) {
				return finish(err)
			}
			if closing := finish(nil); closing != nil {
				return closing
			}
			return err
		},
	}
	flags := cmd.Flags()
	for _, k := range analyze.Kinds {
		chosen[k.Name] = flags.Bool(k.Name, false, k.Doc)
	}
	flags.StringSliceVar(&policies, "policy", nil, "match these policies: files, directories, names (tracerec policy list), or shipped for all that come with tracerec")
	flags.StringVar(&out.format, "format", "table", formatHelp())
	outputFlag(flags, &output, "-", "file to write the report to (- for standard output)")
	flags.BoolVar(&force, "force", false, "replace an existing file")
	flags.BoolVar(&out.json, "json", false, "--format json: one JSON object a line: findings in stream order, then a coverage statement for each file")
	flags.StringVar(&failOn, "fail-on", "medium", "exit with 1 if there is a finding of this severity or above: info (lists redirected and harmless unreadable arguments too), low, medium, high, critical, none")
	flags.BoolVar(&out.strict, "strict", false, "exit with 3 if the evidence is incomplete")
	flags.StringSliceVar(&verdicts, "verdict", nil, "list only these verdicts, of whatever severity (comma-separated)")
	flags.IntVar(&out.limit, "limit", 25, "list at most this many findings of each file, the worst first; 0 for all. Unless it is given, json has all and formats that are written at the end 1000")
	flags.IntVarP(&opts.Jobs, "jobs", "j", 0, "files analysed and blocks decoded at a time; 0: as many as there are processors. The report is the same for any")
	flags.StringVar(&state, "state", "", "note in this file what was done of each file, and do only the rest the next time; implies --fleet")
	flags.BoolVar(&asFleet, "fleet", false, "add what only many hosts' files show; directories and globs imply it")
	flags.StringVar(&color, "color", "auto", "auto, always or never")
	flags.IntVar(&out.width, "width", 0, "columns to fit findings into; 0 for those of the terminal, and without one a line for each sentence")
	times.register(cmd, "utc")
	return cmd
}

// errReport ends everything: other files' reports cannot be written either.
var errReport = errors.New("write report")

// analyzeReport is how a report is written, and what its exit code says.
type analyzeReport struct {
	json, strict, color bool
	format              string
	limit               int
	times               show.Options // of the table
	screen              io.Writer    // for a bar while a file is read; nil where several are
	width               int          // of the terminal that the table goes to; 0 for none
	failOn              analyze.Severity
	fleet               *fleetRun      // nil for single files
	whole               *report.Report // what a format that is written at the end gathers; nil for those that stream
}

func (r *analyzeReport) run(files []string, units [][]string, opts analyze.Options, out, talk io.Writer) error {
	buf := bufio.NewWriterSize(out, 1<<16)
	var failed, unread, damaged, incomplete bool
	var segments []analyze.SegmentFile
	for done := range r.files(units, opts, buf) {
		file, coverage, err := done.file, done.coverage, done.err
		if errors.Is(err, errReport) {
			return err
		}
		if err == nil && r.whole != nil {
			r.gather(coverage, &done.top)
		}
		if r.fleet != nil {
			if err := r.fleet.done(file, done.summary, err); err != nil {
				return fmt.Errorf("--state: %w", err)
			}
		}
		if err != nil {
			r.unread(file, err)
			buf.Flush()
			fmt.Fprintln(talk, "tracerec: "+err.Error())
			unread = true
			continue
		}
		if coverage.Damaged {
			buf.Flush()
			fmt.Fprintf(talk, "tracerec: %s: the file is damaged: keep it as it is and work on a copy\n", show.Escape([]byte(file)))
			damaged = true
		}
		failed = failed || coverage.At(r.failOn) > 0
		incomplete = incomplete || len(coverage.Incomplete) > 0
		segments = append(segments, coverage.Segments...)
	}
	if opts.Runs("integrity") {
		for _, f := range analyze.CheckSegments(segments) {
			if r.whole != nil {
				r.add(f)
			} else if err := r.write(f, buf); err != nil {
				return fmt.Errorf("%w: %w", errReport, err)
			}
			failed = failed || f.Severity >= r.failOn
			incomplete = true
		}
	}
	if err := r.finish(buf); err != nil {
		return fmt.Errorf("%w: %w", errReport, err)
	}
	if r.fleet != nil {
		if err := r.fleet.finish(buf, r, talk); err != nil {
			return fmt.Errorf("%w: %w", errReport, err)
		}
		failed = failed || r.fleet.at(r.failOn) > 0
		incomplete = incomplete || r.fleet.incomplete()
		// In a fleet there is always some broken file: named, and counted as missing.
		unread = unread && r.fleet.allUnread()
		damaged = false
	}
	if err := buf.Flush(); err != nil {
		return fmt.Errorf("%w: %w", errReport, err)
	}
	for _, what := range missingParts(files) {
		fmt.Fprintln(talk, "tracerec: "+show.Escape([]byte(what)))
		incomplete = true
	}
	switch {
	case unread:
		return &exitError{code: exitUsage}
	case failed:
		return &exitError{code: exitFindings}
	case damaged:
		return &exitError{code: exitUsage}
	case incomplete && r.strict:
		return &exitError{code: exitIncomplete, err: fmt.Errorf("the evidence is incomplete: see what the report says is missing")}
	}
	return nil
}

// analyzed is what came of a file.
type analyzed struct {
	file     string
	coverage *analyze.Coverage
	summary  *fleet.Summary // when it is one of a fleet
	top      analyze.Top
	err      error
}

// files analyses files, several at a time, and reports on them in their
// order: what is written does not depend on -j.
func (r *analyzeReport) files(files [][]string, opts analyze.Options, out io.Writer) iter.Seq[*analyzed] {
	jobs := opts.Jobs
	if jobs == 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	if jobs = min(jobs, len(files)); jobs <= 1 {
		return func(yield func(*analyzed) bool) {
			for _, file := range files {
				if !yield(r.file(file, opts, out)) {
					return
				}
			}
		}
	}
	type filed struct {
		*analyzed
		text *bytes.Buffer
	}
	return func(yield func(*analyzed) bool) {
		reports := make([]chan filed, len(files))
		for i := range reports {
			reports[i] = make(chan filed, 1)
		}
		start := func(i int) {
			if i >= len(files) {
				return
			}
			go func() {
				text := new(bytes.Buffer)
				reports[i] <- filed{r.file(files[i], opts, text), text}
			}()
		}
		for i := range jobs {
			start(i)
		}
		for i := range files {
			done := <-reports[i]
			start(i + jobs)
			if _, err := done.text.WriteTo(out); err != nil {
				done.err = fmt.Errorf("%w: %w", errReport, err)
			}
			if !yield(done.analyzed) {
				return
			}
		}
	}
}

func (r *analyzeReport) file(parts []string, opts analyze.Options, out io.Writer) *analyzed {
	done := &analyzed{file: parts[0], top: analyze.Top{Limit: r.limit}}
	done.err = r.report(done, parts, opts, out)
	return done
}

func (r *analyzeReport) report(done *analyzed, parts []string, opts analyze.Options, out io.Writer) (err error) {
	var (
		failed error
		lines  = analyze.NewJSON(out)
		table  = r.table(out)
		write  = lines.Finding
		stream = r.json && r.limit == 0
	)
	if !r.json {
		write = func(f *analyze.Finding) error { table.Finding(f); return table.Err() }
	}
	read := func() {}
	if r.screen != nil && !stream {
		opts.Opened = func(files ...*format.Reader) { read = watchReading(r.screen, files...) }
	}
	emit := func(f *analyze.Finding) {
		if !stream {
			done.top.Add(f)
		} else if failed == nil {
			failed = write(f)
		}
	}
	if r.fleet != nil {
		done.coverage, done.summary, err = r.fleet.analyze(parts, opts, emit)
	} else {
		done.coverage, err = analyze.Segments(parts, opts, emit)
		read()
	}
	if err != nil || r.whole != nil {
		return err
	}
	for _, f := range done.top.Findings() {
		if failed == nil {
			failed = write(f)
		}
	}
	if failed == nil {
		if r.json {
			failed = lines.Coverage(done.coverage)
		} else {
			table.Coverage(done.coverage, done.top.Dropped)
			failed = table.Err()
		}
	}
	if failed != nil {
		return fmt.Errorf("%w: %w", errReport, failed)
	}
	return nil
}

// write writes a finding that is about several files.
func (r *analyzeReport) write(f *analyze.Finding, out io.Writer) error {
	if r.json {
		return analyze.NewJSON(out).Finding(f)
	}
	t := r.table(out)
	t.Finding(f)
	return t.Err()
}

func (r *analyzeReport) table(out io.Writer) *analyze.Table {
	t := analyze.NewTable(out, r.color)
	t.Times(r.times)
	t.Width(r.width)
	return t
}

// add puts a finding about several files to the file that it names.
func (r *analyzeReport) add(f *analyze.Finding) {
	for i := range r.whole.Files {
		if file := &r.whole.Files[i]; file.Path == f.File {
			file.Findings = append(file.Findings, f)
			return
		}
	}
}

// wantsColor follows --color, and for auto NO_COLOR (https://no-color.org) and a dumb terminal.
func wantsColor(when string, out io.Writer) (bool, error) {
	switch when {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
		f, ok := out.(*os.File)
		return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isatty.IsTerminal(f.Fd()), nil
	}
	return false, fmt.Errorf("--color: unknown value %q: use auto, always or never", when)
}

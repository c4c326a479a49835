package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/analyze/report"
	"github.com/tracerec/tracerec/analyze/suite"
	"github.com/tracerec/tracerec/format/show"
)

func init() { verbs = append(verbs, newTest) }

func newTest() *cobra.Command {
	t := testRun{format: "table", output: "-"}
	cmd := &cobra.Command{
		Use:   "test DIR...",
		Short: "run captured traces against what is expected of them",
		Long: `Test analyzes the traces of each directory that holds an expect.yaml, DIR or
below it, and compares: what must be found and what must not, counts, coverage,
exit code. Traces are NAME.trc, or their text NAME.trc.txt (see dump). docs/ci.md
describes expect.yaml.

Exit codes: 0 all as expected, 1 an expectation does not hold, 2 usage or I/O, a
trace that cannot be read, 3 as expected, but incomplete evidence, under --strict.`,
		Example: `  tracerec test testdata/
  tracerec test --update new-captures/
  tracerec test --baseline known.txt --format junit -o results.xml traces/`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if t.json {
				if t.format != "json" && cmd.Flags().Changed("format") {
					return fmt.Errorf("--json and --format %s: choose one", t.format)
				}
				t.format = "json"
			}
			return t.run(args, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.BoolVar(&t.update, "update", false, "write exit codes and counts of what is found into each expect.yaml, and with --baseline the ids")
	f.StringVar(&t.baseline, "baseline", "", "file with ids of known findings, which do not fail")
	f.StringVar(&t.format, "format", "table", "table, json (JSON Lines) or junit")
	f.BoolVar(&t.json, "json", false, "--format json: one JSON object a line")
	outputFlag(f, &t.output, "-", "file to write the results to (- for standard output)")
	f.BoolVar(&t.force, "force", false, "replace an existing file")
	f.BoolVar(&t.strict, "strict", false, "exit with 3 if the evidence of a trace is incomplete")
	f.IntVarP(&t.jobs, "jobs", "j", runtime.GOMAXPROCS(0), "traces at a time")
	return cmd
}

type testRun struct {
	update, strict, force    bool
	json                     bool
	baseline, format, output string
	jobs                     int
}

func (t *testRun) run(args []string, stdout, talk io.Writer) error {
	if t.jobs < 1 {
		return fmt.Errorf("-j: %d is less than 1", t.jobs)
	}
	write, ok := map[string]func(io.Writer, *suite.Result) error{"table": testTable, "json": testJSON, "junit": nil}[t.format]
	if !ok {
		return fmt.Errorf("--format: unknown format %q: use table, json or junit", t.format)
	}
	o := suite.Options{Jobs: t.jobs}
	if t.baseline != "" {
		known, err := suite.ReadBaseline(t.baseline)
		if err != nil && !(t.update && os.IsNotExist(err)) {
			return fmt.Errorf("--baseline: %w", err)
		}
		o.Baseline = known
	}
	if t.update {
		o.Baseline = nil
	}
	paths, err := suite.Find(args)
	if err != nil {
		return err
	}
	var dirs []*suite.Dir
	traces := 0
	for _, path := range paths {
		d, err := suite.Load(path)
		if err != nil {
			return err
		}
		traces += len(d.Names)
		dirs = append(dirs, d)
	}
	if traces == 0 {
		return fmt.Errorf("no traces in %v: NAME.trc or NAME.trc.txt", args)
	}
	out, finish, err := createPlain(t.output, t.force, false, stdout)
	if err != nil {
		return err
	}
	var failed error
	results := suite.Run(dirs, o, func(r *suite.Result) {
		if write != nil && failed == nil && !t.update {
			failed = write(out, r)
		}
	})
	if t.update && t.baseline != "" { // what is expected beside the ids that the baseline will have
		o.Baseline = suite.BaselineOf(results)
		results = suite.Run(dirs, o, func(*suite.Result) {})
	}
	if t.format == "junit" {
		failed = testJUnit(out, results)
	}
	if err := finish(failed); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	if t.update {
		return t.write(dirs, results, talk)
	}
	return t.verdict(results, talk)
}

// write makes what was found what is expected.
func (t *testRun) write(dirs []*suite.Dir, results []*suite.Result, talk io.Writer) error {
	for _, r := range results {
		if r.Err != nil {
			return fmt.Errorf("nothing is written: %w", r.Err)
		}
		if r.Exit == exitUsage {
			fmt.Fprintf(talk, "tracerec: note: %s is damaged: its expectations are of what can be read\n", show.Escape([]byte(filepath.Join(r.Dir, r.Trace))))
		}
	}
	for _, d := range dirs {
		if err := d.Update(results); err != nil {
			return err
		}
	}
	if t.baseline != "" {
		f, err := os.Create(t.baseline)
		if err != nil {
			return err
		}
		if err := suite.WriteBaseline(f, results); err != nil {
			f.Close()
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	text := "expectations of " + show.Count(uint64(len(results)), "trace")
	if t.baseline != "" {
		known := 0
		for _, r := range results {
			known += r.Known
		}
		text += fmt.Sprintf(", and %s to %s: test --baseline with it takes them as known",
			show.Count(uint64(known), "known finding"), show.Escape([]byte(t.baseline)))
	}
	_, err := fmt.Fprintf(talk, "tracerec: written: %s\n", text)
	return err
}

func (t *testRun) verdict(results []*suite.Result, talk io.Writer) error {
	var passed, failed, unread, incomplete int
	for _, r := range results {
		switch {
		case r.Err != nil:
			unread++
		case len(r.Failures) > 0:
			failed++
		default:
			passed++
		}
		if len(r.Incomplete) > 0 {
			incomplete++
		}
	}
	fmt.Fprintf(talk, "tracerec: %d passed, %d failed, %d could not be run\n", passed, failed, unread)
	switch {
	case unread > 0:
		return &exitError{code: exitUsage}
	case failed > 0:
		return &exitError{code: exitFindings}
	case t.strict && incomplete > 0:
		return &exitError{code: exitIncomplete, err: fmt.Errorf("the evidence of %s is incomplete", show.Count(uint64(incomplete), "trace"))}
	}
	return nil
}

func testTable(w io.Writer, r *suite.Result) error {
	word := "ok  "
	if r.Err != nil || len(r.Failures) > 0 {
		word = "FAIL"
	}
	came := "could not be run"
	if r.Err == nil {
		came = show.Count(uint64(len(r.Findings)), "finding")
		if r.Known > 0 {
			came += fmt.Sprintf(", %d known", r.Known)
		}
		came += fmt.Sprintf(", exit %d", r.Exit)
	}
	fmt.Fprintf(w, "%s  %s  %s  %s\n", word, show.Escape([]byte(r.Name())), came, show.Duration(int64(r.Took)))
	if r.Err != nil {
		fmt.Fprintf(w, "      %s\n", show.Escape([]byte(r.Err.Error())))
	}
	const most = 20
	for i, why := range r.Failures {
		if i == most {
			fmt.Fprintf(w, "      and %d more\n", len(r.Failures)-most)
			break
		}
		fmt.Fprintf(w, "      %s\n", strings.Join(wrap(why, 80-8), "\n        "))
	}
	if b, ok := w.(*bufio.Writer); ok {
		return b.Flush() // one trace after the other, as they end
	}
	return nil
}

type jsonTest struct {
	Trace      string         `json:"trace"`
	Passed     bool           `json:"passed"`
	Error      string         `json:"error,omitempty"`
	Failures   []string       `json:"failures"`
	Findings   int            `json:"findings"`
	Known      int            `json:"known"`
	Counts     map[string]int `json:"counts"`
	Exit       int            `json:"exit"`
	Incomplete []string       `json:"incomplete"`
	Seconds    float64        `json:"seconds"`
}

func testJSON(w io.Writer, r *suite.Result) error {
	o := jsonTest{
		Trace: r.Name(), Passed: r.Err == nil && len(r.Failures) == 0, Failures: notNilStrings(r.Failures), Findings: len(r.Findings), Known: r.Known,
		Counts: r.Counts, Exit: r.Exit, Incomplete: notNilStrings(r.Incomplete), Seconds: r.Took.Seconds(),
	}
	if r.Err != nil {
		o.Error = r.Err.Error()
	}
	if o.Counts == nil {
		o.Counts = map[string]int{}
	}
	return writeJSON(w, "test", o)
}

// testJUnit writes a suite for each directory and a case for each trace.
func testJUnit(w io.Writer, results []*suite.Result) error {
	out := report.Suites{Name: "tracerec test"}
	for _, r := range results {
		dir := show.Escape([]byte(r.Dir))
		if n := len(out.Suites); n == 0 || out.Suites[n-1].Name != dir {
			out.Suites = append(out.Suites, report.Suite{Name: dir})
		}
		c := report.Case{Class: dir, Name: show.Escape([]byte(r.Trace)), Time: report.Seconds(r.Took)}
		switch {
		case r.Err != nil:
			c.Error = &report.Outcome{Message: show.Escape([]byte(r.Err.Error())), Type: "error"}
		case len(r.Failures) > 0:
			c.Failure = &report.Outcome{Message: r.Failures[0], Type: "expectation"}
			for _, why := range r.Failures {
				c.Failure.Text += why + "\n"
			}
		}
		out.Suites[len(out.Suites)-1].Add(c)
	}
	return out.Write(w)
}

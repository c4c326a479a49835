package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/recorder"
	"github.com/tracerec/tracerec/recorder/drill"
)

func init() { verbs = append(verbs, newDrill) }

func newDrill() *cobra.Command {
	var d drillRun
	var witness string
	cmd := &cobra.Command{
		Use:   "drill [CASE...]",
		Short: "race our own harmless calls and check that they are caught here",
		Long: `Drill runs races of tracerec's own in a private directory (loopback only, bounded),
records them, analyzes the recording, and compares with what the races themselves
know of the outcome. It says for each case what this kernel's witnesses caught.

Exit codes: 0 every case was caught as expected or cannot be run here (it says
why), 1 some case was not, 2 the drill could not be recorded.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if d.rungs, err = recorder.ParseRungs(witness); err != nil {
				return err
			}
			for _, name := range args {
				if _, ok := drill.Find(name); !ok {
					return fmt.Errorf("no drill case %q: tracerec drill --list names them", name)
				}
			}
			if d.list {
				return listCases(cmd.OutOrStdout())
			}
			d.cases = args
			if len(args) == 0 {
				for _, c := range drill.Cases {
					d.cases = append(d.cases, c.Name)
				}
			}
			return d.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	outputFlag(f, &d.output, "", "keep the recording in this file")
	f.BoolVar(&d.force, "force", false, "replace an existing file")
	f.BoolVar(&d.json, "json", false, "one JSON object a line, one for each case")
	f.BoolVar(&d.list, "list", false, "list the cases and end")
	f.StringVar(&witness, "witness", "", "use these rungs only: "+format.RungList(","))
	return cmd
}

func listCases(w io.Writer) error {
	var rows [][]string
	for _, c := range drill.Cases {
		kind := "luck"
		if c.Deterministic {
			kind = "certain"
		}
		rows = append(rows, []string{c.Name, c.Syscall, c.Argument, kind, c.Doc})
	}
	var text bytes.Buffer // one write, one error
	writeColumns(&text, []string{"case", "call", "argument", "kind", "what it does"}, rows)
	_, err := w.Write(text.Bytes())
	return err
}

func plainTable() table.Style {
	s := table.StyleLight
	s.Options = table.OptionsNoBordersAndSeparators
	return s
}

// drillRun is one run of the verb.
type drillRun struct {
	cases       []string
	output      string
	force, json bool
	list        bool
	rungs       format.Rung
}

// bareEnvironment keeps what the user's environment holds out of a recording of
// environments: what our own programs need of it is left.
func bareEnvironment() {
	for _, v := range os.Environ() {
		switch name, _, _ := strings.Cut(v, "="); name {
		case "PATH", "HOME", "TMPDIR", "TERM", "NO_COLOR", "GOCOVERDIR":
		default:
			os.Unsetenv(name)
		}
	}
}

// drillResult is what became of a case.
type drillResult struct {
	Case     string            `json:"case"`
	Syscall  string            `json:"syscall"`
	Argument string            `json:"argument"`
	Result   string            `json:"result"` // "ok", "missed", "unavailable", "not compared"
	Attempts int               `json:"attempts"`
	Matched  int               `json:"matched"`   // attempts whose call is in the recording
	Seen     int               `json:"witnessed"` // of them, with a kernel view, where the race found out what was used
	Agree    int               `json:"agree"`     // of them, where that is what the race itself found
	Verdicts map[string]uint64 `json:"verdicts"`
	Why      string            `json:"why,omitempty"`
}

func (d *drillRun) run(ctx context.Context, out io.Writer) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	dir, err := os.MkdirTemp("", "tracerec-drill-")
	if err != nil {
		return fmt.Errorf("make a work directory: %w", err)
	}
	defer os.RemoveAll(dir)
	trace := d.output
	if trace == "" {
		trace = filepath.Join(dir, "drill.trc")
	}
	// Security hooks that witness no argument have no part in a drill: without
	// them it begins sooner.
	selected, err := format.ParseSelection([]string{"all", "!lsm"})
	if err != nil {
		return err
	}
	env := slices.ContainsFunc(d.cases, func(name string) bool { c, _ := drill.Find(name); return c.Env })
	if env {
		bareEnvironment()
	}
	sum, err := recorder.Record(ctx, recorder.Options{
		Select: selected, Env: env,
		Output: trace, Force: d.force, Rungs: d.rungs, Version: versionString(), Args: os.Args,
		Command: drill.SeriesArgv("/proc/self/exe", dir, d.cases),
		// The recording is judged and the work directory removed afterwards.
		Operation: recorder.Operation{Privileges: recorder.Privileges{Keep: true}},
	})
	if err != nil {
		return err
	}
	results, err := d.judge(trace, dir)
	if err != nil {
		return err
	}
	missed := 0
	for _, r := range results {
		if r.Result == "missed" {
			missed++
		}
	}
	if d.json {
		enc := json.NewEncoder(out)
		for _, r := range results {
			if err := enc.Encode(r); err != nil {
				return err
			}
		}
	} else {
		var text bytes.Buffer
		printDrill(&text, results)
		if _, err := out.Write(text.Bytes()); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "tracerec: %s recorded, %s lost\n", show.Count(sum.Rows, "row"), humanize.Comma(int64(sum.Lost)))
	}
	if missed > 0 {
		return &exitError{code: exitFindings, err: fmt.Errorf("%d of %s not caught as expected", missed, show.CountOf(uint64(len(results)), "case was", "cases were"))}
	}
	return nil
}

// judge analyzes the recording and compares it with the truth of every case.
func (d *drillRun) judge(trace, dir string) ([]drillResult, error) {
	r, err := format.Open(trace)
	if err != nil {
		return nil, err
	}
	defer r.Close()

	verdicts := make(map[drill.CallKey]map[string]string) // call → argument → verdict
	unpaired := make(map[uint32]int)
	var all []analyze.Verdict
	for v := range analyze.NumVerdicts {
		all = append(all, v)
	}
	_, err = analyze.Reader(r, analyze.Options{Verdicts: all}, func(f *analyze.Finding) {
		if f.Verdict == analyze.Unpaired {
			if len(f.Kernel.Bytes) > 0 {
				unpaired[f.PID]++
			}
			return
		}
		key := drill.CallKey{TID: f.TID, Start: f.Start, Call: f.Call}
		if verdicts[key] == nil {
			verdicts[key] = make(map[string]string)
		}
		verdicts[key][f.Argument] = f.Verdict.String()
	})
	if err != nil {
		return nil, err
	}
	var results []drillResult
	for _, name := range d.cases {
		res, err := judgeCase(r, dir, name, verdicts, unpaired)
		if err != nil {
			return nil, fmt.Errorf("drill case %s: %w", name, err)
		}
		results = append(results, res)
	}
	return results, nil
}

func judgeCase(r *format.Reader, dir, name string, verdicts map[drill.CallKey]map[string]string, unpaired map[uint32]int) (drillResult, error) {
	c, _ := drill.Find(name)
	res := drillResult{Case: name, Syscall: c.Syscall, Argument: c.Argument, Verdicts: map[string]uint64{}, Result: "ok"}
	truth, err := drill.ReadTruth(drill.CaseDir(dir, name))
	if err != nil { // it ended before it could write it
		res.Result, res.Why = "missed", "the race itself failed: "+err.Error()
		return res, nil
	}
	if truth.Total.Unavailable != "" {
		res.Result, res.Why = "unavailable", truth.Total.Unavailable
		return res, nil
	}
	if truth.Total.Error != "" {
		res.Result, res.Why = "missed", "the race itself failed: "+truth.Total.Error
		return res, nil
	}
	res.Attempts = truth.Total.Attempts
	if truth.Setup.Syscall != "" {
		res.Syscall = truth.Setup.Syscall
	}
	swapped := res.Argument // which of two names could be swapped is the kernel's choice
	if truth.Setup.Argument != "" {
		swapped = truth.Setup.Argument
		res.Argument = swapped
	}
	calls, err := drill.Match(r, &truth)
	if err != nil {
		return res, err
	}
	res.Matched = len(calls)
	byArgument := make(map[string]map[string]uint64)
	for i := range calls {
		for argument, v := range verdicts[calls[i].Key] {
			if byArgument[argument] == nil {
				byArgument[argument] = make(map[string]uint64)
			}
			byArgument[argument][v]++
		}
		if calls[i].Witnessed && calls[i].Known(&truth) {
			res.Seen++
			if calls[i].Agrees(&truth) {
				res.Agree++
			}
		}
	}
	n := uint64(unpaired[uint32(truth.Setup.PID)])
	if n > 0 && len(calls) == 0 {
		byArgument[swapped] = map[string]uint64{analyze.Unpaired.String(): n}
	}
	if byArgument[swapped] != nil {
		res.Verdicts = byArgument[swapped]
	}
	if len(calls) == 0 && n == 0 {
		res.Result, res.Why = "missed", "none of its calls is in the recording"
		return res, nil
	}
	for _, e := range c.Expect {
		argument := e.Argument
		if argument == c.Argument {
			argument = swapped
		}
		got, want := byArgument[argument][e.Verdict], uint64(res.Attempts)
		ok := got > 0
		switch e.Quantity {
		case drill.All:
			ok = got >= want
		case drill.None:
			ok = got == 0
		}
		if !ok {
			res.Result = "missed"
			res.Why = fmt.Sprintf("expected %s of %s %s for %s, got %d", e.Quantity, show.Count(uint64(want), "call"), e.Verdict, argument, got)
			break
		}
	}
	return res, nil
}

// verdictCounts are verdicts in the order in which analyze tells what it
// found; what agrees comes last.
func verdictCounts(counts map[string]uint64) string {
	var parts []string
	for n := range analyze.NumVerdicts {
		v := (n + 1 + analyze.Consistent) % analyze.NumVerdicts
		if count := counts[v.String()]; count > 0 {
			parts = append(parts, humanize.Comma(int64(count))+" "+v.String())
		}
	}
	return strings.Join(parts, ", ")
}

func printDrill(w io.Writer, results []drillResult) {
	t := table.NewWriter()
	t.SuppressTrailingSpaces()
	t.SetStyle(plainTable())
	t.SetColumnConfigs([]table.ColumnConfig{{Name: "tries", Align: text.AlignRight}})
	t.AppendHeader(table.Row{"case", "argument", "tries", "result", "verdicts", "kernel view = truth"})
	for _, r := range results {
		agree := "-" // no call of its own shows a view: requests of io_uring, what was not run
		if r.Seen > 0 {
			agree = humanize.Comma(int64(r.Agree)) + " of " + humanize.Comma(int64(r.Seen))
		}
		t.AppendRow(table.Row{r.Case, r.Syscall + "." + r.Argument, humanize.Comma(int64(r.Attempts)), r.Result, verdictCounts(r.Verdicts), agree})
	}
	fmt.Fprintln(w, t.Render())
	for _, r := range results {
		if r.Why != "" {
			fmt.Fprintf(w, "%s: %s\n", r.Case, r.Why)
		}
	}
}

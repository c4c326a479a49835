package suite

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/analyze/policy"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/format/text"
)

// Result is what became of one trace.
type Result struct {
	Dir, Trace string
	Err        error    // it could not be run
	Failures   []string // expectations that do not hold; empty is a pass
	Incomplete []string // why the evidence is incomplete
	Findings   []*analyze.Finding
	Counts     map[string]int // by rule, of findings that are no baseline's
	Known      int            // findings that the baseline knows
	Exit       int            // of analyze
	Took       time.Duration
}

// Name is the trace's path.
func (r *Result) Name() string { return filepath.Join(r.Dir, r.Trace) }

// Options are how a suite is run.
type Options struct {
	Jobs     int
	Baseline map[string]bool // ids of findings that are known
}

// Run runs the traces of directories, several at a time. Results come in order.
func Run(dirs []*Dir, o Options, done func(*Result)) []*Result {
	type job struct {
		dir *Dir
		res *Result
	}
	var (
		results []*Result
		jobs    []job
	)
	for _, d := range dirs {
		for _, name := range d.Names {
			r := &Result{Dir: d.Path, Trace: name}
			results = append(results, r)
			jobs = append(jobs, job{d, r})
		}
	}
	var (
		wg    sync.WaitGroup
		queue = make(chan int)
		ready = make([]chan struct{}, len(jobs))
	)
	for i := range ready {
		ready[i] = make(chan struct{})
	}
	for range max(o.Jobs, 1) {
		wg.Go(func() {
			for i := range queue {
				begin := time.Now()
				jobs[i].res.run(jobs[i].dir, &o)
				jobs[i].res.Took = time.Since(begin)
				close(ready[i])
			}
		})
	}
	go func() {
		for i := range jobs {
			queue <- i
		}
		close(queue)
	}()
	for i, r := range results {
		<-ready[i]
		done(r)
	}
	wg.Wait()
	return results
}

// open opens a trace, or makes one in memory of its text.
func open(path string) (*format.Reader, func() error, error) {
	if !strings.HasSuffix(path, ".txt") {
		r, err := format.Open(path)
		if err != nil {
			return nil, nil, err
		}
		return r, r.Close, nil
	}
	in, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer in.Close()
	var file bytes.Buffer
	if _, err := text.Build(in, func(h *format.Header, o format.WriterOptions) (*format.Writer, error) {
		return format.NewWriter(&file, h, o)
	}); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	r, err := format.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
	return r, func() error { return nil }, err
}

func (r *Result) run(d *Dir, o *Options) {
	defer func() {
		if r.Err != nil {
			r.Exit = 2 // as analyze
		}
	}()
	expect := d.Traces[r.Trace]
	if expect == nil {
		expect = &Expect{}
		r.fail("nothing is expected of this trace: --update writes what is found")
	}
	e := expect.with(&d.Defaults)
	options := analyze.Options{Analyses: e.Analyses, Only: len(e.Policies) > 0}
	if len(e.Coverage) > 0 && !options.Runs("toctou") {
		r.Err = fmt.Errorf("coverage is expected, and toctou does not run, which compares arguments: where policies or analyses are given only those run; add analyses: [toctou] in %s", filepath.Join(d.Path, FileName))
		return
	}
	var known []string // policies that run
	if len(e.Policies) > 0 {
		var args []string
		for _, p := range e.Policies {
			if local := filepath.Join(d.Path, p); filepath.IsLocal(p) {
				if _, err := os.Stat(local); err == nil {
					p = local
				}
			}
			args = append(args, p)
		}
		set, problems := policy.Load(args)
		if err := problems.Err(); err != nil {
			r.Err = err
			return
		}
		options.More = []analyze.Kind{set.Kind()}
		for _, p := range set.Policies {
			known = append(known, p.Name)
		}
	}
	if r.Err = expect.checkPolicies(known); r.Err != nil {
		return
	}
	trace, closing, err := open(filepath.Join(d.Path, r.Trace))
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("there is no such file, %s names it", filepath.Join(d.Path, FileName))
	}
	if err != nil {
		r.Err = err
		return
	}
	defer closing()
	c, err := analyze.Reader(trace, options, func(f *analyze.Finding) {
		f.File = r.Name()
		r.Findings = append(r.Findings, f)
	})
	if err != nil {
		r.Err = err
		return
	}
	r.Incomplete = c.Incomplete
	r.judge(&e, c, o)
}

// checkPolicies refuses rules of policies that do not run: what must not be found would never be.
func (e *Expect) checkPolicies(known []string) error {
	rules := slices.Collect(maps.Keys(e.Counts))
	for _, f := range slices.Concat(e.Find, e.Not) {
		rules = append(rules, f.Rule)
	}
	slices.Sort(rules)
	for _, rule := range rules {
		name, ok := strings.CutPrefix(rule, policyRules)
		switch {
		case !ok || strings.Contains(name, "*") || slices.Contains(known, name):
		case len(known) == 0:
			return fmt.Errorf("%s is expected or excluded, and no policy runs: add policies: [FILE]", show.Escape([]byte(rule)))
		default:
			return fmt.Errorf("no policy that runs has the rule %s%s", show.Escape([]byte(rule)), format.Suggest(name, known))
		}
	}
	return nil
}

func (r *Result) fail(layout string, args ...any) {
	r.Failures = append(r.Failures, fmt.Sprintf(layout, args...))
}

// judge compares what was found with what is expected.
func (r *Result) judge(e *Expect, c *analyze.Coverage, o *Options) {
	failOn := analyze.Medium
	switch {
	case e.FailOn == "none":
		failOn = analyze.NumSeverities
	case e.FailOn != "":
		failOn, _ = analyze.ParseSeverity(e.FailOn)
	}
	r.Counts = map[string]int{}
	fitting := make([]int, len(e.Find))
	unexpected := map[string][]*analyze.Finding{}
	failing := false
	for _, f := range r.Findings {
		named := false
		for k := range e.Find {
			if e.Find[k].fits(f) {
				fitting[k]++
				named = true
			}
		}
		if o.Baseline[f.ID] {
			r.Known++
			continue
		}
		r.Counts[f.RuleID()]++
		failing = failing || f.Severity >= failOn
		for k := range e.Not {
			if e.Not[k].fits(f) {
				r.fail("must not find %s: %s %s", e.Not[k].String(), f.ID, f.Headline())
			}
		}
		if !named && f.Severity >= failOn && (e.Others == "fail" || e.Others == "" && e.Counts == nil) {
			unexpected[f.RuleID()] = append(unexpected[f.RuleID()], f)
		}
	}
	for _, rule := range slices.Sorted(maps.Keys(unexpected)) {
		r.unexpected(rule, unexpected[rule])
	}
	for k := range e.Find {
		least, most, _ := e.Find[k].count()
		if n := fitting[k]; n < least || most >= 0 && n > most {
			want := e.Find[k].Count
			if want == "" {
				want = "1+"
			}
			r.fail("must find %s: %s, want %s", e.Find[k].String(), show.Count(uint64(n), "time"), want)
		}
	}
	if e.Counts != nil {
		rules := slices.Sorted(maps.Keys(r.Counts))
		for rule := range e.Counts {
			rules = append(rules, rule)
		}
		slices.Sort(rules)
		for _, rule := range slices.Compact(rules) {
			if got, want := r.Counts[rule], e.Counts[rule]; got != want {
				r.fail("count of %s: %d, want %d", rule, got, want)
			}
		}
	}
	switch {
	case failing:
		r.Exit = 1
	case c.Damaged:
		r.Exit = 2
	case e.Strict && len(c.Incomplete) > 0:
		r.Exit = 3
	}
	if e.Exit != nil && r.Exit != *e.Exit {
		r.fail("exit code %d, want %d", r.Exit, *e.Exit)
	}
	for _, what := range slices.Sorted(maps.Keys(e.Coverage)) {
		floor, _ := percent(e.Coverage[what])
		got, ok := share(c, what)
		if !ok {
			r.fail("coverage of %s: no such call was recorded, want %s of them witnessed", what, e.Coverage[what])
		} else if got < floor {
			r.fail("coverage of %s: %.1f%% witnessed, want %s", what, got, e.Coverage[what])
		}
	}
}

// severalOf is from how many findings of one rule on they are one failure: a race that is won
// often is a finding each time.
const severalOf = 4

// unexpected tells of findings of one rule that nobody expected.
func (r *Result) unexpected(rule string, list []*analyze.Finding) {
	if len(list) < severalOf {
		for _, f := range list {
			r.fail("not expected: %s %s %s", f.ID, f.Severity, f.Headline())
		}
		return
	}
	worst := slices.MaxFunc(list, func(a, b *analyze.Finding) int { return cmp.Compare(a.Severity, b.Severity) })
	r.fail("not expected: %d findings of %s, the worst: %s %s %s", len(list), rule, worst.ID, worst.Severity, worst.Headline())
}

// share is how many of the calls' arguments somebody witnessed, in percent.
func share(c *analyze.Coverage, what string) (percent float64, ok bool) {
	var calls, seen uint64
	for i := range c.Arguments {
		a := &c.Arguments[i]
		if what != "witnessed" && what != a.Syscall+"."+a.Argument {
			continue
		}
		calls += a.Calls
		seen += a.Calls - a.Verdicts[analyze.Unwitnessed] - a.Verdicts[analyze.Inconclusive]
	}
	if calls == 0 {
		return 0, false
	}
	return 100 * float64(seen) / float64(calls), true
}

package main

import (
	"fmt"
	"io"
	"os"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/analyze/fleet"
	"github.com/tracerec/tracerec/format/show"
)

// fleetRun is what analyze does beside its reports when it is given directories: it adds up
// what only many hosts' files show, and goes on where a run was broken off.
type fleetRun struct {
	sum   *fleet.Fleet
	state *fleet.State
	bar   *progressbar.ProgressBar
	ids   map[string]string
}

// newFleetRun gives the files that have to be analysed; those that state knows are added up already.
func newFleetRun(files []string, statePath, options string, talk io.Writer) (*fleetRun, []string, error) {
	r := &fleetRun{sum: fleet.New(), ids: map[string]string{}}
	if statePath != "" {
		var err error
		if r.state, err = fleet.OpenState(statePath, options); err != nil {
			return nil, nil, fmt.Errorf("--state: %w", err)
		}
	}
	var todo []string
	for _, file := range files {
		if r.state != nil {
			id := fleet.Identify(file)
			r.ids[file] = id
			if done := r.state.Done(file, id); done != nil {
				r.sum.Add(done)
				r.sum.Resumed++
				continue
			}
		}
		todo = append(todo, file)
	}
	if f, ok := talk.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
		r.bar = progressbar.NewOptions(len(todo), progressbar.OptionSetWriter(f), progressbar.OptionSetDescription("files"), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
	}
	return r, todo, nil
}

// analyze analyses one recording, all its segments.
func (r *fleetRun) analyze(parts []string, o analyze.Options, emit func(*analyze.Finding)) (*analyze.Coverage, *fleet.Summary, error) {
	return fleet.Analyze(parts, parts, r.ids[parts[0]], o, emit)
}

// done ends a file, in the order of files.
func (r *fleetRun) done(file string, s *fleet.Summary, err error) error {
	if r.bar != nil {
		n := 1
		if s != nil {
			n = max(n, s.Segments)
		}
		r.bar.Add(n)
	}
	if err != nil {
		// Not noted in the state: it may be whole the next time.
		r.sum.Add(&fleet.Summary{File: file, Error: err.Error()})
		return nil
	}
	r.sum.Add(s)
	if r.state != nil {
		return r.state.Add(s)
	}
	return nil
}

// finish writes the fleet section, where the format has a place for it.
func (r *fleetRun) finish(w io.Writer, report *analyzeReport, talk io.Writer) error {
	if r.bar != nil {
		r.bar.Finish()
	}
	if r.sum.Resumed > 0 {
		fmt.Fprintf(talk, "tracerec: %s analysed by the run before: findings there are counted and not listed again\n", show.CountOf(uint64(r.sum.Resumed), "file was", "files were"))
	}
	if r.state != nil {
		if err := r.state.Close(); err != nil {
			return err
		}
	}
	switch {
	case report.json:
		return r.sum.JSON(w)
	case report.whole == nil:
		return r.sum.Print(w, report.limit)
	}
	_, err := fmt.Fprintln(talk, "tracerec: the fleet section is part of the formats table and json")
	return err
}

// at counts findings at or above a severity in all files, those of the run before too.
func (r *fleetRun) at(least analyze.Severity) (n uint64) {
	for _, h := range r.sum.Hosts() {
		for s := max(least, analyze.Low); s < analyze.NumSeverities; s++ {
			n += h.Severities[s.String()]
		}
	}
	return n
}

// incomplete says whether the evidence of some file is.
func (r *fleetRun) incomplete() bool {
	if r.sum.Unread > 0 {
		return true
	}
	for _, h := range r.sum.Hosts() {
		if h.Incomplete > 0 {
			return true
		}
	}
	return false
}

// allUnread says whether there is nothing to report on.
func (r *fleetRun) allUnread() bool { return r.sum.Files > 0 && r.sum.Unread == r.sum.Files }

// optionsText tells runs apart whose states must not be mixed.
func optionsText(o *analyze.Options, policies []string) string {
	return show.Escape([]byte(fmt.Sprint("analyses ", o.Analyses, " policies ", policies, " verdicts ", o.Verdicts, " info ", o.Info)))
}

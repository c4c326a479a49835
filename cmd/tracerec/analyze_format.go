package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/analyze/policy"
	"github.com/tracerec/tracerec/analyze/report"
)

// reportLimit bounds what formats that are written at the end list of a file.
const reportLimit = 1000

func formatHelp() string {
	s := "table, json (JSON Lines)"
	for _, f := range report.Formats {
		s += fmt.Sprintf(", %s (%s)", f.Name, f.Doc)
	}
	return s
}

// setFormat settles --format and --json.
func (r *analyzeReport) setFormat(formatGiven, jsonGiven bool) error {
	if jsonGiven && r.json {
		if formatGiven && r.format != "json" {
			return fmt.Errorf("--json and --format %s: choose one", r.format)
		}
		r.format = "json"
	}
	r.json = r.format == "json"
	if r.json || r.format == "table" {
		return nil
	}
	if _, ok := report.ByName(r.format); !ok {
		return fmt.Errorf("--format: unknown format %q: use one of table, json, %s", r.format, strings.Join(report.Names(), ", "))
	}
	r.whole = &report.Report{}
	return nil
}

func (r *analyzeReport) defaultLimit() int {
	if r.json {
		return 0
	}
	return reportLimit
}

// gather keeps a file's report until all are known.
func (r *analyzeReport) gather(c *analyze.Coverage, top *analyze.Top) {
	r.whole.Files = append(r.whole.Files, report.File{Path: c.File, Coverage: c, Findings: top.Findings(), Dropped: top.Dropped})
}

func (r *analyzeReport) unread(file string, err error) {
	if r.whole != nil {
		r.whole.Files = append(r.whole.Files, report.File{Path: file, Err: err})
	}
}

// finish writes what was gathered.
func (r *analyzeReport) finish(w io.Writer) error {
	if r.whole == nil {
		return nil
	}
	r.whole.FailOn, r.whole.Strict, r.whole.Version = r.failOn, r.strict, versionString()
	f, _ := report.ByName(r.format)
	return f.Write(w, r.whole)
}

// policyKinds compiles the policies that --policy names. What of them is not supported
// is told; what is wrong ends the command.
func policyKinds(args []string, talk io.Writer) ([]analyze.Kind, error) {
	if len(args) == 0 {
		return nil, nil
	}
	set, problems := policy.Load(args)
	if err := problems.Err(); err != nil {
		return nil, fmt.Errorf("--policy:\n%w", err)
	}
	for _, p := range problems {
		fmt.Fprintln(talk, "tracerec: "+p.String())
	}
	return []analyze.Kind{set.Kind()}, nil
}

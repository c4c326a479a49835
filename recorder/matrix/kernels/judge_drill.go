//go:build linux

package main

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/tracerec/tracerec/recorder/drill"
	"github.com/tracerec/tracerec/recorder/matrix/wire"
)

// drillCase is a line of the drill's answer.
type drillCase struct {
	Case, Syscall, Argument, Result, Why string
	Attempts, Matched, Witnessed, Agree  int
	Verdicts                             map[string]uint64
}

func drillCases(s *wire.StepResult) (cases []drillCase, err error) {
	for dec := json.NewDecoder(strings.NewReader(s.Stdout)); ; {
		var c drillCase
		if err := dec.Decode(&c); err == io.EOF {
			return cases, nil
		} else if err != nil {
			return cases, err
		}
		cases = append(cases, c)
	}
}

func (b *boot) judgeDrill(s *wire.StepResult) {
	cases, err := drillCases(s)
	if err != nil || len(cases) == 0 {
		b.fail(s.Name, "exit code %d, %d cases, %v: %s", s.Code, len(cases), err, lastLines(s.Stderr, 3))
		return
	}
	again := map[string]drillCase{}
	if s.Again != nil {
		more, err := drillCases(s.Again)
		if err != nil {
			b.fail(s.Again.Name, "%v", err)
		}
		for _, c := range more {
			again[c.Case] = c
		}
	}
	n := &b.numbers
	for _, c := range cases {
		what := s.Name + ": " + c.Case
		rec := b.traces[s.Name]
		if second, ok := again[c.Case]; ok {
			n.again++
			c, rec = second, b.traces[s.Again.Name]
		}
		lost := rec != nil && rec.coverage.Lost.Total > 0
		skipped, skips := b.designed("skipped runs")
		skips = skips && rec != nil && rec.totals != nil && rec.totals.Missed > 0
		b.expect(c.Matched == c.Attempts || c.Matched == 0 || lost || skips, what+": its calls are in the recording",
			"%d of %d are, and nothing was lost", c.Matched, c.Attempts)
		if spec, _ := drill.Find(c.Case); !spec.Deterministic {
			n.races++
			if c.Verdicts["divergent"] > 0 {
				n.won++
			}
		}
		if s.Name == "drill" {
			n.cases++
		}
		n.truth, n.seen = n.truth+c.Agree, n.seen+c.Witnessed
		switch why, designed := b.designed("case "+c.Case, "case "+s.Name+"/"+c.Case); {
		case c.Result == "ok" && c.Agree < c.Witnessed:
			b.fail(what, "%d of %d kernel views are not what the race found", c.Witnessed-c.Agree, c.Witnessed)
		case c.Result == "ok":
			if s.Name == "drill" {
				n.caught++
			}
			b.pass(what)
		case designed:
			b.skip(what, why)
		case c.unlucky():
			b.skip(what, "the race was not won, nor missed: every call is in the recording and did what its program showed")
		case skips && c.gaps():
			b.skip(what, skipped)
		default:
			b.fail(what, "%s: %s (%v; %d of %d attempts in the recording, records lost: %v)", c.Result, c.Why, c.Verdicts, c.Matched, c.Attempts, lost)
		}
	}
}

// mostGaps is how many of a case's calls may be without a verdict where the
// kernel skips runs: measured were 1 to 14 in a hundred.
const mostGaps = 25 // per cent

// gaps says that a case was missed for nothing but skipped runs: some calls
// are inconclusive or not in the recording, and all that is known is right.
func (c *drillCase) gaps() bool {
	n := c.Attempts - c.Matched + int(c.Verdicts["inconclusive"])
	return c.Result == "missed" && n > 0 && 100*n <= mostGaps*c.Attempts && c.Agree == c.Witnessed
}

// unlucky says that a race was missed for want of luck: all its calls are in
// the recording, with the value that the race itself found, and no call was
// shown another before the kernel took its copy.
func (c *drillCase) unlucky() bool {
	spec, _ := drill.Find(c.Case)
	return !spec.Deterministic && c.Result == "missed" && c.Attempts > 0 &&
		c.Matched == c.Attempts && c.Witnessed == c.Attempts && c.Agree == c.Attempts &&
		c.Verdicts["consistent"]+c.Verdicts["post-use-change"] == uint64(c.Attempts)
}

package analyze

import (
	"fmt"
	"strings"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// argCount is what was seen of one argument of one syscall.
type argCount struct {
	verdicts [NumVerdicts]uint64
	whys     [numWhys]uint64 // of what was judged, not of plain consistent calls
	rungs    [256]uint64     // calls by the rungs that saw the kernel's value
}

// Coverage says what a report covers, and what it does not. It is part of
// every report: a trace that could not be looked into must never look like
// one in which nothing was found.
type Coverage struct {
	File       string
	Files      []string // where they are several segments of one recording: all, in order
	Host       string
	Kernel     string
	BootID     string
	Analyses   []string
	Rows       uint64
	Calls      uint64 // syscall rows, compared or not
	Arguments  []ArgCoverage
	Unpaired   []UnpairedCount
	Risk       []RiskCount   // calls whose arguments nobody but sys_enter saw
	RiskMore   uint64        // calls that did not fit in Risk
	NamePairs  []ReasonCount // checks and uses of one name by one process, by what came of them
	Lost       *Losses
	Orphans    uint64 // witnesses whose call's row never came
	Listed     uint64
	Info       bool // informational findings were asked for
	Rated      [NumVerdicts][NumSeverities]uint64
	Notes      []string      // about the file: unsealed, corrupt
	Incomplete []string      // why the evidence is incomplete; empty when it is complete
	Segments   []SegmentFile // one, or those of Files
	Damaged    bool          // the file is corrupt; not merely unsealed or cut off
}

// ArgCoverage is the coverage of one argument.
type ArgCoverage struct {
	Syscall, Argument string
	LeftOut           bool // the recording was asked not to record the call
	Calls             uint64
	Verdicts          [NumVerdicts]uint64
	Comparison        format.Comparison // the best that was possible on this host
	Comparable        bool              // whether any was
	Active            []string          // hooks of the witnesses that were active
	Known             bool              // whether the trace says which were
	Rungs             []RungCount       // calls in which each saw the value
	Agreed            uint64            // calls in which two independent witnesses saw the same value
	Unexplained       uint64            // unwitnessed or inconclusive for a reason that may hide something
	Reasons           []ReasonCount
	Exposed           []string // what this leaves open, in words
}

// RungCount counts the calls in which a witness saw the kernel's value.
type RungCount struct {
	Rung  string
	Calls uint64
}

// ReasonCount counts calls that ended without a plain verdict, by reason.
type ReasonCount struct {
	Verdict Verdict
	Reason  string
	Calls   uint64
}

// UnpairedCount counts witnesses without a compared argument.
type UnpairedCount struct {
	Witness  string
	Reason   string
	Severity Severity
	Count    uint64
}

// Compared counts the arguments of which both sides were there.
func (c *Coverage) Compared() (n uint64) {
	for i := range c.Arguments {
		for v, count := range c.Arguments[i].Verdicts {
			if Verdict(v) != Unwitnessed && Verdict(v) != Inconclusive && Verdict(v) != Unreadable {
				n += count
			}
		}
	}
	return n
}

// At counts findings at or above a severity.
func (c *Coverage) At(s Severity) (n uint64) {
	for v := range c.Rated {
		for i := s; i < NumSeverities; i++ {
			n += c.Rated[v][i]
		}
	}
	return n
}

func (t *toctou) Finish(c *Coverage) {
	c.Orphans += t.wait.orphans
	for range t.wait.tasks {
		c.Orphans++
	}
	for id, a := range argSpecs {
		c.Arguments = append(c.Arguments, t.coverage(a, &t.cov[id]))
	}
	if t.wait.evicted {
		c.Incomplete = append(c.Incomplete, whyTexts[whyEvicted])
	}
}

func (t *toctou) coverage(a *argSpec, n *argCount) ArgCoverage {
	out := ArgCoverage{Syscall: a.call.Name, Argument: a.name, Verdicts: n.verdicts, LeftOut: !t.s.header.Selection.Has(a.call.Name)}
	for _, calls := range n.verdicts {
		out.Calls += calls
	}
	out.Comparison, out.Comparable = a.compares(t.rung[a.id] | a.rungs[format.CompareObject])
	out.Known = len(t.s.header.Manifest) > 0
	out.Active = t.s.activeHooks(a)
	for rungs, calls := range n.rungs {
		if independent(format.Rung(rungs)) >= 2 {
			out.Agreed += calls
		}
	}
	for _, r := range rungNames {
		var calls uint64
		for rungs, c := range n.rungs {
			if format.Rung(rungs)&r.rung != 0 {
				calls += c
			}
		}
		if calls > 0 {
			out.Rungs = append(out.Rungs, RungCount{r.name, calls})
		}
	}
	for w, calls := range n.whys {
		if calls == 0 || why(w) == whyEqual {
			continue
		}
		v := verdictOf(why(w))
		out.Reasons = append(out.Reasons, ReasonCount{v, strings.ReplaceAll(whyTexts[w], " with {errno}", ""), calls})
		if (v == Unwitnessed || v == Inconclusive) && !explained[w] {
			out.Unexplained += calls
		}
	}
	out.Exposed = exposed(&out, a)
	return out
}

// verdictOf gives the verdict that a reason stands for; whyNoExit and the like have one only.
func verdictOf(w why) Verdict {
	switch {
	case w <= whyEqualPrefix:
		return Consistent
	case w <= whyDiffersFurther:
		return Divergent
	case w <= whyCopiesDifferUnread:
		return MultipleCopies
	case w == whyChangedAfter, w == whyArgsChanged:
		return PostUseChange
	case w <= whyUnreadSettled:
		return Unreadable
	case w <= whyWalkedLink:
		return Redirected
	case w <= whyChangedUnwitnessed:
		return Unwitnessed
	case w <= whyNoRung:
		return Inconclusive
	}
	return Unpaired
}

// exposed says in words what could have happened unseen.
func exposed(c *ArgCoverage, a *argSpec) []string {
	var out []string
	rungs := format.Rung(0)
	for _, r := range c.Rungs {
		for _, n := range rungNames {
			if n.name == r.Rung {
				rungs |= n.rung
			}
		}
	}
	switch {
	case len(a.view.Witness) == 0:
		out = append(out, "no witness is known: what the kernel copied cannot be told from what was shown")
	case c.Known && len(c.Active) == 0 && c.Comparison == format.CompareObject && c.Comparable:
		out = append(out, "resolved object only: no witness of the value was active, a swap between two names of one object cannot be seen")
	case c.Known && len(c.Active) == 0:
		out = append(out, "no witness was active: any change between enter and the kernel's copy would be unseen")
	case c.Comparison == format.CompareEndpoint:
		out = append(out, "family, address and port only: the rest of the sockaddr, and other families, could change unseen")
	case c.Comparison == format.CompareSunPath:
		out = append(out, "paths of unix sockets only: addresses of other families could change unseen")
	case c.Comparison == format.CompareMessages:
		out = append(out, "family, address and port of at most eight messages, of protocols that have such a hook")
	case a.view.Kind == format.KindEnv:
		out = append(out, "seen only when the call succeeds")
	case c.Comparison == format.CompareArgvTail:
		out = append(out, "seen only when the call succeeds; of a script, argv[1:] only")
	case c.Known && !strings.Contains(strings.Join(c.Active, " "), "kmem_cache_free") && rungs&format.RungPutname == 0 && a.view.Kind == format.KindPath:
		out = append(out, "only hooks: calls that fail before the hook have no witness")
	}
	if prefix := reasonCalls(c, whyEqualPrefix) + reasonCalls(c, whyTruncated); prefix > 0 {
		out = append(out, fmt.Sprintf("%d compared in their first bytes only", prefix))
	}
	if n := c.Unexplained; n > 0 {
		out = append(out, fmt.Sprintf("%d of %s could have been deceived unseen", n, show.Count(c.Calls, "call")))
	}
	return out
}

func reasonCalls(c *ArgCoverage, w why) (n uint64) {
	for _, r := range c.Reasons {
		if r.Reason == whyTexts[w] {
			n += r.Calls
		}
	}
	return n
}

// activeHooks names the witnesses of an argument that were active.
func (s *Session) activeHooks(a *argSpec) []string {
	var names []string
	for _, w := range a.view.Witness {
		for _, m := range s.header.Manifest {
			if serves(w, m) && w.Compare != format.CompareObject {
				names = append(names, m.Hook)
			}
		}
	}
	return names
}

// Finish ends the session and makes the statement. notes are what the caller
// knows about the file; damage are reasons why evidence is missing from it.
func (s *Session) Finish(notes, damage []string) *Coverage {
	s.publish(len(s.open))
	c := &Coverage{
		Host: s.header.Host, Kernel: s.header.Kernel, BootID: s.header.BootID,
		Analyses: s.names, Rows: s.rows, Calls: s.calls, Lost: s.losses, Info: s.info,
		Notes: notes, Incomplete: damage,
	}
	for _, a := range s.analyses {
		a.Finish(c)
	}
	s.open, s.ending = s.ending, nil
	s.publish(len(s.open))
	c.Listed, c.Rated = s.listed, s.rated
	tell := func(n uint64, what string) {
		were := " were"
		if n == 1 {
			were = " was"
		}
		if n > 0 {
			c.Incomplete = append(c.Incomplete, show.Count(n, "record")+were+what)
		}
	}
	damaged, unwritten := s.losses.Damaged(), s.losses.Unwritten()
	tell(s.losses.Total-damaged-unwritten, " lost while recording")
	tell(unwritten, " not written: the disk was full, or went away")
	tell(damaged, " in blocks that were damaged or not written")
	var compared, open uint64
	for i := range c.Arguments {
		compared += c.Arguments[i].Calls
		open += c.Arguments[i].Unexplained
	}
	if open > 0 {
		c.Incomplete = append(c.Incomplete, fmt.Sprintf("%d of %s could not be judged", open, show.Count(compared, "argument")))
	}
	if len(c.Arguments) > 0 && compared == 0 {
		c.Incomplete = append(c.Incomplete, "the trace holds no call with a compared argument")
	}
	if s.procs.refused > 0 {
		c.Notes = append(c.Notes, show.CountOf(s.procs.refused, "task is", "tasks are")+" missing from the context of findings: too many at a time")
	}
	return c
}

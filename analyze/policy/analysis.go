package policy

import (
	"fmt"
	"strings"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// Analysis is the name under which policies report.
const Analysis = "policy"

// Kind makes the set an analysis, for analyze.Options.More.
func (s *Set) Kind() analyze.Kind {
	return analyze.Kind{Name: Analysis, Doc: "match policies against sequences of rows", New: s.analysis}
}

type analysis struct {
	*matcher
	session *analyze.Session
}

func (s *Set) analysis(session *analyze.Session) analyze.Analysis {
	a := &analysis{session: session}
	if s.judged {
		session.KeepRatings()
	}
	a.matcher = s.matcher(show.For(session.Header()), session.Ratings, a.found)
	return a
}

// Columns implements analyze.Analysis.
func (a *analysis) Columns() []format.ColumnID { return a.set.columns }

// Fold implements analyze.Analysis.
func (a *analysis) Fold(b *format.Batch) { a.fold(b) }

func (a *analysis) found(b *format.Batch, i int, m *Match) {
	f := analyze.Base(b, i)
	f.Analysis, f.Rule, f.Verdict, f.Severity = Analysis, m.Policy.Name, analyze.Matched, m.Policy.Severity
	f.Reason = m.Message
	f.Tags = m.Policy.MITRE
	f.Syscall = m.Rows[m.Last].Event
	f.Ret, f.NoExit = b.Int(format.ColRet, i), format.EventID(b.Int(format.ColEvent, i)) != format.EventSyscall
	for _, row := range m.Rows {
		e := analyze.Evidence{
			Role: analyze.RoleStep, Who: analyze.Thread{TID: row.TID, PID: row.PID, Comm: row.Comm}, What: row.Text,
			Boottime: row.Time, Seq: row.Seq, Row: true, Syscall: row.Event,
		}
		if row.Step != "" {
			e.What = row.Step + ": " + e.What
		}
		f.Evidence = append(f.Evidence, e)
	}
	a.session.Found(b, i, f)
}

// Finish implements analyze.Analysis: how many policies looked, and what they could not see.
func (a *analysis) Finish(c *analyze.Coverage) {
	var matched []string
	for k, r := range a.set.rules {
		if n := a.matches[k]; n > 0 {
			matched = append(matched, fmt.Sprintf("%s %d", r.Name, n))
		}
		if n := a.evicted[k]; n > 0 {
			c.Incomplete = append(c.Incomplete, fmt.Sprintf("policy %s: %d unfinished matches were dropped, more than %d waited at a time", r.Name, n, maxWaiting))
		}
		if err := a.errs[k]; err != nil {
			c.Incomplete = append(c.Incomplete, err.Error())
		}
		if missing := r.blind(a.session.Header()); missing != "" {
			c.Notes = append(c.Notes, fmt.Sprintf("policy %s cannot match: %s", r.Name, missing))
		}
	}
	note := show.CountOf(uint64(len(a.set.rules)), "policy", "policies")
	if len(matched) > 0 {
		note += ", matched: " + strings.Join(matched, ", ")
	}
	c.Notes = append(c.Notes, note)
	if a.procs.refused > 0 {
		c.Notes = append(c.Notes, "policies: too many processes at a time, parents of some are not known")
	}
}

// blind says why a policy cannot match in a recording: a step all of whose
// rows were not recorded. Empty if it can.
func (r *rule) blind(h *format.Header) string {
	for k, s := range r.Policy.Steps {
		if len(s.On) == 0 {
			continue
		}
		var missing []string
		seen := false
		for _, on := range s.On {
			for _, t := range targets(on.Text) {
				switch {
				case t.call != nil && h.Selection.Has(t.call.Name), t.call == nil && recorded(h, t.event):
					seen = true
				case t.call != nil:
					missing = append(missing, t.call.Name)
				default:
					missing = append(missing, format.Events[t.event].Name)
				}
			}
		}
		if !seen && len(missing) > 0 {
			if len(missing) > 4 {
				missing = append(missing[:4], "…")
			}
			what := strings.Join(missing, ", ") + " not recorded"
			if len(r.Policy.Steps) > 1 {
				what = fmt.Sprintf("step %s: %s", r.Policy.Steps[k].ID, what)
			}
			return what
		}
	}
	return ""
}

// recorded says whether an event was: the manifest has a line for each that was tried.
func recorded(h *format.Header, id format.EventID) bool {
	e := &format.Events[id]
	if len(h.Manifest) == 0 || e.Groups == 0 && e.Class == format.ClassProcess {
		return true
	}
	tried := false
	for _, m := range h.Manifest {
		if m.Event == e.Name {
			if m.State == format.WitnessActive || m.State == format.WitnessUntried {
				return true
			}
			tried = true
		}
	}
	return !tried && e.Groups == 0
}

package analyze

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// lack is what is missing from what was read, beside what its rows tell.
type lack struct {
	damage []string // makes the evidence incomplete
	notes  []string // does not
}

func (l *lack) damaged(what string) { l.damage = append(l.damage, what) }
func (l *lack) note(what string)    { l.notes = append(l.notes, what) }

// leftOut is what a file of some calls cannot say.
const leftOut = "others are not judged, and are not told from calls that nobody made"

// lacks tells what the files say of themselves, in their order, once they were read.
func (src *source) lacks(s *Session, l *lack) {
	for _, r := range src.readers {
		what := src.of(r)
		switch state, why := r.State(); {
		case state == format.Unsealed && why != nil:
			l.damaged(why.Error())
		case state != format.Sealed && len(l.damage) == 0:
			l.damaged(fmt.Sprint(what, " is ", state))
		}
		l.header(what, r.Header())
	}
	for _, block := range slices.Sorted(maps.Keys(src.gaps)) {
		k, _ := src.segment(block)
		l.damaged("rows are missing before " + src.of(src.readers[k]))
	}
	for i, w := range s.losses.unrecorded {
		if i == maxDamage {
			l.damaged(fmt.Sprintf("and between %d more recordings", len(s.losses.unrecorded)-i))
			break
		}
		l.damaged(fmt.Sprintf("between two recordings that were merged nothing was recorded for %s, from %s after boot on", show.Duration(w.until-w.since), show.Duration(w.since)))
	}
	first, last := src.readers[0], src.readers[len(src.readers)-1]
	begin, _ := first.Extent()
	_, end := last.Extent()
	if note := show.Part(first.Header(), begin, end); note != "" {
		l.note(note)
	}
	if t := s.totals; t != nil {
		if t.Reason != "" {
			l.note("recording ended: " + t.Reason)
		}
		if t.Missed > 0 {
			l.damaged(fmt.Sprintf("the kernel skipped %s of the recorder's programs: calls, forks or witnesses may be missing", show.Count(t.Missed, "run")))
		}
		if t.Lost > s.losses.Total {
			l.damaged(fmt.Sprintf("%d lost records are counted in the file's totals, %d in its rows", t.Lost, s.losses.Total))
		}
	}
}

// header tells what a file was made of, and what was not recorded in it on purpose.
func (l *lack) header(what string, h *format.Header) {
	for _, o := range h.Origin {
		switch {
		case o.By == "build":
			l.note(what + " was built of text that somebody wrote: it proves nothing")
		case o.Extract():
			l.damaged(what + " is an extract, by " + show.Escape([]byte(o.By)) + ": " + leftOut)
		}
		if len(o.Lost) > 0 {
			continue // told below, with what was lost
		}
		for _, from := range o.From {
			if from.State == format.Unsealed.String() {
				l.damaged(what + " was made of " + show.Escape([]byte(from.File)) + ", which was " + from.State)
			}
		}
	}
	for _, c := range h.Scope.Calls {
		which := "calls that failed"
		if c.Kind == "path" {
			which = "calls on some paths"
		}
		l.damaged(what + " has " + which + " only (record --" + c.Kind + "): " + leftOut)
	}
	for _, lost := range h.Missing() {
		l.damaged("made of a damaged file: " + lost)
	}
}

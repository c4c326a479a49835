package replay

import (
	"cmp"
	"errors"
	"math"
	"slices"
)

// Lively is a moment at which the most processes of a recording lived, how many these
// were, and how many there were in all. It reads the recording: it is for telling where
// to look when nothing is left at its end.
func Lively(src Source) (at int64, alive, all int, err error) {
	s := New()
	s.about(&src)
	var errs []error
	for b := range damaged(src.Blocks(Columns, math.MinInt64, math.MaxInt64), &errs) {
		if _, err := s.applyTo(b, math.MaxInt64); err != nil {
			return 0, 0, 0, err
		}
	}
	type change struct {
		at int64
		by int
	}
	var changes []change
	for _, p := range s.procs {
		end := p.Ended
		if p.End == EndNone {
			end = math.MaxInt64
		}
		changes = append(changes, change{s.LifeBegin(p), 1}, change{end, -1})
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.by, b.by)) })
	now := 0
	for i, c := range changes {
		if now += c.by; now > alive && i+1 < len(changes) {
			alive = now
			at = c.at + (min(changes[i+1].at, s.last)-c.at)/2
		}
	}
	if alive == 0 {
		return 0, 0, 0, errors.New("no process is known")
	}
	return at, alive, len(s.procs), nil
}

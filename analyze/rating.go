package analyze

import (
	"cmp"
	"slices"

	"github.com/tracerec/tracerec/format"
)

// Rating is what an analysis says about a row, told or not: for analyses that
// build on the verdicts of others.
type Rating struct {
	Seq      uint64
	Slot     int // which compared argument; 0 for a row that is no call
	Verdict  Verdict
	Severity Severity
}

// ratings are those of the batch at hand, in the order of their rows. What is not in them is consistent.
type ratings struct {
	keep   bool
	sorted bool
	list   []Rating
	next   int      // Ratings is asked in the order of rows
	own    *Session // compares for them, where toctou itself was not chosen
}

// KeepRatings makes Ratings answer. It is for the New of a Kind that stands
// behind toctou and io-uring; where they were not chosen they run unheard.
func (s *Session) KeepRatings() {
	s.ratings.keep = true
	if slices.Contains(s.names, "toctou") && slices.Contains(s.names, "io-uring") {
		return
	}
	own := &Session{header: s.header, losses: s.losses, procs: newProcesses(s.header.PIDNS)}
	own.analyses = []Analysis{newTOCTOU(own), newURing(own)}
	own.ratings.keep = true
	s.ratings.own = own
}

// Ratings are what toctou and io-uring say about a row of the batch at hand. Rows
// must be asked for in order. The slice is good until the batch ends.
func (s *Session) Ratings(seq uint64) []Rating {
	r := &s.ratings
	if r.own != nil {
		r = &r.own.ratings
	}
	if !r.sorted {
		slices.SortStableFunc(r.list, func(a, b Rating) int { return cmp.Compare(a.Seq, b.Seq) })
		r.sorted = true
	}
	for r.next < len(r.list) && r.list[r.next].Seq < seq {
		r.next++
	}
	end := r.next
	for end < len(r.list) && r.list[end].Seq == seq {
		end++
	}
	return r.list[r.next:end]
}

// note keeps a rating that is not Consistent.
func (s *Session) note(seq uint64, slot int, v Verdict, severity Severity) {
	if s.ratings.keep && v != Consistent {
		s.ratings.list = append(s.ratings.list, Rating{seq, slot, v, severity})
	}
}

// rateBatch begins a batch: the comparison that runs unheard goes first.
func (s *Session) rateBatch(b *format.Batch) {
	r := &s.ratings
	r.list, r.next, r.sorted = r.list[:0], 0, false
	if r.own != nil {
		r.own.Fold(b)
	}
}

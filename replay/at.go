package replay

import (
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// FoldTo reads the rows that were written up to moment at, and returns what
// lived then. Rows stand in the order in which calls returned while their time
// is when they began: a call counts when it has returned by then. With an
// index, which may be nil, only the rows behind a checkpoint are read.
func FoldTo(src Source, at int64, index *Index) (*State, error) {
	var s *State
	blocks := src.Blocks(Columns, math.MinInt64, at)
	if index != nil {
		begun, block, err := index.before(at)
		if err == nil && begun != nil {
			opt := format.ReadOptions{Columns: Columns, First: block}
			if at != math.MaxInt64 {
				opt.To = at + 1
			}
			s, blocks = begun, toTheEnd(src.reader, opt)
		}
	}
	if s == nil {
		s = New()
		s.living = true
	}
	s.about(&src)
	var errs []error
	known := 0
	for b := range damaged(tellCut(s, blocks), &errs) {
		if len(errs) > known {
			known = len(errs)
			s.Hole()
		}
		if b.N == 0 || b.Seq+uint64(b.N) <= s.skip {
			continue
		}
		any, err := s.applyTo(b, at)
		if err != nil {
			return s, err
		}
		if !any && b.I64[format.ColTime][b.N-1]+b.I64[format.ColDuration][b.N-1] > at {
			break
		}
	}
	if len(errs) > known {
		s.Hole()
	}
	s.early = src.early(at)
	if errs != nil {
		return s, &Damage{errs}
	}
	return s, nil
}

// early says of a moment before the first row that nothing is known of it yet.
func (src *Source) early(at int64) string {
	if src.Span == nil {
		return ""
	}
	first, last := src.Span()
	if first > last || at >= first {
		return ""
	}
	begin, end := src.Extent()
	return fmt.Sprintf("nothing had been recorded by then: the first row is from %s after the beginning, the last moment %s after it",
		show.Duration(first-begin), show.Duration(end-begin))
}

// tellCut notes in s that a file has no end.
func tellCut(s *State, blocks iter.Seq2[*format.Batch, error]) iter.Seq2[*format.Batch, error] {
	return func(yield func(*format.Batch, error) bool) {
		for b, err := range blocks {
			var cut *format.CutError
			s.cut = s.cut || errors.As(err, &cut)
			if !yield(b, err) {
				return
			}
		}
	}
}

// applyTo folds the rows of b that were written up to at, and says whether
// there are any.
func (s *State) applyTo(b *format.Batch, at int64) (any bool, err error) {
	times, took := b.I64[format.ColTime], b.I64[format.ColDuration]
	i := 0
	if b.Seq < s.skip {
		i = int(s.skip - b.Seq)
	}
	for i < b.N {
		if times[i]+took[i] > at {
			i++
			continue
		}
		from := i
		for i < b.N && times[i]+took[i] <= at {
			i++
		}
		if err := s.ApplyRows(b, from, i); err != nil {
			return any, err
		}
		any = true
	}
	return any, nil
}

// Alive are the processes that have not ended, in the order in which they
// became known.
func (s *State) Alive(yield func(*Process) bool) {
	for _, p := range s.procs {
		if p.End == EndNone && !yield(p) {
			return
		}
	}
}

// uncertainAt is the last moment at which rows were lost that may have changed
// what is open: what is known from before then may not be so any more. Where closing is not
// recorded, that is so of all.
func (s *State) uncertainAt() int64 {
	if s.lacks.closed() {
		return math.MaxInt64
	}
	at := int64(math.MinInt64)
	for _, g := range s.gaps {
		if g.Class != format.ClassView && g.Class != format.ClassWitness {
			at = max(at, g.To)
		}
	}
	for _, h := range s.holes {
		at = max(at, min(h.to, s.last))
	}
	return at
}

// Inside says an error when the file has no time at: an empty answer would
// look as if nothing had been there.
func Inside(src Source, at int64) error {
	return src.inside(Options{At: &at, From: math.MinInt64, To: math.MaxInt64})
}

// InsideRange is Inside of --from and --to.
func InsideRange(src Source, from, to int64) error { return src.inside(Options{From: from, To: to}) }

func (src Source) inside(o Options) error {
	p := &printer{src: src, state: New(), o: o}
	p.begin, p.end = src.Extent()
	if p.state.rows = 1; p.begin >= p.end {
		return nil
	}
	p.o.Show = show.For(src.Header)
	return p.inside()
}

// Extent is when the recording begins and ends, without reading its rows.
func (src *Source) Extent() (begin, end int64) {
	first, last := int64(1), int64(0)
	if src.Span != nil {
		first, last = src.Span()
	}
	return format.Extent(src.Header, src.Totals, first, last)
}

// MissingIn says in sentences what a view (Views) does not know. What processes had open
// is no matter of those that do not list it. empty says that the view lists nothing: then only
// what may be there all the same is told.
func (s *State) MissingIn(view string, empty bool) (notes []string) {
	if s.startMissing != "" {
		notes = append(notes, "of the state at the beginning is missing: "+escape(s.startMissing))
	}
	if view == "lsof" || view == "netstat" {
		part := 0
		for p := range s.Alive {
			if f := p.Files(); f != nil && !f.Whole {
				part++
			}
		}
		if part > 0 {
			notes = append(notes, fmt.Sprintf("what %s had open when they came to be known is not in the file",
				show.Count(uint64(part), "process")))
		}
		if s.unseen > 0 && !s.lacks.closed() && !empty {
			notes = append(notes, show.CountOf(s.unseen, "descriptor was", "descriptors were")+" closed in a way that no row shows")
		}
	}
	if view == "netstat" {
		notes = append(notes, s.noAddresses()...)
	}
	return append(notes, s.lacks.notes(view, empty)...)
}

// noAddresses says which addresses of the sockets that live are - because no call was given them.
func (s *State) noAddresses() (notes []string) {
	var peers, locals bool
	for p := range s.Alive {
		files := p.Files()
		if files == nil {
			continue
		}
		for _, d := range files.All {
			if sock := d.File.Socket; sock != nil {
				peers = peers || sock.Accepted && sock.Peer == ""
				locals = locals || !sock.Accepted && sock.Local == "" && sock.State == SocketConnected
			}
		}
	}
	if peers {
		notes = append(notes, "accept returns the PEER of a connection that came in, which is not recorded: it is -")
	}
	if locals {
		notes = append(notes, "the kernel chooses the LOCAL address of a socket that connects without bind, which is not recorded: it is -")
	}
	return notes
}

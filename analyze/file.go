package analyze

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// maxDamage bounds how often one kind of damage is told.
const maxDamage = 20

// File analyses one trace file. emit is called for each finding that is
// listed, in stream order. Damage does not end the analysis: it stands in the
// coverage statement, and what it may touch is inconclusive.
func File(path string, o Options, emit func(*Finding)) (*Coverage, error) {
	return Segments([]string{path}, o, emit)
}

// Segments analyses segments of one recording, given in their order, as one file. A
// finding names the segment that its row is in.
func Segments(paths []string, o Options, emit func(*Finding)) (*Coverage, error) {
	readers := make([]*format.Reader, len(paths))
	for k, path := range paths {
		r, err := format.Open(path)
		if err != nil {
			return nil, err
		}
		defer r.Close()
		readers[k] = r
	}
	if o.Opened != nil {
		o.Opened(readers...)
	}
	c, err := sourceOf(readers...).analyze(o, func(f *Finding) {
		if len(paths) == 1 {
			f.File = paths[0]
		}
		if emit != nil {
			emit(f)
		}
	})
	if err != nil {
		return nil, err
	}
	c.File = paths[0]
	for k, path := range paths {
		c.Segments[k].File = path
	}
	if len(paths) > 1 {
		c.Files = paths
	}
	return c, nil
}

// Reader analyses an open trace.
func Reader(r *format.Reader, o Options, emit func(*Finding)) (*Coverage, error) {
	return sourceOf(r).analyze(o, emit)
}

// leftOut is what a file of some calls cannot say.
const leftOut = "others are not judged, and are not told from calls that nobody made"

// analyze runs the analyses over all blocks.
func (src *source) analyze(o Options, emit func(*Finding)) (*Coverage, error) {
	for _, r := range src.readers {
		if err := r.OneHost(); err != nil {
			return nil, err
		}
	}
	var (
		losses  = NewLosses()
		corrupt *format.CorruptError
		damage  []string
		notes   []string
	)
	// Damage is told once, by the second reading.
	for _, r := range src.readers {
		for b, err := range r.Blocks(format.ReadOptions{Columns: LossColumns, Events: []format.EventID{format.EventLost}}) {
			switch {
			case err == nil:
				losses.Fold(b)
			case !errors.As(err, &corrupt):
				return nil, err
			}
		}
	}
	s, err := NewSession(*src.readers[0].Header(), losses, o, func(f *Finding) {
		src.place(f)
		if emit != nil {
			emit(f)
		}
	})
	if err != nil {
		return nil, err
	}
	s.totals = src.totals()
	for _, r := range src.readers {
		for _, hole := range r.Holes() {
			damage = append(damage, hole.Error())
		}
	}
	for b := range ahead(src, s.split(), o.jobs()) {
		if b.gap {
			s.Gap()
		}
		switch {
		case b.err == nil:
			s.lazy.begin(func(cols []format.ColumnID, some func([]int32) bool, dst *format.Batch) (*format.Batch, error) {
				return src.readMore(b.index, cols, some, b.batch, dst)
			})
			s.Fold(b.batch)
			if s.lazy.end(b.batch); s.lazy.err != nil {
				return nil, s.lazy.err
			}
		case errors.As(b.err, &corrupt):
			damage = append(damage, corrupt.Error())
			s.Gap()
		default:
			return nil, b.err
		}
	}
	for _, r := range src.readers {
		what := src.of(r)
		switch state, why := r.State(); {
		case state == format.Unsealed && why != nil:
			damage = append(damage, why.Error())
		case state != format.Sealed && len(damage) == 0:
			damage = append(damage, fmt.Sprint(what, " is ", state))
		}
		for _, o := range r.Header().Origin {
			switch {
			case o.By == "build":
				notes = append(notes, what+" was built of text that somebody wrote: it proves nothing")
			case strings.HasPrefix(o.By, "filter ") || o.By == "split" && slices.Contains(o.Args, "--by-process"):
				damage = append(damage, what+" is an extract, by "+show.Escape([]byte(o.By))+": "+leftOut)
			}
		}
		for _, c := range r.Header().Scope.Calls {
			which := "calls that failed"
			if c.Kind == "path" {
				which = "calls on some paths"
			}
			damage = append(damage, what+" has "+which+" only (record --"+c.Kind+"): "+leftOut)
		}
		for _, lost := range r.Header().Missing() {
			damage = append(damage, "made of a damaged file: "+lost)
		}
	}
	for _, block := range slices.Sorted(maps.Keys(src.gaps)) {
		k, _ := src.segment(block)
		damage = append(damage, "rows are missing before "+src.of(src.readers[k]))
	}
	for i, w := range losses.unrecorded {
		if i == maxDamage {
			damage = append(damage, fmt.Sprintf("and between %d more recordings", len(losses.unrecorded)-i))
			break
		}
		damage = append(damage, fmt.Sprintf("between two recordings that were merged nothing was recorded for %s, from %s after boot on", show.Duration(w.until-w.since), show.Duration(w.since)))
	}
	first, last := src.readers[0], src.readers[len(src.readers)-1]
	begin, _ := first.Extent()
	_, end := last.Extent()
	if note := show.Part(first.Header(), begin, end); note != "" {
		notes = append(notes, note)
	}
	if t := s.totals; t != nil {
		if t.Reason != "" {
			notes = append(notes, "recording ended: "+t.Reason)
		}
		if t.Missed > 0 {
			damage = append(damage, fmt.Sprintf("the kernel skipped %s of the recorder's programs: calls, forks or witnesses may be missing", show.Count(t.Missed, "run")))
		}
		if t.Lost > losses.Total {
			damage = append(damage, fmt.Sprintf("%d lost records are counted in the file's totals, %d in its rows", t.Lost, losses.Total))
		}
	}
	c := s.Finish(notes, damage)
	for i := range c.Risk {
		if n := &c.Risk[i]; len(src.readers) > 1 {
			var k int
			k, n.First = src.row(n.First)
			n.File = src.readers[k].Path()
		}
	}
	for _, r := range src.readers {
		state, _ := r.State()
		id := r.ID()
		f := SegmentFile{ID: hex.EncodeToString(id[:]), Segment: r.Header().Segment}
		if hash, ok := r.Hash(); ok {
			f.Hash = hex.EncodeToString(hash[:])
		}
		c.Segments = append(c.Segments, f)
		c.Damaged = c.Damaged || state == format.Corrupt
	}
	return c, nil
}

// of names a file where there are several.
func (src *source) of(r *format.Reader) string {
	if len(src.readers) == 1 {
		return "the file"
	}
	return show.Escape([]byte(r.Path()))
}

package analyze

import (
	"encoding/hex"
	"errors"

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

// analyze runs the analyses over all blocks.
func (src *source) analyze(o Options, emit func(*Finding)) (*Coverage, error) {
	for _, r := range src.readers {
		if err := r.OneHost(); err != nil {
			return nil, err
		}
	}
	losses, err := src.losses()
	if err != nil {
		return nil, err
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
	var l lack
	if err := src.fold(s, o, &l); err != nil {
		return nil, err
	}
	src.lacks(s, &l)
	c := s.Finish(l.notes, l.damage)
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

// losses are all that the files tell of. What cannot be read is told by fold.
func (src *source) losses() (*Losses, error) {
	losses := NewLosses()
	var corrupt *format.CorruptError
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
	return losses, nil
}

// fold reads all rows.
func (src *source) fold(s *Session, o Options, l *lack) error {
	for _, r := range src.readers {
		for _, hole := range r.Holes() {
			l.damaged(hole.Error())
		}
	}
	var corrupt *format.CorruptError
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
				return s.lazy.err
			}
		case errors.As(b.err, &corrupt):
			l.damaged(corrupt.Error())
			s.Gap()
		default:
			return b.err
		}
	}
	return nil
}

// of names a file where there are several.
func (src *source) of(r *format.Reader) string {
	if len(src.readers) == 1 {
		return "the file"
	}
	return show.Escape([]byte(r.Path()))
}

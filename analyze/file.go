package analyze

import (
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/tracerec/tracerec/format"
)

// maxDamage bounds how often one kind of damage is told.
const maxDamage = 20

// File analyses one trace file. emit is called for each finding that is
// listed, in stream order. Damage does not end the analysis: it stands in the
// coverage statement, and what it may touch is inconclusive.
func File(path string, o Options, emit func(*Finding)) (*Coverage, error) {
	r, err := format.Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	c, err := Reader(r, o, func(f *Finding) {
		f.File = path
		if emit != nil {
			emit(f)
		}
	})
	if err != nil {
		return nil, err
	}
	c.File, c.Segment.File = path, path
	return c, nil
}

// Reader analyses an open trace.
func Reader(r *format.Reader, o Options, emit func(*Finding)) (*Coverage, error) {
	if err := r.OneHost(); err != nil {
		return nil, err
	}
	var (
		losses  = NewLosses()
		corrupt *format.CorruptError
		damage  []string
		notes   []string
	)
	// Damage is told once, by the second reading.
	for b, err := range r.Blocks(format.ReadOptions{Columns: LossColumns, Events: []format.EventID{format.EventLost}}) {
		switch {
		case err == nil:
			losses.Fold(b)
		case !errors.As(err, &corrupt):
			return nil, err
		}
	}
	s, err := NewSession(*r.Header(), losses, o, emit)
	if err != nil {
		return nil, err
	}
	s.totals = r.Totals()
	for _, hole := range r.Holes() {
		damage = append(damage, hole.Error())
	}
	for b := range ahead(r, s.split(), o.jobs()) {
		if b.gap {
			s.Gap()
		}
		switch {
		case b.err == nil:
			s.lazy.begin(func(cols []format.ColumnID, dst *format.Batch) (*format.Batch, error) {
				return r.ReadBlock(b.index, cols, dst)
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
	switch state, why := r.State(); {
	case state == format.Unsealed && why != nil:
		damage = append(damage, why.Error())
	case state != format.Sealed && len(damage) == 0:
		damage = append(damage, fmt.Sprint("the file is ", state))
	}
	for _, o := range r.Header().Origin {
		if o.By == "build" {
			notes = append(notes, "the file was built of text that somebody wrote: it proves nothing")
		}
	}
	for _, lost := range r.Header().Missing() {
		damage = append(damage, "made of a damaged file: "+lost)
	}
	for i, w := range losses.unrecorded {
		if i == maxDamage {
			damage = append(damage, fmt.Sprintf("and between %d more recordings", len(losses.unrecorded)-i))
			break
		}
		damage = append(damage, fmt.Sprintf("between two recordings that were merged nothing was recorded for %v, from %v after boot on", time.Duration(w.until-w.since), time.Duration(w.since)))
	}
	if t := r.Totals(); t != nil {
		if t.Reason != "" {
			notes = append(notes, "recording ended: "+t.Reason)
		}
		if t.Missed > 0 {
			damage = append(damage, fmt.Sprintf("the kernel skipped %d runs of the recorder's programs: calls, forks or witnesses may be missing", t.Missed))
		}
		if t.Lost > losses.Total {
			damage = append(damage, fmt.Sprintf("%d lost records are counted in the file's totals, %d in its rows", t.Lost, losses.Total))
		}
	}
	c := s.Finish(notes, damage)
	state, _ := r.State()
	id := r.ID()
	c.Segment = SegmentFile{ID: hex.EncodeToString(id[:]), Segment: r.Header().Segment}
	if hash, ok := r.Hash(); ok {
		c.Segment.Hash = hex.EncodeToString(hash[:])
	}
	c.Damaged = state == format.Corrupt
	return c, nil
}

package derive

import (
	"encoding/hex"
	"fmt"
	"math"
	"slices"

	"github.com/tracerec/tracerec/format"
)

// Merge writes the rows of several recordings of one boot to one file:
// segments one behind the other, others by the time at which their rows were
// written. It refuses what it cannot place: recordings of different boots,
// whose pids and times mean different things, and two recordings of the same
// thread, whose calls are counted twice.
func Merge(inputs []*Input, o *Output) (rows uint64, err error) {
	if err := o.check(inputs...); err != nil {
		return 0, err
	}
	for _, in := range inputs {
		if err := intact(in); err != nil {
			return 0, err
		}
		a, b := inputs[0].Header(), in.Header()
		if a.Host != b.Host || a.BootID != b.BootID || a.Machine != b.Machine {
			return 0, fmt.Errorf("%s is of host %q, boot %q; %s of host %q, boot %q: the same pid is another process there, and no row says which host it is of: export them with a field of your own instead",
				inputs[0].Path, a.Host, a.BootID, in.Path, b.Host, b.BootID)
		}
	}
	groups, err := recordings(inputs)
	if err != nil {
		return 0, err
	}
	if err := shareNoThread(groups); err != nil {
		return 0, err
	}
	h, err := o.header("merge", nil, inputs...)
	if err != nil {
		return 0, err
	}
	h.Segment = nil
	if len(groups) > 1 {
		h.Command, h.Scope = nil, format.Scope{Kind: "several"}
	}
	w, err := o.create(h)
	if err != nil {
		return 0, err
	}
	streams := make([]*stream, 0, len(groups))
	for _, g := range groups {
		s := newStream(g)
		defer s.stop()
		streams = append(streams, s)
	}
	if err := interleave(streams, w); err != nil {
		return 0, w.close(nil, err)
	}
	t := mergedTotals(inputs)
	if err := w.close(&t, nil); err != nil {
		return 0, err
	}
	return w.w.Rows(), nil
}

// recordings groups inputs by recording, segments in order, and refuses when one
// is missing in between or given twice.
func recordings(inputs []*Input) (groups [][]*Input, err error) {
	at := map[string]int{}
	for _, in := range inputs {
		id := in.ID()
		name := hex.EncodeToString(id[:])
		if s := in.Header().Segment; s != nil && s.Recording != "" {
			name = s.Recording
		}
		i, ok := at[name]
		if !ok {
			i = len(groups)
			at[name] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], in)
	}
	for _, g := range groups {
		slices.SortFunc(g, func(a, b *Input) int { return segment(a) - segment(b) })
		for i, in := range g[1:] {
			if before := g[i]; segment(in) != segment(before)+1 {
				if segment(in) == segment(before) {
					return nil, fmt.Errorf("%s and %s are the same part of one recording", before.Path, in.Path)
				}
				return nil, fmt.Errorf("between %s and %s parts of the recording are missing: give them too", before.Path, in.Path)
			}
			if hash, ok := g[i].Hash(); !ok || hex.EncodeToString(hash[:]) != in.Header().Segment.Previous {
				return nil, fmt.Errorf("%s does not continue %s, though it should: run tracerec verify on both", in.Path, g[i].Path)
			}
		}
	}
	return groups, nil
}

func segment(in *Input) int {
	if s := in.Header().Segment; s != nil {
		return s.Number
	}
	return 0
}

// shareNoThread refuses recordings that both have rows of one thread.
func shareNoThread(groups [][]*Input) error {
	if len(groups) < 2 {
		return nil
	}
	type thread struct {
		tid   uint32
		start uint64
	}
	owner := map[thread]int{}
	for g, group := range groups {
		for _, in := range group {
			for b, err := range in.Blocks(format.ReadOptions{Columns: []format.ColumnID{format.ColTID, format.ColStart}}) {
				if err != nil {
					return err
				}
				for i, tid := range b.U32[format.ColTID][:b.N] {
					who := thread{tid, b.U64[format.ColStart][i]}
					if old, ok := owner[who]; tid != 0 && ok && old != g {
						return fmt.Errorf("%s and %s both recorded thread %d: which of their calls are the same cannot be known", groups[old][0].Path, in.Path, tid)
					}
					owner[who] = g
				}
			}
		}
	}
	return nil
}

// stream gives the rows of one recording.
type stream struct {
	next  func() (*format.Batch, format.Clock, error, bool)
	stop  func()
	b     *format.Batch
	clock format.Clock
	at    int
	copy  format.Copier
}

func newStream(group []*Input) *stream {
	file, block := 0, 0
	s := &stream{stop: func() {}}
	s.next = func() (*format.Batch, format.Clock, error, bool) {
		for file < len(group) && block == group[file].BlockCount() {
			file, block = file+1, 0
		}
		if file == len(group) {
			return nil, format.Clock{}, nil, false
		}
		b, err := group[file].ReadBlock(block, nil, nil)
		clock := group[file].BlockInfo(block).Clock
		if seg := group[file].Header().Segment; err == nil && file > 0 && seg != nil && seg.Repeated > b.Seq {
			b = without(b, min(b.N, int(seg.Repeated-b.Seq)))
		}
		block++
		return b, clock, err, true
	}
	return s
}

// without drops the first n rows.
func without(b *format.Batch, n int) *format.Batch {
	out := format.NewBatch(0)
	var c format.Copier
	c.Append(out, b, all(nil, b.N)[n:])
	return out
}

// fill makes sure that there is a row, or says that there is none any more.
func (s *stream) fill() (bool, error) {
	for s.b == nil || s.at == s.b.N {
		b, clock, err, ok := s.next()
		if err != nil || !ok {
			return false, err
		}
		s.b, s.clock, s.at, s.copy = b, clock, 0, format.Copier{}
	}
	return true, nil
}

// written is when the next row was written, as far as rows tell.
func (s *stream) written() int64 {
	return s.b.I64[format.ColTime][s.at] + s.b.I64[format.ColDuration][s.at]
}

// interleave writes the rows of all streams by when they were written. The
// order within a stream never changes.
func interleave(streams []*stream, w *writing) error {
	for {
		var best *stream
		others := int64(math.MaxInt64) // when the first row of another stream was written
		for _, s := range streams {
			switch ok, err := s.fill(); {
			case err != nil:
				return err
			case !ok:
			case best == nil:
				best = s
			case s.written() < best.written():
				others, best = best.written(), s
			default:
				others = min(others, s.written())
			}
		}
		if best == nil {
			return nil
		}
		var rows []int
		for best.at < best.b.N && (len(rows) == 0 || best.written() <= others) {
			rows = append(rows, best.at)
			best.at++
		}
		w.copy, best.copy = best.copy, w.copy // it remembers this stream's strings
		err := w.add(best.b, rows, best.clock)
		w.copy, best.copy = best.copy, w.copy
		if err != nil {
			return err
		}
	}
}

// mergedTotals adds up what all inputs know.
func mergedTotals(inputs []*Input) format.Totals {
	t := format.Totals{Reason: "merged"}
	known := true
	for _, in := range inputs {
		old := in.Totals()
		if old == nil || old.Read == 0 {
			known = false
		}
		if old == nil {
			continue
		}
		t.Seen, t.Read, t.Missed = t.Seen+old.Seen, t.Read+old.Read, t.Missed+old.Missed
		if old.Ended.Boottime > t.Ended.Boottime {
			t.Ended = old.Ended
		}
		if len(inputs) == 1 || old.Exit != nil {
			t.Exit = old.Exit
		}
		if old.Reason != "split" && old.Reason != "" {
			t.Reason = old.Reason
		}
	}
	if !known {
		t.Seen, t.Read = 0, 0
	}
	return t
}

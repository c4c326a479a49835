package derive

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/filter"
)

// SplitBy says where a part ends. One of them is set.
type SplitBy struct {
	Rows    int   // rows
	Size    int64 // bytes of the file, roughly: a part ends behind the block that exceeds it
	Every   int64 // ns between the first and the last row's time
	Process bool  // a file for every process, with the life of all

	// Follow makes what knows with which descriptors and mounts a part begins; nil:
	// parts lack them.
	Follow func() format.Follower
}

// Part is one file of a split.
type Part struct {
	File string `json:"file"`
	Rows uint64 `json:"rows"`
	PID  uint32 `json:"pid,omitempty"`
}

// Split writes the rows of in to several files, named by o.Path with a number
// before its extension. Parts by rows, size and time are chained as segments of
// one recording; each but the first begins with rows marked initial: how the
// processes came to be that live at its beginning. Merge makes one file of them again.
func Split(in *Input, by SplitBy, o *Output) ([]Part, error) {
	if err := intact(in); err != nil {
		return nil, err
	}
	if err := in.OneHost(); err != nil {
		return nil, err
	}
	if o.Path == "-" {
		return nil, fmt.Errorf("several files cannot go to the standard output: give a name")
	}
	if by.Process {
		return splitProcesses(in, o)
	}
	s := &splitter{in: in, by: by, o: *o, state: newLiving(by.Follow)}
	err := s.run()
	return s.parts, err
}

// partPath is path with a suffix before its extension.
func partPath(path, suffix string) string {
	base := strings.TrimSuffix(path, ".trc")
	return base + "-" + suffix + ".trc"
}

type splitter struct {
	in    *Input
	by    SplitBy
	o     Output
	w     *writing
	h     *format.Header
	parts []Part
	first int64 // time of the part's first row
	ended int64 // when the last row so far was written
	rows  int   // of the part, but for those that are repeated
	state *living
}

func (s *splitter) run() (err error) {
	if s.h, err = s.o.header("split", nil, s.in); err != nil {
		return err
	}
	path := s.o.Path
	n := 0
	for b, err := range s.in.Blocks(format.ReadOptions{}) {
		if err != nil {
			return s.fail(err)
		}
		clock := s.in.BlockInfo(n).Clock
		n++
		for from := 0; from < b.N; {
			if s.w == nil {
				if err := s.open(partPath(path, fmt.Sprintf("%03d", len(s.parts)))); err != nil {
					return err
				}
				s.first, s.rows = b.I64[format.ColTime][from], 0
			}
			to := s.until(b, from)
			rows := all(nil, b.N)[from:to]
			if err := s.state.fold(b, rows); err != nil {
				return s.fail(err)
			}
			if err := s.w.add(b, rows, clock); err != nil {
				return s.fail(err)
			}
			s.rows += len(rows)
			for _, i := range rows {
				s.ended = max(s.ended, b.I64[format.ColTime][i]+b.I64[format.ColDuration][i])
			}
			full := to < b.N || s.by.Rows > 0 && s.rows >= s.by.Rows
			if from = to; s.by.Size > 0 {
				err := s.w.flush()
				if err == nil {
					err = s.w.w.Drain() // so that the size is known
				}
				if err != nil {
					return s.fail(err)
				}
				full = s.w.w.BytesWritten() >= s.by.Size
			}
			if full {
				if err := s.close(false, clock); err != nil {
					return err
				}
			}
		}
	}
	if s.w == nil && len(s.parts) > 0 {
		return nil
	}
	if s.w == nil {
		if err := s.open(partPath(path, "000")); err != nil {
			return err
		}
	}
	return s.close(true, format.Clock{})
}

// until is the row of b at which the part ends, b.N when it goes on.
func (s *splitter) until(b *format.Batch, from int) int {
	to := b.N
	if s.by.Rows > 0 {
		to = min(to, from+s.by.Rows-s.rows)
	}
	if s.by.Every > 0 {
		for i := from; i < to; i++ {
			if b.I64[format.ColTime][i] >= s.first+s.by.Every {
				if i == from && s.rows == 0 {
					continue
				}
				return i
			}
		}
	}
	return to
}

func (s *splitter) open(path string) (err error) {
	s.o.Path = path
	if err := s.o.check(s.in); err != nil {
		return err
	}
	if len(s.parts) > 0 {
		s.h.Segment.Repeated = uint64(s.state.prune())
	}
	if s.w, err = s.o.create(s.h); err != nil || len(s.parts) == 0 {
		return err
	}
	return s.state.repeat(s.w)
}

// close ends a part and makes the header of the next: it begins where this one ends. now
// is the clock of the block that the last row came from.
func (s *splitter) close(last bool, now format.Clock) error {
	t := carried(s.in, false)
	if !last {
		t.Reason, t.Exit, t.Ended = "split", nil, now.At(s.ended)
	}
	w := s.w
	s.w = nil
	if err := w.close(&t, nil); err != nil {
		return err
	}
	s.parts = append(s.parts, Part{File: s.o.Path, Rows: w.w.Rows()})
	next := *s.h
	next.Segment = format.NextSegment(s.h, w.w.ID(), w.w.Hash())
	if s.ended > 0 {
		next.Clock = s.h.Clock.At(s.ended) // wall times are the whole's
	}
	s.h = &next
	return nil
}

func (s *splitter) fail(err error) error {
	if s.w == nil {
		return err
	}
	return s.w.close(nil, err)
}

// splitProcesses makes a file for each process that has rows.
func splitProcesses(in *Input, o *Output) (parts []Part, err error) {
	pids := map[uint32]bool{}
	for b, err := range in.Blocks(format.ReadOptions{Columns: []format.ColumnID{format.ColTGID}}) {
		if err != nil {
			return nil, err
		}
		for _, pid := range b.U32[format.ColTGID][:b.N] {
			pids[pid] = true
		}
	}
	delete(pids, 0) // rows of no process are in every file
	for _, pid := range slices.Sorted(maps.Keys(pids)) {
		f, err := filter.Parse(fmt.Sprintf("pid == %d", pid))
		if err != nil {
			return parts, err
		}
		part := *o
		part.Path = partPath(o.Path, fmt.Sprint("pid", pid))
		done, err := Filter(in, f, &part)
		if err != nil {
			return parts, err
		}
		parts = append(parts, Part{part.Path, done.Kept, pid})
	}
	return parts, nil
}

// living keeps the rows that say how each process that lives came to be.
type living struct {
	rows *format.Batch
	copy format.Copier
	of   []uint32 // the process of each row
	dead map[uint32]bool

	follow format.Follower // nil for none
	state  *format.Batch   // what it said last
}

func newLiving(follow func() format.Follower) *living {
	l := &living{rows: format.NewBatch(0), dead: map[uint32]bool{}}
	if follow != nil {
		l.follow = follow()
	}
	return l
}

// fold takes the rows of processes among rows of b, of which there is no gap between.
func (l *living) fold(b *format.Batch, rows []int) error {
	if l.follow != nil && len(rows) > 0 {
		if err := l.follow.Follow(b, rows[0], rows[len(rows)-1]+1); err != nil {
			return err
		}
	}
	for _, i := range rows {
		e := format.EventID(b.U16[format.ColEvent][i])
		if int(e) >= len(format.Events) || format.Events[e].Class != format.ClassProcess || e == format.EventSyscall {
			continue
		}
		pid := b.U32[format.ColTGID][i]
		switch e {
		case format.EventFork:
			pid = uint32(b.U64[format.ColArg1][i])
			delete(l.dead, pid)
		case format.EventMount, format.EventFD, format.EventState: // the follower's
			continue
		case format.EventCgroup, format.EventNameOf:
			pid = 0 // of more than the task that was first seen with it
		case format.EventExit:
			if b.U64[format.ColArg1][i] != 0 {
				l.dead[pid] = true
			}
			continue
		}
		l.copy.Append(l.rows, b, []int{i})
		l.of = append(l.of, pid)
	}
	return nil
}

// prune forgets the rows of processes that have ended, and counts the others with
// those of what is open and mounted.
func (l *living) prune() int {
	keep := format.NewBatch(0)
	var c format.Copier
	var of []uint32
	for i, pid := range l.of {
		if !l.dead[pid] {
			c.Append(keep, l.rows, []int{i})
			keep.U16[format.ColFlags][keep.N-1] |= uint16(format.FlagInitial)
			of = append(of, pid)
		}
	}
	l.rows, l.of, l.copy = keep, of, format.Copier{}
	clear(l.dead)
	l.state = format.NewBatch(0)
	if l.follow != nil {
		l.follow.State(l.state)
	}
	return keep.N + l.state.N
}

// repeat writes the rows, marked as initial.
func (l *living) repeat(w *writing) error {
	for _, b := range []*format.Batch{l.rows, l.state} {
		if b.N == 0 {
			continue
		}
		if err := w.add(b, all(nil, b.N), format.Clock{Boottime: slices.MaxFunc(b.I64[format.ColTime][:b.N], cmp.Compare[int64])}); err != nil {
			return err
		}
	}
	return nil
}

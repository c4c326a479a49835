package derive

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/tracerec/tracerec/format"
)

// Merge writes the rows of several recordings to one file. Those of one boot
// become one stream: segments one behind the other, others by the time at which
// their rows were written, with a row of ClassUnrecorded where one had ended
// before the next began. Recordings of several hosts or boots stay apart,
// block by block, each block where its first row belongs by wall time: see
// merge_hosts.go. What cannot be placed is refused: two recordings of the same
// thread at the same time, whose calls would be counted twice, and
// recordings of several hosts of which one does not know the wall time.
func Merge(inputs []*Input, o *Output) (rows uint64, err error) {
	if err := o.check(inputs...); err != nil {
		return 0, err
	}
	for _, in := range inputs {
		if err := intact(in); err != nil {
			return 0, err
		}
	}
	boots, err := byBoot(inputs)
	if err != nil {
		return 0, err
	}
	if len(boots) > 1 {
		return mergeHosts(inputs, boots, o)
	}
	m, err := newOneBoot(boots[0])
	if err != nil {
		return 0, err
	}
	h, err := o.header("merge", nil, inputs...)
	if err != nil {
		return 0, err
	}
	origin := h.Origin
	*h = m.header
	h.Origin = origin
	w, err := o.create(h)
	if err != nil {
		return 0, err
	}
	if err := m.run(w.addCopied); err != nil {
		return 0, w.close(nil, err)
	}
	t := mergedTotals(boots[0])
	if err := w.close(&t, nil); err != nil {
		return 0, err
	}
	return w.w.Rows(), nil
}

// oneBoot is the recordings of one boot of one host.
type oneBoot struct {
	header format.Header
	groups [][]*Input
	spans  []span
}

// span is when a recording ran, ns since boot.
type span struct{ first, last int64 }

func newOneBoot(inputs []*Input) (*oneBoot, error) {
	m := &oneBoot{header: *inputs[0].Header()}
	var err error
	if m.groups, err = recordings(inputs); err != nil {
		return nil, err
	}
	first := groupsFirst(m.groups)
	m.header.Segment, m.header.Begins = nil, begins(first)
	for _, in := range first {
		if c := in.Header().Clock; c.Boottime != 0 && c.Boottime < m.header.Clock.Boottime {
			m.header.Clock = c
		}
	}
	if len(m.groups) > 1 {
		m.header.Command, m.header.Scope = nil, format.Scope{Kind: "several"}
		whole := true
		for _, g := range m.groups {
			whole = whole && g[0].Header().Scope.Kind == "host" && reflect.DeepEqual(g[0].Header().Scope, inputs[0].Header().Scope)
		}
		if whole {
			m.header.Scope = inputs[0].Header().Scope
		}
		m.header.Args, m.header.Selection = nil, sharedSelection(first)
	}
	for _, g := range m.groups {
		m.spans = append(m.spans, spanOf(g))
	}
	return m, m.shareNoThread()
}

// groupsFirst are the first files of recordings.
func groupsFirst(groups [][]*Input) (first []*Input) {
	for _, g := range groups {
		first = append(first, g[0])
	}
	return first
}

// sharedSelection is what all recordings have: what one of them leaves out is left out of
// the file, whose header says so once.
func sharedSelection(first []*Input) *format.Selected {
	all := &format.Selected{Beyond: true}
	var asked []string
	for _, in := range first {
		s := in.Header().Selection
		if s == nil {
			s = &format.Selected{Expr: "all", Beyond: true}
		}
		if !slices.Contains(asked, s.Expr) {
			asked = append(asked, s.Expr)
		}
		for _, name := range s.LeftOut {
			if !slices.Contains(all.LeftOut, name) {
				all.LeftOut = append(all.LeftOut, name)
			}
		}
		all.Beyond = all.Beyond && s.Beyond
	}
	all.Expr = strings.Join(asked, "; ")
	return all
}

// begins is format.Header.Begins of what is made of recordings, whose first files are
// given: 0 unless all of them lack their beginning.
func begins(first []*Input) (at int64) {
	for _, in := range first {
		h := in.Header()
		if !h.IsPart() {
			return 0
		}
		if begin, _ := format.Extent(h, nil, 1, 0); at == 0 || begin < at {
			at = begin
		}
	}
	return at
}

// spanOf is from when the recorder began until the last row was written.
func spanOf(group []*Input) span {
	s := span{math.MaxInt64, math.MinInt64}
	for _, in := range group {
		if c := in.Header().Clock; c.Boottime > 0 {
			s.first = min(s.first, c.Boottime)
		}
		for i := range in.BlockCount() {
			info := in.BlockInfo(i)
			if in.Header().Clock.Boottime == 0 {
				s.first = min(s.first, info.First)
			}
			s.last = max(s.last, info.Last, info.Clock.Boottime)
		}
	}
	return s
}

// run gives the rows in order to add.
func (m *oneBoot) run(add addRows) error {
	streams := make([]*stream, 0, len(m.groups))
	for _, g := range m.groups {
		streams = append(streams, newStream(g))
	}
	gaps := m.gaps()
	return interleave(streams, func(b *format.Batch, rows []int, clock format.Clock, c *format.Copier) error {
		for len(gaps) > 0 && len(rows) > 0 && b.I64[format.ColTime][rows[0]]+b.I64[format.ColDuration][rows[0]] >= gaps[0].last {
			if err := add(unrecorded(gaps[0]), []int{0}, clock, &format.Copier{}); err != nil {
				return err
			}
			gaps = gaps[1:]
		}
		return add(b, rows, clock, c)
	})
}

// gaps are the times between the first and the last recording in which none ran.
func (m *oneBoot) gaps() (gaps []span) {
	spans := slices.Clone(m.spans)
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.first, b.first) })
	for i, s := range spans[1:] {
		until := int64(math.MinInt64)
		for _, before := range spans[:i+1] {
			until = max(until, before.last)
		}
		if until < s.first {
			gaps = append(gaps, span{until, s.first})
		}
	}
	return gaps
}

// unrecorded is a batch of one row that says that nothing was recorded in a time.
func unrecorded(gap span) *format.Batch {
	b := format.NewBatch(0)
	i := b.Append()
	b.I64[format.ColTime][i] = gap.last
	b.U16[format.ColEvent][i] = uint16(format.EventLost)
	b.U64[format.ColArg1][i], b.U64[format.ColArg5][i] = uint64(format.ClassUnrecorded), uint64(gap.first)
	return b
}

// grouped puts inputs of one key together, in the order in which they are given.
func grouped[K comparable](inputs []*Input, key func(*Input) K) (groups [][]*Input) {
	at := map[K]int{}
	for _, in := range inputs {
		k := key(in)
		i, ok := at[k]
		if !ok {
			i = len(groups)
			at[k] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], in)
	}
	return groups
}

// recordings groups inputs by recording, segments in order, and refuses when one
// is missing in between or given twice.
func recordings(inputs []*Input) (groups [][]*Input, err error) {
	groups = grouped(inputs, func(in *Input) string {
		if s := in.Header().Segment; s != nil && s.Recording != "" {
			return s.Recording
		}
		id := in.ID()
		return hex.EncodeToString(id[:])
	})
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

// shareNoThread refuses recordings that ran at the same time and both have
// rows of one thread.
func (m *oneBoot) shareNoThread() error {
	if len(m.groups) < 2 {
		return nil
	}
	type thread struct {
		tid   uint32
		start uint64
	}
	owners := map[thread][]int{}
	for g, group := range m.groups {
		for _, in := range group {
			for b, err := range in.Blocks(format.ReadOptions{Columns: []format.ColumnID{format.ColTID, format.ColStart}}) {
				if err != nil {
					return err
				}
				for i, tid := range b.U32[format.ColTID][:b.N] {
					who := thread{tid, b.U64[format.ColStart][i]}
					known := owners[who]
					if tid == 0 || len(known) > 0 && known[len(known)-1] == g {
						continue
					}
					for _, old := range known {
						if m.spans[old].first <= m.spans[g].last && m.spans[g].first <= m.spans[old].last {
							return fmt.Errorf("%s and %s both recorded thread %d at the same time: which of their calls are the same cannot be known; analyze them one by one", m.groups[old][0].Path, in.Path, tid)
						}
					}
					owners[who] = append(known, g)
				}
			}
		}
	}
	return nil
}

// mergedTotals adds up what all inputs know.
func mergedTotals(inputs []*Input) format.Totals {
	all := make([]*format.Totals, len(inputs))
	for i, in := range inputs {
		all[i] = in.Totals()
	}
	return format.SumTotals(all)
}

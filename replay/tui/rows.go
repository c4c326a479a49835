package tui

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/filter"
	"github.com/tracerec/tracerec/format/show"
)

// Bounds of what is kept decoded: whole blocks for the rows on the screen, and
// for blocks behind them which of their rows are chosen.
const (
	keepBlocks = 6
	keepChosen = 512
)

// rows gives rows by position: how many rows stand before it in the file,
// where those of one block stand in order of their time. Only blocks that are
// asked for are decoded.
type rows struct {
	r    *format.Reader
	show *show.Options
	info []format.BlockInfo
	// first is the position of each block's first row; the last entry counts all.
	first []uint64

	blocks map[int]*block
	clock  int // of use, for what goes first

	pid    uint32
	filter *filter.Filter
	chosen map[int][]uint32 // ranks, by block, of what pid and filter choose
	read   int              // blocks decoded so far, for tests
	failed error            // of the filter, or of a block that cannot be read
}

// block is one decoded block. order gives the row at a rank.
type block struct {
	b     *format.Batch
	order []uint32
	used  int
}

func newRows(r *format.Reader, o *show.Options) *rows {
	t := &rows{r: r, show: o, blocks: map[int]*block{}, chosen: map[int][]uint32{}, first: []uint64{0}}
	for i := range r.BlockCount() {
		info := r.BlockInfo(i)
		t.info = append(t.info, info)
		t.first = append(t.first, t.first[i]+uint64(info.Rows))
	}
	return t
}

func (t *rows) count() uint64 { return t.first[len(t.first)-1] }

// choose makes pid (0: all) and filter (nil: none) what next and window show.
func (t *rows) choose(pid uint32, f *filter.Filter) {
	t.pid, t.filter, t.failed = pid, f, nil
	clear(t.chosen)
}

func (t *rows) all() bool { return t.pid == 0 && t.filter == nil }

// blockOf is the block that holds a position.
func (t *rows) blockOf(pos uint64) int {
	return sort.Search(len(t.info), func(i int) bool { return t.first[i+1] > pos })
}

func timeOrder(b *format.Batch) []uint32 {
	order := make([]uint32, b.N)
	for i := range order {
		order[i] = uint32(i)
	}
	times := b.I64[format.ColTime]
	slices.SortFunc(order, func(a, c uint32) int { return cmp.Or(cmp.Compare(times[a], times[c]), cmp.Compare(a, c)) })
	return order
}

// load decodes block n, or finds it. It is nil when it cannot be read.
func (t *rows) load(n int) *block {
	t.clock++
	if k := t.blocks[n]; k != nil {
		k.used = t.clock
		return k
	}
	b, err := t.r.ReadBlock(n, nil, nil)
	if err != nil {
		t.failed = err
		return nil
	}
	t.read++
	if len(t.blocks) >= keepBlocks {
		oldest := -1
		for i, k := range t.blocks {
			if oldest < 0 || k.used < t.blocks[oldest].used {
				oldest = i
			}
		}
		delete(t.blocks, oldest)
	}
	k := &block{b: b, order: timeOrder(b), used: t.clock}
	t.blocks[n] = k
	return k
}

// at is the row at a position; b is nil when it cannot be read.
func (t *rows) at(pos uint64) (b *format.Batch, i int) {
	n := t.blockOf(pos)
	if n == len(t.info) {
		return nil, 0
	}
	k := t.load(n)
	if rank := pos - t.first[n]; k != nil && rank < uint64(len(k.order)) {
		return k.b, int(k.order[rank])
	}
	return nil, 0
}

// posOf is where the row of a number stands.
func (t *rows) posOf(seq uint64) (uint64, bool) {
	n := sort.Search(len(t.info), func(i int) bool { return t.info[i].Seq > seq }) - 1
	if n < 0 || seq-t.info[n].Seq >= uint64(t.info[n].Rows) {
		return 0, false
	}
	k := t.load(n)
	if k == nil {
		return 0, false
	}
	rank := slices.Index(k.order, uint32(seq-t.info[n].Seq))
	return t.first[n] + uint64(max(rank, 0)), rank >= 0
}

// posAt is where the first row stands that began at a moment or later, as far
// as the order of blocks tells.
func (t *rows) posAt(at int64) uint64 {
	n := sort.Search(len(t.info), func(i int) bool { return t.info[i].Last >= at })
	if n == len(t.info) {
		return max(t.count(), 1) - 1
	}
	k := t.load(n)
	if k == nil {
		return t.first[n]
	}
	times := k.b.I64[format.ColTime]
	rank := sort.Search(len(k.order), func(i int) bool { return times[k.order[i]] >= at })
	return t.first[n] + uint64(min(rank, max(len(k.order), 1)-1))
}

// ranks are the rows of block n that are chosen, in order.
func (t *rows) ranks(n int) []uint32 {
	if list, ok := t.chosen[n]; ok {
		return list
	}
	var list []uint32
	info := &t.info[n]
	lost := info.Events&format.EventBit(format.EventLost) != 0
	if t.pid == 0 || lost || info.MinPID <= t.pid && t.pid <= info.MaxPID {
		list = t.pick(n)
	}
	if len(t.chosen) >= keepChosen {
		clear(t.chosen)
	}
	t.chosen[n] = list
	return list
}

// pick decodes no more of a block than the choice needs.
func (t *rows) pick(n int) (list []uint32) {
	var b *format.Batch
	var order []uint32
	if k := t.blocks[n]; k != nil {
		b, order = k.b, k.order
	} else {
		columns := []format.ColumnID{format.ColTime, format.ColEvent, format.ColTID, format.ColTGID}
		if t.filter != nil {
			for _, c := range t.filter.Columns() {
				if !slices.Contains(columns, c) {
					columns = append(columns, c)
				}
			}
		}
		var err error
		if b, err = t.r.ReadBlock(n, columns, nil); err != nil {
			t.failed = err
			return nil
		}
		t.read++
		order = timeOrder(b)
	}
	for rank, i := range order {
		lost := format.EventID(b.U16[format.ColEvent][i]) == format.EventLost // concerns every process
		if t.pid != 0 && !lost && b.U32[format.ColTGID][i] != t.pid && b.U32[format.ColTID][i] != t.pid {
			continue
		}
		if t.filter != nil {
			ok, err := t.filter.Match(b, int(i), t.show)
			if err != nil {
				t.failed = err
				return list
			}
			if !ok {
				continue
			}
		}
		list = append(list, uint32(rank))
	}
	return list
}

// walk looks for chosen rows from a position on, in one direction. It goes on
// where it stopped, so that a long one does not hold up the keys.
type walk struct {
	block int
	rank  int // next to look at; -1: the first or last of the block
	back  bool
	want  int
	test  func(b *format.Batch, i int) bool // nil: any chosen row
	found []uint64
	end   bool // no more rows that way
}

func (t *rows) walkFrom(pos uint64, back bool, want int) *walk {
	w := &walk{block: t.blockOf(pos), back: back, want: want}
	if w.block < len(t.info) {
		w.rank = int(pos - t.first[w.block])
	}
	return w
}

// walkBefore is walkFrom the row before pos.
func (t *rows) walkBefore(pos uint64, want int) *walk {
	if pos == 0 {
		return &walk{back: true, want: want, end: true}
	}
	return t.walkFrom(pos-1, true, want)
}

// run goes on until w has what it wants or the time is over; true: it is done.
func (t *rows) run(w *walk, until time.Time) bool {
	for len(w.found) < w.want && !w.end {
		if w.block < 0 || w.block >= len(t.info) {
			w.end = true
			return true
		}
		if !t.scan(w, until) {
			return false
		}
		if len(w.found) >= w.want {
			return true
		}
		if w.rank = -1; w.back {
			w.block--
		} else {
			w.block++
		}
		if time.Now().After(until) && len(w.found) < w.want {
			return false
		}
	}
	return true
}

// scan looks at what is left of one block; false: the time is over.
func (t *rows) scan(w *walk, until time.Time) bool {
	size := t.info[w.block].Rows
	var list []uint32
	if !t.all() {
		if list = t.ranks(w.block); len(list) == 0 {
			return true
		}
		size = len(list)
	}
	// From here on, k counts what is chosen.
	k := 0
	switch {
	case w.rank < 0 && w.back:
		k = size - 1
	case w.rank < 0:
	case list == nil:
		k = w.rank
	default:
		var exact bool
		if k, exact = slices.BinarySearch(list, uint32(w.rank)); w.back && !exact {
			k--
		}
	}
	step := 1
	if w.back {
		step = -1
	}
	for n := 0; k >= 0 && k < size; k, n = k+step, n+1 {
		rank := uint64(k)
		if list != nil {
			rank = uint64(list[k])
		}
		pos := t.first[w.block] + rank
		if w.test != nil {
			if n%256 == 255 && time.Now().After(until) {
				w.rank = int(rank)
				return false
			}
			if b, i := t.at(pos); b == nil || !w.test(b, i) {
				continue
			}
		}
		if w.found = append(w.found, pos); len(w.found) >= w.want {
			return true
		}
	}
	return true
}

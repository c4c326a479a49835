package analyze

import (
	"encoding/hex"
	"sort"

	"github.com/tracerec/tracerec/format"
)

// source is where an analysis reads: one file, or segments of one recording in
// their order, as if they were one file. Rows are numbered through, blocks too; what a
// segment repeats of those before it (format.Segment.Repeated) is left out. So
// what comes of it is what comes of the merged file.
type source struct {
	readers []*format.Reader
	blocks  []int    // number of each reader's first block, and of all
	rows    []uint64 // number of each reader's first row that is no repetition, and of all
	gaps    map[int]bool
}

// sourceOf takes segments in their order. Where one is missing in between, or does not
// continue the one before it, there is a gap.
func sourceOf(readers ...*format.Reader) *source {
	s := &source{readers: readers, gaps: map[int]bool{}}
	block, row := 0, uint64(0)
	for k, r := range readers {
		if k > 0 && !continues(r, readers[k-1]) {
			s.gaps[block] = true
		}
		s.blocks, s.rows = append(s.blocks, block), append(s.rows, row)
		rows := r.Rows()
		if n := r.BlockCount(); n > 0 { // numbers jump where blocks are missing
			last := r.BlockInfo(n - 1)
			rows = last.Seq + uint64(last.Rows)
		}
		block += r.BlockCount()
		row += rows - min(rows, s.repeated(k))
	}
	s.blocks, s.rows = append(s.blocks, block), append(s.rows, row)
	return s
}

// continues says whether a segment follows another one.
func continues(r, before *format.Reader) bool {
	this, that := format.PartOf(r, ""), format.PartOf(before, "")
	if this.Number != that.Number+1 || this.Recording != that.Recording {
		return false
	}
	hash, sealed := before.Hash()
	seg := r.Header().Segment
	return !sealed || seg == nil || seg.Previous == "" || seg.Previous == hex.EncodeToString(hash[:])
}

// repeated is how many rows at the beginning of segment k are those of segments before.
func (s *source) repeated(k int) uint64 {
	if seg := s.readers[k].Header().Segment; k > 0 && seg != nil {
		return seg.Repeated
	}
	return 0
}

// segment finds the reader of a block, and the block's number there.
func (s *source) segment(block int) (k, at int) {
	k = sort.SearchInts(s.blocks, block+1) - 1
	for k+1 < len(s.readers) && s.blocks[k+1] == block { // those before it have no blocks
		k++
	}
	return k, block - s.blocks[k]
}

// row finds where a row stands: in which reader, and under which number there.
func (s *source) row(seq uint64) (k int, at uint64) {
	for k = len(s.readers) - 1; k > 0 && s.rows[k] > seq; k-- {
	}
	return k, seq - s.rows[k] + s.repeated(k)
}

func (s *source) blockCount() int { return s.blocks[len(s.readers)] }

// before says whether rows are missing before a block; next is where the last one ended.
func (s *source) before(block int, next uint64) (gap bool, end uint64) {
	k, at := s.segment(block)
	info := s.readers[k].BlockInfo(at)
	from, to := info.Seq, info.Seq+uint64(info.Rows)
	skip := s.repeated(k)
	from, to = s.rows[k]+max(from, skip)-skip, s.rows[k]+max(to, skip)-skip
	return from != next || s.gaps[block], to
}

// read reads columns of a block. dst is memory to use again, as in format.Reader.ReadBlock.
func (s *source) read(block int, cols []format.ColumnID, dst *format.Batch) (*format.Batch, error) {
	k, at := s.segment(block)
	b, err := s.readers[k].ReadBlock(at, cols, dst)
	if err != nil {
		return nil, err
	}
	skip := s.repeated(k)
	if b.Seq < skip {
		b = from(b, int(min(skip-b.Seq, uint64(b.N))))
	}
	b.Seq = s.rows[k] + max(b.Seq, skip) - skip
	return b, nil
}

// readMore reads further columns of a block that was read into of, to dst.
func (s *source) readMore(block int, cols []format.ColumnID, some func([]int32) bool, of, dst *format.Batch) (*format.Batch, error) {
	k, at := s.segment(block)
	if s.repeated(k) > 0 {
		return s.read(block, cols, dst)
	}
	return s.readers[k].ReadMore(at, cols, some, of, dst)
}

// from is a batch without its first n rows. It shares the memory of b, which is not to be used any more.
func from(b *format.Batch, n int) *format.Batch {
	out := &format.Batch{N: b.N - n, Seq: b.Seq + uint64(n), Dict: b.Dict}
	for c := range format.NumColumns {
		out.U8[c], out.U16[c], out.U32[c] = tail(b.U8[c], n), tail(b.U16[c], n), tail(b.U32[c], n)
		out.U64[c], out.I32[c], out.I64[c] = tail(b.U64[c], n), tail(b.I32[c], n), tail(b.I64[c], n)
	}
	return out
}

func tail[T any](column []T, n int) []T {
	if column == nil {
		return nil
	}
	return column[n:]
}

// totals are those of all readers together, nil where one is not sealed.
func (s *source) totals() *format.Totals {
	if len(s.readers) == 1 {
		return s.readers[0].Totals()
	}
	all := make([]*format.Totals, len(s.readers))
	var lost uint64
	for k, r := range s.readers {
		if all[k] = r.Totals(); all[k] == nil {
			return nil
		}
		lost += all[k].Lost
	}
	t := format.SumTotals(all)
	t.Lost = lost
	return &t
}

// place puts a finding into the segment that its row stands in.
func (s *source) place(f *Finding) {
	if len(s.readers) == 1 {
		return
	}
	k, at := s.row(f.Seq)
	f.File, f.Seq = s.readers[k].Path(), at
	for i := range f.Evidence {
		if e := &f.Evidence[i]; e.Row {
			var in int
			if in, e.Seq = s.row(e.Seq); in != k {
				e.File = s.readers[in].Path()
			}
		}
	}
}

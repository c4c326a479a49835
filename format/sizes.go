package format

import "encoding/binary"

// Sizes is where the bytes of a file are. Their sum is the size of the file,
// but for holes.
type Sizes struct {
	Columns    [NumColumns]int64 // values and validity, compressed, with padding
	Dictionary int64             // strings and their offsets, shared by all Bytes columns
	Metadata   int64             // messages around them, block lines included
	Header     int64
	Footer     int64 // index, totals, trailer
}

// Sizes adds up what the columns of all readable blocks take.
func (r *Reader) Sizes() (s Sizes, err error) {
	l := r.head.layout
	sc := &scanner{Reader: &Reader{r: r.r, size: r.size, path: r.path, head: r.head}}
	s.Header = r.head.size
	end := r.head.size
	for i := range r.blocks {
		what, cut, err := sc.peek(r.blocks[i].Offset, false)
		if err != nil {
			return s, r.ioError(err)
		}
		if what != "" || cut {
			continue // reading it says what is wrong
		}
		le := binary.LittleEndian
		p := &sc.parts
		s.Dictionary += int64(le.Uint64(p.dict[l.dictBody:]))
		s.Metadata += int64(len(p.dict) + len(p.batch))
		l.eachSpan(p, func(c ColumnID, length int64) { s.Columns[c] += length })
		end = p.info.Offset + p.info.Size
	}
	if r.totals != nil {
		s.Footer = r.size - end
	}
	return s, nil
}

// eachSpan gives the padded length of every buffer of a block's columns.
func (l *layout) eachSpan(p *parts, f func(c ColumnID, length int64)) {
	for i := range 2 * len(l.columns) {
		n := binary.LittleEndian.Uint64(p.batch[l.batchBuffers+16*i+8:])
		f(l.columns[i/2], int64(n+7)&^7)
	}
}

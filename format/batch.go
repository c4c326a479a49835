package format

import (
	"slices"
	"unsafe"
)

// Dict interns the byte strings of one block. Reference 0 is null.
type Dict struct {
	refs  map[string]uint32
	ends  []uint32 // ends[i] is where entry i stops in bytes; entry 0 is empty
	bytes []byte
	era   uint64 // how often it was emptied: references of an earlier era mean nothing
}

// NewDict returns an empty dictionary.
func NewDict() *Dict {
	return &Dict{refs: make(map[string]uint32), ends: []uint32{0}, bytes: []byte{}}
}

// Ref interns b and returns its reference. An empty b has a reference of its
// own; a nil b is null.
func (d *Dict) Ref(b []byte) uint32 {
	if b == nil {
		return 0
	}
	if d.refs == nil {
		d.intern()
	}
	if ref, ok := d.refs[string(b)]; ok {
		return ref
	}
	ref := uint32(len(d.ends))
	d.bytes = append(d.bytes, b...)
	d.ends = append(d.ends, uint32(len(d.bytes)))
	d.refs[string(b)] = ref
	return ref
}

// intern makes a dictionary that was read from a file ready for Ref.
func (d *Dict) intern() {
	d.refs = make(map[string]uint32, len(d.ends))
	if len(d.ends) == 0 {
		d.ends = append(d.ends, 0)
	}
	if d.bytes == nil {
		d.bytes = []byte{} // so that an empty entry is not nil
	}
	for ref := uint32(1); int(ref) < len(d.ends); ref++ {
		d.refs[string(d.Bytes(ref))] = ref
	}
}

// Bytes returns the entry behind ref, nil for 0. The caller must not change it.
func (d *Dict) Bytes(ref uint32) []byte {
	if ref == 0 {
		return nil
	}
	start, end := d.ends[ref-1], d.ends[ref]
	return d.bytes[start:end:end]
}

// Text is all entries as one string, and Span where one of them stands in it: nowhere for 0.
func (d *Dict) Text() string { return string(d.bytes) }

func (d *Dict) Span(ref uint32) (from, to uint32) {
	if ref == 0 {
		return 0, 0
	}
	return d.ends[ref-1], d.ends[ref]
}

// Len counts the entries, null included.
func (d *Dict) Len() int { return len(d.ends) }

// Size is the total length of the entries in bytes.
func (d *Dict) Size() int { return len(d.bytes) }

// Reset empties the dictionary and keeps its memory.
func (d *Dict) Reset() {
	clear(d.refs)
	d.ends = append(d.ends[:0], 0)
	d.bytes = d.bytes[:0]
	d.era++
}

// Batch is rows in memory, column by column. For each column the slice of
// its type has an element for each of the N rows; the slices of other types are nil.
// A batch read with a projection has only the projected columns. Who changes columns of a
// batch that was read, other than by its methods, must not read into it again.
type Batch struct {
	N    int    // rows
	Seq  uint64 // sequence number of the first row, from 0 over the whole trace
	Dict *Dict
	U8   [NumColumns][]uint8
	U16  [NumColumns][]uint16
	U32  [NumColumns][]uint32 // Bytes columns too: references into Dict
	U64  [NumColumns][]uint64
	I32  [NumColumns][]int32
	I64  [NumColumns][]int64

	// filled[c] is how many elements from the first on are the same, 8 bytes of which
	// are same[c], because a reader put them there: a batch that is read into again and again is
	// not filled with the same constants again.
	filled [NumColumns]int
	same   [NumColumns]uint64

	kept *kept // see Keep
	lent bool  // Dict has the memory of another batch's

	made int // rows that the columns of an appended-to batch have, N or more
}

// NewBatch returns an empty batch with room for rows rows of every column.
func NewBatch(rows int) *Batch {
	b := &Batch{Dict: NewDict()}
	b.grow(rows)
	return b
}

func (b *Batch) grow(rows int) {
	for c := range Columns {
		switch Columns[c].Type {
		case U8:
			b.U8[c] = append(newColumn[uint8](c, rows), b.U8[c]...)
		case U16:
			b.U16[c] = append(newColumn[uint16](c, rows), b.U16[c]...)
		case U32, Bytes:
			b.U32[c] = append(newColumn[uint32](c, rows), b.U32[c]...)
		case U64:
			b.U64[c] = append(newColumn[uint64](c, rows), b.U64[c]...)
		case I32:
			b.I32[c] = append(newColumn[int32](c, rows), b.I32[c]...)
		case I64:
			b.I64[c] = append(newColumn[int64](c, rows), b.I64[c]...)
		}
	}
}

// newColumn allocates column c empty, with room for rows rows. Large
// allocations begin at a page; if all columns did, the same row of all of them
// would compete for the same few lines of the cache. So each column begins
// one cache line later within the page than the one before.
func newColumn[T integer](c, rows int) []T {
	const line, page = 64, 4096
	size := int(unsafe.Sizeof(T(0)))
	skip := line * c / size
	if rows*size < page {
		skip = 0
	}
	return make([]T, skip+rows)[skip:skip]
}

// appendAhead is how many rows Append makes at a time: touching every column
// for each row costs more than filling the row.
const appendAhead = 256

// Append adds a row of zeros and nulls and returns its index. The columns may
// become longer than N; what is behind N is zero.
func (b *Batch) Append() int {
	if b.N >= b.made { // more than made: rows that a reader or the caller put there
		b.make(appendAhead)
	}
	b.N++
	return b.N - 1
}

// AppendRows adds n rows of zeros and nulls and returns the index of the
// first.
func (b *Batch) AppendRows(n int) int {
	first := b.N
	if b.N+n > b.made {
		b.make(n)
	}
	b.N += n
	return first
}

// make gives the columns n rows of zeros behind row N.
func (b *Batch) make(n int) {
	b.made = b.N + n
	clear(b.filled[:])
	for c := range Columns {
		switch Columns[c].Type {
		case U8:
			b.U8[c] = extend(b.U8[c], b.N, n)
		case U16:
			b.U16[c] = extend(b.U16[c], b.N, n)
		case U32, Bytes:
			b.U32[c] = extend(b.U32[c], b.N, n)
		case U64:
			b.U64[c] = extend(b.U64[c], b.N, n)
		case I32:
			b.I32[c] = extend(b.I32[c], b.N, n)
		case I64:
			b.I64[c] = extend(b.I64[c], b.N, n)
		}
	}
}

// extend makes s rows and n more elements long; what it did not have is zero.
func extend[T integer](s []T, rows, n int) []T {
	had := min(rows, len(s))
	s = slices.Grow(s[:had], rows+n-had)[:rows+n]
	if !zero(asBytes(s[had:])) {
		clear(s[had:])
	}
	return s
}

// zero says whether b has zeros only. Memory that was never written is not
// there yet: reading it, other than clearing it, leaves it so. Most columns of
// most events stay like that.
func zero(b []byte) bool {
	const word = 8
	for ; len(b) >= word; b = b[word:] {
		if *(*uint64)(unsafe.Pointer(&b[0])) != 0 {
			return false
		}
	}
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// Reset drops all rows and the dictionary, and keeps the memory.
func (b *Batch) Reset() {
	b.N, b.made = 0, 0
	clear(b.filled[:])
	b.Dict.Reset()
	for c := range Columns {
		b.U8[c], b.U16[c], b.U32[c] = b.U8[c][:0], b.U16[c][:0], b.U32[c][:0]
		b.U64[c], b.I32[c], b.I64[c] = b.U64[c][:0], b.I32[c][:0], b.I64[c][:0]
	}
}

// Set stores an integer in column c of row i, narrowed to the column's type.
func (b *Batch) Set(c ColumnID, i int, v uint64) {
	b.filled[c] = 0
	switch Columns[c].Type {
	case U8:
		b.U8[c][i] = uint8(v)
	case U16:
		b.U16[c][i] = uint16(v)
	case U32:
		b.U32[c][i] = uint32(v)
	case U64:
		b.U64[c][i] = v
	case I32:
		b.I32[c][i] = int32(v)
	case I64:
		b.I64[c][i] = int64(v)
	}
}

// SetBytes stores bytes in Bytes column c of row i; nil is null.
func (b *Batch) SetBytes(c ColumnID, i int, v []byte) {
	b.filled[c] = 0
	b.U32[c][i] = b.Dict.Ref(v)
}

// Int returns column c of row i, sign-extended; 0 when c is not in the batch.
func (b *Batch) Int(c ColumnID, i int) int64 {
	switch {
	case b.I64[c] != nil:
		return b.I64[c][i]
	case b.U64[c] != nil:
		return int64(b.U64[c][i])
	case b.U32[c] != nil:
		return int64(b.U32[c][i])
	case b.U16[c] != nil:
		return int64(b.U16[c][i])
	case b.U8[c] != nil:
		return int64(b.U8[c][i])
	case b.I32[c] != nil:
		return int64(b.I32[c][i])
	}
	return 0
}

// Value returns Bytes column c of row i: nil when null or not in the batch.
func (b *Batch) Value(c ColumnID, i int) []byte {
	if b.U32[c] == nil {
		return nil
	}
	return b.Dict.Bytes(b.U32[c][i])
}

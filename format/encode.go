package format

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/klauspost/compress/huff0"
	"github.com/klauspost/compress/zstd"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encoder makes blocks of batches.
//
//	block = dictionary message, its body, record batch message, its body
type encoder struct {
	layout     *layout
	zstd       *zstd.Encoder // of the block in progress
	usual      *zstd.Encoder
	huff       huff0.Scratch
	quick      *zstd.Encoder // for blocks in a hurry; nil until there is one
	hurry      bool
	better     bool   // smaller rather than soon
	out        []byte // the block
	start, end int    // of its record batch message
	zero       []byte // stands for columns that a batch does not have
	spans      [][2]int
	keys       rowKeys
	coded      codedSet
	values     []byte // of a column, coded
	planes     []byte // the same, plane by plane
	strings    stringCoder
	body       []byte // of the message in progress
	dict       []byte // memory for the dictionary's
	batchSpans [][2]int

	tick                 uint64 // length of the clock's tick, 0 while it is not known
	sought               int    // how often it was looked for
	ticks                ticks
	gaps, spent          []byte // time and duration, packed
	gapBytes, spentBytes int    // how many of those are used; 0 where the column stays plain
	cuts                 []int
}

func newBlockEncoder(level Level) *encoder {
	return &encoder{layout: layoutOf(Version), usual: newEncoder(level), better: level == LevelBetter, huff: huff0.Scratch{Reuse: huff0.ReusePolicyNone}}
}

// free frees what compresses.
func (e *encoder) free() {
	e.usual.Close()
	if e.quick != nil {
		e.quick.Close()
	}
}

// check says why a batch cannot be written.
func (e *encoder) check(b *Batch) error {
	switch {
	case b.N > MaxRows:
		return &LimitError{"rows of a batch", b.N, MaxRows}
	case b.Dict.Size() > MaxDictBytes:
		return &LimitError{"bytes of strings in a batch", b.Dict.Size(), MaxDictBytes}
	case b.Dict.Len() > MaxDictCount:
		return &LimitError{"different strings in a batch", b.Dict.Len(), MaxDictCount}
	}
	for _, c := range e.layout.columns {
		if _, ok := b.memory(c, b.N); !ok {
			return fmt.Errorf("column %s has fewer than the batch's %d rows: append rows with Batch.Append", Columns[c].Name, b.N)
		}
	}
	return nil
}

// encode makes the block of b, which check has passed, in e.out. The block line has everything of
// info but the chain value, which needs the block before, and the checksum that
// covers it: link puts them in.
func (e *encoder) encode(b *Batch, info *BlockInfo, id *[16]byte) error {
	l := e.layout
	le := binary.LittleEndian

	if e.zstd = e.usual; e.hurry {
		if e.quick == nil {
			e.quick = newEncoder(LevelFast)
		}
		e.zstd = e.quick
	}

	// 1. The columns, which say in what order the dictionary is.
	e.body, e.spans = e.body[:0], e.spans[:0]
	e.keys.compute(b.N, b.U32[ColTID], b.U16[ColEvent], b.I32[ColNR])
	e.coded = codedSet{}
	e.strings.reset(b.Dict.Len())
	e.times(b, info.First)
	for _, c := range l.columns {
		e.buffer(nil, 1) // validity
		if Columns[c].Type == Bytes {
			if err := e.references(b, c); err != nil {
				return err
			}
			continue
		}
		e.integers(b, c)
	}
	columns := e.body
	batchSpans := append(e.batchSpans[:0], e.spans...)
	e.batchSpans = batchSpans

	// 2. The dictionary.
	e.out = append(e.out[:0], l.dict.bytes...)
	e.spans = e.spans[:0]
	count := len(e.strings.order) + refFirst // as many numbers as a column can have
	e.body = e.dict[:0]
	e.buffer(nil, 1)
	e.buffer(e.zeros(4*(count+1)), 4)
	parts, ends := e.strings.dictionary(b.Dict)
	e.frames(parts, ends, e.zstd)
	e.out = append(e.out, e.body...)
	dictEnd := len(e.out)
	e.dict, e.body = e.body, columns
	le.PutUint64(e.out[l.dictCount:], uint64(count))
	le.PutUint64(e.out[l.dictNode:], uint64(count))
	le.PutUint64(e.out[l.dictBody:], uint64(dictEnd-len(l.dict.bytes)))
	putSpans(e.out[l.dictBuffers:], e.spans)

	start := dictEnd
	e.out = append(e.out, l.batch.bytes...)
	body := len(e.out)
	e.out = append(e.out, columns...)
	batch := e.out[start:body]
	for i := range l.columns {
		le.PutUint64(batch[l.batchNodes+16*i:], uint64(b.N))
	}
	le.PutUint64(batch[l.batchRows:], uint64(b.N))
	le.PutUint64(batch[l.batchBody:], uint64(len(columns)))
	putSpans(batch[l.batchBuffers:], batchSpans)

	// 3. The line and the checksums.
	line := l.line(batch)
	line.putBytes(lineID, id[:])
	info.put(line)
	line.putCoded(&e.coded)
	line.put(lineBody, uint64(crc32.Update(crc32.Checksum(e.out[len(l.dict.bytes):start], castagnoli), castagnoli, e.out[body:])))
	e.start, e.end = start, body
	return nil
}

// link continues the chain that info has the value of, and completes block and info. The result is
// valid until the next call of encode.
func (e *encoder) link(info *BlockInfo) []byte {
	l := e.layout
	batch := e.out[e.start:e.end]
	line := l.line(batch)
	info.Chain = chain(&info.Chain, e.out)
	line.putBytes(lineChain, info.Chain[:])
	info.meta = crc32.Update(crc32.Checksum(e.out[:len(l.dict.bytes)], castagnoli), castagnoli, batch)
	line.put(lineMeta, uint64(info.meta))
	info.Size = int64(len(e.out))
	return e.out
}

// chain is the chain value of a block whose line has zeros for chain and
// meta: SHA-256 of the value before and the whole block.
func chain(before *[32]byte, block []byte) (sum [32]byte) {
	h := sha256.New()
	h.Write(before[:])
	h.Write(block)
	h.Sum(sum[:0])
	return sum
}

// integers appends the buffer of a column of integers: coded, unless it is the
// same in all rows.
func (e *encoder) integers(b *Batch, c ColumnID) {
	w := Columns[c].Type.size()
	values, _ := b.memory(c, b.N)
	how := codings[c]
	switch {
	case values == nil:
		e.buffer(e.zeros(b.N*w), w)
		return
	case how.how == codePlain || repeats(values, w):
		e.buffer(values, w)
		return
	}
	if how.how == codeTicks {
		e.ticked(c, values)
		return
	}
	e.coded.add(c)
	e.values = resize(e.values, len(values))
	e.code(b, c, how.how)
	if how.planes {
		e.planes = resize(e.planes, len(values))
		toPlanes(e.planes, e.values, w)
		e.buffer(e.planes, 1)
		return
	}
	e.buffer(e.values, w)
}

// ticked appends the buffer of time or duration: plain where times did not
// code it.
func (e *encoder) ticked(c ColumnID, values []byte) {
	packed, used := e.gaps, e.gapBytes
	if c == ColDuration {
		packed, used = e.spent, e.spentBytes
	}
	if used == 0 {
		e.buffer(values, 8)
		return
	}
	e.coded.add(c)
	n := len(values) / 8
	start := len(e.body)
	e.body = binary.LittleEndian.AppendUint64(e.body, uint64(len(values)))
	if e.cuts = append(e.cuts[:0], n); c == ColDuration {
		e.cuts = e.keys.cut(e.cuts[:0], n)
	}
	if e.better { // what there is to find besides takes long to find, and to read
		e.body = appendFrames(e.body, packed[:n], e.cuts, e.zstd)
	} else {
		at := 0
		for _, end := range e.cuts {
			e.body = appendLiterals(e.body, packed[at:end], &e.huff)
			at = end
		}
	}
	bits := n + restBytes(n) + 8 // the tick, too
	e.body = appendFrames(e.body, packed[n:bits], []int{bits - n}, e.zstd)
	e.body = appendRaw(e.body, packed[bits:used])
	e.body = appendFrames(e.body, packed[used:], []int{len(packed) - used}, e.zstd)
	if len(e.body)-start-8 >= len(packed) { // of a few rows
		e.body = binary.LittleEndian.AppendUint64(e.body[:start], noCompression)
		e.body = append(e.body, packed...)
	}
	e.close(start)
}

// minFrame is how many rows a part of a plane has at least.
const minFrame = 2048

// cut appends where frames of n values in the order end: between groups, which
// have distributions of their own.
func (k *rowKeys) cut(cuts []int, n int) []int {
	last := 0
	for _, at := range k.starts[1:] {
		if at := int(at); at-last >= minFrame && n-at >= minFrame {
			cuts = append(cuts, at)
			last = at
		}
	}
	return append(cuts, n)
}

// seekTick looks for the length of the clock's tick, in the first blocks of a file only: it does
// not depend on who encodes them.
func (e *encoder) seekTick(b *Batch) {
	times, durations := b.I64[ColTime], b.I64[ColDuration]
	if e.tick != 0 || e.sought >= 3 || b.N < 256 || len(times) < b.N || len(durations) < b.N ||
		repeats(asBytes(times[:b.N]), 8) || repeats(asBytes(durations[:b.N]), 8) {
		return
	}
	e.sought++
	e.tick = findTick(durations[:b.N])
}

// times codes time and duration. Where time is the same in all rows, both stay
// plain.
func (e *encoder) times(b *Batch, first int64) {
	n := b.N
	e.gapBytes, e.spentBytes = 0, 0
	times, durations := b.I64[ColTime], b.I64[ColDuration]
	if len(times) < n || repeats(asBytes(times[:n]), 8) {
		return
	}
	if len(durations) < n {
		durations = ints[int64](e.zeros(8 * n))
	}
	times, durations = times[:n], durations[:n]
	spent := !repeats(asBytes(durations), 8)
	tick := e.tick
	if tick == 0 || !e.ticks.encode(times, durations, first, tick, spent) {
		tick = tickUnit
		e.ticks.encode(times, durations, first, tick, spent)
	}
	e.gaps, e.spent = resize(e.gaps, 8*n), resize(e.spent, 8*n)
	used, ok := packTicks(e.gaps, nil, e.ticks.gap, e.ticks.gapRest, tick)
	if !ok {
		return
	}
	if spent {
		more, ok := packTicks(e.spent, e.keys.order, e.ticks.spent, e.ticks.spentRest, tick)
		if !ok {
			return
		}
		e.spentBytes = more
	}
	e.gapBytes = used
}

// code puts column c of b, coded, into e.values.
func (e *encoder) code(b *Batch, c ColumnID, how coding) {
	n := b.N
	switch Columns[c].Type {
	case U8:
		code(how, &e.keys, e.values, b.U8[c][:n])
	case U16:
		code(how, &e.keys, ints[uint16](e.values), b.U16[c][:n])
	case U32:
		code(how, &e.keys, ints[uint32](e.values), b.U32[c][:n])
	case U64:
		code(how, &e.keys, ints[uint64](e.values), b.U64[c][:n])
	case I32:
		code(how, &e.keys, ints[int32](e.values), b.I32[c][:n])
	case I64:
		code(how, &e.keys, ints[int64](e.values), b.I64[c][:n])
	}
}

// buffer appends a buffer of values of width w and notes where it stands in the
// body.
func (e *encoder) buffer(src []byte, w int) {
	start := len(e.body)
	e.body = appendBuffer(e.body, src, w, e.zstd, !e.better)
	e.close(start)
}

// frames appends a buffer of several frames.
func (e *encoder) frames(src []byte, ends []int, enc *zstd.Encoder) {
	start := len(e.body)
	e.body = binary.LittleEndian.AppendUint64(e.body, uint64(len(src)))
	e.body = appendFrames(e.body, src, ends, enc)
	if len(e.body)-start-8 >= len(src) {
		e.body = binary.LittleEndian.AppendUint64(e.body[:start], noCompression)
		e.body = append(e.body, src...)
	}
	e.close(start)
}

// close notes where the buffer that begins at start stands in the body.
func (e *encoder) close(start int) {
	e.spans = append(e.spans, [2]int{start, len(e.body) - start})
	for len(e.body)%8 != 0 {
		e.body = append(e.body, 0)
	}
}

func putSpans(dst []byte, spans [][2]int) {
	for i, s := range spans {
		binary.LittleEndian.PutUint64(dst[16*i:], uint64(s[0]))
		binary.LittleEndian.PutUint64(dst[16*i+8:], uint64(s[1]))
	}
}

func (e *encoder) zeros(n int) []byte {
	if len(e.zero) < n {
		e.zero = make([]byte, n)
	}
	return e.zero[:n]
}

// references appends the buffer of a column of strings.
func (e *encoder) references(b *Batch, c ColumnID) error {
	refs := b.U32[c]
	if len(refs) == 0 {
		refs = ints[uint32](e.zeros(4 * b.N))
	}
	refs = refs[:b.N]
	if allZero(refs) { // nulls: most columns of most blocks
		e.strings.none()
		e.coded.add(c)
		e.buffer(asBytes(refs), 4)
		return nil
	}
	if worst := slices.Max(refs); int(worst) >= b.Dict.Len() {
		return fmt.Errorf("column %s refers to string %d of %d: set it with Batch.SetBytes of the same batch", Columns[c].Name, worst, b.Dict.Len())
	}
	var like []uint32
	if c == ColPath {
		if like = b.U32[ColAEnter]; len(like) < b.N {
			like = ints[uint32](e.zeros(4 * b.N))
		}
	}
	e.values = resize(e.values, 4*b.N)
	if Columns[c].Kind == KindComm {
		e.strings.names(ints[uint32](e.values), refs, e.keys.runs)
	} else {
		e.strings.column(ints[uint32](e.values), refs, like, &e.keys)
	}
	e.coded.add(c)
	e.buffer(e.values, 4)
	return nil
}

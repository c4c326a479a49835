package format

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/bits"

	"github.com/klauspost/compress/zstd"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encoder makes blocks of batches.
//
//	block = dictionary message, its body, record batch message, its body
type encoder struct {
	layout *layout
	zstd   *zstd.Encoder
	noisy  *zstd.Encoder // for columns whose low bytes are noise
	out    []byte        // the block
	index  []int32
	valid  []byte
	zero   []byte // stands for columns that a batch does not have
	spans  [][2]int
	keys   rowKeys
	coded  codedSet
	values []byte   // of a column, coded
	planes []byte   // the same, plane by plane
	refs   []uint32 // path without what is the same as a_enter
	none   []int64  // durations of a batch that has none
}

func newBlockEncoder(level Level) *encoder {
	return &encoder{layout: layoutOf(Version), zstd: newEncoder(level), noisy: newEncoder(LevelFast)}
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

// encode makes the block of b, which check has passed. The block line has everything of info; the
// chain value and metadata checksum are set in info and line. The result is
// valid until the next call.
func (e *encoder) encode(b *Batch, info *BlockInfo, id *[16]byte) ([]byte, error) {
	l := e.layout
	le := binary.LittleEndian

	// 1. The dictionary. Entry 0 of Dict is null and not stored, so its ends
	// are Arrow's offsets as they are.
	e.out = append(e.out[:0], l.dict.bytes...)
	e.spans = append(e.spans[:0], [2]int{})
	body := len(e.out)
	e.buffer(body, asBytes(b.Dict.ends), 4)
	e.buffer(body, b.Dict.bytes, 1)
	dictEnd := len(e.out)
	count := uint64(b.Dict.Len() - 1)
	le.PutUint64(e.out[l.dictCount:], count)
	le.PutUint64(e.out[l.dictNode:], count)
	le.PutUint64(e.out[l.dictBody:], uint64(dictEnd-body))
	e.putSpans(e.out[l.dictBuffers:])

	// 2. The columns.
	start := dictEnd
	e.out = append(e.out, l.batch.bytes...)
	e.spans = e.spans[:0]
	body = len(e.out)
	e.keys.compute(b.N, b.U32[ColTID], b.U16[ColEvent], b.I32[ColNR], true)
	e.coded = codedSet{}
	for i, c := range l.columns {
		le.PutUint64(e.out[start+l.batchNodes+16*i:], uint64(b.N))
		if Columns[c].Type == Bytes {
			nulls, err := e.references(b, c)
			if err != nil {
				return nil, err
			}
			le.PutUint64(e.out[start+l.batchNodes+16*i+8:], uint64(nulls))
			e.buffer(body, e.valid, 1)
			e.buffer(body, asBytes(e.index), 4)
			continue
		}
		e.buffer(body, nil, 1)
		e.integers(body, b, c)
	}
	batch := e.out[start:body]
	le.PutUint64(batch[l.batchRows:], uint64(b.N))
	le.PutUint64(batch[l.batchBody:], uint64(len(e.out)-body))
	e.putSpans(batch[l.batchBuffers:])

	// 3. The line and the checksums.
	line := l.line(batch)
	line.putBytes(lineID, id[:])
	info.put(line)
	line.putCoded(&e.coded)
	dict := e.out[:len(l.dict.bytes)]
	line.put(lineBody, uint64(crc32.Update(crc32.Checksum(e.out[len(dict):start], castagnoli), castagnoli, e.out[body:])))
	info.Chain = chain(&info.Chain, e.out)
	line.putBytes(lineChain, info.Chain[:])
	info.meta = crc32.Update(crc32.Checksum(dict, castagnoli), castagnoli, batch)
	line.put(lineMeta, uint64(info.meta))
	info.Size = int64(len(e.out))
	return e.out, nil
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
func (e *encoder) integers(body int, b *Batch, c ColumnID) {
	w := Columns[c].Type.size()
	values, _ := b.memory(c, b.N)
	how := codings[c]
	switch {
	case values == nil:
		e.buffer(body, e.zeros(b.N*w), w)
		return
	case how.how == codePlain || repeats(values, w):
		e.buffer(body, values, w)
		return
	}
	e.coded.add(c)
	e.values = resize(e.values, len(values))
	e.code(b, c, how.how)
	if !how.planes {
		e.buffer(body, e.values, w)
		return
	}
	e.planes = resize(e.planes, len(values))
	toPlanes(e.planes, e.values, w)
	if !how.noisy {
		e.buffer(body, e.planes, 1)
		return
	}
	start := len(e.out)
	e.out = appendPlanes(e.out, e.planes, b.N, e.noisy)
	e.close(body, start)
}

// code puts column c of b, coded, into e.values.
func (e *encoder) code(b *Batch, c ColumnID, how coding) {
	n := b.N
	if how == codeGap {
		durations := b.I64[ColDuration]
		if len(durations) < n {
			durations = append(e.none[:0], make([]int64, n)...)
			e.none = durations
		}
		codeGaps(&e.keys, ints[int64](e.values), b.I64[c][:n], durations)
		return
	}
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

// object gives column path without what is the same as a_enter where an object
// was reached; as it is where such a row has no path, which would then be
// taken for the same.
func (e *encoder) object(b *Batch, refs []uint32) []uint32 {
	enter, dev, ino := b.U32[ColAEnter], b.U32[ColDev], b.U64[ColIno]
	if len(enter) < b.N || len(dev) < b.N || len(ino) < b.N {
		return refs
	}
	e.refs = resize(e.refs, b.N)
	same := 0
	for i, ref := range refs {
		reached := dev[i] != 0 || ino[i] != 0
		if reached && ref == 0 {
			return refs
		}
		if reached && ref == enter[i] {
			ref = 0
			same++
		}
		e.refs[i] = ref
	}
	if same == 0 {
		return refs
	}
	e.coded.add(ColPath)
	return e.refs
}

// buffer appends a buffer and notes where it stands in the body.
func (e *encoder) buffer(body int, src []byte, w int) { e.bufferBy(e.zstd, body, src, w) }

func (e *encoder) bufferBy(enc *zstd.Encoder, body int, src []byte, w int) {
	start := len(e.out)
	e.out = appendBuffer(e.out, src, w, enc)
	e.close(body, start)
}

// close notes where the buffer that begins at start stands in the body.
func (e *encoder) close(body, start int) {
	e.spans = append(e.spans, [2]int{start - body, len(e.out) - start})
	for len(e.out)%8 != 0 {
		e.out = append(e.out, 0)
	}
}

func (e *encoder) putSpans(dst []byte) {
	for i, s := range e.spans {
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

// references turns a Bytes column into Arrow's indices, which count from 0
// and are 0 where null, and a validity bitmap, empty when nothing is null.
func (e *encoder) references(b *Batch, c ColumnID) (nulls int, err error) {
	e.index = resize(e.index, b.N)
	e.valid = resize(e.valid, align8(b.N)/8)
	refs := b.U32[c]
	if len(refs) == 0 {
		clear(e.index)
		clear(e.valid)
		return b.N, nil
	}
	refs = refs[:b.N]
	if codings[c].how == codeObject {
		refs = e.object(b, refs)
	}
	limit := uint32(b.Dict.Len())
	index := e.index[:len(refs)]
	var worst uint32
	present := 0
	for at := 0; at < len(refs); at += 8 {
		var bitmap byte
		for k, ref := range refs[at:min(at+8, len(refs))] {
			worst = max(worst, ref)
			// 1 when ref is not null, without a branch
			some := (ref | -ref) >> 31
			index[at+k] = int32(ref - some)
			bitmap |= byte(some) << k
		}
		e.valid[at/8] = bitmap
		present += bits.OnesCount8(bitmap)
	}
	if worst >= limit {
		return 0, fmt.Errorf("column %s refers to string %d of %d: set it with Batch.SetBytes of the same batch", Columns[c].Name, worst, limit)
	}
	if present == b.N {
		e.valid = e.valid[:0]
	}
	return b.N - present, nil
}

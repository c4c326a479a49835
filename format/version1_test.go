package format

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// writeVersion1 writes batches as a file of version 1, as FORMAT.md describes it: the
// writer of that version is gone, and its reader is to be tested on more than the
// files that were kept. With plain set nothing is coded.
func writeVersion1(t testing.TB, seal, plain bool, batches ...*Batch) []byte {
	t.Helper()
	l, enc := layoutOf(1), newEncoder(LevelDefault)
	defer enc.Close()
	h, id := *sampleHeader(), [16]byte{1, 2, 3}
	h.Version, h.Table = 1, TableDigest()
	file, err := appendHead(nil, l, &h, &id)
	if err != nil {
		t.Fatal(err)
	}
	last := headChain(file)
	var blocks []BlockInfo
	var rows uint64
	for i, b := range batches {
		b.Seq = rows
		z := Summarize(b)
		info := BlockInfo{
			Number: uint64(i), Offset: int64(len(file)), Seq: rows, Rows: b.N, Chain: last, Clock: Clock{int64(i), int64(i) + 1000},
			First: z.First, Last: z.Last, Events: z.Events, MinPID: z.MinPID, MaxPID: z.MaxPID,
		}
		e := version1Encoder{encoder: &encoder{layout: l, zstd: enc}, plain: plain}
		file = append(file, e.block(b, &info, &id)...)
		blocks, last, rows = append(blocks, info), info.Chain, rows+uint64(b.N)
	}
	if seal {
		if file, _, err = appendFooter(file, 1, int64(len(file)), blocks, &last, &Totals{Rows: rows, Reason: "end"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

type version1Encoder struct {
	*encoder
	plain bool
}

func (e *version1Encoder) block(b *Batch, info *BlockInfo, id *[16]byte) []byte {
	l, le := e.layout, binary.LittleEndian
	e.keys.compute(b.N, b.U32[ColTID], b.U16[ColEvent], b.I32[ColNR])

	e.buffer(nil, 1)
	e.buffer(asBytes(b.Dict.ends), 4)
	e.buffer(b.Dict.bytes, 1)
	dict := append(append([]byte(nil), l.dict.bytes...), e.body...)
	count := uint64(b.Dict.Len() - 1)
	le.PutUint64(dict[l.dictCount:], count)
	le.PutUint64(dict[l.dictNode:], count)
	le.PutUint64(dict[l.dictBody:], uint64(len(e.body)))
	putSpans(dict[l.dictBuffers:], e.spans)

	e.body, e.spans = nil, nil
	nulls := make([]int, len(l.columns))
	for i, c := range l.columns {
		if Columns[c].Type == Bytes {
			nulls[i] = e.indices(b, c)
			continue
		}
		e.buffer(nil, 1)
		values, _ := b.memory(c, b.N)
		how := coding1(c)
		if w := Columns[c].Type.size(); values == nil {
			e.buffer(make([]byte, b.N*w), w)
		} else if e.plain || how.how == codePlain || repeats(values, w) {
			e.buffer(values, w)
		} else {
			e.coded.add(c)
			e.values = resize(e.values, len(values))
			if how.how == codeGap {
				e.gaps1(b)
			} else {
				e.code(b, c, how.how)
			}
			if how.planes {
				planes := make([]byte, len(values))
				toPlanes(planes, e.values, w)
				e.buffer(planes, 1)
			} else {
				e.buffer(e.values, w)
			}
		}
	}
	batch := append(append([]byte(nil), l.batch.bytes...), e.body...)
	for i := range l.columns {
		le.PutUint64(batch[l.batchNodes+16*i:], uint64(b.N))
		le.PutUint64(batch[l.batchNodes+16*i+8:], uint64(nulls[i]))
	}
	le.PutUint64(batch[l.batchRows:], uint64(b.N))
	le.PutUint64(batch[l.batchBody:], uint64(len(e.body)))
	putSpans(batch[l.batchBuffers:], e.spans)

	line := l.line(batch)
	line.putBytes(lineID, id[:])
	info.put(line)
	line.putCoded(&e.coded)
	sum := crc32.Checksum(dict[len(l.dict.bytes):], castagnoli)
	line.put(lineBody, uint64(crc32.Update(sum, castagnoli, e.body)))
	block := append(dict, batch...)
	line = l.line(block[len(dict):])
	info.Chain = chain(&info.Chain, block)
	line.putBytes(lineChain, info.Chain[:])
	info.meta = crc32.Update(crc32.Checksum(block[:len(l.dict.bytes)], castagnoli), castagnoli, block[len(dict):len(dict)+len(l.batch.bytes)])
	line.put(lineMeta, uint64(info.meta))
	info.Size = int64(len(block))
	return block
}

// indices appends validity and values of a column of strings, and counts its nulls.
func (e *version1Encoder) indices(b *Batch, c ColumnID) (nulls int) {
	refs := make([]uint32, b.N)
	copy(refs, b.U32[c])
	if c == ColPath && !e.plain {
		e.coded.add(c)
		for i, ref := range refs { // of what is null already, that it is so must be right
			object := b.Int(ColDev, i) != 0 || b.Int(ColIno, i) != 0
			if object && ref == 0 && b.U32[ColAEnter] != nil && b.U32[ColAEnter][i] != 0 { // cannot be said
				e.coded[ColPath/64] &^= 1 << (ColPath % 64)
				copy(refs, b.U32[c])
				break
			}
			if object && ref != 0 && ref == b.U32[ColAEnter][i] {
				refs[i] = 0
			}
		}
	}
	bitmap := make([]byte, align8(b.N)/8)
	for i, ref := range refs {
		if ref == 0 {
			nulls++
		} else {
			bitmap[i/8] |= 1 << (i % 8)
			refs[i]--
		}
	}
	if nulls == 0 {
		bitmap = nil
	}
	e.buffer(bitmap, 1)
	e.buffer(asBytes(refs), 4)
	return nulls
}

func (e *version1Encoder) gaps1(b *Batch) {
	gaps := ints[int64](e.values)
	before := e.keys.threadsBefore(b.N)
	for at, row := range e.keys.order {
		gaps[at] = b.I64[ColTime][row]
		if p := before1(before, int(row)); p >= 0 {
			gaps[at] -= b.I64[ColTime][p] + b.Int(ColDuration, p)
		}
	}
}

// TestVersion1: what the description of version 1 says is read.
func TestVersion1(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var batches []*Batch
		for range rapid.IntRange(1, 3).Draw(rt, "batches") {
			b := randomBatch(rt)
			clear(b.U16[ColHost]) // not in version 1
			batches = append(batches, b)
		}
		file := writeVersion1(t, rapid.Bool().Draw(rt, "sealed"), rapid.Bool().Draw(rt, "plain"), batches...)
		r := openBytes(t, file)
		for cols := range 3 {
			opt := ReadOptions{Verify: true}
			switch cols {
			case 1:
				opt.Columns = []ColumnID{ColTime, ColPath}
			case 2:
				opt.Columns = []ColumnID{ColArg3, ColComm, ColHost}
			}
			n := 0
			for b, err := range r.Blocks(opt) {
				if err != nil {
					rt.Fatal(err)
				}
				want := *batches[n]
				want.Seq = b.Seq
				for c := range Columns {
					for i := range b.N {
						if opt.Columns != nil && !slices.Contains(opt.Columns, ColumnID(c)) {
							continue
						}
						id, isBytes := ColumnID(c), Columns[c].Type == Bytes
						if isBytes && !bytes.Equal(b.Value(id, i), want.Value(id, i)) || !isBytes && b.Int(id, i) != want.Int(id, i) {
							rt.Fatalf("column %s, row %d", Columns[c].Name, i)
						}
					}
				}
				n++
			}
			if n != len(batches) {
				rt.Fatalf("%d blocks of %d", n, len(batches))
			}
		}
	})
}

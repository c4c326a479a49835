package format

import (
	"encoding/binary"
	"math/bits"
)

// Version 1 differs in how columns are coded: strings stand as Arrow has them, time
// is coded as a gap, without ticks, and there is no column host. It is read, and not written any more.

const (
	// codeGap stores times, group behind group, as what decodeGaps takes.
	codeGap coding = 128 + iota
	// codeObject is for path: null where it is the same string as a_enter and an
	// object was reached (dev or ino is not 0).
	codeObject
)

var codings1 = func() (t [NumColumns]columnCoding) {
	for c := range t {
		t[c] = coding1(ColumnID(c))
	}
	return t
}()

func coding1(c ColumnID) columnCoding {
	switch c {
	case ColTime:
		return columnCoding{how: codeGap, planes: true}
	case ColDuration:
		return columnCoding{how: codeGroup, planes: true}
	case ColCall:
		return columnCoding{how: codeThread}
	case ColPath:
		return columnCoding{how: codeObject}
	}
	if Columns[c].Type == Bytes {
		return columnCoding{}
	}
	return codings[c]
}

// columns1 reads a block of version 1.
func (ld *loading) columns1(strings bool) problem {
	var keys keyParts
	ld.read = ld.column1
	ld.need, keys = ld.needed1(ld.want)
	if what := ld.loadKeys(keys); what != "" {
		return what
	}
	if what := ld.load(ColDuration, ColAEnter, ColDev, ColIno); what != "" { // time and path are coded by these
		return what
	}
	if what := ld.loadRest(); what != "" || !strings {
		return what
	}
	return ld.dictionary1(ld.layout, ld.dst.Dict)
}

// needed1 is needed of version 1.
func (d *decoder) needed1(want *[NumColumns]bool) (need [NumColumns]bool, keys keyParts) {
	need = *want
	coded := &d.parts.coded
	if want[ColPath] && coded.has(ColPath) {
		need[ColAEnter], need[ColDev], need[ColIno] = true, true, true
	}
	if want[ColTime] && coded.has(ColTime) {
		need[ColDuration] = true
	}
	for c := range NumColumns {
		if need[c] && coded.has(c) && c != ColPath {
			keys |= keyThread | keyGroup
			if codings1[c].how == codeCall {
				keys |= keyCall
			}
		}
	}
	if keys != 0 {
		need[ColTID], need[ColEvent], need[ColNR] = true, true, true
	}
	return need, keys
}

// column1 reads column c, n rows, into the batch that in says.
func (d *decoder) column1(l *layout, c ColumnID, n int, in func(ColumnID) *Batch) problem {
	p, i := &d.parts, l.place[c]
	to := in(c)
	mem := to.reserve(c, n)
	values := span(p.batch[l.batchBuffers:], 2*i+1, p.batchBody)
	if Columns[c].Type == Bytes {
		if what := d.inflate.fill(mem, values); what != "" {
			return what
		}
		nulls := int(binary.LittleEndian.Uint64(p.batch[l.batchNodes+16*i+8:]))
		validity := span(p.batch[l.batchBuffers:], 2*i, p.batchBody)
		if what := d.references(to.U32[c], validity, nulls, uint32(p.count)); what != "" {
			return what
		}
		if p.coded.has(c) {
			decodeObjects(to.U32[c], in(ColAEnter).U32[ColAEnter], in(ColDev).U32[ColDev], in(ColIno).U64[ColIno])
		}
		return ""
	}
	if !p.coded.has(c) {
		return d.inflate.fill(mem, values)
	}
	how := codings1[c]
	d.values = resize(d.values, len(mem))
	stored := d.values
	if how.planes {
		d.planes = resize(d.planes, len(mem))
		stored = d.planes
	}
	if what := d.inflate.fill(stored, values); what != "" {
		return what
	}
	if how.how != codeGap {
		decodeIntegers(d, how, c, to, stored)
		return ""
	}
	gaps := ints[int64](d.values)
	fromPlanes(gaps, d.planes)
	d.gaps = resize(d.gaps, n)
	decodeGaps(&d.keys, to.I64[c], gaps, in(ColDuration).I64[ColDuration], d.gaps)
	return ""
}

// decodeObjects gives the paths that are the same as a_enter.
func decodeObjects(paths, enter []uint32, dev []uint32, ino []uint64) {
	for i, ref := range paths {
		if ref == 0 && (dev[i] != 0 || ino[i] != 0) {
			paths[i] = enter[i]
		}
	}
}

// dictionary1 reads the strings.
func (d *decoder) dictionary1(l *layout, dst *Dict) problem {
	p := &d.parts
	spans := p.dict[l.dictBuffers:]
	dst.ends = resize(dst.ends, p.count+1)
	if what := d.inflate.fill(asBytes(dst.ends), span(spans, 1, p.dictBody)); what != "" {
		return "dictionary offsets: " + what
	}
	var last uint32
	for _, end := range dst.ends {
		if end < last {
			return "dictionary offsets do not rise"
		}
		last = end
	}
	if dst.ends[0] != 0 || last > MaxDictBytes {
		return "dictionary offsets are impossible"
	}
	dst.bytes = resize(dst.bytes, int(last))
	if what := d.inflate.fill(dst.bytes, span(spans, 2, p.dictBody)); what != "" {
		return "dictionary: " + what
	}
	return ""
}

// references turns Arrow's indices, in place, into references: one more, and 0
// where null. Every index must be below count.
func (d *decoder) references(refs []uint32, validity []byte, nulls int, count uint32) problem {
	if len(validity) == 0 {
		if nulls != 0 {
			return "the validity bitmap is missing"
		}
		var worst uint32
		for i, index := range refs {
			worst = max(worst, index)
			refs[i] = index + 1
		}
		if worst >= count {
			return "an index points outside the dictionary"
		}
		return ""
	}
	d.valid = resize(d.valid, align8(len(refs))/8)
	if what := d.inflate.fill(d.valid, validity); what != "" {
		return what
	}
	if nulls == len(refs) {
		for _, v := range d.valid {
			if v != 0 {
				return "the validity bitmap does not have as many nulls as it should"
			}
		}
		clear(refs)
		return ""
	}
	var worst uint32
	present := 0
	for at := 0; at < len(refs); at += 8 {
		part := refs[at:min(at+8, len(refs))]
		bitmap := d.valid[at/8] & byte(1<<len(part)-1)
		present += bits.OnesCount8(bitmap)
		if bitmap == 0xFF {
			for k, index := range part {
				worst = max(worst, index)
				part[k] = index + 1
			}
			continue
		}
		for k, index := range part {
			some := -uint32(bitmap >> k & 1) // all ones when valid
			worst = max(worst, index&some)
			part[k] = (index + 1) & some
		}
	}
	if present != len(refs)-nulls {
		return "the validity bitmap does not have as many nulls as it should"
	}
	if worst >= count {
		return "an index points outside the dictionary"
	}
	return ""
}

// decodeGaps gives the times of gaps: since the row before of the same thread
// ended; of a thread's first row, since the row before it ended. scratch has room for as many values.
func decodeGaps(k *rowKeys, dst, src, durations, scratch []int64) {
	for at, row := range k.order {
		scratch[row] = src[at]
	}
	before := k.threadsBefore(len(scratch))
	for i, v := range scratch {
		if p := before1(before, i); p >= 0 {
			v += dst[p] + durations[p]
		}
		dst[i] = v
	}
}

// before1 is the row that a row's time is counted from, -1 for none: before are the rows before of the same threads.
func before1(before []int32, row int) int {
	if p := before[row]; p >= 0 {
		return int(p)
	}
	return row - 1
}

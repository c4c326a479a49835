package format

import (
	"encoding/binary"
	"math/bits"
	"sync"
)

// decoder turns blocks into batches. Not for use by several goroutines.
type decoder struct {
	block   []byte
	inflate inflater
	valid   []byte
	parts   parts
	scratch Batch // of VerifyBlock
}

// decoderPool keeps decoders: making one costs more than a small block.
var decoderPool = sync.Pool{New: func() any { return &decoder{inflate: newInflater()} }}

// columns fills dst with the wanted columns of the block in d.parts.
func (d *decoder) columns(l *layout, want *[NumColumns]bool, dst *Batch) problem {
	p := &d.parts
	dst.N, dst.Seq, dst.made = p.info.Rows, p.info.Seq, 0
	if dst.Dict == nil {
		dst.Dict = &Dict{}
	}
	dst.Dict.ends, dst.Dict.refs = append(dst.Dict.ends[:0], 0), nil
	dst.Dict.bytes = dst.Dict.bytes[:0]
	dict := false
	for i, c := range l.columns {
		if !want[c] {
			dst.drop(c)
			continue
		}
		mem := dst.reserve(c, dst.N)
		if what := d.inflate.fill(mem, span(p.batch[l.batchBuffers:], 2*i+1, p.batchBody)); what != "" {
			return "column " + Columns[c].Name + ": " + what
		}
		if Columns[c].Type != Bytes {
			continue
		}
		dict = true
		nulls := int(binary.LittleEndian.Uint64(p.batch[l.batchNodes+16*i+8:]))
		validity := span(p.batch[l.batchBuffers:], 2*i, p.batchBody)
		if what := d.references(dst.U32[c], validity, nulls, uint32(p.count)); what != "" {
			return "column " + Columns[c].Name + ": " + what
		}
	}
	for c := len(l.columns); c < int(NumColumns); c++ { // newer than the file
		dst.drop(ColumnID(c))
	}
	if !dict {
		return ""
	}
	return d.dictionary(l, dst.Dict)
}

// dictionary reads the strings.
func (d *decoder) dictionary(l *layout, dst *Dict) problem {
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

// chainOf computes the chain value of a block as it stands in a file. It
// clears the digits in block that the value is taken without.
func (l *layout) chainOf(before *[32]byte, block []byte, p *parts) [32]byte {
	line := l.line(p.batch)
	line.zero(lineChain)
	line.zero(lineMeta)
	return chain(before, block)
}

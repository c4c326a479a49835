package format

import "sync"

// decoder turns blocks into batches. Not for use by several goroutines.
type decoder struct {
	block   []byte
	inflate inflater
	parts   parts
	scratch Batch // of VerifyBlock
	side    Batch // columns that others are coded by, and nobody asked for
	keys    rowKeys
	values  []byte // of a column, coded
	planes  []byte // the same, plane by plane
	ticks   ticks
	strings []byte // parts of the dictionary
	bases   []uint32
	valid   []byte  // version 1: a validity bitmap
	gaps    []int64 // version 1: by row
}

// decoderPool keeps decoders: making one costs more than a small block.
var decoderPool = sync.Pool{New: func() any { return &decoder{inflate: newInflater()} }}

// columns fills dst with the wanted columns of the block in d.parts.
func (d *decoder) columns(l *layout, want *[NumColumns]bool, dst *Batch) problem {
	if l.version == 1 {
		return d.columns1(l, want, dst)
	}
	p := &d.parts
	dst.N, dst.Seq, dst.made = p.info.Rows, p.info.Seq, 0
	if dst.Dict == nil {
		dst.Dict = &Dict{}
	}
	dst.Dict.ends, dst.Dict.refs = append(dst.Dict.ends[:0], 0), nil
	dst.Dict.bytes = dst.Dict.bytes[:0]
	strings := false
	for c := range NumColumns {
		if !want[c] {
			dst.drop(c)
		}
		strings = strings || want[c] && Columns[c].Type == Bytes && l.place[c] >= 0
	}
	if strings {
		if what := d.dictionary(l, dst.Dict); what != "" {
			return what
		}
	}
	need, keyed, calls := d.needed(want)
	in := func(c ColumnID) *Batch { // where column c goes
		if want[c] {
			return dst
		}
		return &d.side
	}
	load := func(c ColumnID) problem {
		if !need[c] {
			return ""
		}
		need[c] = false
		if l.place[c] < 0 {
			clear(in(c).reserve(c, dst.N)) // of a later version
			return ""
		}
		if what := d.column(l, c, dst.N, in); what != "" {
			return "column " + Columns[c].Name + ": " + what
		}
		return ""
	}
	for _, c := range [...]ColumnID{ColTID, ColEvent, ColNR} {
		if what := load(c); what != "" {
			return what
		}
	}
	if keyed {
		d.keys.compute(dst.N, in(ColTID).U32[ColTID], in(ColEvent).U16[ColEvent], in(ColNR).I32[ColNR], calls)
	}
	if need[ColTime] && p.coded.has(ColTime) && l.place[ColTime] >= 0 {
		need[ColTime], need[ColDuration] = false, false
		if what := d.times(l, in(ColTime), in(ColDuration), dst.N); what != "" {
			return "columns time and duration: " + what
		}
	}
	if what := load(ColAEnter); what != "" { // path is coded by it
		return what
	}
	for c := range NumColumns {
		if what := load(c); what != "" {
			return what
		}
	}
	return ""
}

// needed adds to the wanted columns those that they are coded by, and says
// whether the rows' keys are needed, and among them those of calls.
func (d *decoder) needed(want *[NumColumns]bool) (need [NumColumns]bool, keyed, calls bool) {
	need = *want
	coded := &d.parts.coded
	if want[ColPath] {
		need[ColAEnter] = true
	}
	if want[ColTime] && coded.has(ColTime) || want[ColDuration] && coded.has(ColDuration) {
		need[ColTime], need[ColDuration] = true, true
	}
	for c := range NumColumns {
		if need[c] && coded.has(c) {
			how := codings[c].how
			keyed, calls = true, calls || how == codeCall || how == codeString
		}
	}
	if keyed {
		need[ColTID], need[ColEvent], need[ColNR] = true, true, true
	}
	return need, keyed, calls
}

// column reads column c, n rows, into the batch that in says.
func (d *decoder) column(l *layout, c ColumnID, n int, in func(ColumnID) *Batch) problem {
	p, i := &d.parts, l.place[c]
	to := in(c)
	mem := to.reserve(c, n)
	values := span(p.batch[l.batchBuffers:], 2*i+1, p.batchBody)
	if !p.coded.has(c) {
		return d.inflate.fill(mem, values)
	}
	how := codings[c]
	d.values = resize(d.values, len(mem))
	stored := d.values
	if how.planes {
		d.planes = resize(d.planes, len(mem))
		stored = d.planes
	}
	if what := d.inflate.fill(stored, values); what != "" {
		return what
	}
	if how.how == codeString {
		var like []uint32
		if c == ColPath {
			like = in(ColAEnter).U32[ColAEnter]
		}
		order, before := d.keys.stringBefore(c)
		return decodeStrings(to.U32[c], ints[uint32](d.values), like, order, before, d.bases[l.strings[c]], uint32(p.count))
	}
	switch Columns[c].Type {
	case U8:
		decodeColumn(d, how, to.U8[c])
	case U16:
		decodeColumn(d, how, to.U16[c])
	case U32:
		decodeColumn(d, how, to.U32[c])
	case U64:
		decodeColumn(d, how, to.U64[c])
	case I32:
		decodeColumn(d, how, to.I32[c])
	case I64:
		decodeColumn(d, how, to.I64[c])
	}
	return ""
}

// times reads time and duration, n rows, where time is coded.
func (d *decoder) times(l *layout, time, duration *Batch, n int) problem {
	p, t := &d.parts, &d.ticks
	t.resize(n)
	unpack := func(c ColumnID, ticks []int64, rests []int8) (step uint64, what problem) {
		d.values = resize(d.values, 8*n)
		if what := d.inflate.fill(d.values, span(p.batch[l.batchBuffers:], 2*l.place[c]+1, p.batchBody)); what != "" {
			return 0, what
		}
		return unpackTicks(ticks, rests, &d.keys, d.values)
	}
	step, what := unpack(ColTime, t.gap, t.gapRest)
	if what != "" {
		return what
	}
	time.reserve(ColTime, n)
	mem := duration.reserve(ColDuration, n)
	spent := p.coded.has(ColDuration)
	if spent {
		same, what := unpack(ColDuration, t.spent, t.spentRest)
		if what != "" {
			return what
		}
		if same != step {
			return "they differ in the length of a tick"
		}
	} else if what := d.inflate.fill(mem, span(p.batch[l.batchBuffers:], 2*l.place[ColDuration]+1, p.batchBody)); what != "" {
		return what
	}
	t.decode(&d.keys, time.I64[ColTime], duration.I64[ColDuration], p.info.First, step, spent)
	return ""
}

// decodeColumn decodes what was read into d.values, or d.planes.
func decodeColumn[T integer](d *decoder, how columnCoding, dst []T) {
	values := ints[T](d.values)
	if how.planes {
		fromPlanes(values, d.planes)
	}
	decode(how.how, &d.keys, dst, values)
}

// dictionary reads the strings, and where the columns' new ones begin.
func (d *decoder) dictionary(l *layout, dst *Dict) problem {
	p := &d.parts
	stored := span(p.dict[l.dictBuffers:], 2, p.dictBody)
	size, ok := storedLength(stored)
	if head := 4 * l.bytes; !ok || size < head+5*p.count || size > maxDictParts {
		return "the dictionary's length is impossible"
	}
	d.strings = resize(d.strings, size)
	if what := d.inflate.fill(d.strings, stored); what != "" {
		return "dictionary: " + what
	}
	d.bases = append(d.bases[:0], ints[uint32](d.strings[:4*l.bytes])...)
	return dst.decode(p.count, d.strings[4*l.bytes:])
}

// chainOf computes the chain value of a block as it stands in a file. It
// clears the digits in block that the value is taken without.
func (l *layout) chainOf(before *[32]byte, block []byte, p *parts) [32]byte {
	line := l.line(p.batch)
	line.zero(lineChain)
	line.zero(lineMeta)
	return chain(before, block)
}

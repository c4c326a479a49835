package format

import "sync"

// decoder turns blocks into batches. Not for use by several goroutines.
type decoder struct {
	block     []byte
	inflate   inflater
	parts     parts
	scratch   Batch // of VerifyBlock
	side      Batch // columns that others are coded by, and nobody asked for
	keys      rowKeys
	values    []byte   // of a column, coded
	planes    []byte   // the same, plane by plane
	fractions []uint32 // of times, where durations need them
	step      uint64   // of time
	bases     []uint32
	have      keyParts // of keys, for the block at hand
	strings   bool     // the block's strings were read, into the batch that is kept with this
	more      bool     // the block at hand is to be read on: see ReadMore
	some      func(rows []int32) bool
	valid     []byte  // version 1: a validity bitmap
	gaps      []int64 // version 1: by row
}

// decoderPool keeps decoders: making one costs more than a small block.
var decoderPool = sync.Pool{New: func() any { return &decoder{} }}

// loading is a block of which columns are read into a batch.
type loading struct {
	*decoder
	layout *layout
	dst    *Batch
	want   *[NumColumns]bool
	need   [NumColumns]bool // these, and those that they are coded by, as long as they are not read
	read   func(l *layout, c ColumnID, n int, in func(ColumnID) *Batch) problem
}

// columns fills dst with the wanted columns of the block in d.parts.
func (d *decoder) columns(l *layout, want *[NumColumns]bool, dst *Batch) problem {
	p := &d.parts
	dst.N, dst.Seq, dst.made = p.info.Rows, p.info.Seq, 0
	if dst.Dict == nil || dst.lent {
		dst.Dict, dst.lent = &Dict{}, false
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
	ld := loading{decoder: d, layout: l, dst: dst, want: want, read: d.column}
	if l.version == 1 {
		return ld.columns1(strings)
	}
	return ld.columns2(strings)
}

// in is where column c goes.
func (ld *loading) in(c ColumnID) *Batch {
	if ld.want[c] {
		return ld.dst
	}
	return &ld.side
}

// load reads those of the columns that are needed and not read yet.
func (ld *loading) load(columns ...ColumnID) problem {
	for _, c := range columns {
		if !ld.need[c] {
			continue
		}
		ld.need[c] = false
		if ld.layout.place[c] < 0 {
			clear(ld.in(c).reserve(c, ld.dst.N)) // of a later version
			continue
		}
		if what := ld.read(ld.layout, c, ld.dst.N, ld.in); what != "" {
			return "column " + Columns[c].Name + ": " + what
		}
	}
	return ""
}

// loadKeys reads the columns that stand plain, and makes the rows' keys of them.
func (ld *loading) loadKeys(keys keyParts) problem {
	keys &^= ld.have
	ld.have |= keys
	if what := ld.load(ColTID, ColEvent, ColNR); what != "" {
		return what
	}
	n := ld.dst.N
	if keys&keyGroup != 0 {
		ld.keys.groups(n, ld.in(ColEvent).U16[ColEvent], ld.in(ColNR).I32[ColNR])
	}
	if keys&keyThread != 0 {
		ld.keys.threads(n, ld.in(ColTID).U32[ColTID])
	}
	switch {
	case keys&keyCall != 0:
		ld.keys.calls(n)
	case keys&keyGroup != 0:
		ld.keys.rows(n)
	}
	return ""
}

// loadRest reads all others.
func (ld *loading) loadRest() problem {
	for c := range NumColumns {
		if ld.need[c] {
			if what := ld.load(c); what != "" {
				return what
			}
		}
	}
	return ""
}

// columns2 reads a block of version 2.
func (ld *loading) columns2(strings bool) problem {
	if strings && !(ld.more && ld.strings) {
		if what := ld.dictionary(ld.layout, ld.dst.Dict); what != "" {
			return what
		}
	}
	if !ld.more {
		ld.strings = strings
	}
	var keys keyParts
	ld.need, keys = ld.needed(ld.want)
	if what := ld.loadKeys(keys); what != "" {
		return what
	}
	if ld.keys.skip = ld.keys.skip[:0]; ld.have&keyGroup != 0 && ld.some != nil {
		ld.keys.only(ld.some)
	}
	coded, n := &ld.parts.coded, ld.dst.N
	spent := ld.need[ColDuration] && coded.has(ColDuration)
	if ld.need[ColTime] && coded.has(ColTime) {
		ld.need[ColTime] = false
		if what := ld.time(ld.layout, ld.in(ColTime), n, spent); what != "" {
			return "column time: " + what
		}
	}
	if spent {
		ld.need[ColDuration] = false
		if what := ld.duration(ld.layout, ld.in(ColDuration), n); what != "" {
			return "column duration: " + what
		}
	}
	if what := ld.load(ColAEnter); what != "" { // path is coded by it
		return what
	}
	return ld.loadRest()
}

// needed adds to the wanted columns those that they are coded by, and says what
// of the rows' keys is needed.
func (d *decoder) needed(want *[NumColumns]bool) (need [NumColumns]bool, keys keyParts) {
	need = *want
	coded := &d.parts.coded
	need[ColAEnter] = need[ColAEnter] || want[ColPath]
	need[ColTime] = need[ColTime] || want[ColDuration] && coded.has(ColDuration)
	for c := range NumColumns {
		if need[c] && coded.has(c) {
			keys |= keysOf(c)
		}
	}
	if keys&^d.have&keyGroup != 0 {
		need[ColEvent], need[ColNR] = true, true
	}
	if keys&^d.have&keyThread != 0 {
		need[ColTID] = true
	}
	return need, keys
}

// keysOf says which keys a coded column needs.
func keysOf(c ColumnID) keyParts {
	switch codings[c].how {
	case codeThread:
		return keyThread
	case codeGroup:
		return keyGroup
	case codeTurn:
		return keyThread | keyGroup
	case codeCall:
		return keyThread | keyGroup | keyCall
	case codeTicks:
		if c == ColDuration {
			return keyGroup
		}
	case codeString:
		if Columns[c].Kind == KindComm {
			return keyThread
		}
		return keyThread | keyGroup | keyCall
	}
	return 0
}

// stored is the buffer of column c.
func (l *layout) stored(p *parts, c ColumnID) []byte {
	return span(p.batch[l.batchBuffers:], 2*l.place[c]+1, p.batchBody)
}

// column reads column c, n rows, into the batch that in says.
func (d *decoder) column(l *layout, c ColumnID, n int, in func(ColumnID) *Batch) problem {
	p, to := &d.parts, in(c)
	src := l.stored(p, c)
	size := n * Columns[c].Type.size()
	how := codings[c]
	if plain := !p.coded.has(c); plain || how.how == codeString {
		// Nearly every column that is the same in all rows, and of strings those that are null.
		if v, ok := constant(src, size); ok && (plain || v == 0) {
			to.fill(c, n, v)
			return ""
		}
		if plain {
			return d.inflate.fill(to.reserve(c, n), src)
		}
	}
	to.reserve(c, n)
	width := Columns[c].Type.size()
	if how.planes {
		width = 1
	}
	stored, what := d.inflate.sparse(size, src, width, d.unwanted(how))
	if what != "" {
		return what
	}
	if how.how == codeString {
		var like []uint32
		if c == ColPath {
			like = in(ColAEnter).U32[ColAEnter]
		}
		base, count := d.bases[l.strings[c]], uint32(p.count)
		if Columns[c].Kind == KindComm {
			writeZeros(d.inflate.zeros, ints[uint32](stored), 0, n)
			return decodeNames(to.U32[c], ints[uint32](stored), d.keys.runs, base, count)
		}
		return decodeStrings(to.U32[c], ints[uint32](stored), like, &d.keys, d.inflate.zeros, base, count)
	}
	decodeIntegers(d, how, c, to, stored)
	return ""
}

// unwanted is what nobody asked for of a column that stands so.
func (d *decoder) unwanted(how columnCoding) zeroSpans {
	if (how.how == codeGroup || how.how == codeCall) && !how.planes && len(d.keys.skip) > 0 {
		return d.keys.left
	}
	return nil
}

// time reads time, n rows, where it is coded, and the fractions that duration needs
// where that is coded, too, and wanted.
func (d *decoder) time(l *layout, dst *Batch, n int, spent bool) problem {
	r, what := d.ticked(l, ColTime, n)
	if what != "" {
		return what
	}
	var fractions []uint32
	if spent {
		d.fractions = resize(d.fractions, n)
		fractions = d.fractions
		d.step = r.step
	}
	dst.reserve(ColTime, n)
	return r.times(dst.I64[ColTime], fractions, d.parts.info.First)
}

// duration reads duration, n rows, where it is coded, after time.
func (d *decoder) duration(l *layout, dst *Batch, n int) problem {
	r, what := d.ticked(l, ColDuration, n)
	if what != "" {
		return what
	}
	if r.step != d.step {
		return "it and time differ in the length of a tick"
	}
	dst.reserve(ColDuration, n)
	return r.durations(dst.I64[ColDuration], d.fractions, d.keys.order)
}

func (d *decoder) ticked(l *layout, c ColumnID, n int) (tickReader, problem) {
	src, what := d.inflate.view(8*n, l.stored(&d.parts, c))
	if what != "" {
		return tickReader{}, what
	}
	return newTickReader(src, n)
}

// decodeIntegers decodes column c of to by its type.
func decodeIntegers(d *decoder, how columnCoding, c ColumnID, to *Batch, stored []byte) {
	switch Columns[c].Type {
	case U8:
		decodeColumn(d, how, to.U8[c], stored)
	case U16:
		decodeColumn(d, how, to.U16[c], stored)
	case U32:
		decodeColumn(d, how, to.U32[c], stored)
	case U64:
		decodeColumn(d, how, to.U64[c], stored)
	case I32:
		decodeColumn(d, how, to.I32[c], stored)
	case I64:
		decodeColumn(d, how, to.I64[c], stored)
	}
}

// decodeColumn decodes what was stored.
func decodeColumn[T integer](d *decoder, how columnCoding, dst []T, stored []byte) {
	zeros := d.inflate.zeros
	if how.planes {
		switch words := any(dst).(type) {
		case []uint64:
			if how.how == codeGroup {
				decodePlanes(&d.keys, words, stored, zeros)
				return
			}
		case []int64:
			if how.how == codeGroup {
				decodePlanes(&d.keys, words, stored, zeros)
				return
			}
		}
		writeZeros(zeros, stored, 0, len(stored))
		zeros = nil
		d.values = resize(d.values, len(stored))
		fromPlanes(ints[T](d.values), stored)
		stored = d.values
	}
	decode(how.how, &d.keys, dst, ints[T](stored), zeros)
}

// dictionary reads the strings, and where the columns' new ones begin.
func (d *decoder) dictionary(l *layout, dst *Dict) problem {
	p := &d.parts
	stored := span(p.dict[l.dictBuffers:], 2, p.dictBody)
	size, ok := storedLength(stored)
	if head := 4 * l.bytes; !ok || size < head+5*p.count || size > maxDictParts {
		return "the dictionary's length is impossible"
	}
	parts, what := d.inflate.view(size, stored)
	if what != "" {
		return "dictionary: " + what
	}
	d.bases = append(d.bases[:0], ints[uint32](parts[:4*l.bytes])...)
	return dst.decode(p.count, parts[4*l.bytes:])
}

// chainOf computes the chain value of a block as it stands in a file. It
// clears the digits in block that the value is taken without.
func (l *layout) chainOf(before *[32]byte, block []byte, p *parts) [32]byte {
	line := l.line(p.batch)
	line.zero(lineChain)
	line.zero(lineMeta)
	return chain(before, block)
}

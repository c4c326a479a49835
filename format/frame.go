package format

import (
	"encoding/binary"
	"math/bits"
	"unsafe"

	"github.com/klauspost/compress/huff0"
)

// frameDecoder decodes the zstd frames (RFC 8878) that writers of .trc files write: of one
// segment, without checksum and dictionary. Columns are mostly values that repeat: long
// matches at distances of 1 to 8 bytes, which the library copies byte by byte, each of them
// waiting for the one before. Here they are filled in by whole words, which makes columns
// decompress up to three times as fast. Frames of many short matches are the library's, whose assembly is faster at
// those, and so is what it does not understand or finds damaged: the library judges.
type frameDecoder struct {
	huff     *huff0.Scratch
	tree     bool   // huff has a table of this frame
	literals []byte // of a block, with room for a whole word more
	bits     []byte // of its sequences, behind a word of zeros
	tables   [3]seqTable
	recent   [3]int // the last three distances, the last one first
	dense    int    // denseFrame, or 0 for taking all frames
}

// denseFrame is how many bytes a sequence makes at least, on average of a frame's first block, if it is
// for us. Measured on amd64: at 30 bytes the library is a third faster, at 100 they are the same, at 400 it is
// three times slower.
const denseFrame = 96

// frameSlack is how much behind the end of the output may be overwritten.
const frameSlack = 32

// appendFrame appends what frame holds to out, whose memory has room for limit bytes and
// frameSlack more. It says whether it could.
func (d *frameDecoder) appendFrame(out, frame []byte, limit int) ([]byte, bool) {
	at := frameHeader(frame)
	if at == 0 {
		return out, false
	}
	start, content := len(out), frameContent(frame, at)
	if content > limit-start || cap(out) < limit+frameSlack {
		return out, false
	}
	buf := out[: start+content+frameSlack : start+content+frameSlack]
	d.tree, d.recent = false, [3]int{1, 4, 8}
	for i := range d.tables {
		d.tables[i].entries = nil
	}
	end := start
	for last := false; !last; {
		if at+3 > len(frame) {
			return out, false
		}
		header := int(frame[at]) | int(frame[at+1])<<8 | int(frame[at+2])<<16
		last = header&1 != 0
		size := header >> 3
		at += 3
		stored := size
		if header>>1&3 == 1 {
			stored = 1
		}
		if size > zstdBlock || stored > len(frame)-at {
			return out, false
		}
		part := frame[at : at+stored]
		at += stored
		switch header >> 1 & 3 {
		case 0, 1:
			if size > start+content-end {
				return out, false
			}
			if header>>1&3 == 0 {
				copy(buf[end:], part)
			} else if size > 0 {
				fillRepeat(buf[end:end+size], part)
			}
			end += size
		case 2:
			var ok bool
			if end, ok = d.block(buf, start, end, part); !ok {
				return out, false
			}
		default:
			return out, false
		}
	}
	return out[:end], at == len(frame) && end == start+content
}

// block decodes a compressed block to buf[at:], of a frame that begins at start. buf ends
// frameSlack behind what the frame may hold. It says where the block ends.
func (d *frameDecoder) block(buf []byte, start, at int, src []byte) (int, bool) {
	limit := min(len(buf)-frameSlack, at+zstdBlock)
	head, ok := literalsOf(src)
	if !ok || head.n > limit-at {
		return 0, false
	}
	literals := src[head.size : head.size+head.stored]
	src = src[head.size+head.stored:]
	if len(src) == 0 {
		return 0, false
	}
	count := int(src[0])
	if src = src[1:]; count >= 128 {
		switch {
		case count < 255 && len(src) >= 1:
			count = (count-128)<<8 | int(src[0])
			src = src[1:]
		case count == 255 && len(src) >= 2:
			count = int(binary.LittleEndian.Uint16(src)) + 0x7f00
			src = src[2:]
		default:
			return 0, false
		}
	}
	if at == start && count*d.dense > limit-at {
		return 0, false
	}
	lits, ok := d.readLiterals(head, literals)
	if !ok {
		return 0, false
	}
	if count == 0 {
		if len(src) != 0 || len(lits)-frameSlack > limit-at {
			return 0, false
		}
		return at + copy(buf[at:], lits[:len(lits)-frameSlack]), true
	}
	if len(src) == 0 || src[0]&3 != 0 {
		return 0, false
	}
	modes := src[0]
	src = src[1:]
	for i := range d.tables {
		if src, ok = d.tables[i].read(seqKind(i), modes>>(6-2*i)&3, src); !ok {
			return 0, false
		}
	}
	return d.sequences(buf, start, at, limit, lits, src, count)
}

// literalsHead is how the literals of a block stand: behind size bytes stored ones, which make n.
type literalsHead struct {
	kind            byte // 0 raw, 1 RLE, 2 with a Huffman table, 3 with the one before
	size, n, stored int
	streams         int
}

// literalsOf reads the head of a block's literals, which lie within the block.
func literalsOf(src []byte) (h literalsHead, ok bool) {
	if len(src) == 0 {
		return h, false
	}
	format := src[0] >> 2 & 3
	var first [8]byte
	copy(first[:5], src)
	v := binary.LittleEndian.Uint64(first[:])
	if h.kind, h.streams = src[0]&3, 4; h.kind < 2 {
		switch format {
		case 1:
			h.size, h.n = 2, int(v>>4&(1<<12-1))
		case 3:
			h.size, h.n = 3, int(v>>4&(1<<20-1))
		default:
			h.size, h.n = 1, int(v>>3&(1<<5-1))
		}
		if h.stored = h.n; h.kind == 1 {
			h.stored = 1
		}
	} else {
		width := uint(10)
		switch format {
		case 0:
			h.size, h.streams = 3, 1
		case 1:
			h.size = 3
		case 2:
			h.size, width = 4, 14
		case 3:
			h.size, width = 5, 18
		}
		h.n, h.stored = int(v>>4&(1<<width-1)), int(v>>(4+width)&(1<<width-1))
	}
	return h, h.size+h.stored <= len(src)
}

// readLiterals reads the literals of a block from part, and gives them with frameSlack
// bytes more, which mean nothing.
func (d *frameDecoder) readLiterals(h literalsHead, part []byte) (lits []byte, ok bool) {
	n := h.n
	if cap(d.literals) < n+frameSlack {
		d.literals = make([]byte, max(n+frameSlack, 16<<10))
	}
	lits = d.literals[:n+frameSlack]
	switch h.kind {
	case 0:
		copy(lits, part)
	case 1:
		if n > 0 {
			fillRepeat(lits[:n], part)
		}
	default:
		if d.huff == nil {
			d.huff = &huff0.Scratch{}
		}
		if h.kind == 2 {
			var err error
			if d.huff, part, err = huff0.ReadTable(part, d.huff); err != nil {
				d.huff, d.tree = nil, false
				return nil, false
			}
			d.tree = true
		} else if !d.tree {
			return nil, false
		}
		var got []byte
		var err error
		if h.streams == 4 {
			got, err = d.huff.Decoder().Decompress4X(lits[:0:n], part)
		} else {
			got, err = d.huff.Decoder().Decompress1X(lits[:0:n], part)
		}
		if err != nil || len(got) != n {
			return nil, false
		}
	}
	return lits, true
}

// topBits are n bits of word, at most 57, behind the first used of them.
func topBits(word uint64, used, n uint) uint64 { return word << (used & 63) >> 1 >> (63 - n&63) }

func load(p unsafe.Pointer, i int) uint64     { return *(*uint64)(unsafe.Add(p, i)) }
func store(p unsafe.Pointer, i int, v uint64) { *(*uint64)(unsafe.Add(p, i)) = v }

// load64 and store64 are of the 8 bytes at i.
func load64(b []byte, i int) uint64     { return binary.LittleEndian.Uint64(b[i:]) }
func store64(b []byte, i int, v uint64) { binary.LittleEndian.PutUint64(b[i:], v) }

// sequences executes count sequences, stored in src, and appends the literals that are left.
func (d *frameDecoder) sequences(buf []byte, start, at, limit int, lits, src []byte, count int) (int, bool) {
	// The bits are read from the end, behind a mark.
	if len(src) == 0 || src[len(src)-1] == 0 {
		return 0, false
	}
	const before = 16
	if cap(d.bits) < before+len(src) {
		d.bits = make([]byte, before+len(src)+4096)
		clear(d.bits[:before])
	}
	stream := d.bits[:before+len(src)]
	copy(stream[before:], src)
	p := len(stream) - 8 // of word
	word := load64(stream, p)
	used := uint(1 + bits.LeadingZeros8(src[len(src)-1]))

	llTable, ofTable, mlTable := d.tables[seqLiterals].entries, d.tables[seqDistance].entries, d.tables[seqMatch].entries
	if len(llTable) != seqStates || len(ofTable) != seqStates || len(mlTable) != seqStates {
		return 0, false
	}
	ll, of, ml := (*[seqStates]seqEntry)(llTable), (*[seqStates]seqEntry)(ofTable), (*[seqStates]seqEntry)(mlTable)
	llEntry := ll[topBits(word, used, uint(d.tables[seqLiterals].log))&(seqStates-1)]
	used += uint(d.tables[seqLiterals].log)
	ofEntry := of[topBits(word, used, uint(d.tables[seqDistance].log))&(seqStates-1)]
	used += uint(d.tables[seqDistance].log)
	mlEntry := ml[topBits(word, used, uint(d.tables[seqMatch].log))&(seqStates-1)]
	used += uint(d.tables[seqMatch].log)
	r0, r1, r2 := d.recent[0], d.recent[1], d.recent[2]
	lit, literals := 0, len(lits)-frameSlack
	// Slices take more instructions than all the rest. What is read and written by these is: 8 bytes of stream
	// from p on, 0 <= p <= len(stream)-8; 16 of lits from lit on, lit <= len(lits)-frameSlack; of buf what lies
	// between start and limit, and less than frameSlack bytes behind.
	streamAt, litsAt, bufAt := unsafe.Pointer(unsafe.SliceData(stream)), unsafe.Pointer(unsafe.SliceData(lits)), unsafe.Pointer(unsafe.SliceData(buf))
	for ; ; count-- {
		// All that one sequence needs is mostly in one word: 57 bits or more.
		p -= int(used >> 3)
		used &= 7
		if p < 0 {
			return 0, false
		}
		word = load(streamAt, p)
		n := ofEntry.more()
		value := int(ofEntry.base() + topBits(word, used, n))
		used += n
		n = mlEntry.more()
		match := int(mlEntry.base() + topBits(word, used, n))
		used += n
		n = llEntry.more()
		if used+n > 7+57-26 {
			p -= int(used >> 3)
			used &= 7
			if p < 0 {
				return 0, false
			}
			word = load(streamAt, p)
		}
		length := int(llEntry.base() + topBits(word, used, n))
		used += n

		// Which distance it is: 0 to 2 of the recent ones, 3 the last one less 1, else a new one.
		distance := value - 3
		if value > 3 {
			r2, r1, r0 = r1, r0, distance
		} else {
			if length == 0 {
				value++
			}
			switch value {
			case 1:
				distance = r0
			case 2:
				distance = r1
				r1, r0 = r0, distance
			case 3:
				distance = r2
				r2, r1, r0 = r1, r0, distance
			default:
				distance = r0 - 1
				r2, r1, r0 = r1, r0, distance
			}
		}
		if length > literals-lit || length+match > limit-at || distance <= 0 || distance > at+length-start {
			return 0, false
		}
		if length <= 16 {
			a, b := load(litsAt, lit), load(litsAt, lit+8)
			store(bufAt, at, a)
			store(bufAt, at+8, b)
		} else {
			copy(buf[at:at+length], lits[lit:])
		}
		at += length
		lit += length
		// Less than 8 bytes repeat as a word.
		from := at - distance
		if repeat := &wordRepeats[min(distance, 8)&15]; match <= 64 && repeat.factor != 0 {
			next := from + 8
			if distance < 8 {
				next = at
			}
			store(bufAt, at, load(bufAt, from)&repeat.mask*repeat.factor)
			store(bufAt, at+8, load(bufAt, next))
			for i := 16; i < match; i += 16 {
				store(bufAt, at+i, load(bufAt, next+i-8))
				store(bufAt, at+i+8, load(bufAt, next+i))
			}
		} else if distance >= match {
			copy(buf[at:at+match], buf[from:])
		} else {
			copyRepeat(buf[from:], distance, match)
		}
		at += match
		if count == 1 {
			break
		}
		n = llEntry.bits()
		llEntry = ll[(llEntry.next()+topBits(word, used, n))&(seqStates-1)]
		used += n
		n = mlEntry.bits()
		mlEntry = ml[(mlEntry.next()+topBits(word, used, n))&(seqStates-1)]
		used += n
		n = ofEntry.bits()
		ofEntry = of[(ofEntry.next()+topBits(word, used, n))&(seqStates-1)]
		used += n
	}
	d.recent = [3]int{r0, r1, r2}
	if p*8+64-int(used) != before*8 { // not all bits, or more
		return 0, false
	}
	left := literals - lit
	if left > limit-at {
		return 0, false
	}
	return at + copy(buf[at:], lits[lit:lit+left]), true
}

// wordRepeats make a word of 1, 2 or 4 bytes that repeat, and leave one of 8 or more as it is.
var wordRepeats = [16]struct{ mask, factor uint64 }{
	1: {1<<8 - 1, 0x0101010101010101},
	2: {1<<16 - 1, 0x0001000100010001},
	4: {1<<32 - 1, 0x0000000100000001},
	8: {1<<64 - 1, 1},
}

// copyRepeat continues the first distance bytes of w, which repeat, for n bytes more. It may
// overwrite frameSlack bytes behind them.
func copyRepeat(w []byte, distance, n int) {
	end := distance + n
	at, step := distance, distance
	switch distance {
	case 1, 2, 4, 8: // most columns: a value repeats
		var v uint64
		switch distance {
		case 1:
			v = uint64(w[0]) * 0x0101010101010101
		case 2:
			v = uint64(binary.LittleEndian.Uint16(w)) * 0x0001000100010001
		case 4:
			v = uint64(binary.LittleEndian.Uint32(w)) * 0x0000000100000001
		default:
			v = load64(w, 0)
		}
		if n > 256 && v == 0 {
			clear(w[at:end])
			return
		}
		for stop := min(end, distance+256); at < stop; at += 8 {
			store64(w, at, v)
		}
	default:
		for step < 8 { // then in steps that are a multiple of it, and a word or more
			w[at] = w[at-distance]
			if at++; at%distance == 0 {
				step = at
			}
		}
		for stop := min(end, distance+256); at < stop; at += 8 {
			store64(w, at, load64(w, at-step))
		}
	}
	if at < end {
		at -= at % distance // whole repetitions
		fillFrom(w[:end], at)
	}
}

// fillFrom repeats the first n bytes of w until its end.
func fillFrom(w []byte, n int) {
	for ; n < len(w); n *= 2 {
		copy(w[n:], w[:n])
	}
}

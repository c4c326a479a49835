package format

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// tickReader reads what packTicks wrote.
type tickReader struct {
	codes, rest []byte
	bits        []byte
	at, end     uint64 // next bit, and how many there are
	step        uint64
	small       bool // step: a number of less than 2^25 ticks fits 63 bits
}

// newTickReader finds the parts of rows numbers in src. What is behind src in its
// memory may be read, and means nothing.
func newTickReader(src []byte, rows int) (r tickReader, what problem) {
	head := rows + restBytes(rows)
	if head+8 > len(src) {
		return r, "it is too short"
	}
	r = tickReader{codes: src[:rows], rest: src[rows:head], step: binary.LittleEndian.Uint64(src[head:])}
	r.bits, r.end = src[head+8:], uint64(len(src)-head-8)*8
	r.small = r.step < 1<<38
	return r, ""
}

// load gives 57 bits or more from bit at on; zeros are behind the end.
func (r *tickReader) load(at uint64) uint64 {
	i := int(at >> 3)
	if i+8 <= len(r.bits) {
		return binary.LittleEndian.Uint64(r.bits[i:]) >> (at & 7)
	}
	var tail [8]byte
	if i < len(r.bits) {
		copy(tail[:], r.bits[i:])
	}
	return binary.LittleEndian.Uint64(tail[:]) >> (at & 7)
}

// next reads the number at place and its rest, and moves a clock's fraction by them.
func (r *tickReader) next(place int, fraction uint32) (moved int64, after uint32) {
	c := &tickCodes[r.codes[place]]
	var n int64
	if c.bits <= 56 {
		n = (c.base | int64(r.load(r.at)&(1<<c.bits-1))) ^ c.negative - c.negative
		r.at += uint64(c.bits)
	} else {
		n = int64(r.load(r.at)&(1<<32-1) | r.load(r.at+32)<<32)
		r.at += 64
	}
	if r.small && uint64(n+1<<25) < 1<<26 {
		sum := int64(fraction) + n*int64(r.step)
		moved, after = sum>>32, uint32(sum)
	} else {
		moved, after = advance(fraction, n, r.step)
	}
	if rest := r.rest[place/4] >> (place % 4 * 2) & 3; rest != 0 {
		d := int8(1)
		switch rest {
		case 2:
			d = -1
		case 3:
			d = int8(r.load(r.at))
			r.at += 8
		}
		moved, after = moved+int64(d), settle(after, d)
	}
	return moved, after
}

// Nearly all numbers of ticks are short and not negative, and nearly all rests 0, 1 or -1. Those are read in
// pieces of quickRows, whose bits are known to be there, by code without branches that nobody could predict.
const quickRows = 16

// tickQuick are the tickCodes that are short: what the bits behind are added to, and which they are.
// tickBits is how many those are, 255 for the other codes.
var tickQuick, tickBits = func() (t [256]struct{ base, mask uint32 }, n [256]uint8) {
	for c := range t {
		code := &tickCodes[c]
		if n[c] = 255; code.short && code.negative == 0 {
			t[c].base, t[c].mask, n[c] = uint32(code.base), 1<<code.bits-1, uint8(code.bits)
		}
	}
	return t, n
}()

// tickRests is what rests mean: what they add, and which bits of a clock's fraction they keep and set.
var tickRests = [4]struct {
	moved      int64
	keep, sets uint64
}{0: {0, math.MaxUint32, 0}, 1: {1, 0, 0}, 2: {-1, 0, math.MaxUint32}}

// quick is up to which bit there are enough for quickRows numbers, and whole words to read.
func (r *tickReader) quick() (limit uint64) {
	const most = quickRows*24 + 64
	if n := uint64(len(r.bits)) * 8; r.small && n > most {
		return n - most
	}
	return 0
}

// piece is quickRows codes from place i on, and the rests of those, first ones lowest.
func (r *tickReader) piece(i int) (codes *[quickRows]uint8, rests uint64) {
	return (*[quickRows]uint8)(r.codes[i:]), load64(r.rest[:cap(r.rest)], i/4) >> (i % 4 * 2)
}

// times decodes times, which stand by row, and the fraction of each, unless that is nil.
func (r *tickReader) times(dst []int64, fractions []uint32, first int64) problem {
	clock, at, step := first, uint64(tickUnit/2), r.step
	limit, bits := r.quick(), unsafe.Pointer(unsafe.SliceData(r.bits))
	for i := 0; i < len(dst); i++ {
		if i+quickRows <= len(dst) && r.at < limit {
			codes, rests := r.piece(i)
			to := (*[quickRows]int64)(dst[i:])
			pos, k := r.at, 0
			for ; k < quickRows; k++ {
				c, rest := codes[k], &tickRests[rests&3]
				n := uint64(tickBits[c])
				if n == 255 || rests&3 == 3 {
					break
				}
				q := &tickQuick[c]
				sum := at + uint64(q.base+uint32(load(bits, int(pos>>3))>>(pos&7))&q.mask)*step
				moved := int64(sum>>32) + rest.moved
				if moved < 0 {
					break
				}
				pos += n
				rests >>= 2
				clock += moved
				at = sum&rest.keep | rest.sets
				to[k] = clock
				if fractions != nil {
					fractions[i+k] = uint32(at)
				}
			}
			r.at = pos
			if i += k; k == quickRows {
				i--
				continue
			}
		}
		moved, fraction := r.next(i, uint32(at))
		v := clock + moved
		dst[i] = v
		if fractions != nil {
			fractions[i] = fraction
		}
		if v >= clock {
			clock, at = v, uint64(fraction)
		}
	}
	return r.done()
}

// durations decodes durations, which stand by place in the order.
func (r *tickReader) durations(dst []int64, fractions []uint32, order []int32) problem {
	fractions, step := fractions[:len(dst)], r.step
	limit, bits := r.quick(), unsafe.Pointer(unsafe.SliceData(r.bits))
	for i := 0; i < len(order); i++ {
		if i+quickRows <= len(order) && r.at < limit {
			codes, rests := r.piece(i)
			rows := (*[quickRows]int32)(order[i:])
			pos, k := r.at, 0
			for ; k < quickRows; k++ {
				c, row := codes[k], rows[k]
				n := uint64(tickBits[c])
				if n == 255 || rests&3 == 3 {
					break
				}
				q := &tickQuick[c]
				sum := uint64(fractions[row]) + uint64(q.base+uint32(load(bits, int(pos>>3))>>(pos&7))&q.mask)*step
				pos += n
				dst[row] = int64(sum>>32) + int64(rests&1) - int64(rests>>1&1)
				rests >>= 2
			}
			r.at = pos
			if i += k; k == quickRows {
				i--
				continue
			}
		}
		row := order[i]
		dst[row], _ = r.next(i, fractions[row])
	}
	return r.done()
}

// done says what is wrong once all numbers were read.
func (r *tickReader) done() problem {
	if r.at > r.end {
		return "there are fewer bits than its numbers need"
	}
	return ""
}

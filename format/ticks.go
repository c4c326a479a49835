package format

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"unsafe"
)

// Most machines' clocks do not move by single nanoseconds: a TSC of AMD's Zen
// stands still for some 10 ns, Arm's generic timer for up to 52. So times and
// durations are stored as numbers of ticks, which takes three to five bits less
// each. Nothing is lost: what ticks do not explain is stored beside them.
//
// A clock, in ns and a fraction, follows the rows: it stands at the greatest time so
// far. A time is the ticks from there, a duration those from its row's time. Where
// they do not meet what was recorded, the difference is the rest; the clock is then
// set to that time, with a fraction as near to where it was as can be. So it soon
// knows where between two nanoseconds the ticks are, and rests become rare.
//
// Most rows stand in the order of their times but for what waited, so a time
// needs the time before it and nothing else: no thread, no duration.

// tickUnit is one nanosecond in the unit of a tick's length: 2^-32 ns. It is also the
// tick of a clock that has none.
const tickUnit = 1 << 32

// advance moves a clock's fraction by k ticks of length step, and says by how
// many whole ns the clock moves. Everything wraps around.
func advance(fraction uint32, k int64, step uint64) (int64, uint32) {
	part := step & (tickUnit - 1)
	low := uint64(uint32(k))*part + uint64(fraction)
	return k*int64(step>>32) + k>>32*int64(part) + int64(low>>32), uint32(low)
}

// settle is the fraction of a clock that was set right by rest.
func settle(fraction uint32, rest int8) uint32 {
	switch {
	case rest > 0:
		return 0
	case rest < 0:
		return math.MaxUint32
	}
	return fraction
}

// ticks are the times and durations of a block as ticks, by row.
type ticks struct {
	gap, spent         []int64 // ticks to the time, ticks in the call
	gapRest, spentRest []int8
	fraction           []uint32 // of the row's time
}

func (t *ticks) resize(n int) {
	t.gap, t.spent = resize(t.gap, n), resize(t.spent, n)
	t.gapRest, t.spentRest = resize(t.gapRest, n), resize(t.spentRest, n)
	t.fraction = resize(t.fraction, n)
}

// encode counts in ticks. With a step other than tickUnit it says false when
// there is a rest that is too large for its byte. spent: durations are stored as ticks,
// too.
func (t *ticks) encode(times, durations []int64, first int64, step uint64, spent bool) bool {
	t.resize(len(times))
	inverse := tickUnit / float64(step)
	count := func(v int64, fraction uint32) (int64, int8, uint32, bool) {
		if step == tickUnit {
			return v, 0, fraction, true
		}
		n := int64(math.RoundToEven((float64(v) + 0.5 - float64(fraction)/tickUnit) * inverse))
		whole, fraction := advance(fraction, n, step)
		rest := int8(v - whole)
		return n, rest, settle(fraction, rest), int64(rest) == v-whole
	}
	clock, at := first, uint32(tickUnit/2)
	for i, v := range times {
		gap, rest, fraction, ok := count(v-clock, at)
		if !ok {
			return false
		}
		t.gap[i], t.gapRest[i], t.fraction[i] = gap, rest, fraction
		if v >= clock {
			clock, at = v, fraction
		}
	}
	if spent {
		for i, v := range durations {
			var ok bool
			if t.spent[i], t.spentRest[i], _, ok = count(v, t.fraction[i]); !ok {
				return false
			}
		}
	}
	return true
}

// Numbers of ticks are stored as a byte for their size and the bits behind, so
// that zstd sees a distribution with few values and no noise. For n of b bits:
//
//	0 <= n < 8     n
//	4 <= b <= 22   8·(b − 3) + the three bits behind the first; then the other b − 4
//	n < 0          of −n, b <= 40: 160 + 2·(b − 1) + the bit behind the first; then the other b − 2
//	23 <= b <= 37  240 + b − 23; then the other b − 1
//	all others     255; then 64 bits
//
// Rests take two bits, four of them a byte: 0, 1, −1, or 3 for another, which
// then stands in 8 bits behind those of its number.
//
// A column of n values is their bytes, their rests, the length of a tick (u64), and
// the bits, lowest first; zeros fill it up to 8 bytes a value.
const (
	tickBack   = 160
	tickLong   = 240
	tickEscape = 255
)

// tickCode is what a byte stands for: base, how many bits follow, and whether the
// sum is negative (all ones).
type tickCode struct {
	base, negative int64
	bits           uint
	short          bool // less than 2^25
}

var tickCodes = func() (t [256]tickCode) {
	for c := range t {
		code := &t[c]
		switch {
		case c < 8:
			code.base = int64(c)
		case c < tickBack:
			code.bits = uint(c/8 - 1)
			code.base = int64(8|c&7) << code.bits
		case c < tickLong:
			b, next := uint(c-tickBack)/2+1, int64(c-tickBack)&1
			if code.negative = -1; b == 1 {
				code.base = 1
				break
			}
			code.bits = b - 2
			code.base = (2 | next) << code.bits
		case c < tickEscape:
			code.bits = uint(c - tickLong + 22)
			code.base = 1 << code.bits
		default:
			code.bits = 64
		}
		code.short = code.bits < 24
	}
	return t
}()

// tickCodeOf is the byte for n, and the bits that follow.
func tickCodeOf(n int64) (code byte, bit uint64, count uint) {
	switch b := uint(bits.Len64(uint64(n))); {
	case n < 0:
		v := uint64(-n)
		b = uint(bits.Len64(v))
		if b == 1 {
			return tickBack, 0, 0
		}
		if b > 40 {
			return tickEscape, uint64(n), 64
		}
		return byte(tickBack + 2*(b-1) + uint(v>>(b-2))&1), v & (1<<(b-2) - 1), b - 2
	case b <= 3:
		return byte(n), 0, 0
	case b <= 22:
		return byte(8*(b-3) + uint(n>>(b-4))&7), uint64(n) & (1<<(b-4) - 1), b - 4
	case b <= 37:
		return byte(tickLong + b - 23), uint64(n) & (1<<(b-1) - 1), b - 1
	}
	return tickEscape, uint64(n), 64
}

// tickSmall are the codes of small numbers, and how many bits follow.
var tickSmall = func() (t [1 << 11]struct{ code, count uint8 }) {
	for n := range t {
		code, _, count := tickCodeOf(int64(n))
		t[n].code, t[n].count = code, uint8(count)
	}
	return t
}()

// restBytes is how many bytes the rests of n values take.
func restBytes(n int) int { return (n + 3) / 4 }

// bitWriter packs bits, lowest first.
type bitWriter struct {
	out    []byte
	at     int
	word   uint64
	filled uint
	full   bool // out had no room
}

// add appends the low n bits of v, whose others are 0; n is at most 64.
func (w *bitWriter) add(v uint64, n uint) {
	w.word |= v << w.filled
	if w.filled += n; w.filled < 64 {
		return
	}
	if w.at+8 > len(w.out) {
		w.full = true
	} else {
		binary.LittleEndian.PutUint64(w.out[w.at:], w.word)
	}
	w.at += 8
	w.filled -= 64
	w.word = v >> (n - w.filled) // 0 for a shift of 64
}

// flush writes the last bits.
func (w *bitWriter) flush() {
	for ; w.filled > 0 && !w.full; w.filled -= min(w.filled, 8) {
		if w.at == len(w.out) {
			w.full = true
			return
		}
		w.out[w.at] = byte(w.word)
		w.word >>= 8
		w.at++
	}
}

// packTicks stores numbers of ticks and rests; false when they do not fit. It also
// says how many bytes are used.
func packTicks(dst []byte, order []int32, n []int64, rests []int8, step uint64) (int, bool) {
	rows := len(n)
	head := rows + restBytes(rows)
	if head+8 > len(dst) {
		return 0, false
	}
	codes, rest := dst[:rows], dst[rows:head]
	clear(rest)
	binary.LittleEndian.PutUint64(dst[head:], step)
	head += 8
	w := bitWriter{out: dst[head:]}
	for place := range n {
		row := place
		if order != nil {
			row = int(order[place])
		}
		if v := uint64(n[row]); v < uint64(len(tickSmall)) {
			small := tickSmall[v]
			codes[place] = small.code
			w.add(v&(1<<(small.count&15)-1), uint(small.count))
		} else {
			code, v, more := tickCodeOf(n[row])
			codes[place] = code
			w.add(v, more)
		}
		if r := rests[row]; r != 0 {
			two := byte(3)
			switch r {
			case 1:
				two = 1
			case -1:
				two = 2
			default:
				w.add(uint64(uint8(r)), 8)
			}
			rest[place/4] |= two << (place % 4 * 2)
		}
	}
	w.flush()
	if w.full {
		return 0, false
	}
	clear(w.out[w.at:])
	return head + w.at, true
}

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

// Ticks shorter than minTick are not worth a byte for the rest, longer ones
// than maxTick would need more than one.
const (
	minTick = 3
	maxTick = 64
)

// findTick finds the length of the clock's tick in durations, in units of
// 2^-32 ns; 0 when there is none or it cannot be seen.
//
// 1. Differences between durations that are nearly the same are few ticks long:
// of all lengths the one at which they are nearest to whole numbers. A half or
// third of the tick divides them, too, but rounding to ns disturbs it more.
// 2. Longer and longer differences tell the length ever more exactly.
func findTick(durations []int64) uint64 {
	const enough = 256
	sample := make([]int64, 0, 4*enough)
	for stride := max(1, len(durations)/(4*enough)); len(durations) > 0 && len(sample) < cap(sample); {
		if d := durations[0]; d > 0 && d < 1<<20 {
			sample = append(sample, d)
		}
		durations = durations[min(stride, len(durations)):]
	}
	slices.Sort(sample)
	apart := func(low, high int64) (found []float64) {
		for i := 0; i < len(sample) && len(found) < enough; i++ {
			for gap := 1; i+gap < len(sample) && gap < 256; gap *= 2 {
				if d := sample[i+gap] - sample[i]; d >= low && d < high {
					found = append(found, float64(d))
				}
			}
		}
		return found
	}
	near := apart(64, 512)
	if len(near) < enough/4 {
		return 0
	}
	best, length := 0.0, 0.0
	for s := float64(minTick); s < maxTick; s += s * s / (8 * 512) {
		if score := whole(near, s); score > best {
			best, length = score, s
		}
	}
	for reach := 512.0; reach <= 1<<18; reach *= 4 {
		far := near
		if reach > 512 {
			far = far[:0:0]
			for _, d := range slices.Backward(sample) {
				if f := float64(d); f >= reach/16 && f < reach && len(far) < enough {
					far = append(far, f)
				}
			}
		}
		if len(far) < enough/8 {
			continue
		}
		step := length * length / (16 * reach)
		center := length
		best = 0
		for i := -24.0; i <= 24; i++ {
			if score := whole(far, center+i*step); score > best {
				best, length = score, center+i*step
			}
		}
		if best < 0.7 && reach > 512 {
			length = center // so far the clock does not keep its pace
			break
		}
		if best < 0.7 {
			return 0
		}
	}
	return uint64(length * tickUnit)
}

// whole says how near to whole multiples of s values are: 1 for all, about 0
// for chance. Where in a multiple they are is known to a thousandth part of it.
func whole(values []float64, s float64) float64 {
	var re, im float64
	turn := uint64(math.Ldexp(1/s, 64)) // of one ns
	for _, v := range values {
		at := &circle[uint64(v)*turn>>(64-circleBits)]
		re, im = re+at.re, im+at.im
	}
	return math.Hypot(re, im) / float64(len(values))
}

const circleBits = 10

// circle are the points of a circle.
var circle = func() (t [1 << circleBits]struct{ re, im float64 }) {
	for i := range t {
		t[i].im, t[i].re = math.Sincos(2 * math.Pi * (float64(i) + 0.5) / (1 << circleBits))
	}
	return t
}()

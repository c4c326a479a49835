package format

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// Most machines' clocks do not move by single nanoseconds: a TSC of AMD's Zen
// stands still for some 10 ns, Arm's generic timer for up to 52. So times and
// durations are stored as numbers of ticks, which takes three to five bits less
// each. Nothing is lost: what ticks do not explain is stored beside them.
//
// A clock follows each thread, in ns and a fraction. It is moved by the ticks
// since the row before of the thread ended, then by those of the call. Where
// its whole ns are not the time that was recorded, the difference is the rest;
// the clock is then set to that time, with a fraction as near to where it was as
// can be. So it soon knows where between two nanoseconds the ticks are, and rests
// become rare.

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
	gap, spent         []int64 // ticks before the call, ticks in it
	gapRest, spentRest []int8
	fraction           []uint32 // of the clock after the row
}

func (t *ticks) resize(n int) {
	t.gap, t.spent = resize(t.gap, n), resize(t.spent, n)
	t.gapRest, t.spentRest = resize(t.gapRest, n), resize(t.spentRest, n)
	t.fraction = resize(t.fraction, n)
}

// start is where the clock stands before row i.
func (t *ticks) start(k *rowKeys, i int, times, durations []int64, first int64) (int64, uint32) {
	p := int(k.thread[i])
	if p < 0 {
		if i == 0 {
			return first, tickUnit / 2
		}
		p = i - 1
	}
	return times[p] + durations[p], t.fraction[p]
}

// encode counts in ticks. With a step other than tickUnit it says false when
// there is a rest that is too large for its byte. spent: durations are stored as ticks,
// too.
func (t *ticks) encode(k *rowKeys, times, durations []int64, first int64, step uint64, spent bool) bool {
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
	for i, v := range times {
		at, fraction := t.start(k, i, times, durations, first)
		var ok bool
		if t.gap[i], t.gapRest[i], fraction, ok = count(v-at, fraction); !ok {
			return false
		}
		if spent {
			if t.spent[i], t.spentRest[i], fraction, ok = count(durations[i], fraction); !ok {
				return false
			}
		}
		t.fraction[i] = fraction
	}
	return true
}

// decode undoes encode.
func (t *ticks) decode(k *rowKeys, times, durations []int64, first int64, step uint64, spent bool) {
	for i := range times {
		at, fraction := t.start(k, i, times, durations, first)
		whole, fraction := advance(fraction, t.gap[i], step)
		rest := t.gapRest[i]
		times[i] = at + whole + int64(rest)
		fraction = settle(fraction, rest)
		if spent {
			whole, fraction = advance(fraction, t.spent[i], step)
			rest = t.spentRest[i]
			durations[i] = whole + int64(rest)
			fraction = settle(fraction, rest)
		}
		t.fraction[i] = fraction
	}
}

// Numbers of ticks are stored as a byte for their size and the bits behind, so
// that zstd sees a distribution with few values and no noise:
//
//	n < 8                 n
//	8 <= n < 2^34 − 2^30  8·(b − 3) + the three bits behind the first; then the other b − 4, for n of b bits
//	all others            255; then 64 bits
//
// Rests take two bits, four of them a byte: 0, 1, −1, or 3 for another, which
// then stands in 8 bits behind those of its number.
//
// A column of n values is their bytes, their rests, the length of a tick (u64), and
// the bits, lowest first; zeros fill it up to 8 bytes a value. All stand in the order.
const tickEscape = 255

// tickCode is what a byte stands for: base, and how many bits follow.
var tickCode = func() (t [256]struct {
	base int64
	bits uint
}) {
	for c := range t {
		if t[c].base = int64(c); c >= 8 {
			t[c].bits = uint(c/8 - 1)
			t[c].base = int64(8|c&7) << t[c].bits
		}
	}
	t[tickEscape].base, t[tickEscape].bits = 0, 64
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
func packTicks(dst []byte, k *rowKeys, n []int64, rests []int8, step uint64) (int, bool) {
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
	for place, row := range k.order {
		v := uint64(n[row])
		code, more := uint(v), uint(0)
		if v >= 8 {
			more = uint(bits.Len64(v)) - 4
			if code = (more+1)*8 + uint(v>>more)&7; more > 30 || code >= tickEscape {
				code, more = tickEscape, 64
			} else {
				v &= 1<<more - 1
			}
			w.add(v, more)
		}
		codes[place] = byte(code)
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

// bitReader undoes bitWriter. Behind the end there are zeros, and at is beyond it.
type bitReader struct {
	in     []byte
	at     int
	word   uint64
	filled uint
}

func (r *bitReader) take(n uint) uint64 {
	v := r.word
	if n <= r.filled {
		r.word >>= n
		r.filled -= n
		return v & (1<<n - 1)
	}
	var next uint64
	if r.at+8 <= len(r.in) {
		next = binary.LittleEndian.Uint64(r.in[r.at:])
	} else if r.at < len(r.in) {
		var tail [8]byte
		copy(tail[:], r.in[r.at:])
		next = binary.LittleEndian.Uint64(tail[:])
	}
	r.at += 8
	v |= next << r.filled
	r.word = next >> (n - r.filled)
	r.filled += 64 - n
	return v & (1<<n - 1)
}

// unpackTicks undoes packTicks.
func unpackTicks(n []int64, rests []int8, k *rowKeys, src []byte) (step uint64, what problem) {
	rows := len(n)
	head := rows + restBytes(rows)
	if head+8 > len(src) {
		return 0, "it is too short"
	}
	codes, rest := src[:rows], src[rows:head]
	step = binary.LittleEndian.Uint64(src[head:])
	r := bitReader{in: src[head+8:]}
	for place, row := range k.order {
		c := &tickCode[codes[place]]
		n[row] = c.base | int64(r.take(c.bits))
		switch rest[place/4] >> (place % 4 * 2) & 3 {
		case 0:
			rests[row] = 0
		case 1:
			rests[row] = 1
		case 2:
			rests[row] = -1
		default:
			rests[row] = int8(r.take(8))
		}
	}
	if r.at-int(r.filled/8) > len(r.in) {
		return 0, "there are fewer bits than its numbers need"
	}
	return step, ""
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
// for chance.
func whole(values []float64, s float64) float64 {
	var re, im float64
	for _, v := range values {
		sin, cos := math.Sincos(2 * math.Pi / s * v)
		re, im = re+cos, im+sin
	}
	return math.Hypot(re, im) / float64(len(values))
}

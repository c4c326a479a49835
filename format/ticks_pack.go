package format

import (
	"encoding/binary"
	"math/bits"
)

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

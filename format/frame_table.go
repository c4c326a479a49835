package format

import (
	"encoding/binary"
	"math/bits"
)

// The codes of zstd's sequences (RFC 8878, 3.1.1.3.2 and 4.1): literals' lengths, distances and
// lengths of matches, each by the states of an FSE table.

type seqKind int

const (
	seqLiterals seqKind = iota
	seqDistance
	seqMatch
)

// seqStates is how many states a table has at most.
const seqStates = 512

// seqEntry is a state: bits that the next state takes, further bits of the value, base of the next
// state, base of the value.
type seqEntry uint64

func (e seqEntry) bits() uint   { return uint(uint8(e)) }
func (e seqEntry) more() uint   { return uint(uint8(e >> 8)) }
func (e seqEntry) next() uint64 { return uint64(uint16(e >> 16)) }
func (e seqEntry) base() uint64 { return uint64(e >> 32) }

// seqTable is the table in use for one kind; entries is nil where there is none yet.
type seqTable struct {
	entries []seqEntry
	log     uint8
	memory  [seqStates]seqEntry
}

// seqCodes are, for each kind and code, the base and the further bits of the value.
var seqCodes = func() (t [3][]seqEntry) {
	add := func(k seqKind, base, more uint) {
		t[k] = append(t[k], seqEntry(base)<<32|seqEntry(more)<<8)
	}
	for n := range uint(16) {
		add(seqLiterals, n, 0)
	}
	for base, i := uint(16), 0; i < 20; i++ {
		more := []uint{1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}[i]
		add(seqLiterals, base, more)
		base += 1 << more
	}
	for n := range uint(32) {
		add(seqDistance, 1<<n, n)
		add(seqMatch, 3+n, 0)
	}
	for base, i := uint(35), 0; i < 21; i++ {
		more := []uint{1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}[i]
		add(seqMatch, base, more)
		base += 1 << more
	}
	return t
}()

// seqLogs is how large a kind's table may be.
var seqLogs = [3]uint8{9, 8, 9}

// seqDefaults are the tables that need not be said.
var seqDefaults = func() (t [3]seqTable) {
	for k, norm := range [3][]int16{
		{4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1},
		{1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1},
		{1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
			1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1},
	} {
		t[k].build(seqKind(k), norm, [3]uint8{6, 5, 6}[k])
	}
	return t
}()

// read takes the table of a block by its mode, and what it says of it, off src.
func (t *seqTable) read(k seqKind, mode byte, src []byte) (rest []byte, ok bool) {
	switch mode {
	case 0:
		t.entries, t.log = seqDefaults[k].memory[:], seqDefaults[k].log
		return src, true
	case 1: // one code
		if len(src) == 0 || int(src[0]) >= len(seqCodes[k]) {
			return nil, false
		}
		t.memory[0] = seqCodes[k][src[0]]
		t.entries, t.log = t.memory[:], 0
		return src[1:], true
	case 2:
		var norm [64]int16
		n, log, size := readNorm(&norm, src, len(seqCodes[k]), seqLogs[k])
		if size == 0 {
			return nil, false
		}
		t.build(k, norm[:n], log)
		return src[size:], true
	}
	return src, t.entries != nil // the one of the block before
}

// readNorm reads how often each code occurs, at most most of them: how many there are, the logarithm of
// the sum, and how long it is in src: 0 for damaged.
func readNorm(norm *[64]int16, src []byte, most int, maxLog uint8) (n int, log uint8, size int) {
	peek := func(at int) uint32 { // 25 bits or more, zeros behind the end
		i := at >> 3
		if i+8 <= len(src) {
			return uint32(binary.LittleEndian.Uint64(src[i:]) >> (at & 7))
		}
		var tail [8]byte
		if i < len(src) {
			copy(tail[:], src[i:])
		}
		return uint32(binary.LittleEndian.Uint64(tail[:]) >> (at & 7))
	}
	if log = uint8(peek(0)&15) + 5; log > maxLog {
		return 0, 0, 0
	}
	at := 4
	left, threshold, width := 1<<log+1, 1<<log, int(log)+1
	for left > 1 && n < most {
		v := int(peek(at))
		most2 := 2*threshold - 1 - left
		count := v & (threshold - 1)
		if count < most2 {
			at += width - 1
		} else {
			if count = v & (2*threshold - 1); count >= threshold {
				count -= most2
			}
			at += width
		}
		count-- // −1 is a code that is less frequent than 1
		norm[n] = int16(count)
		n++
		if left -= max(count, -count); left < 1 {
			return 0, 0, 0
		}
		for left < threshold {
			width--
			threshold >>= 1
		}
		for again := count == 0; again; {
			zeros := int(peek(at) & 3)
			at += 2
			if n+zeros > most {
				return 0, 0, 0
			}
			for range zeros {
				norm[n] = 0
				n++
			}
			again = zeros == 3
		}
	}
	if size = (at + 7) / 8; left != 1 || size > len(src) {
		return 0, 0, 0
	}
	return n, log, size
}

// build makes the table of 1<<log states in t's own memory.
func (t *seqTable) build(k seqKind, norm []int16, log uint8) {
	size := 1 << log
	entries, codes := t.memory[:], seqCodes[k]
	var next [64]uint16 // by code
	var symbols [seqStates]uint8
	high := size - 1
	for code, n := range norm {
		next[code] = uint16(max(n, -n))
		if n < 0 {
			symbols[high] = uint8(code)
			high--
		}
	}
	at, step, mask := 0, size>>1+size>>3+3, size-1
	for code, n := range norm {
		for range n {
			symbols[at] = uint8(code)
			for at = (at + step) & mask; at > high; at = (at + step) & mask {
			}
		}
	}
	for state := range size {
		code := symbols[state]
		n := next[code&63]
		next[code&63]++
		width := int(log) + 1 - bits.Len16(n)
		entries[state] = codes[code] | seqEntry(width) | seqEntry(int(n)<<width-size)<<16
	}
	t.entries, t.log = entries, log
}

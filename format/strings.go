package format

import "math/bits"

// The strings of a block stand once, in its dictionary, in the order in which
// the columns first refer to them. So most of a column of strings that are new
// needs no numbers: a row says that it has the next one.
//
// The dictionary is front coded: of each string how many of its first bytes are
// those of the string before, then the rest. Its parts follow each other, each
// compressed on its own:
//
//	for each column of strings: how many strings columns before it first refer to, u32
//	for each string: bytes that are the same as the string before has, u8
//	for each string: length of the rest, u32, as planes
//	the rests
//
// Arrow's readers see a dictionary of empty strings: the offsets are all zero.

// What a stored reference means.
const (
	refNull  = 0
	refSame  = 1 // path: a_enter of this row; else that of the row before it is like
	refNew   = 2 // the next string
	refFirst = 3 // string 0
)

// shared is the longest beginning that a string shares with the one before.
const maxShared = 255

// stringCoder numbers the strings of a block anew.
type stringCoder struct {
	number []uint32 // by reference of the batch: new reference, 0 while it has none
	order  []uint32 // by new reference less 1: reference of the batch
	bases  []uint32
	parts  []byte
	body   []byte
}

func (s *stringCoder) reset(strings int) {
	s.number = resize(s.number, strings)
	clear(s.number)
	s.order, s.bases = s.order[:0], s.bases[:0]
}

// none is column for one that refers to no string.
func (s *stringCoder) none() { s.bases = append(s.bases, uint32(len(s.order))) }

// column puts the references of a column, coded, into dst. like are the references that
// path is compared with, nil for other columns.
func (s *stringCoder) column(dst, refs, like []uint32, k *rowKeys) {
	s.none()
	order, call := k.order[:len(dst)], k.call[:len(dst)]
	for at := range dst {
		row := order[at]
		ref := refs[row]
		if ref == 0 {
			dst[at] = refNull
			continue
		}
		same := uint32(0)
		if like != nil {
			same = like[row]
		} else if p := call[at]; p >= 0 {
			same = refs[p]
		}
		if ref == same {
			dst[at] = refSame
		} else {
			dst[at] = s.refer(ref)
		}
	}
}

// names is column for those that stand by row: comm, nearly always the one before.
func (s *stringCoder) names(dst, refs []uint32, runs []threadRun) {
	s.none()
	for _, r := range runs {
		to, from := dst[r.from:r.to], refs[r.from:r.to]
		to = to[:len(from)]
		same := uint32(0)
		if r.before >= 0 {
			same = refs[r.before]
		}
		for i, ref := range from {
			switch ref {
			case 0:
				to[i] = refNull
			case same:
				to[i] = refSame
			default:
				to[i] = s.refer(ref)
			}
			same = ref
		}
	}
}

// refer is how a string is referred to: the next one, or by its number.
func (s *stringCoder) refer(ref uint32) uint32 {
	if n := s.number[ref]; n != 0 {
		return n - 1 + refFirst
	}
	s.order = append(s.order, ref)
	s.number[ref] = uint32(len(s.order))
	return refNew
}

// dictionary lays out the parts of the dictionary and says where each ends.
func (s *stringCoder) dictionary(d *Dict) (parts []byte, ends []int) {
	n := len(s.order)
	parts = append(s.parts[:0], asBytes(s.bases)...)
	ends = append(ends, len(parts))
	at := len(parts)
	parts = append(parts, make([]byte, 5*n)...)
	shared, lengths := parts[at:at+n], parts[at+n:]
	for plane := 0; plane <= 4; plane++ {
		ends = append(ends, at+n*(plane+1))
	}
	var last []byte
	s.body = s.body[:0]
	for i, ref := range s.order {
		b := d.Bytes(ref)
		k := sharedBytes(b, last)
		shared[i] = byte(k)
		rest := len(b) - k
		lengths[i], lengths[n+i], lengths[2*n+i], lengths[3*n+i] = byte(rest), byte(rest>>8), byte(rest>>16), byte(rest>>24)
		s.body = append(s.body, b[k:]...)
		last = b
	}
	parts = append(parts, s.body...)
	s.parts = parts
	if len(parts) > ends[len(ends)-1] {
		ends = append(ends, len(parts))
	}
	return parts, ends
}

// sharedBytes is how many bytes at the beginning of a and b are the same, up to maxShared.
func sharedBytes(a, b []byte) int {
	k, most := 0, min(len(a), len(b), maxShared)
	for ; k+8 <= most; k += 8 {
		if d := load64(a, k) ^ load64(b, k); d != 0 {
			return k + bits.TrailingZeros64(d)/8
		}
	}
	for k < most && a[k] == b[k] {
		k++
	}
	return k
}

// decode reads n strings off the parts behind the bases.
func (d *Dict) decode(n int, parts []byte) problem {
	d.ends = resize(d.ends, n+1)
	d.ends[0], d.refs = 0, nil
	if n == 0 {
		d.bytes = d.bytes[:0]
		if len(parts) != 0 {
			return "the dictionary is too long"
		}
		return ""
	}
	shared, lengths, rest := parts[:n], parts[n:5*n], parts[5*n:]
	l0, l1, l2, l3 := lengths[:n], lengths[n:2*n], lengths[2*n:3*n], lengths[3*n:4*n]
	total, left, last := 0, 0, 0
	for i, k := range shared {
		length := int(l0[i]) | int(l1[i])<<8 | int(l2[i])<<16 | int(l3[i])<<24
		if int(k) > last || length > len(rest)-left {
			return "lengths of the dictionary are impossible"
		}
		last = int(k) + length
		left += length
		total += last
		if total > MaxDictBytes {
			return "the dictionary is too long"
		}
		d.ends[i+1] = uint32(total)
	}
	if left != len(rest) {
		return "the dictionary has bytes that no string has"
	}
	// Most strings share little and have little more: whole words are copied, up to 32 bytes too many.
	const slack = 32
	all := resize(d.bytes, total+slack)
	d.bytes = all[:total]
	words := cap(rest) >= len(rest)+slack/2
	if words {
		rest = rest[:len(rest)+slack/2]
	}
	before, at, next := 0, 0, 0
	for i, k := range shared {
		end, k := int(d.ends[i+1]), int(k)
		if from, to := all[before:before+slack], all[at:at+slack]; k <= slack {
			store64(to, 0, load64(from, 0))
			store64(to, 8, load64(from, 8))
			store64(to, 16, load64(from, 16))
			store64(to, 24, load64(from, 24))
		} else {
			copy(all[at:at+k], all[before:])
		}
		n := end - at - k
		if words && n <= slack/2 {
			to, from := all[at+k:at+k+slack/2], rest[next:next+slack/2]
			store64(to, 0, load64(from, 0))
			store64(to, 8, load64(from, 8))
		} else {
			copy(all[at+k:end], rest[next:])
		}
		next += n
		before, at = at, end
	}
	return ""
}

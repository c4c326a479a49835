package format

import "bytes"

// What coding.go and strings.go do is undone here. Most of what is stored is 0: a group of calls
// does not use an argument, a thread is who it was. So zeros are looked for in long
// pieces and left out, and the value before is kept at hand where it is the one of the row before.

// allZero says whether s has only zeros. It compares many bytes at a time.
func allZero[T integer](s []T) bool {
	b := asBytes(s)
	return len(b) == 0 || b[0] == 0 && repeats(b, 1)
}

// eachWanted is eachGroup for the groups that somebody asked for.
func (k *rowKeys) eachWanted(f func(from, to int)) {
	g := 0
	k.eachGroup(func(from, to int) {
		if g++; g > len(k.skip) || !k.skip[g-1] {
			f(from, to)
		}
	})
}

// zeroAll makes dst zeros where all groups are wanted, and says so. Else that is more work than what
// follows, and zeroRows does it for groups that are.
func zeroAll[T integer](k *rowKeys, dst []T) bool {
	if len(k.skip) > 0 {
		return false
	}
	clear(dst)
	return true
}

func zeroRows[T integer](dst []T, rows []int32) {
	for _, row := range rows {
		dst[row] = 0
	}
}

// eachGroup calls f with the places of each group, from and to.
func (k *rowKeys) eachGroup(f func(from, to int)) {
	for g, from := range k.starts {
		to := len(k.order)
		if g+1 < len(k.starts) {
			to = int(k.starts[g+1])
		}
		f(int(from), to)
	}
}

// decode undoes code. zeros are where src was not written.
func decode[T integer](how coding, k *rowKeys, dst, src []T, zeros zeroSpans) {
	switch how {
	case codeThread:
		sumThreads(k, dst, src, zeros)
	case codeGroup:
		ungroup(k, dst, src, zeros)
	case codeCall:
		whole := zeroAll(k, dst)
		walk := zeroWalk{zeros}
		k.eachWanted(func(from, to int) {
			if used(&walk, src, from, to) {
				sumCalls(dst, src[from:to], k.order[from:to], k.call[from:to])
			} else if !whole {
				zeroRows(dst, k.order[from:to])
			}
		})
	case codeTurn:
		all := *k // of the thread there are rows in all groups
		all.skip = nil
		ungroup(&all, dst, src, zeros)
		sumThreads(k, dst, dst, nil)
	}
}

// ungroup puts values that stand by groups where their rows are.
func ungroup[T integer](k *rowKeys, dst, src []T, zeros zeroSpans) {
	whole := zeroAll(k, dst)
	walk := zeroWalk{zeros}
	k.eachWanted(func(from, to int) {
		if !used(&walk, src, from, to) {
			if !whole {
				zeroRows(dst, k.order[from:to])
			}
			return
		}
		part, rows := src[from:to], k.order[from:to]
		rows = rows[:len(part)]
		for i, v := range part {
			dst[rows[i]] = v
		}
	})
}

// sumThreads undoes differences from the row before of the same thread. dst may be src.
func sumThreads[T integer](k *rowKeys, dst, src []T, zeros zeroSpans) {
	for _, r := range k.runs {
		var v T
		if r.before >= 0 {
			v = dst[r.before]
		}
		from, to := int(r.from), int(r.to)
		for from < to {
			for len(zeros) > 0 && zeros[0].to <= from {
				zeros = zeros[1:]
			}
			end := to
			if len(zeros) > 0 && zeros[0].from < to {
				if end = zeros[0].from; end <= from {
					end = min(to, zeros[0].to)
					same(dst[from:end], v)
					from = end
					continue
				}
			}
			v = sum(dst[from:end], src[from:end], v)
			from = end
		}
	}
}

// same puts v into all of dst.
func same[T integer](dst []T, v T) {
	for i := range dst {
		dst[i] = v
	}
}

// sum puts into dst the sums of v and the elements of src up to each, and says what the last one is. dst may be src.
func sum[T integer](dst, src []T, v T) T {
	const piece = 64 // as long as it is all zeros, which long runs are looked through for
	for len(src) >= 2*piece && allZero(src[:piece]) {
		same(dst[:piece], v)
		dst, src = dst[piece:], src[piece:]
	}
	dst = dst[:len(src)]
	for i, d := range src {
		v += d
		dst[i] = v
	}
	return v
}

// sumCalls undoes codeCall for the places of a group.
func sumCalls[T integer](dst, src []T, order, call []int32) {
	order, call = order[:len(src)], call[:len(src)]
	last := int32(-1) // row before in the group, and its value
	var v T
	for i, d := range src {
		if p := call[i]; p != last {
			v = 0
			if p >= 0 {
				v = dst[p]
			}
		} else if p < 0 {
			v = 0
		}
		v += d
		last = order[i]
		dst[last] = v
	}
}

// planeRows is how many rows are looked at together for which of their bytes are 0.
const planeRows = 512

// decodePlanes undoes code and toPlanes of a column of words in groups: src has the 8 planes of as many
// values as dst, but for zeros.
func decodePlanes[T uint64 | int64](k *rowKeys, dst []T, src []byte, zeros zeroSpans) {
	n, whole := len(dst), zeroAll(k, dst)
	if n == 0 || len(src) < 8*n {
		return
	}
	var walks [8]zeroWalk
	for p := range walks {
		walks[p] = zeroWalk{zeros}
	}
	k.eachWanted(func(from, to int) {
		for ; from < to; from += planeRows {
			end := min(to, from+planeRows)
			var planes [8][]byte
			top := -1 // the highest plane that is not zero
			for p := range planes {
				planes[p] = src[p*n+from : p*n+end]
				if used(&walks[p], src, p*n+from, p*n+end) {
					top = p
				} else {
					planes[p] = noBytes[:end-from]
				}
			}
			rows := k.order[from:end]
			switch {
			case top < 0 && !whole:
				zeroRows(dst, rows)
			case top < 0:
			case top == 0:
				placeSmall(dst, rows, planes[0])
			case top < 4:
				placePlanes4(dst, rows, &planes)
			case samePlanes(&planes):
				placeSigned(dst, rows, planes[0], planes[1])
			default:
				placePlanes(dst, rows, &planes)
			}
		}
	})
}

// noBytes is a plane of zeros.
var noBytes [planeRows]byte

func placeSmall[T uint64 | int64](dst []T, rows []int32, low []byte) {
	low = low[:len(rows)]
	for i, row := range rows {
		dst[row] = T(low[i])
	}
}

func placePlanes4[T uint64 | int64](dst []T, rows []int32, planes *[8][]byte) {
	p0, p1, p2, p3 := planes[0][:len(rows)], planes[1][:len(rows)], planes[2][:len(rows)], planes[3][:len(rows)]
	for i, row := range rows {
		dst[row] = T(uint32(p0[i]) | uint32(p1[i])<<8 | uint32(p2[i])<<16 | uint32(p3[i])<<24)
	}
}

// samePlanes says that all planes but the first are the same: of small numbers and errors they are.
func samePlanes(planes *[8][]byte) bool {
	for _, p := range planes[2:] {
		if !bytes.Equal(p, planes[1]) {
			return false
		}
	}
	return true
}

func placeSigned[T uint64 | int64](dst []T, rows []int32, low, rest []byte) {
	low, rest = low[:len(rows)], rest[:len(rows)]
	for i, row := range rows {
		dst[row] = T(low[i]) | T(rest[i])*0x01010101010101<<8
	}
}

func placePlanes[T uint64 | int64](dst []T, rows []int32, planes *[8][]byte) {
	at := 0
	for ; at+8 <= len(rows); at += 8 {
		var words [8]uint64
		for p := range words {
			words[p] = load64(planes[p], at)
		}
		transpose(&words)
		for i, row := range rows[at : at+8] {
			dst[row] = T(words[i])
		}
	}
	for ; at < len(rows); at++ {
		var v uint64
		for p := range planes {
			v |= uint64(planes[p][at]) << (8 * p)
		}
		dst[rows[at]] = T(v)
	}
}

// transpose exchanges byte j of word i with byte i of word j.
func transpose(w *[8]uint64) {
	swap := func(a, b uint64, shift uint, mask uint64) (uint64, uint64) {
		t := (a>>shift ^ b) & mask
		return a ^ t<<shift, b ^ t
	}
	for _, i := range [4]int{0, 1, 2, 3} {
		w[i], w[i+4] = swap(w[i], w[i+4], 32, 0x00000000FFFFFFFF)
	}
	for _, i := range [4]int{0, 1, 4, 5} {
		w[i], w[i+2] = swap(w[i], w[i+2], 16, 0x0000FFFF0000FFFF)
	}
	for _, i := range [4]int{0, 2, 4, 6} {
		w[i], w[i+1] = swap(w[i], w[i+1], 8, 0x00FF00FF00FF00FF)
	}
}

// decodeNames undoes column of strings that stand by row, of comm: nearly all are the one before.
func decodeNames(dst, src []uint32, runs []threadRun, next, count uint32) problem {
	for _, r := range runs {
		to, from := dst[r.from:r.to], src[r.from:r.to]
		to = to[:len(from)]
		ref, known := uint32(0), r.before >= 0
		if known {
			ref = dst[r.before]
		}
		for i, v := range from {
			if v != refSame {
				var what problem
				if ref, next, what = reference(v, next, count); what != "" {
					return what
				}
				known = true
			} else if !known {
				return "a string is the same as one that is not there"
			}
			to[i] = ref
		}
	}
	return ""
}

// reference is the string that v refers to, where that is not the one of another row.
func reference(v, next, count uint32) (ref, after uint32, what problem) {
	switch {
	case v == refNull:
		return 0, next, ""
	case v == refNew:
		if next++; next > count {
			return 0, 0, "there are not as many strings as are new"
		}
		return next, next, ""
	}
	if v -= refFirst - 1; v > count {
		return 0, 0, "an index points outside the dictionary"
	}
	return v, next, ""
}

// decodeStrings undoes column of strings that stand in groups: next is the column's base. like are the
// references that path is compared with, nil for other columns.
func decodeStrings(dst, src, like []uint32, k *rowKeys, zeros zeroSpans, next, count uint32) (what problem) {
	clear(dst)
	walk := zeroWalk{zeros}
	k.eachGroup(func(from, to int) {
		if what != "" || !used(&walk, src, from, to) {
			return
		}
		part, rows, call := src[from:to], k.order[from:to], k.call[from:to]
		rows, call = rows[:len(part)], call[:len(part)]
		for i, v := range part {
			row := rows[i]
			switch {
			case v == refNull:
				continue
			case v != refSame:
				var ref uint32
				if ref, next, what = reference(v, next, count); what != "" {
					return
				}
				dst[row] = ref
			case like != nil:
				dst[row] = like[row]
			case call[i] < 0:
				what = "a string is the same as one that is not there"
				return
			default:
				dst[row] = dst[call[i]]
			}
		}
	})
	return what
}

package format

// What coding.go and strings.go do is undone here. Most of what is stored is 0: a group of calls
// does not use an argument, a thread is who it was. So zeros are looked for in long
// pieces and left out, and the value before is kept at hand where it is the one of the row before.

// allZero says whether s has only zeros. It compares many bytes at a time.
func allZero[T integer](s []T) bool {
	b := asBytes(s)
	return len(b) == 0 || b[0] == 0 && repeats(b, 1)
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

// decode undoes code.
func decode[T integer](how coding, k *rowKeys, dst, src []T) {
	switch how {
	case codeThread:
		sumThreads(k, dst, src)
	case codeGroup:
		ungroup(k, dst, src)
	case codeCall:
		clear(dst)
		k.eachGroup(func(from, to int) {
			if !allZero(src[from:to]) {
				sumCalls(dst, src[from:to], k.order[from:to], k.call[from:to])
			}
		})
	case codeTurn:
		ungroup(k, dst, src)
		sumThreads(k, dst, dst)
	}
}

// ungroup puts values that stand by groups where their rows are.
func ungroup[T integer](k *rowKeys, dst, src []T) {
	clear(dst)
	k.eachGroup(func(from, to int) {
		part, rows := src[from:to], k.order[from:to]
		if allZero(part) {
			return
		}
		rows = rows[:len(part)]
		for i, v := range part {
			dst[rows[i]] = v
		}
	})
}

// sumThreads undoes differences from the row before of the same thread. dst may be src.
func sumThreads[T integer](k *rowKeys, dst, src []T) {
	for _, r := range k.runs {
		var v T
		if r.before >= 0 {
			v = dst[r.before]
		}
		sum(dst[r.from:r.to], src[r.from:r.to], v)
	}
}

// sum puts into dst the sums of v and the elements of src up to each. dst may be src.
func sum[T integer](dst, src []T, v T) {
	const piece = 64 // as long as it is all zeros, which long runs are looked through for
	for len(src) >= 2*piece && allZero(src[:piece]) {
		for i := range dst[:piece] {
			dst[i] = v
		}
		dst, src = dst[piece:], src[piece:]
	}
	dst = dst[:len(src)]
	for i, d := range src {
		v += d
		dst[i] = v
	}
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

// decodePlanes undoes code and toPlanes of a column of words in groups: src has the 8 planes of as many
// values as dst.
func decodePlanes[T uint64 | int64](dst []T, src []byte, order []int32) {
	n := len(dst)
	clear(dst)
	if n == 0 || len(src) < 8*n {
		return
	}
	var planes [8][]byte
	for k := range planes {
		planes[k] = src[k*n : k*n+n]
	}
	at := 0
	for ; at+8 <= n; at += 8 {
		rows := (*[8]int32)(order[at : at+8])
		low := load64(planes[0], at)
		w1, w2, w3, w4 := load64(planes[1], at), load64(planes[2], at), load64(planes[3], at), load64(planes[4], at)
		w5, w6, w7 := load64(planes[5], at), load64(planes[6], at), load64(planes[7], at)
		if w1|w2|w3|w4|w5|w6|w7 == 0 { // nearly everywhere: small numbers
			if low != 0 {
				for i, row := range rows {
					dst[row] = T(byte(low >> (8 * i)))
				}
			}
			continue
		}
		const ones = 0x0101010101010101
		if w1&ones*0xFF == w1 && (w1^w2)|(w1^w3)|(w1^w4)|(w1^w5)|(w1^w6)|(w1^w7) == 0 { // and errors
			for i, row := range rows {
				dst[row] = T(byte(low>>(8*i))) | -T(byte(w1>>(8*i))&1)<<8
			}
			continue
		}
		words := [8]uint64{low, w1, w2, w3, w4, w5, w6, w7}
		transpose(&words)
		for i, row := range rows {
			dst[row] = T(words[i])
		}
	}
	for ; at < n; at++ {
		var v uint64
		for k := range planes {
			v |= uint64(planes[k][at]) << (8 * k)
		}
		dst[order[at]] = T(v)
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
func decodeStrings(dst, src, like []uint32, k *rowKeys, next, count uint32) (what problem) {
	clear(dst)
	k.eachGroup(func(from, to int) {
		part, rows, call := src[from:to], k.order[from:to], k.call[from:to]
		if what != "" || allZero(part) {
			return
		}
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

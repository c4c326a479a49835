package format

// zeroSpan is a piece of a decompressed buffer that was left unwritten, because it holds zeros only.
// Most columns have them, by whole groups of calls, and who looks at such a piece only to find
// zeros in it need not have them written. from and to are places of values, of the width that
// the buffer was asked for in.
type zeroSpan struct{ from, to int }

// zeroSpans are the spans of one buffer, in order and apart from each other.
type zeroSpans []zeroSpan

// writeZeros writes the zeros of the values from..to of buf.
func writeZeros[T integer](z zeroSpans, buf []T, from, to int) {
	for _, s := range z {
		if s.from >= to {
			return
		}
		if a, b := max(s.from, from), min(s.to, to); a < b {
			clear(buf[a:b])
		}
	}
}

// zeroWalk goes through spans from the first to the last.
type zeroWalk struct{ left zeroSpans }

// used takes a piece of src that is no piece before the one of the last call, and says whether there may be
// anything in it but zeros; what there is can then be read.
func used[T integer](w *zeroWalk, src []T, from, to int) bool {
	for len(w.left) > 0 && w.left[0].to <= from {
		w.left = w.left[1:]
	}
	if len(w.left) == 0 || w.left[0].from >= to {
		return !allZero(src[from:to])
	}
	if s := w.left[0]; s.from <= from && s.to >= to {
		return false
	}
	writeZeros(w.left, src, from, to)
	return !allZero(src[from:to])
}

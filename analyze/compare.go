package analyze

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/tracerec/tracerec/format"
)

// compareCopies compares every kernel copy with the enter view, using only the
// best comparison that any copy allows: a cgroup program sees an address that
// others have rewritten, where an LSM hook sees the copy itself.
func (e *argViews) compareCopies() outcome {
	best, known := format.CompareObject, false
	for i := range e.copies {
		if c, ok := e.arg.compares(e.copies[i].rungs); ok && c <= best {
			best, known = c, true
		}
	}
	if !known || best == format.CompareObject {
		return outcome{verdict: Inconclusive, why: whyNoRung}
	}
	out := outcome{verdict: Consistent, why: whyEqual, compare: best, shown: -1}
	var same, other int
	for i := range e.copies {
		k := &e.copies[i]
		c, ok := e.arg.compares(k.rungs)
		if !ok || c != best {
			continue
		}
		rel, w := e.compareOne(k, c)
		switch rel {
		case equal:
			same++
			if other == 0 {
				out.why = w
			}
		case differs:
			if other == 0 {
				out.why, out.shown = w, i
			}
			other++
		default:
			// Only a proven difference outweighs a copy that cannot be compared.
			if other == 0 {
				out.verdict, out.why, out.shown = Inconclusive, w, i
			}
		}
	}
	switch {
	case best == format.CompareAmong && same > 0:
		out.verdict, out.why, out.shown = Consistent, whyEqual, e.equalCopy()
	case other > 0 && same > 0:
		out.verdict, out.why = MultipleCopies, whyCopiesDiffer
	case other > 1:
		out.verdict, out.why = Divergent, whyDiffersFurther
	case other > 0:
		out.verdict = Divergent
	}
	out.shown = max(out.shown, 0)
	return out
}

// equalCopy finds the copy that is equal to the enter view.
func (e *argViews) equalCopy() int {
	return max(0, slices.IndexFunc(e.copies, func(k kernelCopy) bool { return compareExact(e.enter, k.seen) == equal }))
}

func (e *argViews) compareOne(k *kernelCopy, c format.Comparison) (relation, why) {
	switch c {
	case format.CompareEndpoint:
		switch compareEndpoint(e.enter.bytes, k.bytes) {
		case equal:
			return equal, whyEqualEndpoint
		case differs:
			return differs, whyDiffersEndpoint
		}
		return unrelated, whyFamily
	case format.CompareSunPath:
		switch compareSunPath(e.enter.bytes, k.bytes) {
		case equal:
			return equal, whyEqualSunPath
		case differs:
			return differs, whyDiffersSunPath
		}
		return unrelated, whyFamily
	case format.CompareMessages:
		return compareMessages(e.enter.bytes, k.bytes, e.ret)
	case format.CompareHead:
		switch {
		case bytes.Equal(e.enter.bytes, k.bytes):
			return equal, whyEqual
		case len(k.bytes) >= format.HeadKept && bytes.HasPrefix(e.enter.bytes, k.bytes):
			return equal, whyEqualHead
		}
		return differs, whyDiffers
	case format.CompareComm:
		if n := format.CommMax - 1; bytes.Equal(e.enter.bytes[:min(n, len(e.enter.bytes))], k.bytes[:min(n, len(k.bytes))]) {
			return equal, whyEqual
		}
		return differs, whyDiffers
	case format.CompareSorted:
		if slices.Equal(sortedIDs(e.enter.bytes), sortedIDs(k.bytes)) {
			return equal, whyEqual
		}
		return differs, whyDiffers
	case format.CompareOptions:
		return compareOptions(e.enter, k.seen)
	case format.CompareArgvTail:
		whole := e.enter.status != format.ViewTruncated && k.status != format.ViewTruncated
		rel, w := compareArgv(e.enter.bytes, k.bytes, whole, e.name, e.script)
		if rel == equalPrefix {
			return e.sameLength(k)
		}
		return rel, w
	}
	switch compareExact(e.enter, k.seen) {
	case equal:
		return equal, whyEqual
	case equalPrefix:
		return e.sameLength(k)
	}
	return differs, whyDiffers
}

// compareExact compares bytes, as far as both sides were kept.
func compareExact(enter, kernel seen) relation {
	a, b := enter.bytes, kernel.bytes
	if kernel.status == format.ViewSame {
		kernel.status = enter.status
	}
	switch {
	case enter.status == format.ViewTruncated && kernel.status == format.ViewOK:
		a, b = b, a
		fallthrough
	case enter.status == format.ViewOK && kernel.status == format.ViewTruncated:
		if bytes.HasPrefix(a, b) {
			return equalPrefix
		}
		return differs
	case enter.status == format.ViewTruncated:
		if n := min(len(a), len(b)); bytes.Equal(a[:n], b[:n]) {
			return equalPrefix
		}
		return differs
	}
	if bytes.Equal(a, b) {
		return equal
	}
	return differs
}

// sameLength decides about equal prefixes: they count as equal only if the
// true lengths are known to agree. A slot has one length, so nothing is known
// when both sides were cut off, be they the same as far as they go.
func (e *argViews) sameLength(k *kernelCopy) (relation, why) {
	var enter, kernel uint32
	switch {
	case e.enter.status == format.ViewTruncated && k.status == format.ViewOK:
		enter, kernel = e.length, uint32(len(k.bytes))
	case e.enter.status == format.ViewOK && k.status == format.ViewTruncated:
		enter, kernel = uint32(len(e.enter.bytes)), k.length
	}
	if enter != 0 && enter == kernel {
		return equal, whyEqualPrefix
	}
	return unrelated, whyTruncated
}

// sortedIDs are the ids of an array of 32-bit numbers, in order.
func sortedIDs(b []byte) (ids []uint32) {
	for ; len(b) >= 4; b = b[4:] {
		ids = append(ids, binary.LittleEndian.Uint32(b))
	}
	slices.Sort(ids)
	return ids
}

// compareOptions compares mount options with what the kernel has left of its
// copy: a NUL stands for each separator that it has passed
// (generic_parse_monolithic, by strsep). Security modules take their own
// options out: then nothing can be said.
func compareOptions(enter, kernel seen) (relation, why) {
	a, b := enter.bytes, kernel.bytes
	same := len(a) == len(b)
	for i := 0; same && i < len(a); i++ {
		same = a[i] == b[i] || b[i] == 0 && (a[i] == ',' || a[i] == '=')
	}
	switch {
	case same:
		return equal, whyEqual
	case bytes.Contains(a, []byte("context=")) || bytes.Contains(a, []byte("smackfs")):
		return unrelated, whyTruncated
	}
	return differs, whyDiffers
}

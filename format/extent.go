package format

import "math"

// Extent is what a file covers, in ns after boot, by the one definition that
// every verb uses: it begins with its header's clock, or with its first row if
// that is earlier, and ends with its last row's end, or when the recorder said
// that it ended if that is later. A part of a recording begins where its header says:
// rows that it repeats of the parts before, and calls that were under way, are older. t is nil
// for a file that is not sealed. first and last are of its rows; first > last
// says that there are none.
func Extent(h *Header, t *Totals, first, last int64) (begin, end int64) {
	begin = h.begins()
	if begin == 0 {
		begin = h.Clock.Boottime
		if first <= last && (begin == 0 || first < begin) {
			begin = first
		}
	}
	end = begin
	if first <= last {
		end = max(end, last)
	}
	if t != nil {
		end = max(end, t.Ended.Boottime)
	}
	return begin, end
}

// Span is from the first to the last moment of the file's rows, as its index has them;
// first > last says that there are none.
func (r *Reader) Span() (first, last int64) {
	first, last = math.MaxInt64, math.MinInt64
	for i := range r.BlockCount() {
		info := r.BlockInfo(i)
		first, last = min(first, info.First), max(last, info.Last)
	}
	return first, last
}

// Extent is the package's Extent of the file, without reading its rows.
func (r *Reader) Extent() (begin, end int64) {
	first, last := r.Span()
	return Extent(r.Header(), r.Totals(), first, last)
}

// begins is when a part of a recording begins, 0 for what has its beginning.
func (h *Header) begins() int64 {
	if h.Begins == 0 && h.Segment != nil && h.Segment.Number > 0 {
		return h.Clock.Boottime
	}
	return h.Begins
}

// IsPart says whether what was recorded before the file begins is in other files only,
// but for what the rows at its beginning repeat of it.
func (h *Header) IsPart() bool { return h.begins() != 0 }

package format

// Extent is when a recording begins and ends, in ns after boot, by the one
// definition that every verb uses: it begins with its header's clock, or with
// its first row if that is earlier (what a ring held before it was written
// out), and ends with its last row's end, or when the recorder said that it
// ended if that is later. t is nil for a file that is not sealed. first and
// last are of its rows; first > last says that there are none.
func Extent(h *Header, t *Totals, first, last int64) (begin, end int64) {
	begin = h.Clock.Boottime
	if first <= last && (begin == 0 || first < begin) {
		begin = first
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

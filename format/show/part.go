package show

import (
	"fmt"

	"github.com/tracerec/tracerec/format"
)

// Part says of a file that is a part of a recording what it covers, from begin to end in ns after
// boot (format.Extent); "" of one that has its beginning.
func Part(h *format.Header, begin, end int64) string {
	if !h.IsPart() {
		return ""
	}
	what := "parts of a recording, without the first"
	if h.Segment != nil && h.Segment.Number > 0 {
		what = fmt.Sprintf("segment %d of a recording", h.Segment.Number)
	}
	if n := len(h.Origin); n > 0 && h.Origin[n-1].By == "ring" {
		what = "what a ring held of a recording"
	}
	o := For(h)
	o.Time = TimeUTC
	return fmt.Sprintf("%s, covers %s from %s on: older rows repeat how what lived then came to be, what had ended is in other parts",
		what, Duration(end-begin), o.Moment(begin))
}

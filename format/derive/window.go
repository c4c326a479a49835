package derive

import (
	"encoding/hex"
	"fmt"

	"github.com/tracerec/tracerec/format"
)

// Window writes segments of one recording that follow each other to one file:
// what a flight recorder had of the last while. Rows that the first of them
// repeats stay: the file begins with them. why says in the file what it was
// written for; what was recorded before the window is not missing from it.
func Window(inputs []*Input, why []string, o *Output) (rows uint64, err error) {
	for i, in := range inputs {
		if err := intact(in); err != nil {
			return 0, err
		}
		if i == 0 {
			continue
		}
		seg := in.Header().Segment
		if hash, ok := inputs[i-1].Hash(); !ok || seg == nil || seg.Previous != hex.EncodeToString(hash[:]) {
			return 0, fmt.Errorf("%s does not continue %s", in.Path, inputs[i-1].Path)
		}
	}
	h := *inputs[0].Header()
	h.Segment, h.Begins = nil, begins(inputs[:1])
	h.Origin = append(h.Origin[:len(h.Origin):len(h.Origin)], format.Origin{By: "ring", Args: why})
	w, err := o.create(&h)
	if err != nil {
		return 0, err
	}
	if err := interleave([]*stream{newStream(inputs)}, w.addCopied); err != nil {
		return 0, w.close(nil, err)
	}
	t := mergedTotals(inputs)
	if len(why) > 0 {
		t.Reason = why[0]
	}
	if err := w.close(&t, nil); err != nil {
		return 0, err
	}
	return w.w.Rows(), nil
}

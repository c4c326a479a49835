package analyze

import (
	"fmt"

	"github.com/tracerec/tracerec/format"
)

// CheckSegments checks that the files given hold recordings without a hole between
// their segments: numbers in a row, each naming the one before.
func CheckSegments(files []SegmentFile) (found []*Finding) {
	of := map[string]map[int]*SegmentFile{} // by recording
	var order []string
	for i := range files {
		f := &files[i]
		if f.Segment == nil {
			continue
		}
		k := f.Segment.Recording
		if f.Segment.Number == 0 {
			k = f.ID
		}
		if of[k] == nil {
			of[k] = map[int]*SegmentFile{}
			order = append(order, k)
		}
		of[k][f.Segment.Number] = f
	}
	for _, k := range order {
		list := of[k]
		first, last := -1, -1
		for n := range list {
			if first < 0 || n < first {
				first = n
			}
			last = max(last, n)
		}
		for n := first + 1; n <= last; n++ {
			here, before := list[n], list[n-1]
			rule, what := "", ""
			switch {
			case here == nil:
				rule, what = "missing-segment", fmt.Sprintf("number %d of recording %s", n, k)
				here = list[n-1]
				for m := n - 1; here == nil; m-- {
					here = list[m]
				}
			case before != nil && before.Hash != "" && here.Segment.Previous != "" && before.Hash != here.Segment.Previous:
				rule, what = "segment-mismatch", fmt.Sprintf("%s (number %d) and %s (number %d)", before.File, n-1, here.File, n)
			default:
				continue
			}
			f := (&integrity{}).make(&Finding{File: here.File, Slot: n}, rule, what)
			f.identify(k)
			found = append(found, f)
		}
	}
	return found
}

// SegmentFile is what CheckSegments needs of a file.
type SegmentFile struct {
	File, ID, Hash string // ID and final hash in hex; no hash: not sealed
	Segment        *format.Segment
}

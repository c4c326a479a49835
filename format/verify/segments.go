package verify

import (
	"encoding/hex"
	"fmt"
	"slices"
)

// Files checks that the segments of each recording among reports are all
// there and continue each other, and adds what it finds to the reports.
func Files(reports []*Report) {
	groups := map[string][]*Report{}
	for _, r := range reports {
		recording := hex.EncodeToString(r.id[:])
		if r.Segment != nil && r.Segment.Recording != "" {
			recording = r.Segment.Recording
		}
		groups[recording] = append(groups[recording], r)
	}
	for recording, group := range groups {
		slices.SortStableFunc(group, func(a, b *Report) int { return a.number() - b.number() })
		for i, r := range group {
			r.segment(recording, group[:i])
			r.conclude()
		}
	}
}

func (r *Report) number() int {
	if r.Segment == nil {
		return 0
	}
	return r.Segment.Number
}

func (r *Report) segment(recording string, before []*Report) {
	n := r.number()
	if n == 0 {
		switch {
		case len(before) > 0:
			r.problem(Segments, -1, nil, "%s is the first segment of the same recording", before[0].File)
		case r.Segment != nil:
			r.note(Segments, OK, "the first of recording %s", recording)
		}
		return
	}
	if len(before) == 0 {
		r.note(Segments, NotChecked, "segment %d of recording %s: give the ones before too", n, recording)
		return
	}
	last := before[len(before)-1]
	switch {
	case last.number() == n:
		r.problem(Segments, -1, nil, "%s is segment %d too", last.File, n)
	case last.number() != n-1:
		r.problem(Segments, -1, nil, "segments %s of recording %s are missing", span(last.number()+1, n-1), recording)
	case last.Hash == "":
		r.note(Segments, NotChecked, "%s before it is not sealed and has no final hash", last.File)
	case last.Hash != r.Segment.Previous:
		r.problem(Segments, -1, nil, "continues a file with final hash %s, not %s: one of them was exchanged", r.Segment.Previous, last.File)
	default:
		r.note(Segments, OK, "continues %s", last.File)
	}
}

func span(first, last int) string {
	if first == last {
		return fmt.Sprint(first)
	}
	return fmt.Sprintf("%d to %d", first, last)
}

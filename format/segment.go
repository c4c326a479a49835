package format

import (
	"encoding/hex"
	"fmt"
	"slices"
)

// Part is a file as a segment of a recording.
type Part struct {
	Recording string // id of the first segment, hex
	Number    int
	Path      string
}

// PartOf is the place of a file in its recording.
func PartOf(r *Reader, path string) Part {
	id := r.ID()
	p := Part{Recording: hex.EncodeToString(id[:]), Path: path}
	if s := r.Header().Segment; s != nil {
		p.Number = s.Number
		if s.Recording != "" {
			p.Recording = s.Recording
		}
	}
	return p
}

// MissingParts says, for each recording, which segments between the first and
// the last of those given are not among them.
func MissingParts(parts []Part) (missing []string) {
	of := map[string][]Part{}
	var order []string
	for _, p := range parts {
		if of[p.Recording] == nil {
			order = append(order, p.Recording)
		}
		of[p.Recording] = append(of[p.Recording], p)
	}
	for _, recording := range order {
		group := of[recording]
		slices.SortStableFunc(group, func(a, b Part) int { return a.Number - b.Number })
		for i := 1; i < len(group); i++ {
			a, b := group[i-1], group[i]
			switch n := b.Number - a.Number; {
			case n == 2:
				missing = append(missing, fmt.Sprintf("segment %d of the recording, between %s and %s, is missing", a.Number+1, a.Path, b.Path))
			case n > 2:
				missing = append(missing, fmt.Sprintf("segments %d to %d of the recording, between %s and %s, are missing", a.Number+1, b.Number-1, a.Path, b.Path))
			}
		}
	}
	return missing
}

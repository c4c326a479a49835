package fleet

import (
	"slices"

	"github.com/tracerec/tracerec/format"
)

// Member is a file and its place in a recording of several.
type Member struct {
	File      string
	Recording string // "" for what stands alone: one host of a file of several, or what cannot be read
	Number    int
}

// MemberOf is the place of an open file.
func MemberOf(r *format.Reader, file string) Member {
	if r.File() != r.Path() {
		return Member{File: file}
	}
	part := format.PartOf(r, file)
	return Member{file, part.Recording, part.Number}
}

// Join makes units of analysis: files, and in place of the first of each recording's
// segments all of them, in the order in which they were recorded.
func Join(files []Member) (units [][]Member) {
	of := map[string]int{} // by recording
	for _, f := range files {
		i, known := of[f.Recording]
		twice := func(m Member) bool { return m.Number == f.Number }
		switch {
		case f.Recording == "" || known && slices.ContainsFunc(units[i], twice): // the same segment again: a copy
			units = append(units, []Member{f})
		case known:
			units[i] = append(units[i], f)
		default:
			of[f.Recording] = len(units)
			units = append(units, []Member{f})
		}
	}
	for _, u := range units {
		slices.SortFunc(u, func(a, b Member) int { return a.Number - b.Number })
	}
	return units
}

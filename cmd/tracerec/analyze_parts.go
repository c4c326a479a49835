package main

import (
	"slices"

	"github.com/tracerec/tracerec/format"
)

// singly makes every file a unit of analysis of its own.
func singly(files []string) (units [][]string) {
	for _, file := range files {
		units = append(units, []string{file})
	}
	return units
}

// joinParts makes units of analysis: files, and in place of the first of each recording's
// segments all of them, in the order in which they were recorded.
func joinParts(files []string) [][]string {
	if len(files) < 2 {
		return singly(files)
	}
	type member struct {
		number int
		file   string
	}
	var (
		units [][]member
		of    = map[string]int{} // by recording
	)
	for _, file := range files {
		part, ok := partOf(file)
		i, known := of[part.Recording]
		twice := func(m member) bool { return m.number == part.Number }
		switch {
		case !ok || known && slices.ContainsFunc(units[i], twice): // the same segment again: a copy
			units = append(units, []member{{file: file}})
		case known:
			units[i] = append(units[i], member{part.Number, file})
		default:
			of[part.Recording] = len(units)
			units = append(units, []member{{part.Number, file}})
		}
	}
	out := make([][]string, len(units))
	for i, u := range units {
		slices.SortFunc(u, func(a, b member) int { return a.number - b.number })
		for _, m := range u {
			out[i] = append(out[i], m.file)
		}
	}
	return out
}

// partOf is a file's place in its recording; false for what cannot be read, which is said
// when it is analysed, and for one host of a file of several.
func partOf(file string) (format.Part, bool) {
	if file == "-" { // can be read once only
		return format.Part{}, false
	}
	r, err := format.Open(file)
	if err != nil {
		return format.Part{}, false
	}
	defer r.Close()
	return format.PartOf(r, file), r.File() == r.Path()
}

// missingParts says what is missing between files that are segments of one recording.
func missingParts(files []string) []string {
	if len(files) < 2 {
		return nil
	}
	var parts []format.Part
	for _, file := range files {
		if part, ok := partOf(file); ok {
			parts = append(parts, part)
		}
	}
	return format.MissingParts(parts)
}

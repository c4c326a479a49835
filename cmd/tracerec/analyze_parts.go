package main

import (
	"github.com/tracerec/tracerec/analyze/fleet"
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
	members := make([]fleet.Member, len(files))
	for i, file := range files {
		members[i].File = file
		if part, ok := partOf(file); ok {
			members[i].Recording, members[i].Number = part.Recording, part.Number
		}
	}
	units := fleet.Join(members)
	out := make([][]string, len(units))
	for i, u := range units {
		for _, m := range u {
			out[i] = append(out[i], m.File)
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

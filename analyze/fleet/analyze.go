package fleet

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
)

// Analyze analyses one recording, all its segments in their order, and makes its part of the fleet:
// what `tracerec analyze DIR` does with each recording, and what a worker of a cluster does. names are what findings,
// coverage and summary call the files, which may lie elsewhere, at paths, while they are read; paths are FILE or
// FILE@HOST. id tells the version of the first (Identify). emit is called for each listed
// finding, in stream order.
func Analyze(paths, names []string, id string, o analyze.Options, emit func(*analyze.Finding)) (*analyze.Coverage, *Summary, error) {
	c := NewCollector(names[0], id)
	o.More = append(slices.Clone(o.More), c.Kind())
	as := renamer(paths, names)
	coverage, err := analyze.Segments(paths, o, func(f *analyze.Finding) {
		f.File = as(f.File)
		c.Finding(f)
		if emit != nil {
			emit(f)
		}
	})
	if err != nil {
		if text := as(err.Error()); text != err.Error() {
			err = errors.New(text)
		}
		return nil, nil, err
	}
	coverage.File = as(coverage.File)
	for _, texts := range [][]string{coverage.Files, coverage.Notes, coverage.Incomplete} {
		for i := range texts {
			texts[i] = as(texts[i])
		}
	}
	for i := range coverage.Risk {
		coverage.Risk[i].File = as(coverage.Risk[i].File)
	}
	for i := range coverage.Segments {
		coverage.Segments[i].File = as(coverage.Segments[i].File)
	}
	return coverage, c.Done(coverage), nil
}

// renamer puts names for paths, also where words are about a file.
func renamer(paths, names []string) func(string) string {
	if slices.Equal(paths, names) {
		return func(s string) string { return s }
	}
	var pairs []string
	for i := range paths {
		pairs = append(pairs, paths[i], names[i])
	}
	return strings.NewReplacer(pairs...).Replace
}

// Source is a file of a group: how reports call it and where it stands in its recording (Member),
// and how it can be read. Open gives a path, and done, which is called when the recording has been read.
type Source struct {
	Member
	Open func() (path string, done func() error, err error)
}

// Told takes what a group of files gives. Of each recording, in the order of names, there are findings, then
// coverage, then a summary; of one that cannot be read a summary with nothing but Error.
type Told struct {
	Finding  func(*analyze.Finding) error
	Coverage func(*analyze.Coverage) error
	Summary  func(*Summary) error
}

// Group analyses the files of one host and boot, a recording after the other, and then looks at how
// they fit together. What it tells depends on the files alone, not on their order or on
// what is analysed elsewhere. An error ends it: of a file that cannot be fetched, or of t.
func Group(files []Source, o analyze.Options, t Told) error {
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b Source) int { return cmp.Compare(a.File, b.File) })
	of := map[string]*Source{}
	var members []Member
	for i := range files {
		of[files[i].File] = &files[i]
		members = append(members, files[i].Member)
	}
	var segments []analyze.SegmentFile
	for _, unit := range Join(slices.Compact(members)) {
		coverage, err := recording(unit, of, o, t)
		if err != nil {
			return err
		}
		if coverage != nil {
			segments = append(segments, coverage.Segments...)
		}
	}
	if !o.Runs("integrity") {
		return nil
	}
	for _, f := range analyze.CheckSegments(segments) {
		if err := t.Finding(f); err != nil {
			return err
		}
	}
	return nil
}

func recording(unit []Member, of map[string]*Source, o analyze.Options, t Told) (coverage *analyze.Coverage, err error) {
	var paths, names []string
	for _, m := range unit {
		path, done, failed := of[m.File].Open()
		if failed != nil {
			return nil, failed
		}
		defer func() { err = errors.Join(err, done()) }()
		paths, names = append(paths, path), append(names, m.File)
	}
	var failed error
	coverage, sum, err := Analyze(paths, names, "", o, func(finding *analyze.Finding) {
		if failed == nil {
			failed = t.Finding(finding)
		}
	})
	switch {
	case failed != nil:
		return nil, failed
	case err != nil:
		return nil, t.Summary(&Summary{File: names[0], Error: err.Error()})
	}
	if err := t.Coverage(coverage); err != nil {
		return nil, err
	}
	return coverage, t.Summary(sum)
}

// Key is what the files of one group have in common: host and boot of their recording.
func Key(h *format.Header) [2]string { return [2]string{h.Host, h.BootID} }

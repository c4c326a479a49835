package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/dustin/go-humanize"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/replay"
)

// findIndex opens the index of a file, nil when there is none or it would save
// nothing. One that is stale is made again.
func findIndex(talk io.Writer, r *format.Reader) *replay.Index {
	if r.Path() == "" || r.Rows() <= replay.IndexEvery {
		return nil
	}
	path := replay.IndexPath(r.Path())
	index, err := replay.OpenIndex(path, r)
	if errors.Is(err, replay.ErrStale) {
		makeIndex(talk, r)
		if index, err = replay.OpenIndex(path, r); err != nil {
			return nil // makeIndex has said why
		}
	}
	switch {
	case err == nil:
		return index
	case !errors.Is(err, fs.ErrNotExist):
		fmt.Fprintf(talk, "tracerec: note: %v\n", err)
	}
	return nil
}

// makeIndex is --index: it makes the index of a file unless it is there, and
// says what it did. An index only saves time: that there can be none is no error.
func makeIndex(talk io.Writer, r *format.Reader) {
	note := func(layout string, args ...any) { fmt.Fprintf(talk, "tracerec: note: "+layout+"\n", args...) }
	if r.Path() == "" {
		note("no index of %s: it stands beside a file", nameOfFile("-"))
		return
	}
	if every := replay.IndexEvery; r.Rows() <= every {
		note("no index made: the file has %s, and an index one checkpoint for each %s: answers are as quick without", show.Count(r.Rows(), "row"), humanize.Comma(int64(every)))
		return
	}
	path := replay.IndexPath(r.Path())
	name := show.Escape([]byte(path))
	switch index, err := replay.OpenIndex(path, r); {
	case err == nil:
		note("%s is there already, with %s", name, show.Count(uint64(index.Checkpoints()), "checkpoint"))
		index.Close()
		return
	case errors.Is(err, replay.ErrStale):
		note("%s: %v: making it again", name, err)
	case !errors.Is(err, fs.ErrNotExist):
		note("%v", err)
		return
	}
	read := watchReading(talk, r)
	_, err := replay.BuildIndex(replaySource(r), path)
	read()
	if err != nil {
		note("%v", err)
		return
	}
	index, err := replay.OpenIndex(path, r)
	if err != nil {
		note("%v", err)
		return
	}
	defer index.Close()
	note("%s made, with %s", name, show.Count(uint64(index.Checkpoints()), "checkpoint"))
}

package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/dustin/go-humanize"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/replay"
	"github.com/tracerec/tracerec/replay/picture"
)

// maxMarks is how many findings a page points at: the worst.
const maxMarks = 2000

// runPicture writes the recording as a page.
func runPicture(stdout, talk io.Writer, path string, r *format.Reader, o replay.Options, flags *replayFlags) error {
	read := watchReading(talk, r)
	defer read()
	marks, err := findingMarks(r)
	if err != nil {
		return err
	}
	w, finish, err := createPlain(flags.html, flags.force, false, stdout)
	if err != nil {
		return err
	}
	sum, err := picture.Write(w, replaySource(r), picture.Options{Show: o.Show, Title: nameOfFile(filepath.Base(path)), From: o.From, To: o.To, Rows: o.Limit, Marks: marks, Match: o.Match})
	var damage *replay.Damage
	if errors.As(err, &damage) {
		err = nil
	}
	read()
	if err := finish(err); err != nil {
		return err
	}
	if flags.html != "-" {
		fmt.Fprintf(talk, "tracerec: %s: %s of %s rows drawn, %s; open it in a browser\n", show.Escape([]byte(flags.html)), humanize.Comma(int64(sum.Shown)), humanize.Comma(int64(sum.Rows)), show.Count(uint64(len(marks)), "finding"))
	}
	return tellState(talk, r, damage)
}

// findingMarks analyses the recording for what is pointed at in a picture.
func findingMarks(r *format.Reader) ([]picture.Mark, error) {
	top := analyze.Top{Limit: maxMarks}
	if _, err := analyze.Reader(r, analyze.Options{}, top.Add); err != nil {
		return nil, err
	}
	var marks []picture.Mark
	for _, f := range top.Findings() {
		marks = append(marks, picture.Mark{
			ID: f.ID, Seq: f.Seq, Time: f.Boottime, TID: f.TID, Start: f.Start,
			Severity: f.Severity.String(), Title: f.Headline(), Views: f.ViewRows(),
		})
	}
	return marks, nil
}

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/replay"
)

// viewNames are what may follow FILE.
func viewNames() (names []string) {
	for _, v := range replay.Views {
		names = append(names, v.Name)
	}
	return append(names, "summary")
}

// viewsHelp is a line for each view.
func viewsHelp() string {
	var b strings.Builder
	for _, v := range replay.Views {
		fmt.Fprintf(&b, "  %-9s %s\n", v.Name, v.Doc)
	}
	fmt.Fprintf(&b, "  %-9s %s\n", "summary", "calls, errors and time of each process, as strace -c has it, from --from to --to")
	return b.String()
}

func runSummary(out, talk io.Writer, r *format.Reader, o replay.Options) error {
	if o.At != nil {
		return errors.New("summary is of a time, not of a moment: use --from and --to")
	}
	if err := replay.InsideRange(replaySource(r), o.From, o.To); err != nil {
		return err
	}
	read := watchReading(talk, r)
	list, err := replay.Summarize(replaySource(r), o.PID, o.From, o.To)
	read()
	var damage *replay.Damage
	if err != nil && !errors.As(err, &damage) {
		return err
	}
	if len(list) == 1 && o.PID != 0 {
		return fmt.Errorf("no call of a process or thread %d in that time", o.PID)
	}
	if err := replay.WriteSummary(out, list, o.JSON); err != nil {
		return err
	}
	return tellState(talk, r, damage)
}

func runFollow(out, talk io.Writer, r *format.Reader, text string, o replay.Options) error {
	f := replay.FollowOptions{From: o.From, To: o.To, JSON: o.JSON, Show: o.Show}
	f.Show.Color = o.Color
	pid, fd, ok := strings.Cut(text, ":")
	p, err1 := strconv.ParseUint(pid, 10, 32)
	n, err2 := strconv.ParseUint(fd, 10, 31)
	if !ok || err1 != nil || err2 != nil {
		return fmt.Errorf("--follow-fd %q: use PID:FD", text)
	}
	f.PID, f.FD = uint32(p), int32(n)
	if err := replay.InsideRange(replaySource(r), o.From, o.To); err != nil {
		return err
	}
	for _, note := range replay.Lacking(r.Header(), "follow") {
		fmt.Fprintf(talk, "tracerec: note: %s\n", note)
	}
	err := replay.Follow(out, replaySource(r), f)
	var damage *replay.Damage
	if err != nil && !errors.As(err, &damage) {
		return err
	}
	return tellState(talk, r, damage)
}

// runView writes a list of what there was at a moment: at the end, when none is said.
func runView(out, talk io.Writer, r *format.Reader, flags *replayFlags, o replay.Options) error {
	view := flags.view
	if view == "diff" {
		return errors.New("diff compares two recordings: tracerec replay diff FILE FILE")
	}
	if !slices.Contains(viewNames(), view) {
		return fmt.Errorf("%q is no view of a recording: %s", view, strings.Join(viewNames(), ", "))
	}
	src := replaySource(r)
	at := int64(math.MaxInt64)
	if o.At != nil {
		if err := replay.Inside(src, *o.At); err != nil {
			return err
		}
		at = *o.At
	}
	index := findIndex(talk, r)
	if index != nil {
		defer index.Close()
	}
	read := watchReading(talk, r)
	s, err := replay.FoldTo(src, at, index)
	read()
	var damage *replay.Damage
	if err != nil && !errors.As(err, &damage) {
		return err
	}
	end := at
	if at == math.MaxInt64 {
		_, end = s.Extent(&src)
	}
	var list bytes.Buffer // behind the notes, which depend on whether there is something to note of
	if err := replay.List(&list, s, replay.ViewOptions{View: view, At: end, PID: o.PID, JSON: o.JSON, Show: o.Show}); err != nil {
		return err
	}
	heading := 1
	if o.JSON {
		heading = 0
	}
	empty := bytes.Count(list.Bytes(), []byte{'\n'}) <= heading
	for _, note := range viewNotes(src, s, view, empty, at == math.MaxInt64) {
		fmt.Fprintf(talk, "tracerec: note: %s\n", note)
	}
	if _, err := list.WriteTo(out); err != nil {
		return err
	}
	return tellState(talk, r, damage)
}

// viewNotes are what stands before a view: what the file cannot tell of it and, where it
// lists nothing at the end of the recording, at which moment it would.
func viewNotes(src replay.Source, s *replay.State, view string, empty, atEnd bool) (notes []string) {
	begin, end := src.Extent()
	if note := show.Part(src.Header, begin, end); note != "" {
		notes = append(notes, note)
	}
	notes = append(notes, s.Missing()...)
	ended := true
	for range s.Alive {
		ended = false
		break
	}
	if !empty || !ended {
		notes = append(notes, s.MissingIn(view, empty)...)
	}
	if !empty || !atEnd {
		return notes
	}
	if ended {
		if at, alive, all, err := replay.Lively(src); err == nil {
			clock := show.For(src.Header)
			clock.Time = show.TimeRel
			who, which := fmt.Sprintf("its %d processes", all), fmt.Sprintf("%d of them", alive)
			switch {
			case all == 1:
				who, which = "its process", "it"
			case alive == all:
				which = "all of them"
			}
			return append(notes, fmt.Sprintf("%s had ended, so there was nothing of that at the end of the recording: --at %ss shows %s", who, clock.TimeText(at), which))
		}
	}
	return append(notes, "there was nothing of that at the end of the recording: --at shows an earlier moment")
}

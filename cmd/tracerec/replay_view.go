package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/replay"
)

// viewNames are what may follow FILE.
func viewNames() (names []string) {
	for _, v := range replay.Views {
		names = append(names, v.Name)
	}
	return names
}

// viewsHelp is a line for each view.
func viewsHelp() string {
	var b strings.Builder
	for _, v := range replay.Views {
		fmt.Fprintf(&b, "  %-9s %s\n", v.Name, v.Doc)
	}
	return b.String()
}

// runView writes a list of what there was at a moment: at the end, when none is said.
func runView(out, talk io.Writer, r *format.Reader, view string, o replay.Options) error {
	if !slices.Contains(viewNames(), view) {
		return fmt.Errorf("%q is no view of a recording: %s", view, strings.Join(viewNames(), ", "))
	}
	src := replaySource(r)
	at := int64(math.MaxInt64)
	if o.At != nil {
		if err := replay.Inside(src, *o.At, "at"); err != nil {
			return err
		}
		at = *o.At
	}
	s, err := replay.FoldTo(src, at, nil, nil)
	var damage *replay.Damage
	if err != nil && !errors.As(err, &damage) {
		return err
	}
	for _, note := range s.Missing() {
		fmt.Fprintf(talk, "tracerec: note: %s\n", note)
	}
	for _, note := range s.MissingOpen(r.Header()) {
		fmt.Fprintf(talk, "tracerec: note: %s\n", note)
	}
	if at == math.MaxInt64 {
		_, at = s.Span()
	}
	if err := replay.List(out, s, replay.ViewOptions{View: view, At: at, PID: o.PID, JSON: o.JSON, Show: o.Show}); err != nil {
		return err
	}
	return tellState(talk, r, damage)
}

package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// writeColumns aligns cells below each other. A column whose header begins
// with ">" stands to the right; the last one is wrapped to 80 columns.
func writeColumns(out io.Writer, header []string, rows [][]string) {
	right := make([]bool, len(header))
	widths := make([]int, len(header))
	for i, name := range header {
		header[i], right[i] = strings.CutPrefix(name, ">")
		widths[i] = utf8.RuneCountInString(header[i])
	}
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	last := len(header) - 1
	room := 80
	for _, w := range widths[:last] {
		room -= w + 2
	}
	for _, row := range append([][]string{header}, rows...) {
		lines := []string{row[last]}
		if !right[last] {
			lines = wrap(row[last], max(room, 24))
		}
		for n, line := range lines {
			text := ""
			for i, cell := range row {
				switch {
				case i == last:
					cell = line
				case n > 0:
					cell = ""
				}
				pad := strings.Repeat(" ", max(widths[i]-utf8.RuneCountInString(cell), 0))
				if right[i] {
					text += pad + cell + "  "
				} else {
					text += cell + pad + "  "
				}
			}
			fmt.Fprintln(out, strings.TrimRight(text, " "))
		}
	}
}

// CutPrefix on the header changes it, so tables are built anew each time.
func writeCounts(out io.Writer, what string, counts []countOf) {
	rows := make([][]string, 0, len(counts))
	for _, c := range counts {
		failed := ""
		if c.Failed > 0 {
			failed = humanize.Comma(int64(c.Failed))
		}
		rows = append(rows, []string{fmt.Sprintf("%-20s", c.Name), humanize.Comma(int64(c.Count)), failed})
	}
	writeColumns(out, []string{what, ">     rows", ">  failed"}, rows)
}

// manyHooks is from how many on hooks of one type that are not there for one
// reason are one line.
const manyHooks = 4

// writeManifest says of each hook what came of it: what a recording cannot
// show depends on it.
func writeManifest(out io.Writer, manifest []format.Witness) {
	type absence struct{ hook, state, why string }
	of := func(w *format.Witness) absence {
		kind, _, _ := strings.Cut(w.Hook, "/")
		return absence{kind, string(w.State), w.Why}
	}
	absent := map[absence]int{}
	for i := range manifest {
		if manifest[i].State != format.WitnessActive {
			absent[of(&manifest[i])]++
		}
	}
	rows := make([][]string, 0, len(manifest))
	for i := range manifest {
		w := &manifest[i]
		event, hook, why := show.Escape([]byte(w.Event)), show.Escape([]byte(w.Hook)), show.Escape([]byte(w.Why))
		if why == "" && w.Hits > 0 {
			why = show.Count(w.Hits, "hit") + " in the self-test"
		}
		if n := absent[of(w)]; w.State != format.WitnessActive && n >= manyHooks {
			continue
		}
		rows = append(rows, []string{event, hook, show.Escape([]byte(w.State)), why})
	}
	for i := range manifest {
		what := of(&manifest[i])
		if n := absent[what]; n >= manyHooks {
			rows = append(rows, []string{fmt.Sprintf("%d events", n), show.Escape([]byte(what.hook)) + "/…", show.Escape([]byte(what.state)), strings.TrimPrefix(show.Escape([]byte(what.why))+"; --json names them", "; ")})
			delete(absent, what)
		}
	}
	writeColumns(out, []string{"witness", "hook", "state", "why"}, rows)
}

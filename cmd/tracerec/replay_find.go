package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/replay"
)

// marksWorth is up to how many rows a file is analyzed to mark its findings
// without being asked: analysis takes as long as replay.
const marksWorth = 2 << 20

// findMarks analyzes a file: replay itself knows nothing of findings.
func findMarks(talk io.Writer, r *format.Reader, flags *replayFlags) ([]replay.Mark, error) {
	if flags.around == "" && flags.findings == "never" || r.Path() == "" {
		return nil, nil
	}
	if flags.around == "" && flags.findings == "auto" && r.Rows() > marksWorth {
		fmt.Fprintf(talk, "tracerec: note: findings are not marked in a file this large: --findings always\n")
		return nil, nil
	}
	var marks []replay.Mark
	read := func() {}
	opts := analyze.Options{Opened: func(files ...*format.Reader) { read = watchReading(talk, files...) }}
	_, err := analyze.File(r.Path(), opts, func(f *analyze.Finding) {
		what := strings.TrimSpace(f.Syscall + " " + f.Argument)
		rule := f.Rule
		if rule == "" {
			rule = f.Verdict.String()
		}
		marks = append(marks, replay.Mark{
			Seq: f.Seq, At: f.Boottime, PID: f.PID, ID: f.ID, Severity: f.Severity.String(), Rank: int(f.Severity),
			Title: strings.TrimSpace(rule + " " + what),
		})
	})
	read()
	if err != nil {
		fmt.Fprintf(talk, "tracerec: note: findings are not marked: %v\n", err)
		return nil, nil
	}
	return marks, nil
}

// around is the time about a finding, by its id or the beginning of it.
func around(marks []replay.Mark, id string, within time.Duration) (from, to int64, err error) {
	var found *replay.Mark
	for i := range marks {
		if !strings.HasPrefix(marks[i].ID, id) {
			continue
		}
		if found != nil && found.ID != marks[i].ID {
			return 0, 0, fmt.Errorf("--around %s: several findings begin so: %s, %s", id, found.ID, marks[i].ID)
		}
		found = &marks[i]
	}
	if found == nil {
		return 0, 0, fmt.Errorf("--around %s: no such finding: analyze lists those there are", id)
	}
	return found.At - int64(within), found.At + int64(within), nil
}

// parseSpeed reads 1x, 10x, 0.5x or max, which is 0.
func parseSpeed(text string) (float64, error) {
	if text == "max" {
		return 0, nil
	}
	var speed float64
	number, ok := strings.CutSuffix(text, "x")
	if n, err := fmt.Sscanf(number, "%g", &speed); !ok || n != 1 || err != nil || speed <= 0 || speed > 1e9 {
		return 0, fmt.Errorf("--speed %q: use 1x, 10x, 0.5x… or max", text)
	}
	return speed, nil
}

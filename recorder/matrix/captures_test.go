//go:build linux

package matrix_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/recorder/drill"
)

// TestCaptures compares the captures of testdata/captures, call by call, with what their
// races found out about themselves while they were recorded.
func TestCaptures(t *testing.T) {
	truths, err := filepath.Glob("../../testdata/captures/*.truth.jsonl")
	if err != nil || len(truths) < 9 {
		t.Fatal(len(truths), err)
	}
	for _, truth := range truths {
		name := strings.TrimSuffix(filepath.Base(truth), ".truth.jsonl")
		if name == "benign" || name == "io-uring" || name == "copies" {
			continue // no first copy of them lies, which compareTruth demands: expect.yaml says what is found in them
		}
		t.Run(name, func(t *testing.T) {
			r, err := format.Open(strings.TrimSuffix(truth, ".truth.jsonl") + ".trc")
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			verdicts := make(map[argument]analyze.Verdict)
			if _, err := analyze.Reader(r, analyze.Options{Analyses: []string{"toctou"}, Verdicts: []analyze.Verdict{analyze.Divergent}}, func(f *analyze.Finding) {
				if f.Verdict == analyze.Divergent {
					verdicts[argument{drill.CallKey{TID: f.TID, Start: f.Start, Call: f.Call}, f.Slot}] = f.Verdict
				}
			}); err != nil {
				t.Fatal(err)
			}
			compareTruth(t, r, truth, verdicts)
		})
	}
}

package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestDrillVerdicts wants one order whatever the counts are.
func TestDrillVerdicts(t *testing.T) {
	var out bytes.Buffer
	printDrill(&out, []drillResult{
		{Case: "a", Syscall: "openat", Argument: "filename", Verdicts: map[string]uint64{"consistent": 9, "inconclusive": 1, "divergent": 10, "post-use-change": 1200}, Seen: 6, Agree: 5},
		{Case: "b", Syscall: "openat", Argument: "filename", Verdicts: map[string]uint64{"consistent": 1, "divergent": 9, "post-use-change": 3}},
		{Case: "c", Syscall: "openat", Argument: "filename"},
	})
	for _, want := range []string{
		"10 divergent, 1,200 post-use-change, 1 inconclusive, 9 consistent  5 of 6\n",
		"9 divergent, 3 post-use-change, 1 consistent                       -\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s\nlacks %q", out.String(), want)
		}
	}
}

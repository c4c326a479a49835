package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A trace for Perfetto has every finding that analyze lists of a call, as a slice
// that an arrow leads to from the call; and arrows from calls of others that
// could have written there.
func TestExportChromeFindings(t *testing.T) {
	const trace = "../../testdata/traces/drill.trc"
	out := filepath.Join(t.TempDir(), "drill.json")
	root := newRoot()
	root.SetArgs([]string{"export", "--format", "chrome", "-o", out, trace})
	if code := run(root); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	type event struct {
		Name, Cat, Ph string
		TS, Dur       float64
		ID            int
		PID, TID      int
		Args          map[string]any
	}
	var file struct{ TraceEvents []event }
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	type thread struct{ pid, tid int }
	slices, begins, drawn := map[thread][]event{}, map[int]event{}, map[any]event{}
	for _, e := range file.TraceEvents {
		switch e.Ph {
		case "X":
			slices[thread{e.PID, e.TID}] = append(slices[thread{e.PID, e.TID}], e)
			if e.Cat == "finding" {
				drawn[e.Args["id"]] = e
			}
		case "s":
			begins[e.ID] = e
		}
	}
	at := func(e event) (found []event) {
		for _, s := range slices[thread{e.PID, e.TID}] {
			if s.TS <= e.TS && e.TS <= s.TS+s.Dur+0.001 {
				found = append(found, s)
			}
		}
		return found
	}
	led, foreign := map[any]bool{}, 0
	for _, e := range file.TraceEvents {
		if e.Ph != "f" || e.Cat == "fork" {
			continue
		}
		from, ok := begins[e.ID]
		if !ok || len(at(from)) == 0 || len(at(e)) == 0 {
			t.Fatalf("arrow %+v from %+v: an end is at no slice", e, from)
		}
		if e.Cat != "finding" && from.TID != e.TID {
			foreign++
		}
		for _, s := range at(e) {
			led[s.Args["id"]] = true
		}
	}
	_, text := analyzeWith("--json", trace)
	type finding struct {
		Type, ID, Syscall string
	}
	var findings []finding
	for line := range strings.Lines(text) {
		var f finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		if f.Type == "finding" {
			findings = append(findings, f)
		}
	}
	if len(findings) < 50 || foreign == 0 {
		t.Errorf("%d findings, %d arrows from other threads", len(findings), foreign)
	}
	for _, f := range findings {
		if _, ok := drawn[f.ID]; !ok {
			t.Errorf("finding %s of %s is not drawn", f.ID, f.Syscall)
		}
		// What io_uring does is no call: there is nothing that an arrow could begin at.
		if f.Syscall != "" && f.Syscall != "io_uring_enter" && !led[f.ID] {
			t.Errorf("no arrow leads to finding %s of %s", f.ID, f.Syscall)
		}
	}
}

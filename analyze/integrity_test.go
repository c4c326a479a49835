package analyze

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

var activeManifest = []format.Witness{
	{Event: "file_open", Hook: "lsm/file_open", Rung: lsm, State: format.WitnessActive},
	{Event: "putname", Hook: "raw_tp/kmem_cache_free", Rung: putname, State: format.WitnessActive},
}

// opens adds n opens that witnesses saw.
func (t *trace) opens(n int, rungs format.Rung) {
	for k := range n {
		t.open(fmt.Sprintf("/tmp/%d", k), rungs).object("")
	}
}

// TestIntegrityRules has a trace for every rule, and for what looks like it.
func TestIntegrityRules(t *testing.T) {
	untested := map[string]bool{}
	for _, r := range IntegrityRules {
		untested[r.Name] = true
	}
	for name, c := range map[string]struct {
		make   func(*trace)
		totals *format.Totals
		want   string // rules, and parts of the reason
	}{
		"nothing":            {func(t *trace) { t.opens(100, lsm|putname) }, &format.Totals{Seen: 100, Read: 100}, ""},
		"fell-silent":        {func(t *trace) { t.opens(50, lsm|putname); t.opens(40, putname) }, nil, "fell-silent: hook of openat.pathname saw 50 calls, then none of the last 40"},
		"silent for a while": {func(t *trace) { t.opens(50, lsm|putname); t.opens(40, putname); t.opens(1, lsm|putname) }, nil, ""},
		"silent where calls fail": {func(t *trace) {
			t.opens(50, lsm|putname)
			for range 50 {
				t.open("/tmp/x", putname).set(format.ColRet, ^uint64(1))
			}
		}, nil, ""},
		"O_PATH opens nothing": {func(t *trace) {
			t.opens(50, lsm|putname)
			for range 50 {
				t.open("/tmp/x", putname).set(format.ColArg2, oPath)
			}
		}, nil, ""},
		"never-fired":     {func(t *trace) { t.opens(50, putname) }, nil, "never-fired: hook of openat.pathname saw none of 50 calls"},
		"missing-witness": {func(t *trace) { t.opens(5, lsm|putname); t.open("/tmp/x", 0).kernelIs(0, format.ViewNone) }, nil, "missing-witness: 1 call of openat.pathname"},
		"missing, but lost": {func(t *trace) {
			t.opens(5, lsm|putname)
			t.open("/tmp/x", 0).kernelIs(0, format.ViewNone)
			t.row(format.EventLost).set(format.ColArg1, uint64(format.ClassWitness)).set(format.ColArg2, 1)
		}, nil, ""},
		"an empty name": {func(t *trace) { t.open("", 0).kernelIs(0, format.ViewNone) }, nil, ""},
		"time-back":     {func(t *trace) { t.opens(2, lsm|putname); t.now -= 20e9; t.opens(1, lsm|putname) }, nil, "time-back: rows say that time went back"},
		"a call that took long": {func(t *trace) {
			t.opens(2, lsm|putname)
			t.open("/tmp/x", lsm|putname).set(format.ColTime, uint64(t.now-20e9)).set(format.ColDuration, 20e9)
		}, nil, ""},
		"clock-step": {func(t *trace) {
			r := t.row(format.EventClock)
			r.set(format.ColArg0, uint64(t.now+t.header.Clock.Realtime))
			r = t.row(format.EventClock)
			r.set(format.ColArg0, uint64(t.now+t.header.Clock.Realtime+3600e9))
		}, nil, "clock-step: 1h00m"},
		"loss-mismatch": {func(t *trace) {
			t.row(format.EventLost).set(format.ColArg2, 5).set(format.ColArg3, 10).set(format.ColArg4, 12)
		}, nil, "loss-mismatch: 5 records"},
		"a loss that adds up": {func(t *trace) {
			t.row(format.EventLost).set(format.ColArg2, 2).set(format.ColArg3, 10).set(format.ColArg4, 12)
		}, nil, ""},
		"row-gap":            {func(t *trace) { t.b.Seq = 40; t.opens(2, lsm|putname) }, nil, "row-gap: rows 0 to 39"},
		"detach":             {func(t *trace) { t.begin().call("bpf", 0).set(format.ColArg0, 34) }, nil, "detach: BPF_LINK_DETACH"},
		"bpf, but no detach": {func(t *trace) { t.begin().call("bpf", 3).set(format.ColArg0, 5) }, nil, ""},
		"skipped-runs":       {func(t *trace) { t.opens(1, lsm|putname) }, &format.Totals{Missed: 3}, "skipped-runs: 3 runs"},
		"skipped-runs explain": {func(t *trace) { t.opens(5, lsm|putname); t.open("/tmp/x", 0).kernelIs(0, format.ViewNone) }, &format.Totals{Missed: 3},
			"skipped-runs: 3 runs; 1 call succeeded without a witness"},
		"more than skipped runs": {func(t *trace) {
			t.opens(5, lsm|putname)
			for range 4 {
				t.open("/tmp/x", 0).kernelIs(0, format.ViewNone)
			}
		}, &format.Totals{Missed: 3}, "missing-witness: 4 calls of openat.pathname"},
		"totals-mismatch": {func(t *trace) { t.opens(1, lsm|putname) }, &format.Totals{Seen: 9, Read: 7, Lost: 1}, "totals-mismatch: 7 records were read and 1 lost"},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTrace()
			tr.header.Manifest = activeManifest
			c.make(tr)
			losses := NewLosses()
			losses.Fold(tr.b)
			var found []*Finding
			s, err := NewSession(tr.header, losses, Options{Analyses: []string{"integrity"}}, func(f *Finding) { found = append(found, f) })
			if err != nil {
				t.Fatal(err)
			}
			s.Fold(tr.b)
			s.totals = c.totals
			s.Finish(nil, nil)
			rule, part, _ := strings.Cut(c.want, ": ")
			delete(untested, rule)
			switch {
			case c.want == "" && len(found) == 0:
			case len(found) == 0, len(found) > 1 && found[1].Rule != "skipped-runs":
				t.Errorf("%v, want %q", found, c.want)
			case found[0].Rule != rule || !strings.Contains(found[0].Reason, part) || found[0].Verdict != Tampering || found[0].ID == "":
				t.Errorf("%s %s, want %s", found[0].Rule, found[0], c.want)
			}
		})
	}
	seg := func(n int, previous, hash string) SegmentFile {
		return SegmentFile{File: fmt.Sprint("s", n), ID: "first", Hash: hash, Segment: &format.Segment{Recording: "first", Number: n, Previous: previous}}
	}
	for _, c := range []struct {
		files []SegmentFile
		want  []string
	}{
		{[]SegmentFile{seg(0, "", "a"), seg(2, "b", "c"), seg(1, "a", "b"), {File: "other"}}, nil},
		{[]SegmentFile{seg(2, "b", "c"), seg(0, "", "a")}, []string{"missing-segment"}},
		{[]SegmentFile{seg(0, "", "a"), seg(1, "x", "b")}, []string{"segment-mismatch"}},
		{[]SegmentFile{seg(4, "", "a"), seg(5, "a", "b")}, nil},
	} {
		var got []string
		for _, f := range CheckSegments(c.files) {
			got = append(got, f.Rule)
			delete(untested, f.Rule)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.files, got, c.want)
		}
	}
	for rule := range untested {
		t.Errorf("no test of rule %s", rule)
	}
}

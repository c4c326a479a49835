//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/recorder"
)

// diagnosis is the doctor's answer.
type diagnosis = recorder.Diagnosis

type status int

const (
	passed status = iota
	failed
	skipped
)

// check is one thing that was looked at in a boot.
type check struct {
	what   string
	status status
	why    string
}

func (b *boot) pass(what string) { b.checks = append(b.checks, check{what, passed, ""}) }
func (b *boot) fail(what, format string, args ...any) {
	b.checks = append(b.checks, check{what, failed, fmt.Sprintf(format, args...)})
}
func (b *boot) skip(what, why string) { b.checks = append(b.checks, check{what, skipped, why}) }

// expect passes, or fails with the reason.
func (b *boot) expect(ok bool, what, format string, args ...any) {
	if ok {
		b.pass(what)
	} else {
		b.fail(what, format, args...)
	}
}

func (b *boot) judge() {
	if b.err != nil {
		b.fail("boot", "%v", b.err)
		return
	}
	b.pass("boot")
	if b.mode == confidentiality {
		b.judgeRefused()
		return
	}
	for _, name := range []string{"drill", "hooks", "fentry", "kprobe", "benign", "host"} {
		if b.steps[name] == nil {
			continue
		}
		rec, err := read(filepath.Join(b.dir, name+".trc"))
		if err != nil {
			s := b.steps[name]
			b.fail(name+" is recorded", "%v; exit code %d: %s", err, s.Code, lastLines(s.Stderr, 3))
			continue
		}
		b.traces[name] = rec
		b.numbers.lost += rec.coverage.Lost.Total
		if rec.totals != nil {
			b.numbers.missed += rec.totals.Missed
			what := name + ": the kernel ran every program"
			if why, ok := b.designed("skipped runs"); ok && rec.totals.Missed > 0 {
				b.skip(what, why)
			} else {
				b.expect(rec.totals.Missed == 0, what, "it skipped %d runs", rec.totals.Missed)
			}
		}
	}
	for _, name := range []string{"drill", "hooks", "fentry", "kprobe"} {
		if s := b.steps[name]; s != nil && s.Again != nil {
			if rec, err := read(filepath.Join(b.dir, name+"-again.trc")); err == nil {
				b.traces[name+"-again"] = rec
			}
		}
	}
	b.judgeDoctor()
	b.judgeLSM()
	for _, name := range []string{"drill", "hooks", "fentry", "kprobe"} {
		if b.traces[name] != nil {
			b.judgeDrill(b.steps[name])
		}
	}
	if b.mode != "" { // the same kernel proves its hooks without it
		return
	}
	// One race may lack luck; if all do, something is wrong with the racing.
	b.expect(b.numbers.won > 0, "some race was won", "none of %d was", b.numbers.races)
	b.judgeHooks()
	b.judgeBenign()
	b.judgeHost()
	b.judgeClock()
	b.judgePower("hotplug", hotplugCPUs())
	b.judgePower("suspend", []uint16{0, 0})
	b.judgeEvents()
}

// judgeDoctor compares what the doctor promised with the manifests.
func (b *boot) judgeDoctor() {
	s := b.steps["doctor"]
	if err := json.Unmarshal([]byte(s.Stdout), &b.doctor); err != nil || s.Code != 0 || !b.doctor.CanRecord {
		b.fail("doctor: recording is possible", "exit code %d, %v: %s %s", s.Code, err, b.doctor.Why, lastLines(s.Stderr, 3))
		return
	}
	b.pass("doctor: recording is possible")
	if b.mode != "" {
		return
	}
	if rec := b.traces["benign"]; rec != nil { // a drill tries fewer hooks, host more
		err := sameStates(b.doctor.Witnesses, rec.header.Manifest)
		b.expect(err == nil, "doctor and the manifest of benign agree", "%v", err)
	}
}

// judgeLSM checks what stands for the lsm hooks where bpf is not in lsm=: with
// the list of LSMs known they are not tried, without it the self-test finds
// that they are silent, and either way fentry takes their place.
func (b *boot) judgeLSM() {
	if b.lsm {
		return
	}
	lists := map[string][]format.Witness{"doctor": b.doctor.Witnesses}
	want := map[string]format.WitnessState{"doctor": format.WitnessMissing, "doctor without securityfs": format.WitnessSilent}
	if s := b.steps["blind"]; s != nil {
		var d diagnosis
		if err := json.Unmarshal([]byte(s.Stdout), &d); err != nil {
			b.fail("doctor without securityfs", "exit code %d, %v: %s", s.Code, err, lastLines(s.Stderr, 3))
			return
		}
		lists["doctor without securityfs"] = d.Witnesses
	}
	for _, who := range slices.Sorted(maps.Keys(lists)) {
		for _, w := range lists[who] {
			if why, ok := b.designed("event " + w.Event); ok && w.State == format.WitnessRefused {
				b.skip(who+": "+w.Hook, why)
				continue
			}
			switch w.Rung {
			case format.RungLSM:
				b.expect(w.State == want[who], who+": "+w.Hook+" is "+string(want[who]), "it is %s (%s)", w.State, w.Why)
			case format.RungFentry:
				ok := w.State == format.WitnessActive || w.State == format.WitnessUntried && selectable(w.Event)
				b.expect(ok, who+": "+w.Hook+" takes its place", "it is %s (%s)", w.State, w.Why)
			}
		}
	}
}

func sameStates(doctor, manifest []format.Witness) error {
	var errs []error
	if len(doctor) != len(manifest) {
		errs = append(errs, fmt.Errorf("the doctor knows %d hooks, the manifest %d", len(doctor), len(manifest)))
	}
	for i := range min(len(doctor), len(manifest)) {
		if d, m := doctor[i], manifest[i]; d.Event != m.Event || d.Hook != m.Hook || d.State != m.State {
			errs = append(errs, fmt.Errorf("%s %s is %s to the doctor, %s %s is %s in the manifest", d.Event, d.Hook, d.State, m.Event, m.Hook, m.State))
		}
	}
	return errors.Join(errs...)
}

func (b *boot) judgeBenign() {
	rec, s := b.traces["benign"], b.steps["benign"]
	if rec == nil {
		return
	}
	for line := range strings.Lines(s.Stdout) {
		word, lookalike, _ := strings.Cut(strings.TrimSpace(line), " ")
		why, designed := b.designed("lookalike " + lookalike)
		switch {
		case word == "skip" && designed:
			b.skip("benign: "+lookalike, why)
		case word == "skip":
			b.skip("benign: "+lookalike, "it says that this kernel cannot run it: "+firstSkip(s.Stderr))
		case word != "ok":
			b.fail("benign: "+lookalike, "%s: %s", word, lastLines(s.Stderr, 3))
		}
	}
	n := &b.numbers
	n.benign, n.benignRows = rec.coverage.Compared(), rec.coverage.Rows
	n.divergent = rec.all(analyze.Divergent)
	n.agree, n.disagree = rec.both, rec.differ
	b.expect(s.Code == 0, "benign: all its cases end well", "exit code %d", s.Code)
	b.expect(n.benign > 0, "benign: arguments are compared", "none was")
	b.expect(n.divergent == 0, "benign: no argument is divergent", "%s", rec.told())
	b.expect(rec.all(analyze.MultipleCopies) == 0, "benign: no argument has several copies", "%s", rec.told())
	b.expect(rec.coverage.At(analyze.Medium) == 0, "benign: nothing at or above medium", "%v", rec.coverage.Rated)
	b.expect(rec.state == format.Sealed, "benign: the file is sealed", "%v: %v", rec.state, rec.why)
	what := "benign: hooks and putname see the same"
	if why, ok := b.designed("agreement"); ok && n.agree == 0 {
		b.skip(what, why)
	} else {
		b.expect(n.agree > 0 && n.disagree == 0, what, "%d arguments alike, %d not", n.agree, n.disagree)
	}
}

// firstSkip is the first reason that the lookalikes gave for a skip.
func firstSkip(stderr string) string {
	for line := range strings.Lines(stderr) {
		if why, ok := strings.CutPrefix(line, "skip: "); ok {
			return strings.TrimSpace(why)
		}
	}
	return "no reason given"
}

// all counts a verdict over all arguments, verdicts over one.
func (rec *recording) all(v analyze.Verdict) (n uint64) {
	for i := range rec.coverage.Arguments {
		n += rec.coverage.Arguments[i].Verdicts[v]
	}
	return n
}

func (rec *recording) verdicts(syscall, argument string, v analyze.Verdict) (n uint64) {
	for i := range rec.coverage.Arguments {
		if a := &rec.coverage.Arguments[i]; a.Syscall == syscall && a.Argument == argument {
			n += a.Verdicts[v]
		}
	}
	return n
}

// told are the first findings, for a failure.
func (rec *recording) told() string {
	var parts []string
	for _, f := range rec.findings[:min(3, len(rec.findings))] {
		parts = append(parts, fmt.Sprintf("%s %s.%s of %s (%d): enter %q, kernel %q, %v: %s",
			f.Verdict, f.Syscall, f.Argument, f.Comm, f.PID, short(f.Enter.Bytes), short(f.Kernel.Bytes), f.Witness, f.Reason))
	}
	return fmt.Sprintf("%d findings: %s", len(rec.findings), strings.Join(parts, "; "))
}

// short keeps a long value from filling the screen.
func short(v []byte) string {
	const most = 64
	if len(v) > most {
		return fmt.Sprintf("%s… (%d bytes)", v[:most], len(v))
	}
	return string(v)
}

func (b *boot) judgeHost() {
	rec, s := b.traces["host"], b.steps["host"]
	if rec == nil {
		return
	}
	b.numbers.hostRows = rec.coverage.Rows
	b.expect(s.Code == 0, "host: recording ends well when interrupted", "exit code %d: %s", s.Code, lastLines(s.Stderr, 3))
	b.expect(rec.state == format.Sealed && rec.header.Scope.Kind == "host", "host: the file is sealed", "%v: %v, scope %q", rec.state, rec.why, rec.header.Scope.Kind)
	b.expect(rec.tasks > 0, "host: the processes that were there are told", "no task rows")
	programs := map[string]bool{}
	for _, comm := range rec.processes {
		programs[comm] = true
	}
	b.expect(programs["lookalikes"] && len(programs) > 1, "host: calls of several programs are recorded", "only of %v", programs)
	b.expect(rec.all(analyze.Divergent) == 0 && rec.all(analyze.MultipleCopies) == 0, "host: no argument is divergent", "%s", rec.told())
}

// selectable says that an event is recorded only when it is selected. The
// self-test does not provoke each of those: some stay untested.
func selectable(event string) bool {
	return slices.ContainsFunc(format.Events[:], func(e format.Event) bool { return e.Name == event && e.Groups != 0 })
}

// judgeEvents looks at what could be selected, which is all recorded of the host: each
// event that is not always recorded has a hook in use, or a reason why not
// that is the kernel's age or its configuration, never a program's fault.
func (b *boot) judgeEvents() {
	rec := b.traces["host"]
	if rec == nil {
		return
	}
	seen := 0
	for _, w := range rec.header.Manifest {
		if !selectable(w.Event) {
			continue
		}
		what := "events: " + w.Event + " by " + w.Hook
		switch w.State {
		case format.WitnessActive, format.WitnessUntried:
			seen++
			b.pass(what)
		case format.WitnessMissing, format.WitnessUnused:
			b.skip(what, w.Why)
		default:
			if why, ok := b.designed("event " + w.Event); ok {
				b.skip(what, why)
				continue
			}
			b.fail(what, "%s: %s", w.State, w.Why)
		}
	}
	b.expect(seen > 0, "events: hooks of selected events are in use", "none is")
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], " | ")
}

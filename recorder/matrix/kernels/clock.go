//go:build linux

package main

import (
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/recorder/matrix/wire"
)

// clockStep records a program that sets the wall clock.
func clockStep() wire.Step {
	return wire.Step{
		Name: "clock", Timeout: stepTime, Dirs: []string{"/tmp/clock"},
		Argv: []string{"/bin/tracerec", "record", "-e", "openat", "-o", traceOf("clock"), "--", "/bin/guest", "clock", "/tmp/clock"},
	}
}

// judgeClock expects of that recording that each step is told, in the file, by the
// analysis and by the recorder, and that nothing else is: times and order are by
// the boot clock.
func (b *boot) judgeClock() {
	s := b.steps["clock"]
	if s == nil {
		return
	}
	r, err := format.Open(filepath.Join(b.dir, "clock.trc"))
	if err != nil {
		b.fail("clock: is recorded", "%v; exit code %d: %s", err, s.Code, lastLines(s.Stderr, 3))
		return
	}
	defer r.Close()
	state, why := r.State()
	b.expect(s.Code == 0 && state == format.Sealed, "clock: is recorded", "exit code %d, %v: %v: %s", s.Code, state, why, lastLines(s.Stderr, 3))

	steps, marks, err := clockRows(r)
	if err != nil {
		b.fail("clock: is read", "%v", err)
		return
	}
	ok := len(steps) == len(wire.ClockSteps)
	for i := range min(len(steps), len(wire.ClockSteps)) {
		ok = ok && (steps[i]-wire.ClockSteps[i]).Abs() < time.Minute
	}
	b.expect(ok, "clock: each step is in the file", "%v, want about %v", steps, wire.ClockSteps)

	// The program's own order, at the pace of a clock that nobody sets.
	var last int64
	for i := 0; i <= len(wire.ClockSteps); i++ {
		m := marks[wire.ClockMark(i)]
		pause := time.Duration(m.last - m.first)
		if ok = m.n > 0 && m.first > last && pause < time.Hour/2; !ok {
			b.fail("clock: times go on", "%s is looked for %d times, from %d to %d, after %d", wire.ClockMark(i), m.n, m.first, m.last, last)
			break
		}
		last = m.last
	}
	if ok {
		b.pass("clock: times go on")
	}

	rules := map[string]int{}
	_, err = analyze.Reader(r, analyze.Options{Analyses: []string{"integrity"}, Only: true, Verdicts: []analyze.Verdict{analyze.Tampering}}, func(f *analyze.Finding) {
		rules[f.Rule]++
	})
	b.expect(err == nil && rules["clock-step"] == len(wire.ClockSteps) && rules["time-back"] == 0, "clock: analysis tells it", "%v, findings %v", err, rules)
	said := strings.Count(s.Stderr, "the wall clock was set")
	b.expect(said == len(wire.ClockSteps), "clock: the recorder says it", "%d times: %s", said, lastLines(s.Stderr, 5))
}

// mark is when a file was looked for, ns since boot, and on which processors.
type mark struct {
	n               int
	first, last     int64
	lowest, highest uint16
}

// clockRows are the steps of the wall clock that a recording tells, and when it
// has files looked for (wire.ClockMark, wire.PowerMark).
func clockRows(r *format.Reader) (steps []time.Duration, marks map[string]mark, err error) {
	h := r.Header()
	offset := h.Clock.Realtime - h.Clock.Boottime
	marks = map[string]mark{}
	for b, err := range r.Blocks(format.ReadOptions{Verify: true}) {
		if err != nil {
			return nil, nil, err
		}
		for i := range b.N {
			at := b.I64[format.ColTime][i]
			switch format.EventID(b.U16[format.ColEvent][i]) {
			case format.EventClock:
				now := int64(b.U64[format.ColArg0][i]) - at
				steps, offset = append(steps, time.Duration(now-offset)), now
			case format.EventSyscall:
				name := path.Base(string(b.Value(format.ColAEnter, i)))
				m := marks[name]
				cpu := b.U16[format.ColCPU][i]
				if m.n++; m.n == 1 {
					m.first, m.lowest = at, cpu
				}
				m.last, m.lowest, m.highest = max(m.last, at), min(m.lowest, cpu), max(m.highest, cpu)
				marks[name] = m
			}
		}
	}
	return steps, marks, nil
}

//go:build linux

package main

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/verify"
	"github.com/tracerec/tracerec/recorder/matrix/wire"
)

// powerStep records a program that takes a processor away, or suspends the machine.
func powerStep(name string) wire.Step {
	return wire.Step{
		Name: name, Timeout: stepTime, Dirs: []string{"/tmp/" + name},
		Argv: []string{"/bin/tracerec", "record", "-e", "openat", "-o", traceOf(name), "--", "/bin/guest", name, "/tmp/" + name},
	}
}

// judgePower expects that nothing is missing: every call before and after each
// change is in the file, once, in order, and by the processor that it was made on.
func (b *boot) judgePower(name string, cpus []uint16) {
	s := b.steps[name]
	if s == nil {
		return
	}
	file := filepath.Join(b.dir, name+".trc")
	r, err := format.Open(file)
	if err != nil {
		b.fail(name+": is recorded", "%v; exit code %d: %s", err, s.Code, lastLines(s.Stderr, 3))
		return
	}
	defer r.Close()
	report, err := verify.File(r, file, nil)
	b.expect(err == nil && s.Code == 0 && report.Good(), name+": is recorded", "exit code %d, %v, %+v: %s", s.Code, err, report, lastLines(s.Stderr, 3))
	told, marks, err := clockRows(r)
	if err != nil {
		b.fail(name+": is read", "%v", err)
		return
	}
	ok, last := true, int64(0)
	for i, cpu := range cpus {
		m := marks[wire.PowerMark(i)]
		if m.n != wire.PowerOpens || m.first < last || m.lowest != cpu || m.highest != cpu {
			b.fail(name+": every call is there", "%s: %+v behind %d, want %d on processor %d", wire.PowerMark(i), m, last, wire.PowerOpens, cpu)
			ok = false
			break
		}
		last = m.last
	}
	if ok {
		b.pass(name + ": every call is there")
	}
	t := r.Totals()
	b.expect(t != nil && t.Lost == 0 && t.Missed == 0, name+": nothing is lost", "%+v", t)
	tampering := 0
	_, err = analyze.Reader(r, analyze.Options{Analyses: []string{"integrity"}, Only: true, Verdicts: []analyze.Verdict{analyze.Tampering}}, func(*analyze.Finding) { tampering++ })
	b.expect(err == nil && tampering == 0, name+": analysis finds nothing", "%v, %d findings", err, tampering)

	said := strings.Count(s.Stderr, "the machine was suspended")
	if name != "suspend" {
		b.expect(said == 0 && len(told) == 0, name+": no clock moved", "%v, said %d times: %s", told, said, lastLines(s.Stderr, 5))
		return
	}
	slept := time.Duration(marks[wire.PowerMark(1)].first - marks[wire.PowerMark(0)].last)
	b.expect(slept > wire.SuspendFor/2 && slept < time.Minute, name+": times go on", "%v, the machine slept for %v", slept, wire.SuspendFor)
	b.expect(said == 1 && len(told) == 1 && told[0].Abs() < 2*time.Second, name+": is told", "%d times, steps of the wall clock %v: %s", said, told, lastLines(s.Stderr, 5))
}

// hotplugCPUs are the processors of the marks of a hotplug step.
func hotplugCPUs() (cpus []uint16) {
	for range wire.HotplugRounds {
		cpus = append(cpus, 1, 0)
	}
	return cpus
}

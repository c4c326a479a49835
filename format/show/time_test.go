package show

import (
	"testing"
	"time"

	"github.com/tracerec/tracerec/format"
)

// A moment has its day and zone where it is wall time, and its unit where it is not.
func TestMoment(t *testing.T) {
	zone := time.FixedZone("HERE", 3*3600+1800)
	o := Options{Clock: format.Clock{Boottime: 5e9, Realtime: time.Date(2026, 11, 28, 22, 0, 0, 0, time.UTC).UnixNano()}, Start: 5e9, Zone: zone}
	const at = 6_000_001_000
	for _, want := range []struct {
		style         TimeStyle
		moment, clock string
	}{
		{TimeNS, "6000001000 ns", "6000001000"},
		{TimeRel, "at 1.000001 s", "1.000001"},
		{TimeLocal, "2026-11-29T01:30:01.000001+03:30", "01:30:01.000001"},
		{TimeUTC, "2026-11-28T22:00:01.000001Z", "22:00:01.000001Z"},
	} {
		o.Time = want.style
		if got := o.Moment(at); got != want.moment {
			t.Errorf("moment: %q, want %q", got, want.moment)
		}
		if got := o.TimeText(at); got != want.clock {
			t.Errorf("time: %q, want %q", got, want.clock)
		}
	}
	o.Time = TimeLocal
	if got := o.Date(at, time.DateTime); got != "2026-11-29 01:30:01 HERE" {
		t.Errorf("local date %q", got)
	}
	o.Time = TimeRel
	if got := o.Date(at, time.DateTime); got != "2026-11-28 22:00:01 UTC" {
		t.Errorf("date %q", got)
	}
}

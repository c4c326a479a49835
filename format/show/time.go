package show

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// TimeStyle is a way to show trace times.
type TimeStyle uint8

const (
	TimeNS    TimeStyle = iota // ns since boot, as recorded
	TimeRel                    // seconds since the recording began
	TimeLocal                  // wall clock, here
	TimeUTC                    // wall clock, UTC
)

// ParseTimeStyle reads the value of --time.
func ParseTimeStyle(s string) (TimeStyle, error) {
	switch s {
	case "rel":
		return TimeRel, nil
	case "local":
		return TimeLocal, nil
	case "utc":
		return TimeUTC, nil
	case "ns":
		return TimeNS, nil
	}
	return 0, fmt.Errorf("time style %q: use rel, local, utc or ns", s)
}

// Wall converts trace time to wall time.
func (o *Options) Wall(t int64) time.Time {
	return time.Unix(0, o.Clock.Realtime+t-o.Clock.Boottime)
}

// AppendTime appends a moment in the style of o.
func (o *Options) AppendTime(dst []byte, t int64) []byte {
	switch o.Time {
	case TimeRel:
		return appendSeconds(dst, t-o.Start)
	case TimeLocal:
		return o.Wall(t).In(o.zone()).AppendFormat(dst, "15:04:05.000000")
	case TimeUTC:
		return o.Wall(t).UTC().AppendFormat(dst, "15:04:05.000000Z")
	}
	return strconv.AppendInt(dst, t, 10)
}

func (o *Options) zone() *time.Location {
	if o.Zone == nil {
		return time.Local
	}
	return o.Zone
}

// Moment is a trace time for a line of its own: as AppendTime has it, but wall
// time with its day and zone (RFC 3339, µs), and the others with what they count.
func (o *Options) Moment(t int64) string {
	const layout = "2006-01-02T15:04:05.000000Z07:00"
	switch o.Time {
	case TimeLocal:
		return o.Wall(t).In(o.zone()).Format(layout)
	case TimeUTC:
		return o.Wall(t).UTC().Format(layout)
	case TimeRel:
		return "at " + string(appendSeconds(nil, t-o.Start)) + " s"
	}
	return strconv.FormatInt(t, 10) + " ns"
}

// Date is the wall time of a trace time, for headings: local time where times
// are shown so, else UTC.
func (o *Options) Date(t int64, layout string) string {
	if o.Time == TimeLocal {
		return o.Wall(t).In(o.zone()).Format(layout + " MST")
	}
	return o.Wall(t).UTC().Format(layout + " MST")
}

// AppendTimeAligned is AppendTime, padded so that the columns of lines
// stand below each other for up to 999 seconds.
func (o *Options) AppendTimeAligned(dst []byte, t int64) []byte {
	begin := len(dst)
	dst = o.AppendTime(dst, t)
	if o.Time != TimeRel {
		return dst
	}
	for len(dst)-begin < len("999.000000") {
		dst = slices.Insert(dst, begin, ' ')
	}
	return dst
}

// TimeText is AppendTime as a string.
func (o *Options) TimeText(t int64) string { return string(o.AppendTime(nil, t)) }

// appendSeconds appends ns as seconds with µs.
func appendSeconds(dst []byte, ns int64) []byte {
	sign := ""
	if ns < 0 {
		sign, ns = "-", -ns
	}
	us := ns / 1000
	dst = append(strconv.AppendInt(append(dst, sign...), us/1e6, 10), '.')
	for digit := int64(100000); digit > 0; digit /= 10 {
		dst = append(dst, byte('0'+us/digit%10))
	}
	return dst
}

// Duration returns ns with three digits: 12µs, 1.23ms, 45.6s, 3m20s, 5h02m.
func Duration(ns int64) string { return string(AppendDuration(nil, ns)) }

// AppendDuration appends Duration(ns).
func AppendDuration(dst []byte, ns int64) []byte {
	if ns < 0 {
		dst, ns = append(dst, '-'), -ns
	}
	switch {
	case ns < 1000:
		return append(strconv.AppendInt(dst, ns, 10), "ns"...)
	case ns < 999_500:
		return appendUnit(dst, ns, 1000, "µs")
	case ns < 999_500_000:
		return appendUnit(dst, ns, 1e6, "ms")
	case ns < 100e9:
		return appendUnit(dst, ns, 1e9, "s")
	case ns < 3600e9:
		return fmt.Appendf(dst, "%dm%02ds", ns/60e9, ns/1e9%60)
	}
	return fmt.Appendf(dst, "%dh%02dm", ns/3600e9, ns/60e9%60)
}

// appendUnit appends v/unit rounded to three digits, without final zeros.
func appendUnit(dst []byte, v, unit int64, name string) []byte {
	decimals := 2
	switch {
	case v >= 100*unit-unit/20:
		decimals = 0
	case v >= 10*unit-unit/200:
		decimals = 1
	}
	text := strconv.FormatFloat(float64(v)/float64(unit), 'f', decimals, 64)
	if decimals > 0 {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return append(append(dst, text...), name...)
}

// ParseTime reads a moment: an offset from Start ("1.5s", "-2ms"; a number
// alone is seconds), RFC 3339 wall time, or ns since boot ("123ns@boot", or a
// whole number too large to be seconds).
func (o *Options) ParseTime(s string) (int64, error) {
	text, boot := strings.CutSuffix(s, "ns@boot")
	if ns, err := strconv.ParseInt(text, 10, 64); err == nil && (boot || ns <= -1e9 || ns >= 1e9) {
		return ns, nil
	}
	if d, err := time.ParseDuration(strings.TrimPrefix(s, "+")); err == nil {
		return o.Start + int64(d), nil
	}
	if sec, err := strconv.ParseFloat(s, 64); err == nil && sec > -1e9 && sec < 1e9 {
		return o.Start + int64(sec*1e9), nil
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t.UnixNano() - o.Clock.Realtime + o.Clock.Boottime, nil
	}
	return 0, fmt.Errorf("time %q: use an offset from the start (1.5s), RFC 3339 (2026-01-02T15:04:05Z) or ns since boot (123ns@boot)", s)
}

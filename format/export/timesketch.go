package export

import (
	"io"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/field"
	"github.com/tracerec/tracerec/format/show"
)

// timesketchFields are beside what Timesketch demands; attributes of those
// names can be searched for there.
var timesketchFields = []string{
	"seq", "event", "syscall", "pid", "tid", "ppid", "uid", "gid", "comm", "ret", "errno", "duration", "path", "a_enter", "a_kernel", "b_enter", "b_kernel", "flags",
}

// newTimesketch writes the JSON Lines that Timesketch imports: message,
// datetime (ISO 8601, µs) and timestamp_desc are required, timestamp is µs
// since 1970.
func newTimesketch(w io.Writer, o *Options) (Writer, error) {
	fields := o.Fields
	if fields == nil {
		var err error
		if fields, err = field.Select(timesketchFields); err != nil {
			return nil, err
		}
	}
	var plain show.Options
	var text []byte
	return &lines{w: w, o: o, line: func(l *lines, r *field.Row) {
		plain = *r.O // of the row's host
		plain.Color, plain.Time = false, show.TimeUTC
		text = show.Row(text[:0], r.B, r.I, &plain)
		l.buf = append(l.buf, `{"message":`...)
		l.buf = show.AppendJSON(l.buf, text)
		wall := r.O.Wall(r.B.Int(format.ColTime, r.I)).UTC()
		l.buf = wall.AppendFormat(append(l.buf, `,"datetime":"`...), "2006-01-02T15:04:05.000000+00:00")
		l.buf = append(l.buf, `","timestamp":`...)
		l.buf = field.AppendText(l.buf, wall.UnixMicro())
		l.buf = append(l.buf, `,"timestamp_desc":`...)
		l.buf = show.AppendJSON(l.buf, []byte(describe(format.EventID(r.B.Int(format.ColEvent, r.I)))))
		l.buf = show.AppendJSON(append(l.buf, `,"hostname":`...), []byte(r.O.Host))
		for _, f := range fields {
			if v := f.Value(r); v != nil {
				l.buf = append(append(append(l.buf, `,"`...), f.Name...), `":`...)
				l.buf = appendJSON(l.buf, v)
			}
		}
		l.buf = append(l.buf, "}\n"...)
	}}, nil
}

// describe says what the time of an event is of.
func describe(e format.EventID) string {
	if int(e) >= len(format.Events) {
		return format.EventName(e)
	}
	for _, f := range format.Events[e].Fields {
		if f.Col == format.ColDuration {
			return format.Events[e].Name + " entered"
		}
	}
	return format.Events[e].Name
}

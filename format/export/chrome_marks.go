package export

import (
	"strconv"

	"github.com/tracerec/tracerec/format/show"
)

// laneBase makes lanes that no thread has: it is the kernel's PID_MAX_LIMIT
// (include/linux/threads.h), which tids stay below.
const laneBase = 4 << 20

// span is where a row lies.
type span struct {
	pid, tid        int64
	start, duration int64
	call            bool // it is drawn as a slice, which arrows can bind to
}

// marks writes what is to be pointed at: a slice in the lane below the thread, an
// arrow to it from the call, and one to the call from each row of others that bears on it.
func (c *chrome) marks(l *lines, marks []Mark, at span) {
	lane := laneBase + at.tid
	for n := range marks {
		m := &marks[n]
		if n == 0 {
			c.name(l, at.pid, lane, "findings of "+strconv.FormatInt(at.tid, 10))
		}
		c.begin(l)
		l.buf = append(l.buf, `{"name":`...)
		l.buf = show.AppendJSON(l.buf, []byte(m.Name))
		l.buf = append(l.buf, `,"cat":"finding","ph":"X","dur":`...)
		l.buf = micros(l.buf, max(at.duration, 1)) // a slice of no length cannot be clicked
		l.buf = micros(append(l.buf, `,"ts":`...), at.start)
		l.buf = strconv.AppendInt(append(l.buf, `,"pid":`...), at.pid, 10)
		l.buf = strconv.AppendInt(append(l.buf, `,"tid":`...), lane, 10)
		l.buf = append(l.buf, `,"args":{`...)
		for i, kv := range append([][2]string{{"id", m.ID}, {"severity", m.Severity}, {"finding", m.Title}, {"reason", m.Reason}}, m.Views...) {
			if i > 0 {
				l.buf = append(l.buf, ',')
			}
			l.buf = append(show.AppendJSON(l.buf, []byte(kv[0])), ':')
			l.buf = show.AppendJSON(l.buf, []byte(kv[1]))
		}
		l.buf = append(l.buf, "}}"...)
		if !at.call {
			continue
		}
		c.arrows++
		c.arrow(l, `s`, "finding", c.arrows, at.start, at.pid, at.tid)
		c.arrow(l, `f","bp":"e`, "finding", c.arrows, at.start, at.pid, lane)
		for _, o := range m.Others {
			c.arrows++
			c.arrow(l, `s`, o.Role, c.arrows, o.Boottime, int64(o.PID), int64(o.TID))
			c.arrow(l, `f","bp":"e`, o.Role, c.arrows, min(max(o.Boottime, at.start), at.start+at.duration), at.pid, at.tid)
		}
	}
}

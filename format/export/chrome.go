package export

import (
	"io"
	"strconv"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/field"
	"github.com/tracerec/tracerec/format/show"
)

// chromeFields are the arguments of an event unless fields are chosen.
var chromeFields = []string{"seq", "ret", "errno", "path", "a_enter", "a_kernel", "b_enter", "b_kernel", "flags"}

// chrome writes Chrome's trace event format (JSON object form), which Perfetto
// reads: calls as complete events (ph X), all else as instants (ph i), names of
// processes and threads as metadata (ph M), and an arrow (ph s, f) from the call
// that made a task to the first one that it made. A finding stands in a lane of its
// own below the thread (chrome_marks.go). Times are µs.
type chrome struct {
	lines
	fields []*field.Field
	some   bool
	named  map[uint64]string // by pid<<32 | tid
	forks  map[task]uint64   // arrows that wait for the new task's first call, by that task
	arrows uint64            // made so far
}

// task is a thread's identity.
type task struct {
	tid   uint32
	start uint64
}

// maxForks bounds the arrows that wait: tasks may never make a call.
const maxForks = 1 << 16

func newChrome(w io.Writer, o *Options) (Writer, error) {
	c := &chrome{fields: o.Fields, named: map[uint64]string{}, forks: map[task]uint64{}}
	if c.fields == nil {
		var err error
		if c.fields, err = field.Select(chromeFields); err != nil {
			return nil, err
		}
	}
	c.lines = lines{w: w, o: o, line: c.event}
	host := ""
	if o.Header != nil {
		host = o.Header.Host
	}
	head := append([]byte(`{"displayTimeUnit":"ns","otherData":{"host":`), show.AppendJSON(nil, []byte(host))...)
	_, err := w.Write(append(head, "},\"traceEvents\":[\n"...))
	return c, err
}

func (c *chrome) Close() error {
	_, err := io.WriteString(c.w, "\n]}\n")
	return err
}

func (c *chrome) begin(l *lines) {
	if c.some {
		l.buf = append(l.buf, ",\n"...)
	}
	c.some = true
}

func (c *chrome) event(l *lines, r *field.Row) {
	b, i := r.B, r.I
	pid, tid := b.Int(format.ColTGID, i), b.Int(format.ColTID, i)
	c.name(l, pid, tid, string(b.Value(format.ColComm, i)))
	id := format.EventID(b.Int(format.ColEvent, i))
	name, cat := format.EventName(id), format.EventName(id)
	start, duration := b.Int(format.ColTime, i), b.Int(format.ColDuration, i)
	call := format.RowFlags(b.Int(format.ColFlags, i))&format.FlagNoEnter == 0
	if abi := format.ABI(b.Int(format.ColABI, i)); describe(id) != name && abi != format.ABINone {
		name = show.Syscall(abi, int32(b.Int(format.ColNR, i)))
	} else {
		call = false
	}
	c.begin(l)
	l.buf = append(append(append(l.buf, `{"name":"`...), name...), `","cat":"`...)
	l.buf = append(append(l.buf, cat...), `","ph":"`...)
	switch {
	case call:
		l.buf = append(l.buf, `X","dur":`...)
		l.buf = micros(l.buf, duration)
	case tid == 0 && pid == 0:
		l.buf = append(l.buf, `i","s":"g"`...)
	default:
		l.buf = append(l.buf, `i","s":"t"`...)
	}
	l.buf = micros(append(l.buf, `,"ts":`...), start)
	l.buf = strconv.AppendInt(append(l.buf, `,"pid":`...), pid, 10)
	l.buf = strconv.AppendInt(append(l.buf, `,"tid":`...), tid, 10)
	l.buf = append(l.buf, `,"args":{`...)
	some := false
	for _, f := range c.fields {
		if v := f.Value(r); v != nil {
			if some {
				l.buf = append(l.buf, ',')
			}
			some = true
			l.buf = append(append(append(l.buf, '"'), f.Name...), `":`...)
			l.buf = appendJSON(l.buf, v)
		}
	}
	l.buf = append(l.buf, "}}"...)

	switch self := (task{uint32(tid), uint64(b.Int(format.ColStart, i))}); {
	case id == format.EventFork && len(c.forks) < maxForks:
		c.arrows++
		c.forks[task{uint32(b.Int(format.ColArg0, i)), uint64(b.Int(format.ColArg2, i))}] = c.arrows
		c.arrow(l, `s`, "fork", c.arrows, start, pid, tid)
	case call && len(c.forks) > 0:
		if arrow, ok := c.forks[self]; ok {
			delete(c.forks, self)
			c.arrow(l, `f","bp":"e`, "fork", arrow, start, pid, tid)
		}
	}
	if len(c.o.Marks) > 0 {
		c.marks(l, c.o.Marks[b.Seq+uint64(i)], span{pid, tid, start, duration, call})
	}
}

// arrow writes an end of an arrow, which binds to the call that encloses it.
func (c *chrome) arrow(l *lines, end, name string, id uint64, at, pid, tid int64) {
	c.begin(l)
	l.buf = append(append(append(l.buf, `{"name":"`...), name...), `","cat":"`...)
	l.buf = append(append(append(append(l.buf, name...), `","ph":"`...), end...), `","id":`...)
	l.buf = strconv.AppendUint(l.buf, id, 10)
	l.buf = micros(append(l.buf, `,"ts":`...), at)
	l.buf = strconv.AppendInt(append(l.buf, `,"pid":`...), pid, 10)
	l.buf = append(strconv.AppendInt(append(l.buf, `,"tid":`...), tid, 10), '}')
}

// name tells the names of a process and a thread when they are new or change.
func (c *chrome) name(l *lines, pid, tid int64, comm string) {
	key := uint64(pid)<<32 | uint64(uint32(tid))
	if old, ok := c.named[key]; comm == "" || ok && old == comm {
		return
	}
	c.named[key] = comm
	kinds := []string{"thread_name"}
	if pid == tid {
		kinds = append(kinds, "process_name")
	}
	for _, kind := range kinds {
		c.begin(l)
		l.buf = append(append(append(l.buf, `{"name":"`...), kind...), `","ph":"M","pid":`...)
		l.buf = strconv.AppendInt(l.buf, pid, 10)
		l.buf = strconv.AppendInt(append(l.buf, `,"tid":`...), tid, 10)
		l.buf = append(l.buf, `,"args":{"name":`...)
		l.buf = append(show.AppendJSON(l.buf, []byte(comm)), "}}"...)
	}
}

// micros appends ns as µs with three decimals.
func micros(dst []byte, ns int64) []byte {
	if ns < 0 {
		dst, ns = append(dst, '-'), -ns
	}
	dst = append(strconv.AppendInt(dst, ns/1000, 10), '.')
	n := ns % 1000
	return append(dst, byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10))
}

package verify

import (
	"fmt"
	"maps"

	"github.com/dustin/go-humanize"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// rows checks what the rows say against each other, the blocks' descriptions
// and the totals.
type rows struct {
	r      *Report
	gap    bool   // blocks before could not be read
	hosts  int    // of a merged file
	next   uint64 // sequence number that must follow
	any    bool
	events map[format.EventID]uint64
	lost   uint64
	tasks  map[task]uint64      // number of the last call
	lanes  map[counter]lostSpan // the last lost row
	began  map[task]bool        // came into scope, no call since
}

type task struct {
	host  uint16
	tid   uint32
	start uint64
}

type counter struct {
	host, cpu   uint16
	lane, class uint64
}

type lostSpan struct{ first, last uint64 }

func newRows(r *Report) *rows {
	return &rows{r: r, events: map[format.EventID]uint64{}, tasks: map[task]uint64{}, lanes: map[counter]lostSpan{}, began: map[task]bool{}}
}

func (s *rows) block(b *format.Batch, info *format.BlockInfo) {
	number := info.Number
	if s.any && !s.gap && b.Seq != s.next {
		s.r.problem(Order, info.Offset, &number, "block %d begins with row %d, not %d", number, b.Seq, s.next)
	}
	if s.gap { // calls may be missing
		clear(s.tasks)
	}
	s.gap, s.any, s.next = false, true, b.Seq+uint64(b.N)
	s.r.Rows += uint64(b.N)
	host := s.host(b, info)
	for i := range b.N {
		row := b.Seq + uint64(i)
		e := format.EventID(b.U16[format.ColEvent][i])
		s.events[e]++
		who := task{host, b.U32[format.ColTID][i], b.U64[format.ColStart][i]}
		switch e {
		case format.EventSyscall:
			s.call(b, i, info, who, row)
			delete(s.began, who)
		case format.EventTask:
			s.began[who] = true
		case format.EventExit:
			delete(s.began, who)
		case format.EventExec:
			if old := b.U64[format.ColArg0][i]; old != 0 && old != uint64(who.tid) {
				// A thread took the leader's place: it goes on counting its own calls.
				s.tasks[who] = b.U64[format.ColCall][i] - 1
			}
		case format.EventLost:
			s.lostRow(b, i, info, row)
		}
	}
	s.zone(b, info)
}

// host is the one that all rows of a block are of.
func (s *rows) host(b *format.Batch, info *format.BlockInfo) uint16 {
	number := info.Number
	first := b.U16[format.ColHost][0]
	for _, h := range b.U16[format.ColHost][:b.N] {
		if h != first {
			s.r.problem(Order, info.Offset, &number, "block %d has rows of hosts %d and %d: a block is of one host", number, first, h)
			return first
		}
	}
	if int(first) >= max(s.hosts, 1) {
		s.r.problem(Order, info.Offset, &number, "block %d is of host %d, the header has %d", number, first, s.hosts)
	}
	return first
}

// call checks that a task's calls are in their order, each once.
func (s *rows) call(b *format.Batch, i int, info *format.BlockInfo, who task, row uint64) {
	n := b.U64[format.ColCall][i]
	flags := format.RowFlags(b.U16[format.ColFlags][i])
	number := info.Number
	bad := func(check, f string, args ...any) {
		s.r.problem(check, info.Offset, &number, "row %d of block %d: call %d of thread %d %s", row, number, n, who.tid, fmt.Sprintf(f, args...))
	}
	if last, ok := s.tasks[who]; ok {
		switch {
		case n == last:
			bad(Pairing, "has two rows")
		case n < last:
			bad(Order, "stands behind its call %d", last)
		default:
			s.r.Calls.Skipped += n - last - 1
		}
	}
	s.tasks[who] = n
	switch noEnter, noExit := flags&format.FlagNoEnter != 0, flags&format.FlagNoExit != 0; {
	case noEnter && noExit:
		bad(Pairing, "has neither enter nor exit")
	case noEnter:
		s.r.Calls.NoEnter++
		if n == 1 || s.began[who] { // the kernel counts a task's calls from when it is recorded
			s.r.Calls.Began++
		}
	case noExit:
		s.r.Calls.NoExit++
	default:
		s.r.Calls.Paired++
	}
	if d := b.I64[format.ColDuration][i]; d < 0 {
		bad(Pairing, "returns %d ns before it is entered", -d)
	}
}

// lostRow checks a count of lost records against the sequence numbers of its
// cpu and lane.
func (s *rows) lostRow(b *format.Batch, i int, info *format.BlockInfo, row uint64) {
	arg := func(n int) uint64 { return b.U64[format.ColArg0+format.ColumnID(n)][i] }
	c := counter{b.U16[format.ColHost][i], b.U16[format.ColCPU][i], arg(0), arg(1)}
	count, span := arg(2), lostSpan{arg(3), arg(4)}
	if format.Class(arg(1)) == format.ClassUnrecorded { // another recording begins: it counts calls and records anew
		maps.DeleteFunc(s.tasks, func(t task, _ uint64) bool { return t.host == c.host })
		maps.DeleteFunc(s.lanes, func(l counter, _ lostSpan) bool { return l.host == c.host })
		return
	}
	number := info.Number
	bad := func(what string) {
		s.r.problem(Loss, info.Offset, &number, "row %d of block %d: cpu %d, lane %d, class %d: %s", row, number, c.cpu, c.lane, c.class, what)
	}
	switch last, ok := s.lanes[c]; {
	case span.last < span.first || span.last-span.first+1 < count || count == 0:
		bad(fmt.Sprintf("%s lost between sequence numbers %d and %d", show.Count(count, "record"), span.first, span.last))
	case ok && span.first <= last.last:
		bad(fmt.Sprintf("sequence numbers from %d on are lost, which were lost before, up to %d", span.first, last.last))
	}
	s.lanes[c] = span
	s.lost += count
}

// zone compares a block's description with its rows.
func (s *rows) zone(b *format.Batch, info *format.BlockInfo) {
	want := format.Summarize(b)
	number := info.Number
	if want.First != info.First || want.Last != info.Last || want.Events != info.Events || want.MinPID != info.MinPID || want.MaxPID != info.MaxPID {
		s.r.problem(Zones, info.Offset, &number, "block %d describes itself as times %d to %d, events %#x, pids %d to %d; its rows are times %d to %d, events %#x, pids %d to %d",
			number, info.First, info.Last, info.Events, info.MinPID, info.MaxPID, want.First, want.Last, want.Events, want.MinPID, want.MaxPID)
	}
	if info.Lost != s.lost && !s.r.damaged() {
		s.r.problem(Loss, info.Offset, &number, "block %d says that %s lost so far, its rows and those before say %s", number, show.CountOf(info.Lost, "record was", "records were"), comma(s.lost))
	}
}

// pairing tells the calls without an enter that must be there, because their
// task came into scope inside them, from others: these seccomp or a tracer has
// refused before sys_enter, or the kernel has skipped its program.
func (s *rows) pairing(t *format.Totals) string {
	c := &s.r.Calls
	text := fmt.Sprintf("%s with enter and exit, %s without exit, %s in which their task came into scope", show.Count(c.Paired, "call"), comma(c.NoExit), comma(c.Began))
	switch rest := c.NoEnter - c.Began; {
	case rest == 0:
	case t != nil && t.Missed > 0:
		text += fmt.Sprintf(", %s more without enter: seccomp or a tracer refused them, or they are among the %s that the kernel skipped", comma(rest), show.CountOf(t.Missed, "run of a program", "runs of programs"))
	default:
		text += fmt.Sprintf(", %s more without enter, which seccomp or a tracer refused", comma(rest))
	}
	return text
}

func (r *Report) damaged() bool { return r.failed[Structure] > 0 }

func (s *rows) finish(f *format.Reader) {
	r := s.r
	r.Lost = s.lost
	if r.damaged() && r.Rows == 0 {
		for _, check := range []string{Order, Pairing, Zones} {
			r.note(check, NotChecked, "no row could be read")
		}
	} else {
		of := "without a gap"
		if r.damaged() {
			of = "that could be read"
		}
		r.note(Order, OK, "%s %s; calls of each task in order", show.Count(r.Rows, "row"), of)
		r.note(Pairing, OK, "%s", s.pairing(f.Totals()))
		r.note(Zones, OK, "times, events and processes of every block")
	}
	t := f.Totals()
	switch {
	case t == nil:
		r.note(Loss, NotChecked, "the totals are not there; the rows say %s lost", comma(s.lost))
		return
	case r.damaged():
		r.note(Loss, NotChecked, "the totals are of all rows: %s, of which %s could be read", comma(t.Rows), comma(r.Rows))
		return
	}
	if t.Rows != r.Rows {
		r.problem(Loss, -1, nil, "the totals count %s, there are %s", show.Count(t.Rows, "row"), comma(r.Rows))
	}
	for e, n := range s.events {
		if name := format.EventName(e); t.Events[name] != n {
			r.problem(Loss, -1, nil, "the totals count %s, there are %s", show.Count(t.Events[name], name+" row"), comma(n))
		}
	}
	if len(t.Events) > len(s.events) {
		r.problem(Loss, -1, nil, "the totals name %s, the rows have %d", show.CountOf(uint64(len(t.Events)), "kind of event", "kinds of events"), len(s.events))
	}
	if t.Lost != s.lost {
		r.problem(Loss, -1, nil, "the totals count %s, the rows %s", show.Count(t.Lost, "lost record"), comma(s.lost))
	}
	switch {
	case t.Read == 0: // of an old recorder, or made of other files
		r.note(Loss, OK, "%s, %s lost; how many records were read is not in this file", show.Count(r.Rows, "row"), comma(s.lost))
	case t.Read+t.Lost != t.Seen:
		r.problem(Loss, -1, nil, "%s read and %s lost are not the %s that the kernel counted", show.Count(t.Read, "record"), comma(t.Lost), comma(t.Seen))
	default:
		r.note(Loss, OK, "%s read + %s lost = %s seen by the kernel", comma(t.Read), comma(t.Lost), comma(t.Seen))
	}
}

func comma(n uint64) string { return humanize.Comma(int64(n)) }

package analyze

import (
	"slices"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// nrURingEnter is io_uring_enter(2) in every table: numbers from 424 on are shared.
const nrURingEnter = 426

// uring looks for witnesses that belong to no compared argument: what io_uring does
// never passes sys_enter, so the kernel's side is all there is of it.
type uring struct {
	byName bool // tasks come into scope by their names
	s      *Session
	counts [][numWhys]uint64 // by event
	// opened is the last name that each task opened through a hook: the
	// struct filename that is freed a little later is the same witness.
	opened   map[uint32]string
	requests requests
}

func newURing(s *Session) Analysis {
	named := func(c format.Condition) bool { return c.Kind == "comm" || c.Kind == "exe" }
	return &uring{s: s, byName: slices.ContainsFunc(s.header.Scope.Only, named), counts: make([][numWhys]uint64, len(format.Events)), opened: make(map[uint32]string), requests: newRequests()}
}

const maxOpened = 1 << 12

func (u *uring) Columns() []format.ColumnID {
	return []format.ColumnID{
		format.ColTime, format.ColEvent, format.ColFlags, format.ColTID, format.ColTGID, format.ColCall, format.ColStart,
		format.ColABI, format.ColNR, format.ColArg0, format.ColArg1, format.ColArg2, format.ColArg5, format.ColARungs, format.ColAKernel, format.ColAKernelStatus, format.ColALen,
		format.ColBKernel, format.ColBKernelStatus, format.ColBLen,
		format.ColDev, format.ColIno, format.ColPath,
	}
}

func (u *uring) Fold(b *format.Batch) {
	for i, event := range b.U16[format.ColEvent][:b.N] {
		if event == uint16(format.EventSyscall) || int(event) >= len(fieldsOf) {
			continue
		}
		switch id := format.EventID(event); id {
		case format.EventURingCreate, format.EventURingSubmit, format.EventURingAsync:
			u.requests.fold(b, i, id)
			continue
		}
		// exec has a call of its own or was begun by the kernel; views belong to calls.
		if f := &fieldsOf[event]; f.witness && format.EventID(event) != format.EventExec {
			u.witness(b, i, format.EventID(event), f)
		}
	}
}

func (u *uring) witness(b *format.Batch, i int, event format.EventID, f *eventFields) {
	call, nr := b.U64[format.ColCall][i], b.I32[format.ColNR][i]
	if call == 0 && event == format.EventTaskRename && u.byName {
		return // the name brings its task into scope, within a call whose beginning was not recorded
	}
	if call != 0 {
		if spec := lookup(b.U8[format.ColABI][i], nr); spec != nil && spec.hasKind(f.main) {
			return
		}
	}
	row := readWitness(b, i, event)
	w := u.why(b, i, &row, f, call, nr)
	if w == whyOtherCall && format.Events[event].Groups != 0 {
		return // an event of its own: what it says of an argument is compared with the call's row
	}
	severity := whySeverity[w]
	if severity != Info && f.main == format.KindPath {
		if u.twice(b.U32[format.ColTID][i], event, row.values[0].bytes) {
			return
		}
		if isSensitive(row.values[0].bytes) || isSensitive(b.Value(format.ColPath, i)) {
			severity++
		}
	}
	u.counts[event][w]++
	u.s.note(b.Seq+uint64(i), 0, Unpaired, severity)
	u.s.found(b, i, Unpaired, severity, func() *Finding { return u.finding(b, i, nr, &row, f, w) })
}

func (u *uring) why(b *format.Batch, i int, row *witness, f *eventFields, call uint64, nr int32) why {
	flags := format.RowFlags(b.U16[format.ColFlags][i])
	worker := flags&format.FlagIOWorker != 0
	inURing := worker || call != 0 && nr == nrURingEnter
	switch {
	case flags&format.FlagKernel != 0 && !worker:
		return whyKernelThread
	// Without a user pointer the kernel made the name, but Linux 7 keeps none for anybody:
	// what has a name and comes through io_uring is a user's there.
	case f.uptr && row.uptr == 0 && !(inURing && row.values[0].has()):
		return whyKernelMade
	case worker:
		return whyWorker
	case inURing:
		return whyUring
	case call == 0:
		return whyNoCall
	}
	return whyOtherCall
}

// twice says whether a freed name is the one that the same task just opened.
func (u *uring) twice(tid uint32, event format.EventID, name []byte) bool {
	if event != format.EventPutname {
		if len(u.opened) >= maxOpened {
			clear(u.opened)
		}
		u.opened[tid] = string(name)
		return false
	}
	was, ok := u.opened[tid]
	if ok {
		delete(u.opened, tid)
	}
	return ok && was == string(name)
}

func (u *uring) finding(b *format.Batch, i int, nr int32, row *witness, f *eventFields, w why) *Finding {
	out := base(b, i)
	event := &format.Events[row.event]
	out.Analysis, out.Rule = "io-uring", Unpaired.String()
	out.Verdict, out.Reason = Unpaired, whyTexts[w]
	if w == whyWorker || w == whyUring {
		if out.Request = u.requests.of(b, i, row.event, w == whyWorker); out.Request != nil {
			out.Reason += ": " + out.Request.describe()
		}
	}
	out.Argument, out.Kind = event.Name, f.main
	out.Syscall = "none"
	if out.Call != 0 {
		out.Syscall = show.Syscall(format.ABI(b.U8[format.ColABI][i]), nr)
	}
	out.NoExit = true
	out.Kernel = view(row.values[0].seen, row.values[0].length)
	out.Rungs = row.values[0].rungs
	for _, rung := range rungList(row.values[0].rungs) {
		out.Witness = append(out.Witness, event.Name+"/"+rung)
	}
	return out
}

func (u *uring) Finish(c *Coverage) {
	for event, whys := range u.counts {
		for w, n := range whys {
			if n > 0 {
				c.Unpaired = append(c.Unpaired, UnpairedCount{
					Witness: format.Events[event].Name, Count: n, Reason: whyTexts[w],
					Severity: whySeverity[w],
				})
			}
		}
	}
}

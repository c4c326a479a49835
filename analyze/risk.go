package analyze

import (
	"cmp"
	"slices"

	"github.com/tracerec/tracerec/format"
)

// risk lists the calls whose arguments only sys_enter showed: whoever could
// write the process' memory could have deceived any tracer there, this one
// included.
type risk struct {
	s    *Session
	rung []format.Rung // active, by argSpec.id
	by   map[riskKey]*RiskCount
	more uint64
}

type riskKey struct {
	id   int
	pid  uint32
	comm string
}

// maxRisk bounds the rows of the list.
const maxRisk = 1 << 14

// RiskCount is a row of the list: calls of one process without a kernel view of one argument.
type RiskCount struct {
	Syscall, Argument string
	PID               uint32
	Comm              string
	Calls             uint64 // that succeeded without a kernel view
	Possible          bool   // a witness of it exists, but was not active: see doctor
	First             uint64 // row
	File              string // that it is in, of several segments
}

func newRisk(s *Session) Analysis {
	r := &risk{s: s, by: map[riskKey]*RiskCount{}, rung: make([]format.Rung, len(argSpecs))}
	for id, a := range argSpecs {
		r.rung[id] = s.activeRungs(a)
	}
	return r
}

func (r *risk) Columns() []format.ColumnID {
	cols := []format.ColumnID{
		format.ColEvent, format.ColTGID, format.ColComm, format.ColABI, format.ColNR, format.ColRet, format.ColFlags,
		format.ColArg0, format.ColArg1, format.ColArg2, format.ColArg3, format.ColArg4, format.ColArg5,
	}
	for k := range format.Slots {
		s := &format.Slots[k]
		cols = append(cols, s.Enter, s.EnterStatus, s.KernelStatus, s.ExitStatus)
	}
	return cols
}

func (r *risk) Fold(b *format.Batch) {
	abis, nrs := b.U8[format.ColABI][:b.N], b.I32[format.ColNR][:b.N]
	for i, event := range b.U16[format.ColEvent][:b.N] {
		if format.EventID(event) != format.EventSyscall {
			continue
		}
		spec := lookup(abis[i], nrs[i])
		if spec == nil {
			continue
		}
		for k := range spec.args {
			a, s := &spec.args[k], &format.Slots[k]
			enter := format.ViewStatus(b.U8[s.EnterStatus][i])
			kernel := format.ViewStatus(b.U8[s.KernelStatus][i])
			if kernel != format.ViewNone && kernel != format.ViewLost || enter == format.ViewNone || enter == format.ViewNull ||
				b.I64[format.ColRet][i] < 0 || len(b.Value(s.Enter, i)) == 0 && enter == format.ViewOK || !a.applies(b, i) {
				continue
			}
			r.add(b, i, a)
		}
	}
}

func (r *risk) add(b *format.Batch, i int, a *argSpec) {
	key := riskKey{a.id, b.U32[format.ColTGID][i], string(b.Value(format.ColComm, i))}
	c := r.by[key]
	if c == nil {
		if len(r.by) >= maxRisk {
			r.more++
			return
		}
		c = &RiskCount{
			Syscall: a.call.Name, Argument: a.name, PID: key.pid, Comm: key.comm, First: b.Seq + uint64(i),
			Possible: a.comparable != 0 && r.rung[a.id] == 0,
		}
		r.by[key] = c
	}
	c.Calls++
}

func (r *risk) Finish(c *Coverage) {
	for _, n := range r.by {
		c.Risk = append(c.Risk, *n)
	}
	slices.SortFunc(c.Risk, func(a, b RiskCount) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Syscall, b.Syscall), cmp.Compare(a.Argument, b.Argument), cmp.Compare(a.First, b.First))
	})
	c.RiskMore = r.more
}

package replay

import (
	"cmp"
	"math"
	"slices"

	"github.com/tracerec/tracerec/format"
)

func (l *lister) rings(list []*Process) {
	l.head("PID", "COMMAND", "FD", "ENTRIES", "FLAGS", "SQPOLL", "SUBMITTED", "COMPLETED", "FAILED")
	var rings []*Ring
	for _, r := range l.s.rings {
		rings = append(rings, r)
	}
	slices.SortFunc(rings, func(a, b *Ring) int { return cmp.Or(cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.ID, b.ID)) })
	for _, r := range rings {
		if l.o.PID != 0 && r.Owner != l.o.PID {
			continue
		}
		comm := ""
		if p := l.s.group[r.Owner]; p != nil {
			comm = p.CommAt(math.MaxInt64)
		}
		if l.o.JSON {
			l.object(map[string]any{"type": "ring", "pid": r.Owner, "comm": comm, "fd": r.FD, "entries": r.Entries, "flags": l.words(format.KindURingFlags, uint64(r.Flags)),
				"sqpoll_tid": r.SQPoll, "submitted": r.Submitted, "completed": r.Completed, "failed": r.Failed})
			continue
		}
		flags := l.words(format.KindURingFlags, uint64(r.Flags))
		l.row(r.Owner, comm, r.FD, r.Entries, flags, number(uint64(r.SQPoll)), r.Submitted, r.Completed, r.Failed)
	}
}

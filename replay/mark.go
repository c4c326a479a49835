package replay

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tracerec/tracerec/format/show"
)

// mark finds the rows and processes that the findings are about.
func (p *printer) mark() {
	if len(p.o.Marks) == 0 {
		return
	}
	p.marksAt, p.marksOf = map[uint64][]*Mark{}, map[*Process][]*Mark{}
	for i := range p.o.Marks {
		m := &p.o.Marks[i]
		p.marksAt[m.Seq] = append(p.marksAt[m.Seq], m)
		if q := p.state.Process(m.PID, m.At); q != nil {
			p.marksOf[q] = append(p.marksOf[q], m)
		}
	}
}

// shownMarks is how many findings of a process stand in the tree.
const shownMarks = 3

func (p *printer) marksOfProcess(q *Process, rest string) {
	list := slices.DeleteFunc(slices.Clone(p.marksOf[q]), func(m *Mark) bool {
		return m.At < p.o.From || m.At > p.o.To || p.o.At != nil && m.At > *p.o.At
	})
	slices.SortStableFunc(list, func(a, b *Mark) int { return cmp.Or(cmp.Compare(b.Rank, a.Rank), cmp.Compare(a.At, b.At)) })
	for i, m := range list {
		if i == shownMarks {
			p.emit(append(p.start(rest), p.painted(show.BoldRed, fmt.Sprintf("▲ and %s more", show.Count(uint64(len(list)-i), "finding")))...))
			break
		}
		line := append(p.start(rest), p.painted(show.BoldRed, "▲ "+m.Severity)...)
		line = append(line, ' ')
		line = p.o.Show.AppendTime(line, m.At)
		line = append(append(append(line, ' '), escape(m.Title)...), "  id "...)
		p.emit(append(line, escape(m.ID)...))
	}
}

package tui

import (
	"cmp"
	"fmt"
	"slices"
	"sort"

	"charm.land/lipgloss/v2"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/replay"
)

// setMarks takes the findings, in the order in which their rows are shown.
func (m *model) setMarks(msg markedMsg) {
	m.marking = false
	if msg.err != nil {
		m.note = "findings are not marked: " + show.Escape([]byte(msg.err.Error()))
		return
	}
	m.marks, m.marksAt = msg.marks, map[uint64][]*replay.Mark{}
	slices.SortStableFunc(m.marks, func(a, b replay.Mark) int {
		return cmp.Or(cmp.Compare(m.blockOfSeq(a.Seq), m.blockOfSeq(b.Seq)), cmp.Compare(a.At, b.At), cmp.Compare(a.Seq, b.Seq))
	})
	for i := range m.marks {
		k := &m.marks[i]
		m.marksAt[k.Seq] = append(m.marksAt[k.Seq], k)
	}
	m.procs.mark(m)
}

func (m *model) blockOfSeq(seq uint64) int {
	return sort.Search(len(m.rows.info), func(i int) bool { return m.rows.info[i].Seq > seq }) - 1
}

// nextMark goes to the next finding, or the one before, among the rows chosen.
func (m *model) nextMark(back bool) {
	switch {
	case m.marking:
		m.note = "findings are still being looked for"
		return
	case len(m.marks) == 0:
		m.note = "there are no findings"
		return
	}
	b, i := m.selected()
	if b == nil {
		return
	}
	here, at, seq := m.rows.blockOf(m.timeline.list[m.timeline.sel]), b.I64[format.ColTime][i], b.Seq+uint64(i)
	where := func(k *replay.Mark) int {
		return cmp.Or(cmp.Compare(m.blockOfSeq(k.Seq), here), cmp.Compare(k.At, at), cmp.Compare(k.Seq, seq))
	}
	n, step := sort.Search(len(m.marks), func(i int) bool { return where(&m.marks[i]) > 0 }), 1
	if back {
		n, step = sort.Search(len(m.marks), func(i int) bool { return where(&m.marks[i]) >= 0 })-1, -1
	}
	for ; n >= 0 && n < len(m.marks); n += step {
		pos, ok := m.rows.posOf(m.marks[n].Seq)
		if !ok {
			continue
		}
		if !m.rows.all() {
			k := m.rows.blockOf(pos)
			if _, shown := slices.BinarySearch(m.rows.ranks(k), uint32(pos-m.rows.first[k])); !shown {
				continue
			}
		}
		m.jump(pos)
		if m.screen == processScreen {
			m.screen = timelineScreen
		}
		m.event.top = 0
		m.note = fmt.Sprintf("finding %d of %d", n+1, len(m.marks))
		return
	}
	m.note = "no further finding that way"
	if !m.rows.all() {
		m.note += " among the rows shown (x shows all)"
	}
}

// rankStyle is the colour of the worst of some findings: findings rank from
// info, 0, upwards.
func rankStyle(marks []*replay.Mark) lipgloss.Style {
	worst := 0
	for _, k := range marks {
		worst = max(worst, k.Rank)
	}
	if worst >= 3 {
		return style.bad
	}
	return style.failed
}

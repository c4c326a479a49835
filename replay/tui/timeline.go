package tui

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// slice is how long a walk may hold up the keys.
const slice = 40 * time.Millisecond

// timeline is a window of chosen rows, with some more before and behind.
type timeline struct {
	list     []uint64 // positions, rising
	sel, top int      // indices of list
	first    bool     // list begins with the first row that is chosen
	last     bool     // it ends with the last one
}

// job is a walk, and what becomes of what it finds.
type job struct {
	*walk
	what string // shown while it takes long, "" for nothing
	done func(m *model, w *walk)
}

// keepRows bounds how many positions are kept.
const keepRows = 1 << 14

// jump selects the chosen row at pos, or the next one behind it.
func (m *model) jump(pos uint64) {
	t := &m.timeline
	*t = timeline{}
	h := m.body()
	m.walks = []*job{
		{m.rows.walkFrom(pos, false, h+1), "looking for rows", func(m *model, w *walk) { t.list, t.last = w.found, w.end }},
		{m.rows.walkBefore(pos, h), "looking for rows", func(m *model, w *walk) {
			t.prepend(w)
			t.sel = min(len(w.found), max(len(t.list)-1, 0))
			m.show()
		}},
	}
}

func (m *model) jumpTime(at int64) {
	if m.rows.count() > 0 {
		m.jump(m.rows.posAt(at))
	}
}

func (t *timeline) prepend(w *walk) {
	list := make([]uint64, 0, len(w.found)+len(t.list))
	for i := len(w.found) - 1; i >= 0; i-- {
		list = append(list, w.found[i])
	}
	t.list = append(list, t.list...)
	t.sel, t.top = t.sel+len(w.found), t.top+len(w.found)
	t.first = w.end
}

// show scrolls to what is selected.
func (m *model) show() {
	t, h := &m.timeline, m.body()
	if t.sel < t.top {
		t.top = t.sel
	}
	if t.sel >= t.top+h {
		t.top = t.sel - h + 1
	}
	t.top = max(min(t.top, len(t.list)-h), 0)
}

// fill makes sure that there are rows around what is on the screen.
func (m *model) fill() {
	if len(m.walks) > 0 {
		return
	}
	t, h := &m.timeline, m.body()
	m.show()
	if len(t.list) == 0 {
		return
	}
	if len(t.list) > keepRows {
		from := max(0, t.sel-keepRows/4)
		to := min(len(t.list), t.sel+keepRows/4)
		t.first, t.last = t.first && from == 0, t.last && to == len(t.list)
		t.list = append([]uint64(nil), t.list[from:to]...)
		t.sel, t.top = t.sel-from, max(t.top-from, 0)
	}
	if !t.last && t.top+2*h > len(t.list) {
		m.walks = append(m.walks, &job{m.rows.walkFrom(t.list[len(t.list)-1]+1, false, 4*h), "looking for rows", func(m *model, w *walk) {
			t.list, t.last = append(t.list, w.found...), w.end
		}})
	}
	if !t.first && t.top < h {
		m.walks = append(m.walks, &job{m.rows.walkBefore(t.list[0], 4*h), "looking for rows", func(m *model, w *walk) { t.prepend(w) }})
	}
}

// step goes on with the walks for a while. What is left is done later.
func (m *model) step() tea.Cmd {
	until := time.Now().Add(slice)
	for {
		if len(m.walks) == 0 {
			m.fill()
		}
		if len(m.walks) == 0 {
			return nil
		}
		j := m.walks[0]
		if !m.rows.run(j.walk, until) {
			return func() tea.Msg { return stepMsg{} }
		}
		m.walks = m.walks[1:]
		j.done(m, j.walk)
	}
}

// move moves the selection by rows.
func (m *model) move(by int) {
	t := &m.timeline
	t.sel = max(min(t.sel+by, len(t.list)-1), 0)
	m.show()
	m.event.top = 0
}

// selected is the row that is selected; b is nil for none.
func (m *model) selected() (b *format.Batch, i int) {
	if t := &m.timeline; t.sel < len(t.list) {
		return m.rows.at(t.list[t.sel])
	}
	return nil, 0
}

// now is the moment that everything is about: when the selected row's call
// had returned.
func (m *model) now() int64 {
	b, i := m.selected()
	if b == nil {
		return m.begin
	}
	return b.I64[format.ColTime][i] + b.I64[format.ColDuration][i]
}

// search looks for text in the rows as they are shown.
func (m *model) search(text string, back bool) {
	if text == "" || len(m.timeline.list) == 0 {
		return
	}
	m.searched = strings.ToLower(text)
	from := m.timeline.list[m.timeline.sel]
	w := m.rows.walkFrom(from+1, false, 1)
	if back {
		w = m.rows.walkBefore(from, 1)
	}
	want, o := []byte(m.searched), m.o.Show
	var line []byte
	w.test = func(b *format.Batch, i int) bool {
		line = show.Row(line[:0], b, i, &o)
		return bytes.Contains(bytes.ToLower(line), want)
	}
	m.walks = []*job{{w, "searching", func(m *model, w *walk) {
		if len(w.found) == 0 {
			m.note = "no further row has “" + show.Escape([]byte(m.searched)) + "”"
			return
		}
		m.jump(w.found[0])
	}}}
}

var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// keepQuoted is how much of the end of a path is kept, for a file's name.
const keepQuoted = 18

// squeezed makes a call fit: the longest of its strings loses its beginning,
// then the call its end.
func squeezed(call string, width int) string {
	if ansi.StringWidth(call) > width {
		call = strings.ReplaceAll(call, "(AT_FDCWD, ", "(…, ")
	}
	over := ansi.StringWidth(call) - width
	if over <= 0 {
		return call
	}
	longest := []int{0, 0}
	for _, at := range quoted.FindAllStringIndex(call, -1) {
		if at[1]-at[0] > longest[1]-longest[0] {
			longest = at
		}
	}
	text := call[longest[0]:longest[1]]
	if n := ansi.StringWidth(text); n > keepQuoted {
		drop := min(over+2, n-keepQuoted)
		call = call[:longest[0]] + `"…` + ansi.TruncateLeft(text, drop, "") + call[longest[1]:]
	}
	return ansi.Truncate(call, width, "…")
}

// timelineLine is one row of the timeline: mark, time, task, what happened.
func (m *model) timelineLine(pos uint64, selected bool) string {
	b, i := m.rows.at(pos)
	if b == nil {
		return m.cursor(selected) + style.bad.Render("this row cannot be read: its block is damaged")
	}
	o := m.o.Show
	o.Color = false
	mark := "  "
	if marks := m.marksAt[b.Seq+uint64(i)]; len(marks) > 0 {
		mark = rankStyle(marks).Render("▲ ")
	}
	at := fmt.Sprintf("%*s", m.timeWidth, o.AppendTime(nil, b.I64[format.ColTime][i]))
	who := show.Escape(b.Value(format.ColComm, i))
	if format.EventID(b.U16[format.ColEvent][i]) == format.EventLost {
		return m.cursor(selected) + mark + style.bad.Render(m.scrolled(at+" records are missing here: "+string(show.Event(nil, b, i, &o))))
	}
	task := pad(who, 10)
	if m.rows.pid == 0 {
		task = pad(itoa(b.U32[format.ColTGID][i]), 7) + " " + task
	} else if tid := b.U32[format.ColTID][i]; tid != m.rows.pid {
		task = pad(itoa(tid), 7) + " " + task
	}
	what := string(show.Event(nil, b, i, &o))
	room := m.width - 3 - ansi.StringWidth(at) - 1 - ansi.StringWidth(task) - 1
	if m.right > 0 {
		what = m.scrolled(what)
	} else if k := strings.LastIndex(what, ") = "); k > 0 && ansi.StringWidth(what) > room {
		// What came of a call counts for more than the end of its arguments.
		tail := " = " + string(show.AppendRet(nil, b.I64[format.ColRet][i]))
		what = squeezed(what[:k+1], max(room-len(tail), 12)) + tail
	}
	if ret := b.I64[format.ColRet][i]; ret < 0 && ret >= -4095 && format.EventID(b.U16[format.ColEvent][i]) == format.EventSyscall {
		what = style.failed.Render(what)
	}
	return m.cursor(selected) + mark + style.dim.Render(at) + " " + style.task.Render(task) + " " + what
}

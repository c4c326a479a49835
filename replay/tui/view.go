package tui

import (
	"fmt"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/dustin/go-humanize"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/replay"
)

// style is how things look. Nothing is said by colour alone.
var style = struct{ plain, bold, dim, task, bad, failed, chosen, bar lipgloss.Style }{
	plain:  lipgloss.NewStyle(),
	bold:   lipgloss.NewStyle().Bold(true),
	dim:    lipgloss.NewStyle().Faint(true),
	task:   lipgloss.NewStyle().Foreground(lipgloss.Cyan),
	bad:    lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true),
	failed: lipgloss.NewStyle().Foreground(lipgloss.Yellow),
	chosen: lipgloss.NewStyle().Reverse(true),
	bar:    lipgloss.NewStyle().Reverse(true),
}

// chrome is how many lines are not the body: title, scrubber, status, help.
const chrome = 4

func (m *model) body() int { return max(m.height-chrome, 1) }

func itoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// pad makes text width columns wide, or cuts it.
func pad(text string, width int) string {
	n := ansi.StringWidth(text)
	if n > width {
		return ansi.Truncate(text, width, "…")
	}
	return text + strings.Repeat(" ", width-n)
}

// scrolled is text without the columns that are scrolled off.
func (m *model) scrolled(text string) string {
	if m.right == 0 {
		return text
	}
	return ansi.TruncateLeft(text, m.right, "‹")
}

func (m *model) cursor(selected bool) string {
	if selected {
		return style.bold.Render("›")
	}
	return " "
}

// View implements tea.Model.
func (m *model) View() tea.View {
	v := tea.NewView(strings.Join(m.frame(), "\n"))
	v.AltScreen = true
	if m.prompt.what != "" && m.prompt.err == "" {
		if c := m.prompt.input.Cursor(); c != nil {
			c.Position.X += len(m.prompt.what) + 3
			c.Position.Y = m.height - 2
			v.Cursor = c
		}
	}
	return v
}

// frame is the screen: height lines of at most width columns.
func (m *model) frame() []string {
	if m.width < 40 || m.height < 8 {
		return []string{ansi.Truncate("too small: 40×8 at least", max(m.width, 1), "")}
	}
	lines := []string{m.title()}
	switch m.screen {
	case processScreen:
		lines = append(lines, m.processes()...)
	case timelineScreen:
		lines = append(lines, m.timelineLines()...)
	case eventScreen:
		all := m.eventLines(m.width)
		m.event.by(0, len(all), m.body())
		lines = append(lines, all[m.event.top:min(len(all), m.event.top+m.body())]...)
	case momentScreen:
		lines = append(lines, m.momentLines()...)
	case helpScreen:
		lines = append(lines, helpLines...)
	}
	if len(lines) > m.height-chrome+1 {
		lines = lines[:m.height-chrome+1]
	}
	for len(lines) < m.height-chrome+1 {
		lines = append(lines, "")
	}
	lines = append(lines, m.scrubber(), m.status(), style.dim.Render(m.help()))
	for i := range lines {
		lines[i] = ansi.Truncate(lines[i], m.width, "…")
	}
	return lines
}

var screenNames = [...]string{"processes", "timeline", "event", "state"}

func (m *model) title() string {
	tabs := ""
	for i, name := range screenNames {
		if screen(i) == m.screen {
			name = "[" + name + "]"
		} else {
			name = " " + name + " "
		}
		tabs += name
	}
	room := m.width - len(tabs) - 2
	left := m.o.Title
	if rows := "  " + show.Count(uint64(m.rows.count()), "row"); len(rows)+8 < room {
		left = ansi.Truncate(left, room-len(rows), "…") + rows
	}
	return style.bar.Render(pad(" "+pad(left, max(room, 1))+tabs, m.width))
}

func (m *model) processes() (lines []string) {
	p := &m.procs
	if p.state == nil {
		part := 0.0
		if at := p.read.Load(); m.end > m.begin && at > m.begin {
			part = float64(at-m.begin) / float64(m.end-m.begin) * 100
		}
		return []string{"", fmt.Sprintf("  reading the processes: %.0f%%; the timeline is there already (t)", part)}
	}
	h := m.body() - 1 - min(len(p.notes), 3)
	lines = append(lines, style.dim.Render(m.processHead()))
	if p.sel < p.top {
		p.top = p.sel
	}
	if p.sel >= p.top+h {
		p.top = p.sel - h + 1
	}
	p.by(0, len(p.list), h)
	for i := p.top; i < min(p.top+h, len(p.list)); i++ {
		lines = append(lines, m.chosen(m.processLine(p.list[i], i == p.sel), i == p.sel))
	}
	for len(lines) < h+1 {
		lines = append(lines, "")
	}
	for _, note := range p.notes[:min(len(p.notes), 3)] {
		lines = append(lines, style.failed.Render("  note: "+note))
	}
	return lines
}

// chosen makes a line that is selected stand out over its whole width.
func (m *model) chosen(line string, selected bool) string {
	if !selected {
		return line
	}
	return style.chosen.Render(pad(ansi.Strip(line), m.width))
}

func (m *model) timelineLines() (lines []string) {
	t := &m.timeline
	for i := t.top; i < min(t.top+m.body(), len(t.list)); i++ {
		lines = append(lines, m.chosen(m.timelineLine(t.list[i], i == t.sel), i == t.sel))
	}
	if len(t.list) == 0 && len(m.walks) == 0 {
		lines = append(lines, "", "  no rows: x shows all")
	}
	return lines
}

func (m *model) momentLines() (lines []string) {
	q := &m.moment
	head := " "
	for i, v := range replay.Views {
		if i == q.view {
			head += "[" + v.Name + "] "
		} else {
			head += " " + v.Name + "  "
		}
	}
	o := m.o.Show
	what := "of all processes"
	if pid := q.pid(m); pid != 0 && q.one[replay.Views[q.view].Name] {
		what = "of process " + itoa(pid)
	}
	head += " " + what + " at " + string(o.AppendTime(nil, m.now()))
	if q.stop != nil {
		part := 0.0
		if at := q.read.Load(); q.wanted > m.begin && at > m.begin {
			part = min(float64(at-m.begin)/float64(q.wanted-m.begin), 1) * 100
		}
		head += fmt.Sprintf("  reading %.0f%%", part)
	}
	lines = append(lines, style.bold.Render(head))
	if q.state == nil || len(q.lines) == 0 {
		return lines
	}
	lines = append(lines, style.dim.Render(m.scrolled(q.lines[0])))
	h := max(m.body()-2, 1)
	q.by(0, len(q.lines)-1, h)
	for _, line := range q.lines[min(1+q.top, len(q.lines)):min(1+q.top+h, len(q.lines))] {
		lines = append(lines, m.scrolled(line))
	}
	return lines
}

// scrubber is the recording's time: ● where we are, ▲ findings, ░ where
// records were lost.
func (m *model) scrubber() string {
	o := m.o.Show
	from, to := string(o.AppendTime(nil, m.begin)), string(o.AppendTime(nil, m.end))
	width := m.width - len(from) - len(to) - 4
	if width < 8 || m.end <= m.begin {
		return ""
	}
	col := func(at int64) int {
		return int(float64(min(max(at, m.begin), m.end)-m.begin) / float64(m.end-m.begin) * float64(width-1))
	}
	cells := make([]rune, width)
	for i := range cells {
		cells[i] = '─'
	}
	lost := uint64(0)
	for i := range m.rows.info {
		if info := &m.rows.info[i]; info.Lost > lost || info.Events&format.EventBit(format.EventLost) != 0 {
			for c := col(info.First); c <= col(info.Last); c++ {
				cells[c] = '░'
			}
			lost = max(lost, info.Lost)
		}
	}
	for i := range m.marks {
		cells[col(m.marks[i].At)] = '▲'
	}
	at := m.begin
	if b, i := m.selected(); b != nil {
		at = b.I64[format.ColTime][i]
	}
	here := col(at)
	return " " + from + " " + style.dim.Render(string(cells[:here])) + style.bold.Render("●") + style.dim.Render(string(cells[here+1:])) + " " + to
}

func (m *model) status() string {
	switch {
	case m.prompt.what != "" && m.prompt.err != "":
		return style.bad.Render(" " + m.prompt.what + ": " + m.prompt.err)
	case m.prompt.what != "":
		return " " + m.prompt.what + ": " + m.prompt.input.View()
	case m.note != "":
		return style.bold.Render(" " + m.note)
	case len(m.walks) > 0 && m.walks[0].what != "":
		return style.bold.Render(fmt.Sprintf(" %s: block %s of %s (esc gives up)", m.walks[0].what, humanize.Comma(int64(m.walks[0].block)+1), humanize.Comma(int64(len(m.rows.info)))))
	case m.rows.failed != nil:
		return style.bad.Render(" " + show.Escape([]byte(m.rows.failed.Error())))
	}
	var parts []string
	if m.rows.pid != 0 {
		parts = append(parts, "process "+itoa(m.rows.pid))
	}
	if m.rows.filter != nil {
		parts = append(parts, "filter "+show.Escape([]byte(m.rows.filter.String())))
	}
	if b, i := m.selected(); b != nil && m.screen != processScreen {
		for _, k := range m.marksAt[b.Seq+uint64(i)] {
			parts = append(parts, rankStyle([]*replay.Mark{k}).Render("▲ "+show.Escape([]byte(k.Severity+" "+k.Title))))
		}
	}
	if m.marking {
		parts = append(parts, "looking for findings…")
	} else if m.screen == processScreen && m.o.Marks != nil {
		what := " findings"
		if len(m.marks) == 1 {
			what = " finding"
		}
		parts = append(parts, strconv.Itoa(len(m.marks))+what)
	}
	return " " + strings.Join(parts, " · ")
}

func (m *model) help() string {
	if m.prompt.what != "" {
		return map[string]string{
			"search": " enter search · esc leave",
			"filter": ` enter apply (empty: none) · esc leave · e.g. syscall == "openat" && ret < 0`,
			"time":   " enter go · esc leave · 1.5s, 2026-01-02T15:04:05Z, 123ns@boot",
		}[m.prompt.what]
	}
	switch m.screen {
	case processScreen:
		return " ↑↓ move · enter its rows · / search · n finding · t all rows · ? help · q quit"
	case timelineScreen:
		return " ↑↓ ←→ move · enter event · s state · / f @ n x · esc processes · ? help"
	case eventScreen:
		return " ↑↓ scroll · ←→ other row · n finding · s state then · esc timeline · ? help"
	case momentScreen:
		return " tab view · [ ] row · ←→ time · a all/one · / search · esc back · ? help"
	}
	return " any key goes back"
}

var helpLines = strings.Split(strings.Trim(`
 p t e s     processes, timeline, event, state at its moment (tab: next)
 enter esc   deeper: process → its rows → one row in full; and back
 ↑ ↓ k j     move; space b pgdn pgup by a page; g G home end to the ends
 ← →         through time by 1/100, with shift by 1/10 (event: row by row)
 [ ]         row by row, on every screen: watch the state change
 @           go to a moment: 1.5s, RFC 3339, 123ns@boot
 n N         next finding, the one before
 / . ,       search in what is shown; again; backwards
 f           filter rows by an expression: docs/filters.md has the fields
 x           all rows again: no process, no filter
 < >         scroll sideways
 a tab       state: of all processes or the chosen one; next view
 ? q         this; quit

 ▲ finding   ● where we are   ░ records were lost   ? uncertain
 A call counts in the state when it has returned.
 event: shown = memory at the call's entry, used = what the kernel copied,
 left = memory when it returned; ≠ marks what differs from what was shown.
`, "\n"), "\n")

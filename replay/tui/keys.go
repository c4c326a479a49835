package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/tracerec/tracerec/replay"
)

// key does what a key asks for.
func (m *model) key(key string) (cmd tea.Cmd, quit bool) {
	if m.screen == helpScreen {
		m.screen = m.before
		return nil, key == "ctrl+c"
	}
	switch key {
	case "q", "ctrl+c":
		return nil, true
	case "?":
		m.before, m.screen = m.screen, helpScreen
	case "/":
		return m.prompt.ask(m, "search", ""), false
	case ".":
		m.searchHere(m.searched, false)
	case ",":
		m.searchHere(m.searched, true)
	case "f":
		text := ""
		if m.rows.filter != nil {
			text = m.rows.filter.String()
		}
		return m.prompt.ask(m, "filter", text), false
	case "@":
		return m.prompt.ask(m, "time", ""), false
	case "x":
		m.refilter(0, nil)
	case "n":
		m.nextMark(false)
	case "N":
		m.nextMark(true)
	case "p", "1":
		m.screen = processScreen
	case "t", "2":
		m.screen = timelineScreen
	case "e", "3":
		m.screen = eventScreen
	case "s", "4":
		if m.screen != momentScreen {
			m.before, m.screen = m.screen, momentScreen
		}
	case ">":
		m.right += 20
	case "<":
		m.right = max(m.right-20, 0)
	case "esc", "backspace":
		if len(m.walks) > 0 {
			m.walks = nil
			break
		}
		m.back()
	case "enter":
		m.enter()
	case "left", "right", "shift+left", "shift+right":
		m.scrub(key)
	case "[":
		m.move(-1)
	case "]":
		m.move(1)
	case "tab", "shift+tab":
		if m.screen == momentScreen {
			q, by := &m.moment, 1
			if key == "shift+tab" {
				by = len(replay.Views) - 1
			}
			q.view, q.top = (q.view+by)%len(replay.Views), 0
			q.list(m)
			break
		}
		m.screen = (m.screen + 1) % momentScreen
	case "a":
		if m.screen == momentScreen {
			view := replay.Views[m.moment.view].Name
			m.moment.one[view] = !m.moment.one[view]
			m.moment.list(m)
		}
	default:
		m.scrollKey(key)
	}
	return nil, false
}

func (m *model) back() {
	switch m.screen {
	case momentScreen:
		m.screen = m.before
	case eventScreen:
		m.screen = timelineScreen
	case timelineScreen:
		m.screen = processScreen
	}
	m.right = 0
}

func (m *model) enter() {
	switch m.screen {
	case processScreen:
		m.open()
	case timelineScreen:
		m.screen, m.event.top = eventScreen, 0
	}
}

// scrub moves through the time of the recording by a hundredth, or a tenth. In
// the event, to the row before or behind.
func (m *model) scrub(key string) {
	step := (m.end - m.begin) / 100
	by := map[string]int64{"left": -step, "right": step, "shift+left": -10 * step, "shift+right": 10 * step}[key]
	if m.screen == eventScreen {
		m.move(int(max(min(by, 1), -1)))
		return
	}
	b, i := m.selected()
	if b == nil {
		return
	}
	from := m.timeline.list[m.timeline.sel]
	at := b.I64[0][i] // format.ColTime
	if m.screen == momentScreen && by > 0 {
		at = m.now()
	}
	at = min(max(at+by, m.begin), m.end)
	pos := m.rows.posAt(at)
	if by > 0 && pos <= from { // rows that stand between blocks' times
		pos = from + 1
	}
	if pos < m.rows.count() {
		m.jump(pos)
	}
	if m.screen == processScreen {
		m.screen = timelineScreen
	}
}

// scrollKey moves within a screen.
func (m *model) scrollKey(key string) {
	page := max(m.body()-1, 1)
	by, all := 0, false
	switch key {
	case "up", "k":
		by = -1
	case "down", "j":
		by = 1
	case "pgup", "b", "ctrl+b":
		by = -page
	case "pgdown", "space", "ctrl+f":
		by = page
	case "home", "g":
		by, all = -1, true
	case "end", "G":
		by, all = 1, true
	default:
		return
	}
	const far = 1 << 30
	if all {
		by *= far
	}
	switch m.screen {
	case processScreen:
		m.procs.sel = max(min(m.procs.sel+by, len(m.procs.list)-1), 0)
	case timelineScreen:
		switch {
		case all && by < 0 && m.rows.count() > 0:
			m.jump(0)
		case all && m.rows.count() > 0:
			m.jumpLast()
		default:
			m.move(by)
		}
	case eventScreen:
		m.event.by(by, len(m.eventLines(m.width)), m.body())
	case momentScreen:
		m.moment.by(by, len(m.moment.lines)-1, max(m.body()-2, 1))
	}
}

// jumpLast selects the last row that is chosen.
func (m *model) jumpLast() {
	w := m.rows.walkBefore(m.rows.count(), 1)
	m.walks = []*job{{w, "looking for the last row", func(m *model, w *walk) {
		if len(w.found) > 0 {
			m.jump(w.found[0])
		}
	}}}
}

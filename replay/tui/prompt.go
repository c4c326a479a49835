package tui

import (
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/tracerec/tracerec/format/filter"
	"github.com/tracerec/tracerec/format/show"
)

// prompt is the line in which text is asked for.
type prompt struct {
	what  string // "search", "filter" or "time"; "" for none
	input textinput.Model
	err   string
}

func (p *prompt) init() {
	p.input = textinput.New()
	p.input.Prompt = ""
	p.input.CharLimit = 4096
	p.input.SetVirtualCursor(false)
	styles := p.input.Styles()
	styles.Focused.Text = style.plain
	p.input.SetStyles(styles)
}

func (p *prompt) ask(m *model, what, text string) tea.Cmd {
	p.what, p.err = what, ""
	p.input.SetWidth(max(m.width-12, 8))
	p.input.SetValue(text)
	p.input.CursorEnd()
	return p.input.Focus()
}

func (p *prompt) update(msg tea.Msg) (cmd tea.Cmd) {
	p.input, cmd = p.input.Update(msg)
	return cmd
}

// promptKey takes a key while text is being asked for.
func (m *model) promptKey(key tea.KeyPressMsg) tea.Cmd {
	p := &m.prompt
	switch key.String() {
	case "esc", "ctrl+c":
		p.what = ""
		p.input.Blur()
		return nil
	case "enter":
		text := strings.TrimSpace(p.input.Value())
		if p.err = m.answer(p.what, text); p.err == "" {
			p.what = ""
			p.input.Blur()
		}
		return nil
	}
	p.err = ""
	return p.update(key)
}

// answer does what was asked for; what it returns is wrong with the text.
func (m *model) answer(what, text string) string {
	switch what {
	case "search":
		if text == "" {
			text = m.searched
		}
		m.searchHere(text, false)
	case "filter":
		var f *filter.Filter
		if text != "" {
			var err error
			if f, err = filter.Parse(text); err != nil {
				return show.Escape([]byte(err.Error()))
			}
		}
		m.refilter(m.rows.pid, f)
	case "time":
		at, err := m.o.Show.ParseTime(text)
		if err != nil {
			return show.Escape([]byte(err.Error()))
		}
		clock := m.o.Show
		clock.Time = show.TimeRel
		switch {
		case at < m.begin:
			m.note = "before the recording, which begins at " + clock.TimeText(m.begin) + " s: that is here"
		case at > m.end:
			m.note = "behind the end of the recording, at " + clock.TimeText(m.end) + " s: that is here"
		}
		m.jumpTime(min(max(at, m.begin), m.end))
		if m.screen == processScreen {
			m.screen = timelineScreen
		}
	}
	return ""
}

// refilter chooses other rows, and stays where it is in time.
func (m *model) refilter(pid uint32, f *filter.Filter) {
	at := m.begin
	if b, i := m.selected(); b != nil {
		at = b.I64[0][i] // format.ColTime
	}
	m.rows.choose(pid, f)
	if m.screen == processScreen {
		m.screen = timelineScreen
	}
	m.jumpTime(at)
	m.moment.list(m)
}

func (m *model) searchHere(text string, back bool) {
	switch m.screen {
	case processScreen:
		m.searchProcess(text, back)
	case momentScreen:
		q := &m.moment
		m.searched = strings.ToLower(text)
		for n := 1; n < len(q.lines); n++ {
			i := (q.top + n) % len(q.lines)
			if back {
				i = (q.top - n + 2*len(q.lines)) % len(q.lines)
			}
			if strings.Contains(strings.ToLower(q.lines[i]), m.searched) {
				q.top = max(i-1, 0)
				return
			}
		}
		m.note = "nothing here has “" + show.Escape([]byte(text)) + "”"
	default:
		m.search(text, back)
	}
}

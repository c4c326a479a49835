package tui

import (
	"context"
	"io"
	"os"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/filter"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/replay"
)

// Options say what is shown.
type Options struct {
	Title string // of the file, escaped
	Show  show.Options
	// Marks finds the findings; it runs beside, with a reader of its own. nil: none are looked for.
	Marks  func() ([]replay.Mark, error)
	Index  *replay.Index // nil for none
	PID    uint32        // only this process, at first
	Filter *filter.Filter
	At     *int64 // where to begin
	Plain  bool   // no colours

	In  io.Reader // nil: the terminal
	Out io.Writer // nil: standard output
}

// Run shows r until the user leaves or ctx ends.
func Run(ctx context.Context, r *format.Reader, o Options) error {
	asked := ctx
	ctx, cancel := context.WithCancel(ctx)
	m := newModel(ctx, r, o)
	options := []tea.ProgramOption{tea.WithContext(ctx)}
	if o.In != nil {
		options = append(options, tea.WithInput(o.In))
	}
	if o.Out != nil {
		options = append(options, tea.WithOutput(o.Out))
	}
	if o.Plain || os.Getenv("NO_COLOR") != "" { // bold, faint and reverse stay
		options = append(options, tea.WithColorProfile(colorprofile.ASCII))
	}
	_, err := tea.NewProgram(m, options...).Run()
	cancel()
	m.work.end() // the file must not be closed under the hands of who reads it
	if asked.Err() != nil {
		return nil
	}
	return err
}

// screen is what takes up the middle of the terminal.
type screen int

const (
	processScreen screen = iota
	timelineScreen
	eventScreen
	momentScreen
	helpScreen
)

type model struct {
	ctx           context.Context
	work          *crew
	o             Options
	src           replay.Source
	width, height int

	screen screen
	before screen // of helpScreen and momentScreen
	right  int    // columns that are scrolled off to the left

	rows     *rows
	timeline timeline
	procs    procs
	event    scroll
	moment   moment

	marks   []replay.Mark // in the order of rows
	marksAt map[uint64][]*replay.Mark
	marking bool   // findings are being looked for
	note    string // instead of the filter, until the next key

	begin, end int64         // of the recording
	timeWidth  int           // columns of its times
	every      time.Duration // how often it is shown how far the fold is
	prompt     prompt
	searched   string // last text that was searched for, in small letters
	walks      []*job
}

func newModel(ctx context.Context, r *format.Reader, o Options) *model {
	m := &model{ctx: ctx, work: &crew{}, o: o, src: replay.FromReader(r), width: 80, height: 24, screen: processScreen, every: 200 * time.Millisecond}
	m.rows = newRows(r, &m.o.Show)
	m.rows.choose(o.PID, o.Filter)
	m.begin, m.end = m.src.Extent()
	m.timeWidth = max(len(m.o.Show.TimeText(m.begin)), len(m.o.Show.TimeText(m.end)))
	m.marking = o.Marks != nil
	m.moment.one = map[string]bool{"lsof": true}
	m.prompt.init()
	if o.PID != 0 || o.Filter != nil || o.At != nil {
		m.screen = timelineScreen
	}
	return m
}

type (
	foldedMsg struct {
		state *replay.State
		err   error
	}
	markedMsg struct {
		marks []replay.Mark
		err   error
	}
	stepMsg struct{} // go on with the walks
	tickMsg struct{} // show how far the fold is
)

// Init implements tea.Model.
func (m *model) Init() tea.Cmd {
	at := m.begin
	if m.o.At != nil {
		at = *m.o.At
	}
	m.jumpTime(at)
	commands := []tea.Cmd{m.beside(m.fold), m.tick(), m.step()}
	if m.o.Marks != nil {
		commands = append(commands, func() tea.Msg {
			marks, err := m.o.Marks()
			return markedMsg{marks, err}
		})
	}
	return tea.Batch(commands...)
}

// crew counts those who read the file in the background.
type crew struct {
	sync.Mutex
	wait sync.WaitGroup
	over bool
}

func (c *crew) start() bool {
	c.Lock()
	defer c.Unlock()
	if !c.over {
		c.wait.Add(1)
	}
	return !c.over
}

// end waits until nobody reads any more; who comes later is turned away.
func (c *crew) end() {
	c.Lock()
	c.over = true
	c.Unlock()
	c.wait.Wait()
}

// beside runs f, which reads the file, in the background. Run waits for it.
func (m *model) beside(f func() tea.Msg) tea.Cmd {
	work := m.work
	return func() tea.Msg {
		if !work.start() {
			return nil
		}
		defer work.wait.Done()
		return f()
	}
}

// Update implements tea.Model.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		m.prompt.input.SetWidth(max(m.width-12, 8))
		m.fill()
		m.moment.list(m)
	case foldedMsg:
		m.procs.done(m, msg)
	case markedMsg:
		m.setMarks(msg)
	case momentMsg:
		m.moment.done(m, msg)
	case stepMsg:
	case tickMsg:
		if m.procs.state == nil {
			return m, m.tick()
		}
		return m, nil
	case tea.KeyPressMsg:
		if m.prompt.what != "" {
			cmd := m.promptKey(msg)
			return m, tea.Batch(cmd, m.goOn())
		}
		m.note = ""
		if cmd, quit := m.key(msg.String()); quit {
			return m, tea.Quit
		} else if cmd != nil {
			return m, tea.Batch(cmd, m.goOn())
		}
	default:
		if m.prompt.what != "" {
			return m, m.prompt.update(msg)
		}
	}
	return m, m.goOn()
}

// goOn goes on with what is not done yet.
func (m *model) goOn() tea.Cmd {
	cmd := m.step()
	if m.screen == momentScreen && len(m.walks) == 0 {
		return tea.Batch(cmd, m.stateAt())
	}
	return cmd
}

package tui

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/replay"
)

// procs is the list of processes, as a tree.
type procs struct {
	scroll
	sel   int
	list  []proc
	state *replay.State // nil until all rows are read
	read  atomic.Int64  // time of the rows in hand
	marks map[*replay.Process][]*replay.Mark
	notes []string
}

type proc struct {
	*replay.Process
	indent string
}

// maxIndent is how deep the tree is drawn.
const maxIndent = 8

// watched yields the blocks of src, tells how far it is, and stops when the
// user leaves.
func (m *model) watched(ctx context.Context, tell *atomic.Int64) replay.Source {
	all, src := m.src.Blocks, m.src
	src.Blocks = func(columns []format.ColumnID, from, to int64) iter.Seq2[*format.Batch, error] {
		return func(yield func(*format.Batch, error) bool) {
			for b, err := range all(columns, from, to) {
				if ctx.Err() != nil {
					return
				}
				if b != nil && b.N > 0 {
					tell.Store(b.I64[format.ColTime][0])
				}
				if !yield(b, err) {
					return
				}
			}
		}
	}
	return src
}

func (m *model) fold() tea.Msg {
	state, err := replay.Fold(m.watched(m.ctx, &m.procs.read))
	return foldedMsg{state, err}
}

func (m *model) tick() tea.Cmd {
	return tea.Tick(m.every, func(time.Time) tea.Msg { return tickMsg{} })
}

func (p *procs) done(m *model, msg foldedMsg) {
	p.state = msg.state
	var damage *replay.Damage
	switch {
	case errors.As(msg.err, &damage):
		p.notes = append(p.notes, fmt.Sprintf("%d damaged parts of the file were left out", len(damage.Errs)))
	case msg.err != nil:
		p.notes = append(p.notes, show.Escape([]byte(msg.err.Error())))
	}
	p.notes = append(p.notes, p.state.Missing()...)
	for b := range p.state.TreeOf(p.state.Processes()).Branches(replay.Twigs{Fork: "├ ", Last: "└ ", BelowFork: "│ ", BelowLast: "  "}, maxIndent) {
		p.list = append(p.list, proc{b.Process, b.First})
	}
	p.mark(m)
}

// mark finds the processes that findings are about.
func (p *procs) mark(m *model) {
	if p.state == nil {
		return
	}
	p.marks = map[*replay.Process][]*replay.Mark{}
	for i := range m.marks {
		k := &m.marks[i]
		if q := p.state.Process(k.PID, k.At); q != nil {
			p.marks[q] = append(p.marks[q], k)
		}
	}
}

// command is what a process ran last.
func command(q *replay.Process) string {
	im := q.ImageAt(math.MaxInt64)
	switch {
	case im == nil:
	case im.Argv() != "":
		return string(show.AppendArgv(nil, []byte(im.Argv())))
	case im.Asked.Known():
		return show.Quote([]byte(im.Asked.Value))
	case im.Ran.Known():
		return show.Quote([]byte(im.Ran.Value))
	}
	return "[" + show.Escape([]byte(q.CommAt(math.MaxInt64))) + "]"
}

// differs says what the kernel ran when it was not what was asked for.
func differs(q *replay.Process) string {
	for _, im := range q.Images {
		switch {
		case im.ArgvDiffers:
			return " ⇒ ran " + show.Argv([]byte(im.RanArgv.Value))
		case im.PathDiffers:
			return " ⇒ asked " + show.Quote([]byte(im.Asked.Value)) + ", ran " + show.Quote([]byte(im.Ran.Value))
		}
	}
	return ""
}

const barWidth = 12

// life is a bar: when in the recording a process lived.
func (m *model) life(q *replay.Process) string {
	col := func(at int64) int {
		if m.end == m.begin {
			return 0
		}
		return int(float64(min(max(at, m.begin), m.end)-m.begin) / float64(m.end-m.begin) * (barWidth - 1))
	}
	from, to := col(m.procs.state.LifeBegin(q)), barWidth-1
	if q.End != replay.EndNone {
		to = max(col(q.Ended), from)
	}
	return strings.Repeat("·", from) + strings.Repeat("━", to-from+1) + strings.Repeat("·", barWidth-1-to)
}

func (m *model) processHead() string {
	return fmt.Sprintf("    %-8s %10s %-*s %7s  %s", "PID", "BEGAN", barWidth, "LIVED", "CALLS", "COMMAND")
}

func (m *model) processLine(p proc, selected bool) string {
	mark := "  "
	if marks := m.procs.marks[p.Process]; len(marks) > 0 {
		n := min(len(marks), 9)
		mark = rankStyle(marks).Render("▲" + itoa(uint32(n)))
	}
	pid := itoa(p.PID)
	if m.procs.state.Doubts(p.Process) != 0 {
		pid += "?"
	}
	began := "before"
	if begun := m.procs.state.LifeBegin(p.Process); begun >= m.o.Show.Start {
		o := m.o.Show
		began = string(o.AppendTime(nil, begun))
	}
	what := p.indent + command(p.Process)
	line := m.cursor(selected) + mark + fmt.Sprintf(" %-8s %10s ", pid, began)
	line += style.task.Render(m.life(p.Process)) + fmt.Sprintf(" %7d  ", p.Counts().Calls)
	line += m.scrolled(what)
	if d := differs(p.Process); d != "" {
		line += style.bad.Render(d)
	}
	return line
}

// searchProcess selects the next process that is shown with text.
func (m *model) searchProcess(text string, back bool) {
	p := &m.procs
	m.searched = strings.ToLower(text)
	if m.searched == "" || len(p.list) == 0 {
		return
	}
	step := 1
	if back {
		step = len(p.list) - 1
	}
	for n, i := 0, (p.sel+step)%len(p.list); n < len(p.list); n, i = n+1, (i+step)%len(p.list) {
		line := itoa(p.list[i].PID) + " " + command(p.list[i].Process) + differs(p.list[i].Process)
		if strings.Contains(strings.ToLower(line), m.searched) {
			p.sel = i
			return
		}
	}
	m.note = "no process has “" + show.Escape([]byte(m.searched)) + "”"
}

// open shows the timeline of the selected process from its beginning.
func (m *model) open() {
	p := &m.procs
	if p.sel >= len(p.list) {
		return
	}
	q := p.list[p.sel]
	m.rows.choose(q.PID, m.rows.filter)
	m.screen, m.right = timelineScreen, 0
	m.jumpTime(max(m.procs.state.LifeBegin(q.Process), m.begin))
}

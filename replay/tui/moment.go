package tui

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync/atomic"

	tea "charm.land/bubbletea/v2"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/replay"
)

// moment is what there was at a time: a list of package replay.
type moment struct {
	scroll
	view int             // of replay.Views
	one  map[string]bool // by view: of one process only

	at     int64 // of state
	state  *replay.State
	err    error
	wanted int64 // what is being read, when reading
	stop   context.CancelFunc
	read   *atomic.Int64
	lines  []string
}

type momentMsg struct {
	at    int64
	state *replay.State
	err   error
}

// stateAt makes sure that m.moment becomes what there was at the time that is
// selected. What is being read for another time is given up.
func (m *model) stateAt() tea.Cmd {
	q, at := &m.moment, m.now()
	if q.state != nil && q.at == at && q.stop == nil || q.stop != nil && q.wanted == at {
		return nil
	}
	if q.stop != nil {
		q.stop()
	}
	ctx, stop := context.WithCancel(m.ctx)
	read := &atomic.Int64{}
	q.wanted, q.stop, q.read = at, stop, read
	src, index := m.watched(ctx, read), m.o.Index
	return m.beside(func() tea.Msg {
		if ctx.Err() != nil {
			return nil
		}
		state, err := replay.FoldTo(src, at, index)
		if ctx.Err() != nil {
			return nil
		}
		return momentMsg{at, state, err}
	})
}

func (q *moment) done(m *model, msg momentMsg) {
	if q.stop == nil || msg.at != q.wanted {
		return
	}
	q.stop()
	q.stop, q.at, q.state, q.err = nil, msg.at, msg.state, msg.err
	var damage *replay.Damage
	if errors.As(q.err, &damage) {
		q.err = nil // said in the list of processes
	}
	q.list(m)
}

// pid is the process that is chosen, or else that of the selected row.
func (q *moment) pid(m *model) uint32 {
	if m.rows.pid != 0 {
		return m.rows.pid
	}
	if b, i := m.selected(); b != nil {
		return b.U32[format.ColTGID][i]
	}
	return 0
}

// list makes the lines of the view.
func (q *moment) list(m *model) {
	if q.state == nil {
		return
	}
	o := replay.ViewOptions{View: replay.Views[q.view].Name, At: q.at, Show: m.o.Show}
	o.Show.Color = false
	if q.one[o.View] {
		o.PID = q.pid(m)
	}
	o.Cell = max(m.width/5, 12)
	var out bytes.Buffer
	err := q.err
	if err == nil {
		err = replay.List(&out, q.state, o)
	}
	if err != nil {
		q.lines = []string{show.Escape([]byte(err.Error()))}
		if o.PID != 0 {
			q.lines = []string{"process " + itoa(o.PID) + " did not live at that moment: a shows all processes"}
		}
		return
	}
	q.lines = strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
	empty := len(q.lines) == 1
	if empty {
		q.lines = append(q.lines, "  none")
	}
	for _, note := range q.state.MissingIn(o.View, empty) {
		q.lines = append(q.lines, "  note: "+note)
	}
	q.by(0, len(q.lines)-1, max(m.body()-2, 1))
}

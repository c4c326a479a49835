package replay

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// maxDepth is how deep the tree is drawn as a tree; below it, the depth
// stands as a number.
const maxDepth = 12

// width is that of the terminal, or what paper has always had.
func (p *printer) width() int {
	if p.o.Width == 0 {
		return 80
	}
	return p.o.Width
}

// barColumn is where the bar begins, its two ends included.
func (p *printer) barColumn() int { return p.width() - barWidth(p.width()) - 2 }

// barWidth is the length of a lifetime bar on a terminal of some width.
func barWidth(width int) int { return min(max(width/5, 12), 40) }

// tree draws processes below those that created them.
func (p *printer) tree(list []*Process) {
	for b := range p.state.TreeOf(list).Branches(Twigs{"├─ ", "└─ ", "│  ", "   "}, maxDepth) {
		below := b.Rest
		if len(b.Children) > 0 && b.Depth < maxDepth {
			below += "│"
		}
		p.process(b.Process, b.First, below)
	}
}

// process writes one process: who it is, what it ran, what came of it.
func (p *printer) process(q *Process, first, rest string) {
	at := p.end
	if p.o.At != nil {
		at = *p.o.At
	}
	image := q.ImageAt(at)
	line := p.start(first)
	line = p.paint(line, show.Bold)
	line = fmt.Appendf(line, "%d", q.PID)
	if p.state.Doubts(q) != 0 {
		line = append(line, '?')
	}
	line = append(append(line, ' '), escape(q.CommAt(at))...)
	line = p.paint(line, show.Plain)
	line = p.appendImage(append(line, "  "...), image)
	p.emit(line)

	rest += "  "
	p.differences(image, rest)
	if p.o.At == nil {
		for i, im := range q.Images {
			if im != image && (im.Origin == ImageExec || i > 0) {
				p.earlier(im, rest)
			}
		}
	}
	p.summary(q, rest)
	p.marksOfProcess(q, rest)
	if p.o.PID != 0 && p.o.At == nil && len(q.Tasks) > 1 {
		for _, t := range q.Tasks {
			p.thread(t, rest, p.state.endUnknown(q))
		}
	}
}

// appendImage appends the command line, and the executable behind it.
func (p *printer) appendImage(line []byte, im *Image) []byte {
	if im == nil {
		return append(line, "[command line not recorded]"...)
	}
	switch argv := im.Argv(); {
	case argv != "":
		line = show.AppendArgv(line, []byte(argv))
	case im.Asked.Known():
		line = show.AppendQuote(line, []byte(im.Asked.Value))
	case im.Ran.Known():
		line = show.AppendQuote(line, []byte(im.Ran.Value))
	default:
		line = append(line, "[command line not recorded]"...)
	}
	if im.Path != "" {
		line = p.paint(line, show.Dim)
		line = append(append(append(line, "  <"...), escape(im.Path)...), '>')
		line = p.paint(line, show.Plain)
	}
	return line
}

// differences marks where the kernel ran something else than was asked for.
func (p *printer) differences(im *Image, rest string) {
	if im == nil || im.Origin == ImageInherited {
		return
	}
	line := func(what string, asked, ran []byte) {
		text := append(p.start(rest), p.painted(show.BoldRed, "⇒ ")...)
		text = append(append(append(append(text, what...), " asked "...), asked...), ", kernel ran "...)
		p.emit(append(text, p.painted(show.BoldRed, string(ran))...))
	}
	if im.PathDiffers {
		line("path:", show.AppendQuote(nil, []byte(im.Asked.Value)), show.AppendQuote(nil, []byte(im.Ran.Value)))
	}
	if im.ArgvDiffers {
		line("argv:", show.AppendArgv(nil, []byte(im.AskedArgv.Value)), show.AppendArgv(nil, []byte(im.RanArgv.Value)))
	}
	if im.Asked.Status == format.ViewUnreadable && im.Ran.Known() {
		line("path:", []byte("[unreadable]"), show.AppendQuote(nil, []byte(im.Ran.Value)))
	}
}

// earlier writes a program that the process ran before its last one.
func (p *printer) earlier(im *Image, rest string) {
	line := append(p.start(rest), p.o.Show.TimeText(im.At)...)
	line = p.appendImage(append(line, " ran "...), im)
	p.emit(line)
	p.differences(im, rest)
}

// summary writes lifetime, end, counts and the bar.
func (p *printer) summary(q *Process, rest string) {
	line := p.start(rest)
	if p.o.At != nil {
		line = p.appendNow(line, q, *p.o.At)
		p.emit(line)
		return
	}
	begin, end := p.state.LifeBegin(q), p.end
	switch {
	case begin < p.begin:
		line = append(line, "before"...)
	default:
		line = p.o.Show.AppendTime(line, begin)
	}
	if q.End != EndNone {
		end = q.Ended
	}
	line = append(line, "  "...)
	line = show.AppendDuration(line, max(end-begin, 0))
	line = append(line, "  "...)
	hidden := p.state.endUnknown(q)
	line = p.appendEnd(line, q.End, q.Status, hidden)
	// What does not fit beside the bar goes below it.
	facts := p.facts(q)
	room := p.barColumn() - 1
	for len(facts) > 0 && show.Width(line)+2+len(facts[0]) <= room {
		line = append(append(line, "  "...), facts[0]...)
		facts = facts[1:]
	}
	p.emit(p.appendBar(line, begin, end, p.tip(q.End, hidden)))
	if len(facts) > 0 {
		p.emit(append(p.start(rest), strings.Join(facts, "  ")...))
	}
}

// facts are the counts of a process that are not 0, and what else there is
// to say of it, in ASCII.
func (p *printer) facts(q *Process) []string {
	counts := q.Counts()
	facts := []string{show.Count(counts.Calls, "call")}
	for _, c := range []struct {
		n     uint64
		thing string
	}{
		{counts.Opens, "open"}, {counts.Connects, "connect"}, {counts.Execs, "exec"},
	} {
		if c.n > 0 {
			facts = append(facts, show.Count(c.n, c.thing))
		}
	}
	if n := len(q.Tasks); n > 1 {
		facts = append(facts, show.Count(uint64(n), "thread"))
	}
	if n := len(q.Parents); n > 1 {
		facts = append(facts, fmt.Sprintf("then under %d", q.Parents[n-1].PID))
	}
	return facts
}

// appendNow appends how a process stands at a moment.
func (p *printer) appendNow(line []byte, q *Process, at int64) []byte {
	line = append(line, "up "...)
	line = show.AppendDuration(line, max(at-p.state.LifeBegin(q), 0))
	if cred, ok := q.CredAt(at); ok {
		line = fmt.Appendf(line, "  uid %d", cred.UID)
	}
	if ppid := q.ParentAt(at); ppid != 0 {
		line = fmt.Appendf(line, "  parent %d", ppid)
	}
	threads := 0
	for _, t := range q.Tasks {
		if t.AliveAt(at) {
			threads++
		}
	}
	if threads > 1 {
		line = fmt.Appendf(line, "  %d threads", threads)
	}
	return line
}

func (p *printer) thread(t *Task, rest string, hidden bool) {
	line := fmt.Appendf(p.start(rest), "thread %d %s  ", t.TID, escape(t.CommAt(p.end)))
	begin, end := p.state.taskBegin(t), p.end
	if t.End != EndNone {
		end = t.Ended
	}
	if begin < p.begin {
		line = append(line, "before"...)
	} else {
		line = p.o.Show.AppendTime(line, begin)
	}
	line = show.AppendDuration(append(line, "  "...), max(end-begin, 0))
	line = p.appendEnd(append(line, "  "...), t.End, t.Status, hidden)
	line = append(append(line, "  "...), show.Count(t.Counts.Calls, "call")...)
	p.emit(p.appendBar(line, begin, end, p.tip(t.End, hidden)))
}

func (p *printer) appendEnd(line []byte, end End, status uint32, hidden bool) []byte {
	switch end {
	case EndNone:
		if hidden {
			return append(line, "end not seen"...)
		}
	case EndExit:
		if status != 0 {
			line = p.paint(line, show.Yellow)
			line = show.AppendWaitStatus(line, status)
			return p.paint(line, show.Plain)
		}
		return show.AppendWaitStatus(line, status)
	case EndExec:
		return append(line, "by execve"...)
	case EndTold:
		if e := p.src.exit(); e != nil {
			line = p.paint(line, show.Yellow)
			line = fmt.Appendf(line, "never ran, exit code %d", *e)
			return p.paint(line, show.Plain)
		}
		return append(line, "never ran"...)
	case EndProcess, EndReused:
		return append(line, "end not seen"...)
	}
	return append(line, "running"...)
}

// tip is how a bar ends: whether life went on.
func (p *printer) tip(end End, hidden bool) string {
	switch {
	case end != EndNone:
		return "━"
	case hidden:
		return "?"
	}
	return "▶"
}

// appendBar appends │  ━━━━   │ at the right edge: the part of the recording
// in which something lived.
func (p *printer) appendBar(line []byte, begin, end int64, tip string) []byte {
	n, column := barWidth(p.width()), p.barColumn()
	for used := show.Width(line); used < column; used++ {
		line = append(line, ' ')
	}
	if show.Width(line) > column {
		if p.o.Width != 0 {
			return line // no room: the numbers matter more
		}
		line = append(line, ' ')
	}
	span := max(p.end-p.begin, 1)
	cell := func(t int64) int {
		return int(float64(min(max(t-p.begin, 0), span)) / float64(span) * float64(n))
	}
	from, to := min(cell(begin), n-1), min(cell(end), n-1)
	line = p.paint(line, show.Dim)
	line = append(line, "│"...)
	line = append(line, bytes.Repeat([]byte{' '}, from)...)
	line = append(line, strings.Repeat("━", to-from)...)
	line = append(line, tip...)
	line = append(line, bytes.Repeat([]byte{' '}, n-1-to)...)
	line = append(line, "│"...)
	return p.paint(line, show.Plain)
}

// start begins a line in the printer's buffer.
func (p *printer) start(prefix string) []byte {
	p.line = p.paint(p.line[:0], show.Dim)
	p.line = append(p.line, prefix...)
	p.line = p.paint(p.line, show.Plain)
	return p.line
}

func (p *printer) paint(line []byte, c show.Colour) []byte {
	if p.o.Color {
		return append(line, c...)
	}
	return line
}

// emit writes a line, cut to the terminal.
func (p *printer) emit(line []byte) {
	p.line = line
	if p.o.Width > 0 {
		line = show.Cut(line, p.o.Width)
	}
	p.out.Write(line)
	p.out.WriteByte('\n')
}

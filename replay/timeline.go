package replay

import (
	"container/heap"
	"fmt"
	"math"
	"time"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// window is how many rows are held back to bring them in order of their
// begin: a call's row stands in the file where it returned.
const window = 1 << 16

type held struct {
	time int64
	seq  uint64
	line []byte
}

type heldRows []held

func (h heldRows) Len() int { return len(h) }
func (h heldRows) Less(i, j int) bool {
	return h[i].time < h[j].time || h[i].time == h[j].time && h[i].seq < h[j].seq
}
func (h heldRows) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *heldRows) Push(x any)   { *h = append(*h, x.(held)) }
func (h *heldRows) Pop() any {
	old := *h
	x := old[len(old)-1]
	old[len(old)-1].line = nil
	*h = old[:len(old)-1]
	return x
}

// timeline writes the rows, ordered by when they began as far as the window
// reaches.
func (p *printer) timeline() error {
	o := p.o.Show
	o.TaskWidth = 22
	lines, more := 0, false
	var waiting heldRows
	first, printed := int64(math.MaxInt64), int64(math.MinInt64)
	write := func() bool {
		row := heap.Pop(&waiting).(held)
		if p.o.Limit > 0 && lines == p.o.Limit {
			more = true
			return false
		}
		lines++
		p.pace(row.time)
		if _, err := p.out.Write(row.line); err != nil {
			return false // whoever read our output is gone
		}
		if row.time < printed && !p.o.JSON {
			p.out.WriteString(p.painted(show.Yellow, "  (entered before the rows above)"))
		}
		for _, m := range p.marksAt[row.seq] {
			if p.o.JSON {
				break
			}
			p.out.WriteString("\n    " + p.painted(show.BoldRed, "▲ "+m.Severity+" "+m.ID) + "  " + escape(m.Title))
		}
		first, printed = min(first, row.time), max(printed, row.time)
		p.out.WriteByte('\n')
		return true
	}
	var errs []error // reported by the fold already
	func() {
		for b := range damaged(p.src.Blocks(nil, p.o.From, p.o.To), &errs) {
			for i := range b.N {
				if !p.wanted(b, i) {
					continue
				}
				if p.o.Match != nil {
					ok, err := p.o.Match(b, i)
					if err != nil {
						p.failed = err
						return
					}
					if !ok {
						continue
					}
				}
				heap.Push(&waiting, held{b.I64[format.ColTime][i], b.Seq + uint64(i), p.row(b, i, &o)})
				if len(waiting) > window && !write() {
					return
				}
			}
		}
		for len(waiting) > 0 && write() {
		}
	}()
	if more && p.o.JSON {
		fmt.Fprintln(p.out, jsonMore(p.o.Limit))
	} else if more {
		offset := show.Options{Time: show.TimeRel, Start: p.o.Show.Start} // a form that --from takes
		p.out.WriteString("… more rows follow: raise --limit")
		if from := offset.TimeText(printed); from != offset.TimeText(first) { // else the same rows would come again
			fmt.Fprintf(p.out, ", or go on with --from %ss", from)
		}
		p.out.WriteByte('\n')
	}
	return nil
}

// pace waits until a row is due.
func (p *printer) pace(at int64) {
	if p.o.Speed <= 0 {
		return
	}
	if p.started.IsZero() {
		p.started, p.startedAt = time.Now(), at
		if p.o.From != math.MinInt64 {
			p.startedAt = min(at, max(p.o.From, p.begin))
		}
	}
	due := time.Duration(float64(at-p.startedAt) / p.o.Speed)
	if wait := due - time.Since(p.started); wait > time.Millisecond {
		p.out.Flush()
		if p.o.Sleep != nil {
			p.o.Sleep(wait)
		} else {
			time.Sleep(wait)
		}
	}
}

// wanted says whether row i is in the options' time and process. Losses
// concern every process.
func (p *printer) wanted(b *format.Batch, i int) bool {
	t := b.I64[format.ColTime][i]
	if t < p.o.From || t > p.o.To {
		return false
	}
	return p.o.PID == 0 || b.U32[format.ColTGID][i] == p.o.PID || b.U32[format.ColTID][i] == p.o.PID ||
		format.EventID(b.U16[format.ColEvent][i]) == format.EventLost
}

// row is one line. A loss stands out: what is not there cannot be seen.
func (p *printer) row(b *format.Batch, i int, o *show.Options) []byte {
	if p.o.JSON {
		return show.RowJSON(nil, b, i, o)
	}
	line := show.Row(nil, b, i, o)
	if format.EventID(b.U16[format.ColEvent][i]) != format.EventLost {
		return line
	}
	return append(append(p.paint(nil, show.BoldRed), line...), p.tail("  ◀ records are missing here")...)
}

func (p *printer) tail(s string) string {
	if p.o.Color {
		return s + string(show.Plain)
	}
	return s
}

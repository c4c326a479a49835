package analyze

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// LossColumns are what Losses needs of EventLost rows.
var LossColumns = []format.ColumnID{
	format.ColTime, format.ColEvent, format.ColCPU,
	format.ColArg0, format.ColArg1, format.ColArg2, format.ColArg5,
}

// maxWindows bounds the loss windows that are kept apart per class. Beyond it
// neighbours are merged, which only makes more verdicts inconclusive.
const maxWindows = 1 << 14

// Losses are the gaps of a trace. A lost row stands after the rows that it
// endangers, so they are gathered before the analyses run.
type Losses struct {
	Count   map[LossKey]uint64
	Total   uint64
	windows [format.NumClasses][]window

	unrecorded []window // between recordings that were merged
}

// Unwritten is how many of Total were read by the recorder and could not be written.
func (l *Losses) Unwritten() uint64 { return l.of(format.ClassUnwritten) }

// Damaged is how many of Total were in parts of a file that could not be read: the recorder had not lost them.
func (l *Losses) Damaged() uint64 { return l.of(format.ClassDamaged) }

func (l *Losses) of(class format.Class) (n uint64) {
	for key, count := range l.Count {
		if key.Class == class {
			n += count
		}
	}
	return n
}

// LossKey says of whom records were lost.
type LossKey struct {
	CPU   uint16
	Lane  format.Lane
	Class format.Class
}

// window is a span of time in which records may be missing, both ends included.
type window struct{ since, until int64 }

// NewLosses returns no losses.
func NewLosses() *Losses { return &Losses{Count: make(map[LossKey]uint64)} }

// Fold gathers the EventLost rows of a batch.
func (l *Losses) Fold(b *format.Batch) {
	for i, e := range b.U16[format.ColEvent][:b.N] {
		if format.EventID(e) != format.EventLost {
			continue
		}
		key := LossKey{
			CPU:   uint16(b.Int(format.ColCPU, i)),
			Lane:  format.Lane(b.Int(format.ColArg0, i)),
			Class: format.Class(b.Int(format.ColArg1, i)),
		}
		n := uint64(b.Int(format.ColArg2, i))
		w := window{b.Int(format.ColArg5, i), b.Int(format.ColTime, i)}
		switch {
		case key.Class == format.ClassUnrecorded:
			l.unrecorded = append(l.unrecorded, w)
		case n == 0:
			continue
		default:
			l.Count[key] += n
			l.Total += n
		}
		if key.Class < format.NumClasses {
			l.add(key.Class, w)
			continue
		}
		// A class of a newer version: it may have been any record.
		for c := range format.NumClasses {
			l.add(c, w)
		}
	}
}

func (l *Losses) add(c format.Class, w window) {
	l.windows[c] = append(l.windows[c], w)
	if len(l.windows[c]) > 2*maxWindows {
		l.windows[c] = merge(l.windows[c])
	}
}

// done puts the windows in order, after the last Fold and before touches.
func (l *Losses) done() {
	for c := range l.windows {
		l.windows[c] = merge(l.windows[c])
	}
}

// merge sorts windows, joins those that overlap, and then pairs of
// neighbours until at most maxWindows are left.
func merge(ws []window) []window {
	if len(ws) == 0 {
		return ws
	}
	slices.SortFunc(ws, func(a, b window) int { return cmp.Compare(a.since, b.since) })
	out := ws[:1]
	for _, w := range ws[1:] {
		if last := &out[len(out)-1]; w.since <= last.until {
			last.until = max(last.until, w.until)
		} else {
			out = append(out, w)
		}
	}
	for len(out) > maxWindows {
		n := 0
		for i := 0; i < len(out); i += 2 {
			out[n] = window{out[i].since, out[min(i+1, len(out)-1)].until}
			n++
		}
		out = out[:n]
	}
	return out
}

// touches says whether records of one of the classes may be missing from a
// span of time. The processor is not asked: a call may have moved.
func (l *Losses) touches(classes uint8, from, to int64) bool {
	for c := range l.windows {
		if classes&(1<<c) == 0 {
			continue
		}
		ws := l.windows[c]
		i, _ := slices.BinarySearchFunc(ws, from, func(w window, t int64) int { return cmp.Compare(w.until, t) })
		if i < len(ws) && ws[i].since <= to {
			return true
		}
	}
	return false
}

// keys are those of Count in order.
func (l *Losses) keys() []LossKey {
	keys := slices.Collect(maps.Keys(l.Count))
	slices.SortFunc(keys, func(a, b LossKey) int {
		return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.Lane, b.Lane), cmp.Compare(a.CPU, b.CPU))
	})
	return keys
}

func laneName(l format.Lane) string { return show.IntText(format.KindLane, int64(l), format.ABINone) }

func className(c format.Class) string {
	return show.IntText(format.KindClass, int64(c), format.ABINone)
}

// text says how many records were lost, and where.
func (k *LossKey) text(n uint64) string {
	switch k.Class {
	case format.ClassUnwritten:
		return show.CountOf(n, "record", "records") + " that could not be written"
	case format.ClassDamaged:
		return show.CountOf(n, "record that was", "records that were") + " in blocks that were damaged or not written"
	}
	return fmt.Sprintf("%s, cpu %d, %s lane", show.Count(n, className(k.Class)+" record"), k.CPU, laneName(k.Lane))
}

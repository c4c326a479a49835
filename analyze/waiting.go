package analyze

import (
	"bytes"
	"math"
	"slices"

	"github.com/tracerec/tracerec/format"
)

// witness is a row that belongs to a call which has not been read yet.
type witness struct {
	event  format.EventID
	slot   int         // EventView: which argument
	view   format.View // EventView: which of its views
	uptr   uint64
	values [format.MaxViews]kernelCopy // what stands in the kernel columns of the row's slots
	interp []byte
}

// waitingCall gathers witnesses until their call's row arrives: a call
// stands in the stream where it returned.
type waitingCall struct {
	start, call uint64
	taken       bool
	seen        uint64 // sequence number of the newest row
	batch       int    // batch of the newest row
	rows        []witness
}

// maxWaiting bounds the tasks that may have witnesses waiting. A task has one call in
// flight, so this is reached only if exits are missing from the trace.
const maxWaiting = 1 << 16

// waiting holds the witnesses of the calls in flight, one call per task.
type waiting struct {
	tasks   map[uint32]*waitingCall
	fresh   []*waitingCall // rows of this batch, whose bytes are still the batch's
	batch   int
	orphans uint64 // witnesses whose call's row never came
	// Calls entered up to doubt may have lost witnesses, for that reason.
	doubt    int64
	doubtWhy why
	evicted  bool
}

func newWaiting() *waiting {
	return &waiting{tasks: make(map[uint32]*waitingCall), doubt: math.MinInt64}
}

// add puts a row to the call it names.
func (w *waiting) add(tid uint32, start, call, seq uint64, row witness, now int64) {
	c := w.tasks[tid]
	if c != nil && (c.call != call || c.start != start) {
		w.drop(tid, c)
		c = nil
	}
	if c == nil {
		if len(w.tasks) >= maxWaiting {
			w.evict(now)
		}
		c = &waitingCall{start: start, call: call, batch: -1}
		w.tasks[tid] = c
	}
	c.seen = seq
	if c.batch != w.batch {
		c.batch = w.batch
		w.fresh = append(w.fresh, c)
	}
	c.rows = append(c.rows, row)
}

// take hands over what waits for a call, nil when nothing does.
func (w *waiting) take(tid uint32, start, call uint64) *waitingCall {
	c := w.tasks[tid]
	if c == nil {
		return nil
	}
	if c.call != call || c.start != start {
		if c.call < call || c.start != start {
			w.drop(tid, c) // its own row will not come any more
		}
		return nil
	}
	delete(w.tasks, tid)
	c.taken = true
	return c
}

func (w *waiting) drop(tid uint32, c *waitingCall) {
	delete(w.tasks, tid)
	w.orphans += uint64(len(c.rows))
	c.rows = nil
}

// exit forgets a task that ended inside a call.
func (w *waiting) exit(tid uint32) {
	if c := w.tasks[tid]; c != nil {
		w.drop(tid, c)
	}
}

// evict drops the half of the calls that waits longest.
func (w *waiting) evict(now int64) {
	var seqs []uint64
	for _, c := range w.tasks {
		seqs = append(seqs, c.seen)
	}
	slices.Sort(seqs)
	middle := seqs[len(seqs)/2]
	for tid, c := range w.tasks {
		if c.seen <= middle {
			w.drop(tid, c)
		}
	}
	w.evicted = true
	w.distrust(now, whyEvicted)
}

// distrust makes calls entered up to a time inconclusive.
func (w *waiting) distrust(until int64, reason why) {
	if until >= w.doubt {
		w.doubt, w.doubtWhy = until, reason
	}
}

// has says whether the row shows a value at all.
func (r *witness) has() bool {
	for k := range r.values {
		if r.values[k].has() {
			return true
		}
	}
	return false
}

// endBatch makes the bytes that still wait our own: a batch's memory is used again.
func (w *waiting) endBatch() {
	for _, c := range w.fresh {
		if c.taken || c.batch != w.batch {
			continue
		}
		for i := range c.rows {
			r := &c.rows[i]
			for k := range r.values {
				r.values[k].bytes = bytes.Clone(r.values[k].bytes)
			}
			r.interp = bytes.Clone(r.interp)
		}
	}
	clear(w.fresh)
	w.fresh = w.fresh[:0]
	w.batch++
}

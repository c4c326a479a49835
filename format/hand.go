package format

import (
	"fmt"
	"runtime"
)

// handed is a block on its way to the file.
type handed struct {
	batch *Batch
	info  BlockInfo // without its place in file and chain
	enc   *encoder
	done  chan error
}

// Jobs is how many blocks of rows rows to read or write at a time where nobody says: one for
// each processor, four at most, fewer of blocks as large as repack's.
func Jobs(rows int) int {
	return max(1, min(runtime.GOMAXPROCS(0), maxJobs, maxAhead/max(1, rows)-1))
}

// Hand is Write for a caller that gives its batch away and gets an empty one to
// fill instead. WriterOptions.Jobs blocks are encoded at a time, beside the caller, and
// written in order: the file has the same bytes for any number. An error of a block that cannot be
// written is returned by a later call, Close at the latest; nothing behind that block is written.
// What Rows and BytesWritten count are blocks that were written: see Drain.
func (w *Writer) Hand(b *Batch, clock Clock) (*Batch, error) {
	if w.jobs <= 1 || w.err != nil || b.N == 0 {
		err := w.Write(b, clock)
		b.Reset()
		return b, err
	}
	if err := w.enc.check(b); err != nil {
		err = fmt.Errorf("%sblock %d: %w", pathPrefix(w.path), len(w.blocks)+len(w.pending), err)
		b.Reset()
		return b, err
	}
	h := &handed{batch: b, done: make(chan error, 1)}
	h.info = BlockInfo{Number: uint64(len(w.blocks)), Seq: w.rows, Rows: b.N, Clock: clock}
	lost := w.lost
	if n := len(w.pending); n > 0 {
		last := &w.pending[n-1].info
		h.info.Number, h.info.Seq, lost = last.Number+1, last.Seq+uint64(last.Rows), last.Lost
	}
	b.Seq = h.info.Seq
	summarize(b, &h.info, lost)
	w.enc.seekTick(b)
	if n := len(w.idle); n > 0 {
		h.enc, w.idle = w.idle[n-1], w.idle[:n-1]
	} else {
		h.enc = newBlockEncoder(w.level)
	}
	h.enc.tick, h.enc.hurry = w.enc.tick, w.fast
	if w.fast {
		w.fasts++
	}
	go func() { h.done <- h.enc.encode(h.batch, &h.info, &w.id) }()
	w.pending = append(w.pending, h)
	var err error
	if len(w.pending) > w.jobs {
		err = w.finish()
	}
	if n := len(w.spare); n > 0 {
		b, w.spare = w.spare[n-1], w.spare[:n-1]
		b.Reset()
		return b, err
	}
	return NewBatch(0), err
}

// finish writes the block that was handed over first.
func (w *Writer) finish() error {
	h := w.pending[0]
	w.pending = append(w.pending[:0], w.pending[1:]...)
	err := <-h.done
	if w.err == nil {
		if err != nil {
			w.fail(fmt.Errorf("block %d: %w", h.info.Number, err))
		} else {
			w.append(h.enc, h.batch, h.info, 0)
		}
	}
	w.idle, w.spare = append(w.idle, h.enc), append(w.spare, h.batch)
	return w.err
}

// Drain writes all blocks that were handed over.
func (w *Writer) Drain() error {
	for len(w.pending) > 0 {
		w.finish()
	}
	return w.err
}

// drop waits for what is being encoded, which nobody wants any more.
func (w *Writer) drop() {
	for _, h := range w.pending {
		<-h.done
		h.enc.free()
	}
	for _, enc := range w.idle {
		enc.free()
	}
	w.pending, w.idle, w.spare = nil, nil, nil
}

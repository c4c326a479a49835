package analyze

import (
	"iter"
	"runtime"

	"github.com/tracerec/tracerec/format"
)

// readBlock is one block, or why there is none.
type readBlock struct {
	index int
	batch *format.Batch
	err   error
	gap   bool // rows are missing before it
}

// jobs is how many blocks are decoded at a time.
func (o *Options) jobs() int {
	if o.Jobs > 0 {
		return o.Jobs
	}
	return runtime.GOMAXPROCS(0)
}

// ahead reads all blocks in order, with jobs of them decoded at a time, beside the one
// that is being folded. A batch is used again once the next one was asked
// for. The order, and so what comes of it, does not depend on jobs.
func ahead(r *source, columns []format.ColumnID, jobs int) iter.Seq[readBlock] {
	if jobs <= 1 {
		return inTurn(r, columns)
	}
	return func(yield func(readBlock) bool) {
		var (
			slots = make([]chan readBlock, jobs) // of block i: slots[i%jobs]
			free  = make(chan *format.Batch, jobs+1)
			next  uint64
			asked int
		)
		for i := range slots {
			slots[i] = make(chan readBlock, 1)
		}
		for range jobs + 1 {
			free <- format.NewKept()
		}
		// A slot is asked for its next block only after it gave its last one, so at
		// most jobs blocks are decoded at a time.
		ask := func() {
			if asked == r.blockCount() {
				return
			}
			i := asked
			asked++
			var gap bool
			gap, next = r.before(i, next)
			go func() {
				batch := <-free
				b := readBlock{index: i, gap: gap}
				if b.batch, b.err = r.read(i, columns, batch); b.err != nil {
					free <- batch
				}
				slots[i%jobs] <- b
			}()
		}
		for range jobs {
			ask()
		}
		for i := range r.blockCount() {
			b := <-slots[i%jobs]
			ask()
			more := yield(b)
			if b.batch != nil {
				free <- b.batch
			}
			if !more {
				// The reader must not be closed under the goroutines' hands.
				for k := i + 1; k < asked; k++ {
					if b := <-slots[k%jobs]; b.batch != nil {
						free <- b.batch
					}
				}
				return
			}
		}
	}
}

// inTurn is ahead with one processor: decode, fold, decode.
func inTurn(r *source, columns []format.ColumnID) iter.Seq[readBlock] {
	return func(yield func(readBlock) bool) {
		batch := format.NewKept()
		var next uint64
		for i := range r.blockCount() {
			b := readBlock{index: i}
			b.gap, next = r.before(i, next)
			if b.batch, b.err = r.read(i, columns, batch); b.err == nil {
				batch = b.batch
			}
			if !yield(b) {
				return
			}
		}
	}
}

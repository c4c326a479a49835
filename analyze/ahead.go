package analyze

import (
	"iter"

	"github.com/tracerec/tracerec/format"
)

// aheadBlocks are decoded while one is being folded.
const aheadBlocks = 2

// readBlock is one block, or why there is none.
type readBlock struct {
	batch *format.Batch
	err   error
	gap   bool // rows are missing before it
}

// ahead reads all blocks in order and decodes on another processor than the
// one that folds. A batch is used again once the next one was asked for.
func ahead(r *format.Reader, columns []format.ColumnID) iter.Seq[readBlock] {
	return func(yield func(readBlock) bool) {
		blocks := make(chan readBlock, aheadBlocks)
		free := make(chan *format.Batch, aheadBlocks+1)
		stop := make(chan struct{})
		done := make(chan struct{})
		for range aheadBlocks + 1 {
			free <- nil
		}
		go func() {
			defer close(done)
			defer close(blocks)
			next := uint64(0)
			for i := range r.BlockCount() {
				var batch *format.Batch
				select {
				case batch = <-free:
				case <-stop:
					return
				}
				info := r.BlockInfo(i)
				b := readBlock{gap: info.Seq != next}
				next = info.Seq + uint64(info.Rows)
				if b.batch, b.err = r.ReadBlock(i, columns, batch); b.err != nil {
					free <- batch
				}
				select {
				case blocks <- b:
				case <-stop:
					return
				}
			}
		}()
		// The reader must not be closed under the goroutine's hands.
		defer func() { close(stop); <-done }()
		for b := range blocks {
			if !yield(b) {
				return
			}
			if b.batch != nil {
				free <- b.batch
			}
		}
	}
}

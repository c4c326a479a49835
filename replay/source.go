package replay

import (
	"iter"
	"math"

	"github.com/tracerec/tracerec/format"
)

// FromReader is the source of a file. It decodes blocks on another processor
// than the one that folds them.
func FromReader(r *format.Reader) Source {
	src := Source{
		Header: r.Header(), Totals: r.Totals(), reader: r,
		Span: r.Span,
	}
	src.Blocks = func(columns []format.ColumnID, from, to int64) iter.Seq2[*format.Batch, error] {
		opt := format.ReadOptions{Columns: columns, From: from}
		if to != math.MaxInt64 {
			opt.To = to + 1 // the reader's is exclusive
		}
		if len(r.Holes()) > 0 {
			return r.Blocks(opt) // says where the holes are
		}
		return ahead(r, 0, opt)
	}
	return src
}

// aheadBlocks are decoded while one is being folded.
const aheadBlocks = 1

// ahead reads the blocks from number first on in order. A batch is used again
// once the next one was asked for.
func ahead(r *format.Reader, first int, opt format.ReadOptions) iter.Seq2[*format.Batch, error] {
	type read struct {
		b   *format.Batch
		err error
	}
	return func(yield func(*format.Batch, error) bool) {
		blocks := make(chan read, aheadBlocks)
		free := make(chan *format.Batch, aheadBlocks+2)
		stop, done := make(chan struct{}), make(chan struct{})
		for range aheadBlocks + 2 {
			free <- nil
		}
		go func() {
			defer close(done)
			defer close(blocks)
			for i := first; i < r.BlockCount(); i++ {
				info := r.BlockInfo(i)
				if !opt.Wants(&info) {
					continue
				}
				var b *format.Batch
				select {
				case b = <-free:
				case <-stop:
					return
				}
				got, err := r.ReadBlock(i, opt.Columns, b)
				if err != nil {
					got = nil
				}
				select {
				case blocks <- read{got, err}:
				case <-stop:
					return
				}
			}
			if state, why := r.State(); state == format.Unsealed {
				select {
				case blocks <- read{nil, why}:
				case <-stop:
				}
			}
		}()
		defer func() { close(stop); <-done }() // the file must not be closed under the goroutine's hands
		for b := range blocks {
			if !yield(b.b, b.err) {
				return
			}
			select {
			case free <- b.b:
			default:
			}
		}
	}
}

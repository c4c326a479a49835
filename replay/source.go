package replay

import (
	"iter"
	"math"

	"github.com/tracerec/tracerec/format"
)

// FromReader is the source of a file. It decodes blocks beside the caller, who
// folds them.
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
		return toTheEnd(r, opt)
	}
	return src
}

// toTheEnd reads blocks, and says at their end if the file has none.
func toTheEnd(r *format.Reader, opt format.ReadOptions) iter.Seq2[*format.Batch, error] {
	return func(yield func(*format.Batch, error) bool) {
		for b, err := range r.Blocks(opt) {
			if !yield(b, err) {
				return
			}
		}
		if state, why := r.State(); state == format.Unsealed {
			yield(nil, why)
		}
	}
}

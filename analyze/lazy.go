package analyze

import (
	"slices"

	"github.com/tracerec/tracerec/format"
)

// A pass of toctou alone looks at most rows in a few narrow columns: which call,
// how each view was obtained, and whether the object goes by another name. The
// others, arguments above all, are three quarters of the work of decoding, and
// are read when a row of the block asks for them. Which blocks are read so has
// no influence on the report.

// lightColumns are those that the way of plain rows needs.
var lightColumns = func() []format.ColumnID {
	cols := []format.ColumnID{
		format.ColEvent, format.ColFlags, format.ColTID, format.ColABI, format.ColNR, format.ColRet, format.ColPath,
	}
	for k := range format.Slots {
		s := &format.Slots[k]
		cols = append(cols, s.Enter, s.EnterStatus, s.KernelStatus, s.ExitStatus, s.Rungs)
	}
	return cols
}()

// lazy reads the rest of a block's columns when they are needed.
type lazy struct {
	rest  []format.ColumnID // nil: blocks come whole
	read  func(cols []format.ColumnID, dst *format.Batch) (*format.Batch, error)
	side  *format.Batch
	whole bool // the block at hand has all columns
	err   error
}

// split says which columns are read at first, and keeps the rest for need.
func (s *Session) split() (light []format.ColumnID) {
	all := s.Columns()
	if len(s.analyses) != 1 || s.ratings.keep {
		return all
	}
	if _, ok := s.analyses[0].(*toctou); !ok {
		return all
	}
	for _, c := range all {
		if !slices.Contains(lightColumns, c) {
			s.lazy.rest = append(s.lazy.rest, c)
		}
	}
	return slices.Clone(lightColumns)
}

// begin takes the next block; read reads more columns of it.
func (l *lazy) begin(read func(cols []format.ColumnID, dst *format.Batch) (*format.Batch, error)) {
	l.read, l.whole = read, false
}

// need makes all columns of the batch at hand available.
func (s *Session) need(b *format.Batch) {
	l := &s.lazy
	if l.whole || l.rest == nil || l.read == nil {
		return
	}
	l.whole = true
	side, err := l.read(l.rest, l.side)
	if err != nil {
		// It was read just now: the file changes under our hands. Rows of zeros
		// let the fold end; the error ends the analysis.
		l.err = err
		side = format.NewBatch(b.N)
		side.AppendRows(b.N)
	}
	l.side = side
	for _, c := range l.rest {
		b.U8[c], b.U16[c], b.U32[c], b.U64[c], b.I32[c], b.I64[c] = side.U8[c], side.U16[c], side.U32[c], side.U64[c], side.I32[c], side.I64[c]
	}
}

// end takes the columns back, before the batch's memory is used again.
func (l *lazy) end(b *format.Batch) {
	if l.whole && l.read != nil {
		for _, c := range l.rest {
			b.U8[c], b.U16[c], b.U32[c], b.U64[c], b.I32[c], b.I64[c] = nil, nil, nil, nil, nil, nil
		}
	}
	l.read = nil
}

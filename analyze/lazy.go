package analyze

import (
	"slices"

	"github.com/tracerec/tracerec/format"
)

// A pass of toctou alone looks at most rows in a few narrow columns: which call,
// how each view was obtained, and whether the object goes by another name. The
// others are two thirds of the work of decoding, and are read when a row of the block asks for them: first
// those that judge arguments, then what findings, processes and writers are told by, above all the
// calls' raw arguments, and those of the rows of such kinds only. What is read so has
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

// judgeColumns are those that judging an argument needs besides.
var judgeColumns = func() []format.ColumnID {
	cols := []format.ColumnID{format.ColTime, format.ColDuration, format.ColStart, format.ColCall}
	for k := range format.Slots {
		s := &format.Slots[k]
		cols = append(cols, s.Kernel, s.Exit, s.VMA, s.Len)
	}
	return cols
}()

// lazy reads the rest of a block's columns when they are needed.
type lazy struct {
	on     bool // else blocks come whole
	read   readMore
	judged lateColumns
	told   lateColumns
	err    error
}

// readMore reads more columns of the block at hand: see format.Reader.ReadMore.
type readMore func(cols []format.ColumnID, some func(rows []int32) bool, dst *format.Batch) (*format.Batch, error)

// lateColumns are columns that are read together.
type lateColumns struct {
	cols  []format.ColumnID
	side  *format.Batch
	whole bool      // the block at hand has them
	times int       // how often it was asked for those of rows of some kinds
	kinds []rowKind // of which it has them
}

// rowKind is what makes rows a group in a file.
type rowKind struct {
	event uint16
	nr    int32
}

func kindOf(b *format.Batch, i int) rowKind {
	return rowKind{b.U16[format.ColEvent][i], b.I32[format.ColNR][i]}
}

const (
	// maxTimes is how often columns of a block are read for further kinds of rows, before they are for all.
	maxTimes = 2
	// rare is the part of a block's rows, one of so many, up to which all rows of a kind are read: they cost little.
	rare = 16
)

// split says which columns are read at first, and keeps the rest for later.
func (s *Session) split() (light []format.ColumnID) {
	all := s.Columns()
	if len(s.analyses) != 1 || s.ratings.keep {
		return all
	}
	if t, ok := s.analyses[0].(*toctou); !ok || t.walk != nil {
		return all
	}
	l := &s.lazy
	l.on = true
	for _, c := range all {
		switch {
		case slices.Contains(lightColumns, c):
		case slices.Contains(judgeColumns, c):
			l.judged.cols = append(l.judged.cols, c)
		default:
			l.told.cols = append(l.told.cols, c)
		}
	}
	return slices.Clone(lightColumns)
}

// begin takes the next block, of which read reads more.
func (l *lazy) begin(read readMore) {
	l.read = read
	for _, c := range []*lateColumns{&l.judged, &l.told} {
		c.whole, c.times, c.kinds = false, 0, nil
	}
}

// need makes what judges arguments available in the batch at hand.
func (s *Session) need(b *format.Batch) {
	if l := &s.lazy; l.on && l.read != nil && !l.judged.whole {
		l.load(&l.judged, b, nil)
		l.judged.whole = true
	}
}

// needRow makes all columns of row i available, and the columns of need of all rows.
func (s *Session) needRow(b *format.Batch, i int) {
	s.need(b)
	l := &s.lazy
	t := &l.told
	if !l.on || l.read == nil || t.whole {
		return
	}
	kind := kindOf(b, i)
	if slices.Contains(t.kinds, kind) {
		return
	}
	if t.times++; t.times > maxTimes {
		l.load(t, b, nil)
		t.whole = true
		return
	}
	had := append(t.kinds, kind)
	t.kinds = nil
	l.load(t, b, func(rows []int32) bool {
		first := int(rows[0])
		k := kindOf(b, first)
		if !slices.Contains(had, k) && len(rows) > b.N/rare && !followed(b, first) {
			return false
		}
		t.kinds = append(t.kinds, k)
		return true
	})
	if !slices.Contains(t.kinds, kind) { // all were read, and nothing was asked
		t.whole = true
	}
}

// spoil, in tests, is given rows of which the columns were not asked for.
var spoil func(side *format.Batch, cols []format.ColumnID, rows []int32)

// load reads columns into the batch at hand.
func (l *lazy) load(c *lateColumns, b *format.Batch, some func(rows []int32) bool) {
	var left []int32
	if ask := some; ask != nil && spoil != nil {
		some = func(rows []int32) bool {
			if ask(rows) {
				return true
			}
			left = append(left, rows...)
			return false
		}
	}
	side, err := l.read(c.cols, some, c.side)
	if len(left) > 0 {
		spoil(side, c.cols, left)
	}
	if err != nil {
		// It was read just now: the file changes under our hands. Rows of zeros
		// let the fold end; the error ends the analysis.
		l.err = err
		side = format.NewBatch(b.N)
		side.AppendRows(b.N)
	}
	c.side = side
	for _, c := range c.cols {
		b.U8[c], b.U16[c], b.U32[c], b.U64[c], b.I32[c], b.I64[c] = side.U8[c], side.U16[c], side.U32[c], side.U64[c], side.I32[c], side.I64[c]
	}
}

// end takes the columns back, before the batch's memory is used again.
func (l *lazy) end(b *format.Batch) {
	if l.on && l.read != nil {
		for _, c := range slices.Concat(l.judged.cols, l.told.cols) {
			b.U8[c], b.U16[c], b.U32[c], b.U64[c], b.I32[c], b.I64[c] = nil, nil, nil, nil, nil, nil
		}
	}
	l.read = nil
}

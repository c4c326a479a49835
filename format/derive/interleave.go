package derive

import (
	"math"

	"github.com/tracerec/tracerec/format"
)

// addRows takes rows of a batch that was written at a time. The batch is not
// used any more when it returns.
// The copier remembers the strings of that batch.
type addRows = func(b *format.Batch, rows []int, clock format.Clock, c *format.Copier) error

// stream gives the rows of one recording.
type stream struct {
	next  func() (*format.Batch, format.Clock, error, bool)
	b     *format.Batch
	clock format.Clock
	at    int
	copy  format.Copier
}

func newStream(group []*Input) *stream {
	file, block := 0, 0
	s := &stream{}
	s.next = func() (*format.Batch, format.Clock, error, bool) {
		for file < len(group) && block == group[file].BlockCount() {
			file, block = file+1, 0
		}
		if file == len(group) {
			return nil, format.Clock{}, nil, false
		}
		b, err := group[file].ReadBlock(block, nil, nil)
		err = told(err)
		clock := group[file].BlockInfo(block).Clock
		if seg := group[file].Header().Segment; err == nil && file > 0 && seg != nil && seg.Repeated > b.Seq {
			b = without(b, min(b.N, int(seg.Repeated-b.Seq)))
		}
		block++
		return b, clock, err, true
	}
	return s
}

// without drops the first n rows.
func without(b *format.Batch, n int) *format.Batch {
	out := format.NewBatch(0)
	var c format.Copier
	c.Append(out, b, all(nil, b.N)[n:])
	return out
}

// fill makes sure that there is a row, or says that there is none any more.
func (s *stream) fill() (bool, error) {
	for s.b == nil || s.at == s.b.N {
		b, clock, err, ok := s.next()
		if err != nil || !ok {
			return false, err
		}
		s.b, s.clock, s.at, s.copy = b, clock, 0, format.Copier{}
	}
	return true, nil
}

// written is when the next row was written, as far as rows tell.
func (s *stream) written() int64 {
	return s.b.I64[format.ColTime][s.at] + s.b.I64[format.ColDuration][s.at]
}

// interleave writes the rows of all streams by when they were written. The
// order within a stream never changes.
func interleave(streams []*stream, add addRows) error {
	for {
		var best *stream
		others := int64(math.MaxInt64) // when the first row of another stream was written
		for _, s := range streams {
			switch ok, err := s.fill(); {
			case err != nil:
				return err
			case !ok:
			case best == nil:
				best = s
			case s.written() < best.written():
				others, best = best.written(), s
			default:
				others = min(others, s.written())
			}
		}
		if best == nil {
			return nil
		}
		var rows []int
		for best.at < best.b.N && (len(rows) == 0 || best.written() <= others) {
			rows = append(rows, best.at)
			best.at++
		}
		err := add(best.b, rows, best.clock, &best.copy)
		if err != nil {
			return err
		}
	}
}

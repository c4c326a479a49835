package arrowio

import (
	"fmt"
	"io"

	"github.com/apache/arrow/go/v15/arrow/ipc"

	"github.com/tracerec/tracerec/format"
)

// Stream writes rows as an Arrow IPC stream, zstd-compressed, each batch as
// one record batch. It is an export.Writer.
type Stream struct {
	w       *ipc.Writer
	columns []format.ColumnID
	copy    format.Copier
}

// NewStream writes the columns, nil for all, as the file has them: bytes, not
// text; numbers, not names.
func NewStream(w io.Writer, columns []format.ColumnID) *Stream {
	columns = orAll(columns)
	return &Stream{w: ipc.NewWriter(w, ipc.WithSchema(Schema(columns)), ipc.WithZstd()), columns: columns}
}

// Write writes the rows of b, which has the columns.
func (s *Stream) Write(b *format.Batch, rows []int) error {
	if len(rows) == 0 {
		return nil
	}
	// A copy, with the strings of these rows only. Not reused: the writer of
	// v15 keeps the dictionary of the batch before, to compare.
	part := format.NewBatch(0)
	s.copy.Append(part, b, rows)
	rec, err := Record(part, s.columns)
	if err != nil {
		return err
	}
	defer rec.Release()
	if err := s.w.Write(rec); err != nil {
		return fmt.Errorf("arrow: %w", err)
	}
	return nil
}

// Close ends the stream.
func (s *Stream) Close() error { return s.w.Close() }

package export

import (
	"io"
	"strings"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/field"
	"github.com/tracerec/tracerec/format/show"
)

// lines writes one line a row.
type lines struct {
	w    io.Writer
	o    *Options
	buf  []byte
	line func(l *lines, r *field.Row)
}

func (l *lines) Write(b *format.Batch, rows []int) error {
	l.buf = l.buf[:0]
	r := field.Row{B: b, O: l.o.Show}
	for _, r.I = range rows {
		l.line(l, &r)
		if len(l.buf) >= 64<<10 {
			if _, err := l.w.Write(l.buf); err != nil {
				return err
			}
			l.buf = l.buf[:0]
		}
	}
	_, err := l.w.Write(l.buf)
	return err
}

func (l *lines) Close() error { return nil }

func newJSONL(w io.Writer, o *Options) (Writer, error) {
	l := &lines{w: w, o: o, line: func(l *lines, r *field.Row) {
		l.buf = append(show.RowJSON(l.buf, r.B, r.I, r.O), '\n')
	}}
	if o.Fields != nil {
		l.line = func(l *lines, r *field.Row) {
			sep := byte('{')
			for _, f := range o.Fields {
				l.buf = append(l.buf, sep, '"')
				l.buf = append(append(l.buf, f.Name...), `":`...)
				l.buf = appendJSON(l.buf, f.Value(r))
				sep = ','
			}
			l.buf = append(l.buf, "}\n"...)
		}
	}
	return l, nil
}

func newCSV(w io.Writer, o *Options) (Writer, error) {
	fields := o.orEverything()
	names := make([]string, 0, len(fields))
	for _, f := range fields {
		names = append(names, f.Name)
	}
	if _, err := io.WriteString(w, strings.Join(names, ",")+"\r\n"); err != nil {
		return nil, err
	}
	return &lines{w: w, o: o, line: func(l *lines, r *field.Row) {
		for i, f := range fields {
			if i > 0 {
				l.buf = append(l.buf, ',')
			}
			l.buf = appendCell(l.buf, f.Type, f.Value(r))
		}
		l.buf = append(l.buf, "\r\n"...)
	}}, nil
}

// appendCell appends a value as a cell. A spreadsheet takes text that begins
// with one of =+-@ for a formula: such text has a ' put before, as
// spreadsheets themselves do.
func appendCell(dst []byte, t field.Type, v any) []byte {
	if t != field.Text && t != field.List {
		return field.AppendText(dst, v)
	}
	text := show.Escape(field.AppendText(nil, v))
	if text != "" && strings.ContainsRune("=+-@", rune(text[0])) {
		text = "'" + text
	}
	if !strings.ContainsAny(text, ",\"") {
		return append(dst, text...)
	}
	dst = append(dst, '"')
	dst = append(dst, strings.ReplaceAll(text, `"`, `""`)...)
	return append(dst, '"')
}

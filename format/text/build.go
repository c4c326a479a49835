package text

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// maxLine bounds a line: a header may be that long, in a row are a few strings.
const maxLine = 6 * format.MaxHeader

// Create makes the writer of a file, as format.Create and NewWriter do.
type Create func(h *format.Header, opt format.WriterOptions) (*format.Writer, error)

// Build makes a file of text. An error names the line. When it fails the
// writer, if there is one already, is aborted.
func Build(in io.Reader, create Create) (w *format.Writer, err error) {
	b := &builder{create: create, batch: format.NewBatch(0), lines: bufio.NewScanner(in)}
	b.lines.Buffer(make([]byte, 64<<10), maxLine)
	err = b.run()
	if err == nil && b.w == nil {
		err = errors.New("the text ends before the header")
	}
	if err != nil {
		if b.w != nil {
			b.w.Abort()
		}
		return b.w, fmt.Errorf("line %d: %w", max(b.n, 1), err)
	}
	return b.w, nil
}

type builder struct {
	create Create
	lines  *bufio.Scanner
	n      int // number of the line, from 1
	w      *format.Writer
	id     [16]byte
	batch  *format.Batch
	clock  format.Clock
	open   bool // in a block
	closed bool
}

func (b *builder) run() error {
	for b.lines.Scan() {
		b.n++
		line := b.lines.Text()
		if err := b.line(line); err != nil {
			return err
		}
	}
	if err := b.lines.Err(); err != nil {
		b.n++
		if errors.Is(err, bufio.ErrTooLong) {
			return fmt.Errorf("longer than %d bytes", maxLine)
		}
		return err
	}
	if b.closed || b.w == nil {
		return nil
	}
	if err := b.flush(); err != nil {
		return err
	}
	return b.w.Abort() // not sealed
}

func (b *builder) line(line string) error {
	name, rest := line, ""
	if end := strings.IndexAny(line, " \t"); end >= 0 {
		name, rest = line[:end], strings.TrimPrefix(line[end:], " ")
	}
	switch {
	case b.n == 1:
		if line != magic {
			return fmt.Errorf("%.40q where %q should stand: this is no text that dump wrote", line, magic)
		}
	case b.n == 2:
		id, err := hex.DecodeString(rest)
		if name != "id" || err != nil || len(id) != len(b.id) {
			return errors.New(`"id" and 32 hex digits should stand here`)
		}
		copy(b.id[:], id)
	case b.n == 3:
		var h format.Header
		if name != "header" {
			return errors.New(`"header" and a JSON object should stand here`)
		}
		if err := decodeObject(rest, &h); err != nil {
			return fmt.Errorf("header: %w", err)
		}
		if h.Version > format.Version {
			return &format.VersionError{Version: h.Version}
		}
		var err error
		b.w, err = b.create(&h, format.WriterOptions{ID: b.id})
		return err
	case b.closed:
		return errors.New("nothing may follow the totals")
	case name == "totals":
		return b.totals(rest)
	case name == "block":
		if err := b.flush(); err != nil {
			return err
		}
		b.open = true
		n, err := fmt.Sscanf(rest, "boottime=%d realtime=%d", &b.clock.Boottime, &b.clock.Realtime)
		if err != nil || n != 2 || rest != fmt.Sprintf("boottime=%d realtime=%d", b.clock.Boottime, b.clock.Realtime) {
			return errors.New(`"block boottime=N realtime=N" should stand here`)
		}
	case !b.open:
		return errors.New("a row stands before the first block")
	default:
		return b.row(name, rest)
	}
	return nil
}

// decodeObject reads one JSON object that is all of text.
func decodeObject(text string, v any) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return format.PlainJSON(err)
	}
	if d.More() {
		return errors.New("something follows the object")
	}
	return nil
}

func (b *builder) totals(text string) error {
	var t format.Totals
	if err := decodeObject(text, &t); err != nil {
		return fmt.Errorf("totals: %w", err)
	}
	if err := b.flush(); err != nil {
		return err
	}
	if t.Rows != b.w.Rows() {
		return fmt.Errorf("the totals count %s, the text has %s", show.Count(t.Rows, "row"), humanize.Comma(int64(b.w.Rows())))
	}
	b.closed = true
	return b.w.Close(&t)
}

func (b *builder) flush() error {
	if !b.open {
		return nil
	}
	if b.batch.N == 0 {
		return errors.New("the block before has no rows")
	}
	err := b.w.Write(b.batch, b.clock)
	b.batch.Reset()
	return err
}

// row reads name=value pairs.
func (b *builder) row(name, rest string) error {
	event, err := eventByName(name)
	if err != nil {
		return err
	}
	if b.batch.N == format.MaxRows {
		return fmt.Errorf("a block has at most %d rows: begin another one", format.MaxRows)
	}
	if b.batch.Dict.Size() > format.MaxDictBytes-maxLine {
		return errors.New("the strings of the block are too long: begin another one")
	}
	i := b.batch.Append()
	b.batch.U16[format.ColEvent][i] = uint16(event)
	var seen [format.NumColumns]bool
	seen[format.ColEvent] = true
	for rest != "" && !strings.HasPrefix(rest, "\t# ") {
		field, value, ok := strings.Cut(rest, "=")
		c, known := columns[field]
		switch {
		case !ok:
			return fmt.Errorf("%.40q is no name=value", rest)
		case !known:
			return fmt.Errorf("no column %.40q", field)
		case seen[c]:
			return fmt.Errorf("%s stands here twice", field)
		}
		seen[c] = true
		if rest, err = b.value(c, i, value); err != nil {
			return fmt.Errorf("%s: %w", field, err)
		}
		if strings.HasPrefix(rest, " ") && len(rest) > 1 && rest[1] != '\t' {
			rest = rest[1:]
		} else if rest != "" && rest[0] != '\t' {
			return fmt.Errorf("%.40q should begin with a space and a name", rest)
		}
	}
	return nil
}

var columns = func() map[string]format.ColumnID {
	m := map[string]format.ColumnID{}
	for c := range format.Columns {
		m[format.Columns[c].Name] = format.ColumnID(c)
	}
	return m
}()

func eventByName(name string) (format.EventID, error) {
	for i := range format.Events {
		if format.Events[i].Name == name {
			return format.EventID(i), nil
		}
	}
	if n, err := strconv.ParseUint(strings.TrimPrefix(name, "event"), 10, 16); err == nil && name == format.EventName(format.EventID(n)) {
		return format.EventID(n), nil
	}
	return 0, fmt.Errorf("no event %.40q", name)
}

// value reads one value and gives what follows it.
func (b *builder) value(c format.ColumnID, i int, text string) (rest string, err error) {
	if format.Columns[c].Type == format.Bytes {
		end := closing(text)
		if end < 0 {
			return "", errors.New("a string in double quotes should stand here")
		}
		v, err := show.Unescape(text[1:end])
		if err != nil {
			return "", errors.New("the string has an escape that is none")
		}
		b.batch.SetBytes(c, i, v)
		return text[end+1:], nil
	}
	end := strings.IndexAny(text, " \t")
	if end < 0 {
		end = len(text)
	}
	word := text[:end]
	bits := width(format.Columns[c].Type)
	if t := format.Columns[c].Type; t == format.I32 || t == format.I64 {
		v, err := strconv.ParseInt(word, 10, bits)
		if err != nil {
			return "", fmt.Errorf("%.40q is no whole number of %d bits", word, bits)
		}
		b.batch.Set(c, i, uint64(v))
	} else {
		v, err := strconv.ParseUint(word, 10, bits)
		if err != nil {
			return "", fmt.Errorf("%.40q is no number from 0 of %d bits", word, bits)
		}
		b.batch.Set(c, i, v)
	}
	return text[end:], nil
}

// closing finds the quote that ends a quoted string, -1 for none.
func closing(text string) int {
	if text == "" || text[0] != '"' {
		return -1
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

func width(t format.Type) int {
	switch t {
	case format.U8:
		return 8
	case format.U16:
		return 16
	case format.U32, format.I32:
		return 32
	}
	return 64
}

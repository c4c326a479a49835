package text

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

const magic = "tracerec text 1"

// Dump writes all of r as text, with what each row means behind it when
// comments is set. Damage ends it with an error: a file made of the text would
// look whole.
func Dump(out io.Writer, r *format.Reader, comments bool) error {
	if state, why := r.State(); state == format.Corrupt {
		return fmt.Errorf("%w: run tracerec repair first", why)
	}
	w := bufio.NewWriterSize(out, 1<<16)
	id := r.ID()
	fmt.Fprintf(w, "%s\nid %s\n", magic, hex.EncodeToString(id[:]))
	if err := object(w, "header", r.Header()); err != nil {
		return err
	}
	o := show.For(r.Header())
	var line []byte
	n := 0
	for b, err := range r.Blocks(format.ReadOptions{Verify: true}) {
		if err != nil {
			return err
		}
		clock := r.BlockInfo(n).Clock
		n++
		fmt.Fprintf(w, "block boottime=%d realtime=%d\n", clock.Boottime, clock.Realtime)
		for i := range b.N {
			line = appendRow(line[:0], b, i)
			if comments {
				line = show.Row(append(line, "\t# "...), b, i, &o)
			}
			if _, err := w.Write(append(line, '\n')); err != nil {
				return err
			}
		}
	}
	if t := r.Totals(); t != nil {
		if err := object(w, "totals", t); err != nil {
			return err
		}
	}
	return w.Flush()
}

func object(w io.Writer, name string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s %s\n", name, show.SafeJSON(text))
	return err
}

func appendRow(dst []byte, b *format.Batch, i int) []byte {
	dst = append(dst, format.EventName(format.EventID(b.Int(format.ColEvent, i)))...)
	for c := range format.NumColumns {
		col := &format.Columns[c]
		if c == format.ColEvent {
			continue
		}
		if col.Type == format.Bytes {
			if v := b.Value(c, i); v != nil {
				dst = append(append(append(dst, ' '), col.Name...), '=')
				dst = show.AppendQuote(dst, v)
			}
			continue
		}
		v := b.Int(c, i)
		if v == 0 {
			continue
		}
		dst = append(append(append(dst, ' '), col.Name...), '=')
		if col.Type == format.U64 {
			dst = strconv.AppendUint(dst, uint64(v), 10)
		} else {
			dst = strconv.AppendInt(dst, v, 10)
		}
	}
	return dst
}

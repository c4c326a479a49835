//go:build linux

package recorder

import (
	"encoding/binary"
	"fmt"

	"github.com/tracerec/tracerec/format"
)

// decoder turns a ring record into a row, by the wire layout of its event.
type decoder struct {
	events []eventDecoder
}

type eventDecoder struct {
	size     int
	fixed    []format.WireField
	bytes    []format.WireField
	duration bool
}

var (
	headerFields []format.WireField
	timeOffset   int
	eventOffset  int
	flagsOffset  int
	tidOffset    int
	startOffset  int
	callOffset   int
)

func init() {
	for _, f := range format.WireHeader.Fields {
		switch f.Col {
		case format.ColTime:
			timeOffset = f.Offset
		case format.ColEvent:
			eventOffset = f.Offset
		case format.ColFlags:
			flagsOffset = f.Offset
		case format.ColTID:
			tidOffset = f.Offset
		case format.ColStart:
			startOffset = f.Offset
		case format.ColCall:
			callOffset = f.Offset
		}
		headerFields = append(headerFields, f)
	}
}

func newDecoder() *decoder {
	d := &decoder{events: make([]eventDecoder, len(format.Events))}
	for id := range format.Events {
		w := format.WireOf(format.EventID(id))
		e := &d.events[id]
		e.size = w.Size
		for _, f := range w.Fields {
			if f.Bytes {
				continue
			}
			e.fixed = append(e.fixed, f)
			e.duration = e.duration || f.Col == format.ColDuration
		}
		// The tail is in table order, which the layout keeps for fields of one size.
		for _, f := range w.Fields {
			if f.Bytes {
				e.bytes = append(e.bytes, f)
			}
		}
	}
	return d
}

// recordInfo is what the drain needs to know of a record before it becomes a row.
type recordInfo struct {
	event  format.EventID
	lane   format.Lane
	class  format.Class
	cpu    uint16
	seq    uint64
	time   uint64
	tid    uint32
	start  uint64
	callID uint64
}

func (d *decoder) info(rec []byte) (recordInfo, error) {
	if len(rec) < format.WireHeader.Size {
		return recordInfo{}, fmt.Errorf("ring record of %d bytes is shorter than its header", len(rec))
	}
	le := binary.LittleEndian
	r := recordInfo{
		event: format.EventID(le.Uint16(rec[eventOffset:])), lane: format.Lane(rec[format.WireLane]), class: format.Class(rec[format.WireRecClass]),
		seq: le.Uint64(rec[format.WireSeq:]), time: le.Uint64(rec[timeOffset:]), tid: le.Uint32(rec[tidOffset:]),
		start: le.Uint64(rec[startOffset:]), callID: le.Uint64(rec[callOffset:]),
	}
	if int(r.event) >= len(d.events) || len(rec) < d.events[r.event].size {
		return r, fmt.Errorf("ring record of event %d with %d bytes does not fit the event table", r.event, len(rec))
	}
	return r, nil
}

// row appends rec, checked by info, to b and returns the row's index.
func (d *decoder) row(rec []byte, event format.EventID, b *format.Batch) (int, error) {
	i := b.Append()
	e := &d.events[event]
	for _, f := range headerFields {
		setField(b, i, rec, f)
	}
	for _, f := range e.fixed {
		setField(b, i, rec, f)
	}
	if e.duration {
		b.I64[format.ColTime][i] -= b.I64[format.ColDuration][i]
	}
	at := e.size
	for _, f := range e.bytes {
		n := int(binary.LittleEndian.Uint16(rec[f.Offset:]))
		if n == format.WireNull {
			continue
		}
		if at+n > len(rec) {
			return i, fmt.Errorf("ring record of event %s: %s has %d bytes, %d are left", format.Events[event].Name, f.Name, n, len(rec)-at)
		}
		b.U32[f.Col][i] = b.Dict.Ref(rec[at : at+n : at+n])
		at += n
	}
	return i, nil
}

func setField(b *format.Batch, i int, rec []byte, f format.WireField) {
	p := rec[f.Offset:]
	switch format.Columns[f.Col].Type {
	case format.U8:
		b.U8[f.Col][i] = p[0]
	case format.U16:
		b.U16[f.Col][i] = binary.LittleEndian.Uint16(p)
	case format.U32:
		b.U32[f.Col][i] = binary.LittleEndian.Uint32(p)
	case format.U64:
		b.U64[f.Col][i] = binary.LittleEndian.Uint64(p)
	case format.I32:
		b.I32[f.Col][i] = int32(binary.LittleEndian.Uint32(p))
	case format.I64:
		b.I64[f.Col][i] = int64(binary.LittleEndian.Uint64(p))
	case format.Bytes: // comm: fixed width, up to its NUL
		n := 0
		for n < f.Size && p[n] != 0 {
			n++
		}
		b.U32[f.Col][i] = b.Dict.Ref(p[:n:n])
	}
}

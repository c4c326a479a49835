//go:build linux

package recorder

import (
	"encoding/binary"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// fields of a ring record by name: integers, or bytes for the tail; what is
// not named is 0 or null.
type fields map[string]any

// wireRecord builds a ring record as the BPF programs would, from the table.
func wireRecord(t testing.TB, id format.EventID, values fields) []byte {
	t.Helper()
	w := format.WireOf(id)
	rec := make([]byte, w.Size)
	put := func(f format.WireField, v uint64) {
		switch f.Size {
		case 1:
			rec[f.Offset] = uint8(v)
		case 2:
			binary.LittleEndian.PutUint16(rec[f.Offset:], uint16(v))
		case 4:
			binary.LittleEndian.PutUint32(rec[f.Offset:], uint32(v))
		case 8:
			binary.LittleEndian.PutUint64(rec[f.Offset:], v)
		}
	}
	used := 0
	for _, f := range append(append([]format.WireField{}, format.WireHeader.Fields...), w.Fields...) {
		if f.Col == format.ColEvent {
			put(f, uint64(id))
			continue
		}
		v, ok := values[f.Name]
		if ok {
			used++
		}
		switch v := v.(type) {
		case nil:
			if f.Bytes && f.Size == 2 {
				put(f, format.WireNull)
			}
		case string:
			if f.Size == format.CommMax { // comm
				copy(rec[f.Offset:f.Offset+f.Size], v)
				continue
			}
			put(f, uint64(len(v)))
			rec = append(rec, v...)
		case int:
			put(f, uint64(v))
		case format.ViewStatus:
			put(f, uint64(v))
		case format.Rung:
			put(f, uint64(v))
		case format.View:
			put(f, uint64(v))
		case format.ABI:
			put(f, uint64(v))
		case format.RowFlags:
			put(f, uint64(v))
		default:
			t.Fatalf("field %s: %T", f.Name, v)
		}
	}
	if used != len(values) {
		t.Fatalf("event %s: %d of %d fields are in the table: %v", format.Events[id].Name, used, len(values), values)
	}
	for len(rec)%8 != 0 {
		rec = append(rec, 0)
	}
	return rec
}

// with is a copy of f with more fields.
func (f fields) with(more fields) fields {
	all := fields{}
	for k, v := range f {
		all[k] = v
	}
	for k, v := range more {
		all[k] = v
	}
	return all
}

// call is one syscall of one task, as all its records name it.
func call(n int) fields {
	return fields{"tid": 7, "pid": 5, "start": 1000, "call": n, "time": 5000 + n, "comm": "subject"}
}

func openat(n int) fields {
	return call(n).with(fields{"abi": format.ABIAMD64, "nr": 257, "duration": 100})
}

func execve(n int) fields {
	return call(n).with(fields{"abi": format.ABIAMD64, "nr": 59, "duration": 100})
}

// assembled adds records in order and ends the recording.
func assembled(t testing.TB, records ...[]byte) (*format.Batch, *assembler) {
	t.Helper()
	a := newAssembler(nil)
	a.batch = format.NewBatch(8)
	for _, rec := range records {
		// The ring's memory is only there during the call.
		shared := append([]byte{}, rec...)
		a.add(shared)
		for i := range shared {
			shared[i] = 0xee
		}
	}
	a.flushAll()
	return a.batch, a
}

// slotOfRow is a row's slot as people would write it down.
type slotOfRow struct {
	enter, kernel, exit                   string
	enterStatus, kernelStatus, exitStatus format.ViewStatus
	rungs                                 format.Rung
}

func slotAt(b *format.Batch, i, k int) slotOfRow {
	s := format.Slots[k]
	return slotOfRow{
		string(b.Value(s.Enter, i)), string(b.Value(s.Kernel, i)), string(b.Value(s.Exit, i)),
		format.ViewStatus(b.U8[s.EnterStatus][i]), format.ViewStatus(b.U8[s.KernelStatus][i]), format.ViewStatus(b.U8[s.ExitStatus][i]),
		format.Rung(b.U8[s.Rungs][i]),
	}
}

// events of the rows, in order.
func eventsOf(b *format.Batch) (ids []format.EventID) {
	for i := range b.N {
		ids = append(ids, format.EventID(b.U16[format.ColEvent][i]))
	}
	return ids
}

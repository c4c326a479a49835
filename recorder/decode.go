//go:build linux

package recorder

import (
	"encoding/binary"
	"fmt"

	"github.com/tracerec/tracerec/format"
)

// decoder turns a ring record into a row, by the wire layout of its event.
type decoder struct {
	forms [format.NumForms][]eventDecoder // by event
	views eventDecoder                    // what a record of form FormViews has beside WireBrief
}

// eventDecoder has the fields of an event by width, so that a row is filled
// without a decision per field.
type eventDecoder struct {
	size     int
	u8       []format.WireField
	u16      []format.WireField
	u32      []format.WireField
	u64      []format.WireField
	i32      []format.WireField
	i64      []format.WireField
	bytes    []format.WireField
	duration bool
}

func (e *eventDecoder) add(f format.WireField) {
	switch format.Columns[f.Col].Type {
	case format.U8:
		e.u8 = append(e.u8, f)
	case format.U16:
		e.u16 = append(e.u16, f)
	case format.U32:
		e.u32 = append(e.u32, f)
	case format.U64:
		e.u64 = append(e.u64, f)
	case format.I32:
		e.i32 = append(e.i32, f)
	case format.I64:
		e.i64 = append(e.i64, f)
	case format.Bytes:
		e.bytes = append(e.bytes, f)
	}
}

var (
	timeOffset  int
	eventOffset int
	tidOffset   int
	startOffset int
	callOffset  int
	commOffset  int
)

func init() {
	for _, f := range format.WireHeader.Fields {
		switch f.Col {
		case format.ColTime:
			timeOffset = f.Offset
		case format.ColEvent:
			eventOffset = f.Offset
		case format.ColTID:
			tidOffset = f.Offset
		case format.ColStart:
			startOffset = f.Offset
		case format.ColCall:
			callOffset = f.Offset
		case format.ColComm:
			commOffset = f.Offset
		}
	}
}

func newDecoder() *decoder {
	d := &decoder{}
	for form := range d.forms {
		d.forms[form] = make([]eventDecoder, len(format.Events))
	}
	for id := range format.Events {
		w := format.WireOf(format.EventID(id))
		for form := range d.forms {
			e := &d.forms[form][id]
			e.size = w.Ends[form]
			for _, f := range format.WireHeader.Fields {
				if !f.Bytes { // comm has a fixed width: see row
					e.add(f)
				}
			}
			// The tail is in table order, which the layout keeps for fields of one size.
			for _, f := range w.Fields {
				if f.Offset < e.size {
					e.add(f)
					e.duration = e.duration || f.Col == format.ColDuration
				}
			}
		}
	}
	d.views.size = format.WireViews.Size
	for _, f := range format.WireViews.Fields {
		if f.Offset >= format.WireBrief.Size {
			d.views.add(f)
		}
	}
	return d
}

// briefRecord checks a record of form FormBrief or FormViews and reads what the
// drain needs of it; who it is of is still to be looked up.
func (d *decoder) briefRecord(rec []byte) (tid uint32, ident uint16, call uint64, ok bool) {
	size := format.WireBrief.Size
	if rec[format.WireRecForm] == uint8(format.FormViews) {
		size = d.views.size
	}
	if len(rec) < size || rec[format.WireRecForm] > uint8(format.FormViews) {
		return 0, 0, 0, false
	}
	n := int(rec[format.WireArgs])
	size += 8 * n
	if len(rec) < size || n > 6 {
		return 0, 0, 0, false
	}
	if rec[format.WireRecForm] == uint8(format.FormViews) {
		for i := range d.views.bytes {
			if n := int(binary.LittleEndian.Uint16(rec[d.views.bytes[i].Offset:])); n != format.WireNull {
				size += n
			}
		}
		if len(rec) < size {
			return 0, 0, 0, false
		}
	}
	le := binary.LittleEndian
	return le.Uint32(rec[brief.tid:]), le.Uint16(rec[format.WireIdent:]), le.Uint64(rec[brief.call:]), true
}

// brief has the offsets of WireBrief's fields.
var brief = func() (o struct{ abi, flags, cpu, tid, call, ret, duration, nr int }) {
	to := map[format.ColumnID]*int{
		format.ColABI: &o.abi, format.ColFlags: &o.flags, format.ColCPU: &o.cpu, format.ColTID: &o.tid, format.ColCall: &o.call,
		format.ColRet: &o.ret, format.ColDuration: &o.duration, format.ColNR: &o.nr,
	}
	for _, f := range format.WireBrief.Fields {
		if p := to[f.Col]; p != nil {
			*p = f.Offset
		}
	}
	return o
}()

// identity is what a record said of its task, for the brief ones that follow.
type identity struct {
	number               uint16
	tgid, ppid, uid, gid uint32
	pidns, mntns         uint32
	start, cgroup        uint64
	comm                 [format.CommMax]byte
	commLen              uint8
	ref                  uint32        // of comm in the dictionary of batch
	batch                *format.Batch // nil, or another: ref is still to be found
	era                  int
}

// remember takes over what row i, made of rec, says of its task.
func (d *identity) remember(b *format.Batch, i int, number uint16) {
	comm := b.Value(format.ColComm, i)
	*d = identity{
		number: number, tgid: b.U32[format.ColTGID][i], ppid: b.U32[format.ColPPID][i], uid: b.U32[format.ColUID][i], gid: b.U32[format.ColGID][i],
		pidns: b.U32[format.ColPIDNS][i], mntns: b.U32[format.ColMntNS][i], start: b.U64[format.ColStart][i], cgroup: b.U64[format.ColCgroup][i],
		commLen: uint8(copy(d.comm[:], comm)), comm: d.comm,
	}
	copy(d.comm[:], comm)
}

// brief appends a brief record of the task id, checked by briefRecord, to b and
// returns its row. era tells one filling of b from another.
func (d *decoder) brief(rec []byte, tid uint32, id *identity, b *format.Batch, era int) int {
	if id.batch != b || id.era != era {
		id.ref, id.batch, id.era = b.Dict.Ref(id.comm[:id.commLen]), b, era
	}
	i := b.Append()
	le := binary.LittleEndian
	duration := int64(le.Uint32(rec[brief.duration:]))
	b.I64[format.ColTime][i] = int64(le.Uint64(rec[timeOffset:])) - duration
	b.I64[format.ColDuration][i] = duration
	b.U16[format.ColEvent][i] = uint16(format.EventSyscall)
	b.U16[format.ColFlags][i] = le.Uint16(rec[brief.flags:])
	b.U16[format.ColCPU][i] = le.Uint16(rec[brief.cpu:])
	b.U32[format.ColTID][i] = tid
	b.U32[format.ColTGID][i] = id.tgid
	b.U32[format.ColPPID][i] = id.ppid
	b.U32[format.ColUID][i] = id.uid
	b.U32[format.ColGID][i] = id.gid
	b.U32[format.ColPIDNS][i] = id.pidns
	b.U32[format.ColMntNS][i] = id.mntns
	b.U32[format.ColComm][i] = id.ref
	b.U64[format.ColStart][i] = id.start
	b.U64[format.ColCgroup][i] = id.cgroup
	b.U64[format.ColCall][i] = le.Uint64(rec[brief.call:])
	b.U8[format.ColABI][i] = rec[brief.abi]
	b.I32[format.ColNR][i] = int32(le.Uint32(rec[brief.nr:]))
	b.I64[format.ColRet][i] = int64(le.Uint64(rec[brief.ret:]))
	at := format.WireBrief.Size
	if rec[format.WireRecForm] == uint8(format.FormViews) {
		at = d.views.size
	}
	for n := range int(rec[format.WireArgs]) {
		b.U64[int(format.ColArg0)+n][i] = le.Uint64(rec[at:])
		at += 8
	}
	if rec[format.WireRecForm] == uint8(format.FormViews) {
		d.slots(rec, at, b, i)
	}
	return i
}

// slots fills row i with the views and the object of a record of form FormViews,
// whose tail begins at. What is 0 is so already, and most is.
func (d *decoder) slots(rec []byte, at int, b *format.Batch, i int) {
	e := &d.views
	le := binary.LittleEndian
	fixed := rec[:e.size]
	for _, f := range e.u64 {
		b.U64[f.Col][i] = le.Uint64(fixed[f.Offset:])
	}
	for _, f := range e.u32 {
		if v := le.Uint32(fixed[f.Offset:]); v != 0 {
			b.U32[f.Col][i] = v
		}
	}
	for _, f := range e.u8 {
		if v := fixed[f.Offset]; v != 0 {
			b.U8[f.Col][i] = v
		}
	}
	for _, f := range e.bytes {
		if n := int(le.Uint16(fixed[f.Offset:])); n != format.WireNull {
			b.U32[f.Col][i] = b.Dict.Ref(rec[at : at+n : at+n])
			at += n
		}
	}
}

// recordInfo is what the drain needs to know of a record before it becomes a row.
type recordInfo struct {
	event  format.EventID
	lane   format.Lane
	class  format.Class
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
	form := rec[format.WireRecForm]
	partial := form != uint8(format.FormFull) && r.event != format.EventSyscall // no other event has parts
	if form >= uint8(format.NumForms) || partial || int(r.event) >= len(format.Events) || len(rec) < d.forms[form][r.event].size {
		return r, fmt.Errorf("ring record of event %d with %d bytes does not fit the event table", r.event, len(rec))
	}
	return r, nil
}

// row appends rec, checked by info, to b and returns the row's index; on an
// error b is as it was.
func (d *decoder) row(rec []byte, event format.EventID, b *format.Batch) (int, error) {
	i := b.Append()
	e := &d.forms[rec[format.WireRecForm]][event]
	le := binary.LittleEndian
	fixed := rec[:e.size]
	for _, f := range e.u64 {
		b.U64[f.Col][i] = le.Uint64(fixed[f.Offset:])
	}
	for _, f := range e.i64 {
		b.I64[f.Col][i] = int64(le.Uint64(fixed[f.Offset:]))
	}
	for _, f := range e.u32 {
		b.U32[f.Col][i] = le.Uint32(fixed[f.Offset:])
	}
	for _, f := range e.i32 {
		b.I32[f.Col][i] = int32(le.Uint32(fixed[f.Offset:]))
	}
	for _, f := range e.u16 {
		b.U16[f.Col][i] = le.Uint16(fixed[f.Offset:])
	}
	for _, f := range e.u8 {
		b.U8[f.Col][i] = fixed[f.Offset]
	}
	if e.duration {
		b.I64[format.ColTime][i] -= b.I64[format.ColDuration][i]
	}
	b.U32[format.ColComm][i] = b.Dict.Ref(cString(fixed[commOffset : commOffset+format.CommMax]))
	at := e.size
	for _, f := range e.bytes {
		n := int(le.Uint16(fixed[f.Offset:]))
		if n == format.WireNull {
			continue
		}
		if at+n > len(rec) {
			dropLast(b)
			return 0, fmt.Errorf("ring record of event %s: %s has %d bytes, %d are left", format.Events[event].Name, f.Name, n, len(rec)-at)
		}
		b.U32[f.Col][i] = b.Dict.Ref(rec[at : at+n : at+n])
		at += n
	}
	return i, nil
}

// dropLast takes the last row back: what is behind N is zero.
func dropLast(b *format.Batch) {
	b.N--
	for c := range format.NumColumns {
		if format.Columns[c].Type == format.Bytes {
			b.SetBytes(c, b.N, nil)
		} else {
			b.Set(c, b.N, 0)
		}
	}
}

// cString is b up to its first NUL.
func cString(b []byte) []byte {
	for n, c := range b {
		if c == 0 {
			return b[:n:n]
		}
	}
	return b
}

//go:build linux

package recorder

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/tracerec/tracerec/format"
)

// assembler joins what the kernel wrote of one call into the call's row. The
// key is the identity of the task and its call counter, both from the kernel;
// time and order settle nothing but which of several kernel copies came first.
type assembler struct {
	dec     *decoder
	batch   *format.Batch
	pending map[taskKey]*pendingCall
	free    []*pendingCall
	view    viewLayout
	corrupt uint64
	idents  map[uint32]*identity // by thread: what brief records refer to
	last    *identity            // of lastTID
	lastTID uint32
	oldest  int64  // when the first critical record of this batch was written, ns since boot; 0: none
	era     int    // counts the batches
	live    int    // tasks that began, or were there, and have not ended
	adopted uint64 // tasks that came into scope

	// argvOf gives the command line of a task that was there before the
	// recording; nil for none.
	argvOf func(pid uint32) []byte
	names  *names // of what ids the rows have; nil for none
}

type taskKey struct {
	tid   uint32
	start uint64
}

// pendingCall holds the records of a call that has not returned yet.
type pendingCall struct {
	call  uint64
	views []pendingView
	argv  []byte // of a successful exec, as the new image has it
	exec  bool
	size  uint32
	argvS format.ViewStatus
}

type pendingView struct {
	rec    []byte // a copy: the ring's memory goes back to the kernel
	slot   uint8
	view   format.View
	rung   format.Rung
	status format.ViewStatus
	size   uint32
	value  []byte
}

type viewLayout struct{ slot, view, rung, status, size, value, fixed int }

func newAssembler(argvOf func(uint32) []byte) *assembler {
	a := &assembler{dec: newDecoder(), pending: make(map[taskKey]*pendingCall), idents: make(map[uint32]*identity), argvOf: argvOf}
	w := format.WireOf(format.EventView)
	a.view.fixed = w.Size
	for _, f := range w.Fields {
		switch f.Name {
		case "slot":
			a.view.slot = f.Offset
		case "view":
			a.view.view = f.Offset
		case "rung":
			a.view.rung = f.Offset
		case "status":
			a.view.status = f.Offset
		case "size":
			a.view.size = f.Offset
		case "value":
			a.view.value = f.Offset
		}
	}
	return a
}

// add takes one record; rec is only valid during the call.
func (a *assembler) add(rec []byte) {
	if len(rec) > format.WireRecForm && format.WireForm(rec[format.WireRecForm]) >= format.FormBrief {
		a.addBrief(rec)
		return
	}
	info, err := a.dec.info(rec)
	if err != nil {
		a.corrupt++
		return
	}
	key := taskKey{info.tid, info.start}
	if p := a.pending[key]; p != nil && p.call != info.callID {
		a.flush(key, p) // its call's record was lost, or never written
	}
	switch info.event {
	case format.EventView:
		a.hold(key, info.callID).addView(a.view, rec)
		return
	case format.EventSyscall:
		i, err := a.dec.row(rec, info.event, a.batch)
		if err != nil {
			a.corrupt++
			return
		}
		if number := binary.LittleEndian.Uint16(rec[format.WireIdent:]); number != 0 {
			a.identify(info.tid, i, number)
		}
		if rec[format.WireRecForm] != uint8(format.FormShort) {
			a.joinViews(i, key)
		}
		return
	}
	i, err := a.dec.row(rec, info.event, a.batch)
	if err != nil {
		a.corrupt++
		return
	}
	if c := format.Events[info.event].Class; a.oldest == 0 && (c == format.ClassProcess || c == format.ClassWitness) {
		a.oldest = int64(info.time)
	}
	switch info.event {
	case format.EventFork:
		a.live++
	case format.EventExec:
		p := a.hold(key, info.callID)
		p.exec = true
		p.argv = slices.Clone(a.batch.Value(format.ColBKernel, i))
		p.argvS = format.ViewStatus(a.batch.U8[format.ColBKernelStatus][i])
		p.size = a.batch.U32[format.ColBLen][i]
	case format.EventTask:
		a.live++
		a.adopted++
		if a.argvOf != nil {
			a.batch.SetBytes(format.ColBKernel, i, a.argvOf(a.batch.U32[format.ColTGID][i]))
		}
		if a.names != nil {
			a.names.task(a.batch, i)
		}
	case format.EventCgroup:
		if a.names != nil {
			a.names.cgroup(a.batch, i)
		}
	case format.EventCred, format.EventGroups:
		if a.names != nil {
			a.names.ids(a.batch, i)
		}
	case format.EventExit:
		a.live--
		delete(a.idents, info.tid)
		a.last = nil
		if p := a.pending[key]; p != nil {
			a.flush(key, p)
		}
	}
}

// addBrief takes a call of a task that an earlier record has told of.
// Records are read in the order of time, so that the last one of that thread
// is the one: the kernel refers to a record only when it was written.
func (a *assembler) addBrief(rec []byte) {
	tid, number, call, ok := a.dec.briefRecord(rec)
	if !ok {
		a.corrupt++
		return
	}
	if a.last == nil || a.lastTID != tid {
		a.last, a.lastTID = a.idents[tid], tid
	}
	id := a.last
	if id == nil || id.number != number {
		a.corrupt++
		return
	}
	key := taskKey{tid, id.start}
	if len(a.pending) > 0 {
		if p := a.pending[key]; p != nil && p.call != call {
			a.flush(key, p)
		}
	}
	i := a.dec.brief(rec, tid, id, a.batch, a.era)
	if rec[format.WireRecForm] == uint8(format.FormViews) {
		a.joinViews(i, key)
	}
}

// joinViews completes the call in row i from the records that came before it.
func (a *assembler) joinViews(i int, key taskKey) {
	var p *pendingCall
	if len(a.pending) > 0 {
		p = a.pending[key]
	}
	a.join(i, p)
	moveToEnd(a.batch, i)
	if p != nil {
		delete(a.pending, key)
		a.recycle(p)
	}
}

// identify remembers what row i says of its task.
func (a *assembler) identify(tid uint32, i int, number uint16) {
	id := a.idents[tid]
	if id == nil {
		id = new(identity)
		a.idents[tid] = id
	}
	id.remember(a.batch, i, number)
	a.last = nil
}

func (a *assembler) hold(key taskKey, call uint64) *pendingCall {
	p := a.pending[key]
	if p == nil {
		if n := len(a.free); n > 0 {
			p, a.free = a.free[n-1], a.free[:n-1]
		} else {
			p = new(pendingCall)
		}
		p.call = call
		a.pending[key] = p
	}
	return p
}

func (a *assembler) recycle(p *pendingCall) {
	*p = pendingCall{views: p.views[:0]}
	a.free = append(a.free, p)
}

func (p *pendingCall) addView(l viewLayout, rec []byte) {
	rec = bytes.Clone(rec)
	le := binary.LittleEndian
	v := pendingView{
		rec: rec, slot: rec[l.slot], view: format.View(rec[l.view]), rung: format.Rung(rec[l.rung]),
		status: format.ViewStatus(rec[l.status]), size: le.Uint32(rec[l.size:]),
	}
	if n := int(le.Uint16(rec[l.value:])); n != format.WireNull && l.fixed+n <= len(rec) {
		v.value = rec[l.fixed : l.fixed+n : l.fixed+n]
	}
	p.views = append(p.views, v)
}

// join fills the views of the call in row i. p is nil when the call needed no
// records but its own.
func (a *assembler) join(i int, p *pendingCall) {
	b := a.batch
	for k := range format.Slots {
		s := &format.Slots[k]
		if b.U8[s.EnterStatus][i] == 0 && b.U8[s.KernelStatus][i] == 0 && b.U8[s.ExitStatus][i] == 0 {
			continue
		}
		a.joinSlot(i, k, s, p)
	}
}

func (a *assembler) joinSlot(i, k int, s *format.Slot, p *pendingCall) {
	b := a.batch
	lost := false
	var views []pendingView
	if p != nil {
		views = p.views
	}
	enter := b.Value(s.Enter, i)
	enterStatus := format.ViewStatus(b.U8[s.EnterStatus][i])

	// 1. The enter view, when it was too long for the call's own record.
	if enterStatus == format.ViewElsewhere {
		enterStatus = format.ViewLost
		for _, v := range views {
			if int(v.slot) == k && v.view == format.ViewEnter {
				enter, enterStatus = v.value, v.status
				b.SetBytes(s.Enter, i, v.value)
				if v.size != 0 {
					b.U32[s.Len][i] = v.size
				}
			}
		}
		lost = lost || enterStatus == format.ViewLost
		b.U8[s.EnterStatus][i] = uint8(enterStatus)
	}
	comparable := enterStatus == format.ViewOK || enterStatus == format.ViewTruncated
	same := func(value []byte, status format.ViewStatus) bool {
		return comparable && status == enterStatus && bytes.Equal(value, enter)
	}

	// 2. The kernel's copies, in the order in which they were seen. In the
	// call's record rungs has those that equal the enter view.
	rungsSame := format.Rung(b.U8[s.Rungs][i])
	kernelStatus := format.ViewStatus(b.U8[s.KernelStatus][i])
	if kernelStatus == format.ViewElsewhere {
		kernelStatus = format.ViewNone
	}
	if p != nil && p.exec && k < 2 && b.I32[format.ColNR][i] >= 0 && isArgvSlot(b, i, k) {
		// execve's second argument: what the new image has
		views = append(views, pendingView{slot: uint8(k), view: format.ViewKernel, rung: format.RungExec, status: p.argvS, size: p.size, value: p.argv})
	}
	first := kernelStatus // of the copy that stands in the row
	var value []byte
	var rungs format.Rung
	if first == format.ViewSame {
		rungs = rungsSame
	}
	for _, v := range views {
		if int(v.slot) != k || v.view != format.ViewKernel {
			continue
		}
		isSame := same(v.value, v.status)
		switch {
		case first == format.ViewNone:
			first, value, rungs = v.status, v.value, v.rung
			if isSame {
				first, value = format.ViewSame, nil
			}
			if v.size != 0 {
				b.U32[s.Len][i] = v.size
			}
		case isSame && first == format.ViewSame, !isSame && first == v.status && bytes.Equal(v.value, value):
			rungs |= v.rung
		default:
			a.viewRow(v)
		}
	}
	if kernelStatus == format.ViewNone && first != format.ViewSame && first != format.ViewNone && rungsSame != 0 {
		// the first copy differed, a later one was what enter showed
		a.sameRow(i, k, rungsSame)
	}
	if format.ViewStatus(b.U8[s.KernelStatus][i]) == format.ViewElsewhere && first == format.ViewNone {
		first, lost = format.ViewLost, true
	}
	b.U8[s.KernelStatus][i] = uint8(first)
	b.U8[s.Rungs][i] = uint8(rungs)
	b.SetBytes(s.Kernel, i, value)
	if p != nil && p.exec && isArgvSlot(b, i, k) {
		b.U8[s.Copies][i]++
	}

	// 3. The exit view.
	if format.ViewStatus(b.U8[s.ExitStatus][i]) == format.ViewElsewhere {
		status := format.ViewLost
		for _, v := range views {
			if int(v.slot) == k && v.view == format.ViewExit {
				status = v.status
				if same(v.value, v.status) {
					status = format.ViewSame
				} else {
					b.SetBytes(s.Exit, i, v.value)
				}
			}
		}
		lost = lost || status == format.ViewLost
		b.U8[s.ExitStatus][i] = uint8(status)
	}
	if lost {
		b.U16[format.ColFlags][i] |= uint16(format.FlagViewsLost)
	}
}

// argvCalls are the calls whose slot 1 is an argv, by ABI and number.
var argvCalls = func() map[[2]int]bool {
	m := make(map[[2]int]bool)
	for _, sc := range format.Syscalls {
		if len(sc.Views) >= 2 && sc.Views[1].Kind == format.KindArgv {
			for abi, nr := range sc.NR {
				if nr >= 0 {
					m[[2]int{abi, int(nr)}] = true
				}
			}
		}
	}
	return m
}()

func isArgvSlot(b *format.Batch, i, k int) bool {
	return k == 1 && argvCalls[[2]int{int(b.U8[format.ColABI][i]), int(b.I32[format.ColNR][i])}]
}

// viewRow writes a view that its call's row cannot hold as a row of its own.
func (a *assembler) viewRow(v pendingView) {
	if v.rec == nil {
		return // the exec row has it
	}
	if _, err := a.dec.row(v.rec, format.EventView, a.batch); err != nil {
		a.corrupt++
	}
}

// sameRow says that rungs saw the enter view, in a call whose row holds another copy.
func (a *assembler) sameRow(call, k int, rungs format.Rung) {
	b := a.batch
	i := b.Append()
	for _, c := range format.CommonFields {
		if format.Columns[c].Type == format.Bytes {
			b.U32[c][i] = b.U32[c][call]
		} else {
			b.Set(c, i, uint64(b.Int(c, call)))
		}
	}
	b.U16[format.ColEvent][i] = uint16(format.EventView)
	b.U64[format.ColArg0][i] = uint64(k)
	b.U64[format.ColArg1][i] = uint64(format.ViewKernel)
	b.U8[format.ColAKernelStatus][i] = uint8(format.ViewSame)
	b.U8[format.ColARungs][i] = uint8(rungs)
}

// moveToEnd puts row i behind the rows that were added after it: the views of a
// call stand before the call.
func moveToEnd(b *format.Batch, i int) {
	if i == b.N-1 {
		return
	}
	for c := range format.Columns {
		switch format.Columns[c].Type {
		case format.U8:
			rotate(b.U8[c][i:b.N])
		case format.U16:
			rotate(b.U16[c][i:b.N])
		case format.U32, format.Bytes:
			rotate(b.U32[c][i:b.N])
		case format.U64:
			rotate(b.U64[c][i:b.N])
		case format.I32:
			rotate(b.I32[c][i:b.N])
		case format.I64:
			rotate(b.I64[c][i:b.N])
		}
	}
}

func rotate[T any](s []T) {
	first := s[0]
	copy(s, s[1:])
	s[len(s)-1] = first
}

// flush writes what is left of a call that has no row.
func (a *assembler) flush(key taskKey, p *pendingCall) {
	for _, v := range p.views {
		a.viewRow(v)
	}
	delete(a.pending, key)
	a.recycle(p)
}

// flushAll ends the recording.
func (a *assembler) flushAll() {
	for key, p := range a.pending {
		a.flush(key, p)
	}
}

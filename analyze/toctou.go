package analyze

import (
	"bytes"
	"fmt"
	"math"
	"strings"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// toctou compares, argument by argument, what a call showed at enter with what
// the kernel used, and both with what stood there at exit.
type toctou struct {
	s    *Session
	wait *waiting
	cov  []argCount // by argSpec.id
	rung []format.Rung
	bare []bool  // by argSpec.id: an empty name that no witness saw is just that; see Fold
	walk *walker // nil where every name has an exact witness
}

func newTOCTOU(s *Session) Analysis {
	t := &toctou{s: s, wait: newWaiting(), cov: make([]argCount, len(argSpecs)), rung: make([]format.Rung, len(argSpecs)), bare: make([]bool, len(argSpecs))}
	for id, a := range argSpecs {
		t.rung[id] = s.activeRungs(a)
		c, ok := a.compares(t.rung[id])
		t.bare[id] = ok && c == format.CompareExact && a.view.Kind == format.KindPath && a.view.When == nil &&
			!s.losses.touches(a.classes, math.MinInt64, math.MaxInt64) && !s.lists(Unwitnessed, Info)
	}
	t.walk = newWalker(s, t.rung)
	if t.walk != nil {
		clear(t.bare)
	}
	return t
}

func (t *toctou) Columns() []format.ColumnID {
	cols := []format.ColumnID{
		format.ColTime, format.ColDuration, format.ColEvent, format.ColFlags, format.ColTID, format.ColStart, format.ColCall,
		format.ColABI, format.ColNR, format.ColRet,
		format.ColArg0, format.ColArg1, format.ColArg2, format.ColArg3, format.ColArg4, format.ColArg5,
		format.ColDev, format.ColIno, format.ColPath,
	}
	if t.walk != nil {
		cols = append(cols, namesColumns...)
	}
	for _, s := range format.Slots {
		cols = append(cols, s.Enter, s.Kernel, s.Exit, s.EnterStatus, s.KernelStatus, s.ExitStatus, s.Rungs, s.VMA, s.Len)
	}
	return cols
}

// slotColumns are the columns of one slot that the fast path reads.
type slotColumns struct {
	enter                               []uint32
	enterStatus, kernelStatus, exitStat []uint8
	rungs                               []uint8
}

func slotOf(b *format.Batch, s *format.Slot) slotColumns {
	n := b.N
	return slotColumns{
		b.U32[s.Enter][:n],
		b.U8[s.EnterStatus][:n], b.U8[s.KernelStatus][:n], b.U8[s.ExitStatus][:n],
		b.U8[s.Rungs][:n],
	}
}

// doubtFlags send a call to judge, whatever its views say.
const doubtFlags = format.FlagNoEnter | format.FlagNoExit | format.FlagViewsLost | format.FlagArgsChanged

// Fold goes over the rows of a batch in order.
//
//  1. A row that is no compared call and no witness costs one or two loads.
//  2. A witness row waits for its call, unless all it says is "equal": then
//     the call's own row says it again.
//  3. A call all of whose views are equal to the enter view, and for which nothing
//     waits, is consistent: counted here, without a look at any bytes but
//     those of its object's path. So is the empty name of an fstat (newfstatat with
//     AT_EMPTY_PATH, a quarter of the rows of find and tar): nobody copies it.
//  4. Everything else is gathered into evidence and judged.
func (t *toctou) Fold(b *format.Batch) {
	n := b.N
	var (
		events = b.U16[format.ColEvent][:n]
		flags  = b.U16[format.ColFlags][:n]
		abis   = b.U8[format.ColABI][:n]
		nrs    = b.I32[format.ColNR][:n]
		tids   = b.U32[format.ColTID][:n]
		paths  = b.U32[format.ColPath][:n]
		rets   = b.I64[format.ColRet][:n]
		slots  [format.MaxViews]slotColumns
		listed = t.s.lists(Redirected, Info) || t.s.lists(Consistent, Info)
	)
	for k := range slots {
		slots[k] = slotOf(b, &format.Slots[k])
	}
	if t.wait.doubt != math.MinInt64 || t.s.gap || listed || t.walk != nil || len(t.wait.tasks) > 0 {
		t.s.need(b)
	}
	if t.s.gap && n > 0 {
		// Whatever was in the gap was written before this row was.
		t.wait.distrust(b.I64[format.ColTime][0]+b.I64[format.ColDuration][0], whyGap)
	}
	for i, event := range events {
		if t.walk != nil {
			t.walk.row(b, i)
		}
		if format.EventID(event) != format.EventSyscall {
			t.other(b, i, format.EventID(event))
			continue
		}
		spec := lookup(abis[i], nrs[i])
		if spec == nil {
			continue
		}
		var here *waitingCall
		if len(t.wait.tasks) > 0 {
			here = t.wait.take(tids[i], b.U64[format.ColStart][i], b.U64[format.ColCall][i])
		}
		if listed || here != nil || format.RowFlags(flags[i])&doubtFlags != 0 || t.wait.doubt != math.MinInt64 && b.I64[format.ColTime][i] <= t.wait.doubt {
			t.s.need(b)
			for k := range spec.args {
				if t.applies(&spec.args[k], b, i) {
					t.judge(b, i, spec, k, here)
				}
			}
			continue
		}
		for k := range spec.args {
			a, s := &spec.args[k], &slots[k]
			exit := format.ViewStatus(s.exitStat[i])
			rungs := format.Rung(s.rungs[i])
			if format.ViewStatus(s.enterStatus[i]) != format.ViewOK ||
				format.ViewStatus(s.kernelStatus[i]) != format.ViewSame ||
				exit != format.ViewSame && exit != format.ViewReplaced && exit != format.ViewNone ||
				rungs&a.comparable == 0 {
				if t.bare[a.id] && format.ViewStatus(s.kernelStatus[i]) == format.ViewNone && exit == format.ViewSame && rungs == 0 && rets[i] >= 0 &&
					format.ViewStatus(s.enterStatus[i]) == format.ViewOK && len(b.Dict.Bytes(s.enter[i])) == 0 {
					count := &t.cov[a.id] // as judgeUnwitnessed would
					count.verdicts[Unwitnessed]++
					count.whys[whyEmptyName]++
					t.s.note(b.Seq+uint64(i), k, Unwitnessed, Info)
					continue
				}
				t.s.need(b)
				if t.applies(a, b, i) {
					t.judge(b, i, spec, k, nil)
				}
				continue
			}
			count := &t.cov[a.id]
			if paths[i] != 0 && paths[i] != s.enter[i] && rets[i] >= 0 {
				if a.view.Kind == format.KindSockAddr {
					t.s.need(b)
					t.judge(b, i, spec, k, nil)
					continue
				}
				if a.view.Kind == format.KindPath && !leadsTo(b.Dict.Bytes(s.enter[i]), b.Dict.Bytes(paths[i])) {
					count.verdicts[Redirected]++
					count.whys[whyOtherName]++
					t.s.note(b.Seq+uint64(i), k, Redirected, Info)
					t.s.rate(Redirected, Info)
					count.rungs[rungs]++
					continue
				}
			}
			count.verdicts[Consistent]++
			count.rungs[rungs]++
		}
	}
	t.wait.endBatch()
}

// other takes a row that is no syscall.
func (t *toctou) other(b *format.Batch, i int, event format.EventID) {
	if int(event) >= len(fieldsOf) {
		return
	}
	f := &fieldsOf[event]
	switch {
	case event == format.EventExit:
		t.wait.exit(b.U32[format.ColTID][i])
		return
	case event != format.EventView && !f.witness:
		return
	}
	// "Equal" is in the call's own row too, unless that row holds another copy
	// and a view says it. Rows with an interpreter tell scripts.
	if !f.hasIntp && event != format.EventView && format.ViewStatus(b.U8[format.ColAKernelStatus][i]) == format.ViewSame {
		return
	}
	t.s.needRow(b, i)
	call := b.U64[format.ColCall][i]
	if call == 0 {
		return
	}
	tid, start := b.U32[format.ColTID][i], b.U64[format.ColStart][i]
	row := readWitness(b, i, event)
	if !row.has() && !f.hasIntp {
		return
	}
	t.wait.add(tid, start, call, b.Seq+uint64(i), row, b.I64[format.ColTime][i])
}

// applies says whether argument a is one of the call in row i.
func (t *toctou) applies(a *argSpec, b *format.Batch, i int) bool {
	if a.view.When != nil {
		t.s.needRow(b, i)
	}
	return a.applies(b, i)
}

// judge gathers the evidence about argument k of the call in row i, decides,
// counts, and reports if that is wanted.
func (t *toctou) judge(b *format.Batch, i int, spec *callSpec, k int, here *waitingCall) {
	if (here == nil || spec.args[k].view.Kind == format.KindEnv) && unrecorded(b, i, k) {
		return
	}
	e := t.gather(b, i, spec, k, here)
	out := t.judgeWalk(b, i, &e, e.judge())
	if t.walk != nil && out.verdict == Redirected && out.why == whyOtherName {
		t.walk.learned(b, i, e.arg, e.enter.bytes, e.object)
	}
	count := &t.cov[e.arg.id]
	count.verdicts[out.verdict]++
	count.whys[out.why]++
	if len(e.copies) > 0 {
		count.rungs[e.copies[0].rungs]++
	}
	severity, raised, lowered := e.severity(out)
	t.s.note(b.Seq+uint64(i), k, out.verdict, severity)
	t.s.found(b, i, out.verdict, severity, func() *Finding {
		f := t.finding(b, i, &e, out)
		f.Rule, f.Raised, f.Lowered = out.verdict.String(), raised, lowered
		register := e.arg.call.Register(format.ABI(b.U8[format.ColABI][i]), e.arg.view.Arg)
		f.pointer = untag(b.U64[format.ColArg0+format.ColumnID(register)][i])
		return f
	})
	if one, other, yes := e.disagree(); yes {
		t.s.note(b.Seq+uint64(i), k, Disagreement, High)
		t.s.found(b, i, Disagreement, High, func() *Finding {
			f := t.finding(b, i, &e, outcome{verdict: Disagreement, why: whyDisagree, shown: other})
			f.Rule = ruleDisagree
			for _, k := range []int{one, other} {
				c := &e.copies[k]
				f.Evidence = append(f.Evidence, Evidence{
					Role: RoleWitness, What: fmt.Sprintf("%s saw %s", strings.Join(e.arg.witnesses(c.rungs), ", "), show.Text(f.Kind, c.bytes)),
				})
			}
			return f
		})
	}
}

// disagree finds two copies of which only a hook saw one and only the freed name
// was seen of the other, although both look at one struct filename.
func (e *argViews) disagree() (hook, name int, yes bool) {
	if e.arg.view.Kind != format.KindPath || len(e.copies) != 2 || e.lost || e.flags&format.FlagViewsLost != 0 || e.missing != whyNone {
		return 0, 0, false
	}
	only := func(k int, r format.Rung) bool {
		c := &e.copies[k]
		return c.rungs&r != 0 && c.rungs&^r&^format.RungObject == 0 && c.status != format.ViewTruncated
	}
	for k := range 2 {
		if only(k, hookRungs) && only(1-k, format.RungPutname) && e.arg.rungs[format.CompareExact]&e.copies[k].rungs != 0 {
			return k, 1 - k, true
		}
	}
	return 0, 0, false
}

// unrecorded says that the recorder did not look at the argument: it had a
// table in which this one was not compared. Whatever it looks at has a status,
// unless it has not seen the call begin.
func unrecorded(b *format.Batch, i, k int) bool {
	s := &format.Slots[k]
	return b.U8[s.EnterStatus][i]|b.U8[s.KernelStatus][i]|b.U8[s.ExitStatus][i] == uint8(format.ViewNone) &&
		format.RowFlags(b.U16[format.ColFlags][i])&format.FlagNoEnter == 0
}

func (t *toctou) gather(b *format.Batch, i int, spec *callSpec, k int, here *waitingCall) argViews {
	a, s := &spec.args[k], &format.Slots[k]
	from := b.I64[format.ColTime][i]
	e := argViews{
		arg:    a,
		flags:  format.RowFlags(b.U16[format.ColFlags][i]),
		ret:    b.I64[format.ColRet][i],
		enter:  seen{format.ViewStatus(b.U8[s.EnterStatus][i]), b.Value(s.Enter, i)},
		exit:   seen{format.ViewStatus(b.U8[s.ExitStatus][i]), b.Value(s.Exit, i)},
		length: b.U32[s.Len][i],
		vma:    format.VMAClass(b.U8[s.VMA][i]),
		object: b.Value(format.ColPath, i),
		active: t.rung[a.id],
		lossy:  t.s.losses.touches(a.classes, from, from+b.I64[format.ColDuration][i]),
	}
	if from <= t.wait.doubt {
		e.missing = t.wait.doubtWhy
	}
	if e.exit.status == format.ViewSame {
		e.exit.bytes = e.enter.bytes
	}
	own := readCopy(b, i, k, true)
	own.rungs = format.Rung(b.U8[s.Rungs][i])
	if own.status == format.ViewSame {
		own.bytes = e.enter.bytes
	}
	e.lost = own.status == format.ViewLost || e.enter.status == format.ViewLost || e.exit.status == format.ViewLost
	if own.has() {
		e.copies = append(e.copies, own)
	}
	if a.view.Kind.Strings() {
		e.enter.cutArgv()
	}
	e.name = kernelName(b, i, spec)
	if here != nil {
		t.s.needRow(b, i)
		gatherWaiting(b, i, spec, &e, here)
	}
	return e
}

// gatherWaiting adds the further copies that witness rows hold.
func gatherWaiting(b *format.Batch, i int, spec *callSpec, e *argViews, here *waitingCall) {
	register := e.arg.call.Register(format.ABI(b.U8[format.ColABI][i]), e.arg.view.Arg)
	pointer := untag(b.U64[format.ColArg0+format.ColumnID(register)][i])
	var messages messageCopies
	for r := range here.rows {
		row := &here.rows[r]
		e.script.read(row, e.name)
		if row.event == format.EventView && row.slot == e.arg.slot && row.values[0].status == format.ViewLost {
			e.lost = true
		}
		k, ok := row.value(e.arg)
		if !ok {
			continue
		}
		if e.arg.view.Kind == format.KindMsgNames && row.event != format.EventView {
			messages.add(k)
			continue
		}
		if k.status == format.ViewSame {
			k.bytes = e.enter.bytes
			e.addCopy(k)
			continue
		}
		if e.arg.view.Kind == format.KindPath && fieldsOf[row.event].uptr {
			switch {
			case row.uptr == 0 && (row.event != format.EventView || spec.call.Object == format.ObjectSelf):
				continue // the kernel made this name: an interpreter's, for example
			case row.uptr != 0 && row.event != format.EventView && untag(row.uptr) != pointer:
				continue // some other name
			}
		}
		e.addCopy(k)
	}
	for _, k := range messages.copies {
		e.addCopy(k)
	}
}

// addCopy adds a copy, or its rungs to the copy that is equal to it.
func (e *argViews) addCopy(k kernelCopy) {
	for i := range e.copies {
		have := &e.copies[i]
		if bytes.Equal(have.bytes, k.bytes) && e.cut(have) == e.cut(&k) {
			have.rungs |= k.rungs
			return
		}
	}
	e.copies = append(e.copies, k)
}

func (e *argViews) cut(k *kernelCopy) bool {
	return k.status == format.ViewTruncated || k.status == format.ViewSame && e.enter.status == format.ViewTruncated
}

// kernelName is the path that the kernel used for the call: argv of a script holds it.
func kernelName(b *format.Batch, i int, spec *callSpec) []byte {
	for k := range spec.args {
		if spec.args[k].view.Kind != format.KindPath {
			continue
		}
		s := &format.Slots[k]
		if name := b.Value(s.Kernel, i); name != nil {
			return name
		}
		return b.Value(s.Enter, i)
	}
	return nil
}

// read learns from a row whether an interpreter was put before argv.
func (s *script) read(row *witness, name []byte) {
	if !fieldsOf[row.event].hasIntp {
		return
	}
	s.known = true
	if k := &row.values[0]; k.has() && k.status != format.ViewSame {
		s.filename = k.bytes
	}
	if s.filename != nil {
		name = s.filename
	}
	if len(row.interp) > 0 && !bytes.Equal(row.interp, name) {
		s.is = true
	}
}

// untag drops the top byte, in which arm64 programs may keep a tag.
func untag(p uint64) uint64 { return p & (1<<56 - 1) }

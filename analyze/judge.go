package analyze

import (
	"bytes"

	"github.com/tracerec/tracerec/format"
)

// relation is how two views stand to each other.
type relation uint8

const (
	equal relation = iota
	equalPrefix
	differs
	unrelated // cannot be compared
)

// seen is one view as it stands in the trace, ViewSame already followed.
type seen struct {
	status format.ViewStatus
	bytes  []byte
}

// has says whether there are bytes, all or the first of them.
func (v seen) has() bool {
	return v.status == format.ViewOK || v.status == format.ViewSame || v.status == format.ViewTruncated
}

// kernelCopy is one value that the kernel used for an argument.
type kernelCopy struct {
	seen
	length uint32 // true length, when truncated
	rungs  format.Rung
}

// evidence is all that a trace holds about one argument of one call.
type evidence struct {
	arg         *argSpec
	flags       format.RowFlags
	ret         int64
	enter, exit seen
	length      uint32 // true length, where a view is truncated
	vma         format.VMAClass
	copies      []kernelCopy // distinct, with bytes; that of the call's own row first
	lost        bool         // a view of this argument was lost on the way
	name        []byte       // the kernel's copy of the call's path, for argv
	script      script
	object      []byte      // path of the object, or its sockaddr
	active      format.Rung // witnesses of this argument that were active; all, when the trace does not say
	lossy       bool        // witness records may be missing from the time of the call
	missing     why         // witnesses of this call may be missing for this reason; whyNone otherwise
}

// outcome is a verdict and what led to it.
type outcome struct {
	verdict Verdict
	why     why
	compare format.Comparison
	shown   int // which of the copies is the kernel view to show
}

// judge decides. Its order is that of doubt: first what forbids a verdict,
// then missing views, then the comparison, and what follows from equality.
func (e *evidence) judge() outcome {
	if e.flags&format.FlagNoEnter != 0 {
		return outcome{verdict: Inconclusive, why: whyNoEnter}
	}
	if e.flags&format.FlagViewsLost != 0 || e.lost {
		out := outcome{verdict: Inconclusive, why: whyLost}
		if e.enter.has() {
			if o := e.compareCopies(); o.verdict == Divergent || o.verdict == MultipleCopies {
				out.why, out.shown, out.compare = whyLostDiffers, o.shown, o.compare
			}
		}
		return out
	}
	out := e.judgeWhole()
	if e.missing != whyNone && out.verdict != Divergent && out.verdict != MultipleCopies {
		return outcome{verdict: Inconclusive, why: e.missing}
	}
	return out
}

// judgeWhole decides about a call of which no record is known to be missing.
func (e *evidence) judgeWhole() outcome {
	if !e.witnessed() {
		return e.judgeUnwitnessed()
	}
	switch e.enter.status {
	case format.ViewNull:
		return e.judgeNull()
	case format.ViewUnreadable:
		return e.judgeUnreadable()
	case format.ViewNone, format.ViewReplaced:
		return outcome{verdict: Inconclusive, why: whyNoEnterView}
	}
	out := e.compareCopies()
	if out.verdict == Divergent && e.flags&format.FlagNoExit != 0 {
		out.why = whyDiffersUnfinished
	}
	if out.verdict != Consistent {
		return out
	}
	if e.changedAtExit() {
		out.verdict, out.why = PostUseChange, whyChangedAfter
		return out
	}
	if e.flags&format.FlagNoExit != 0 {
		return outcome{verdict: Inconclusive, why: whyNoExit, compare: out.compare}
	}
	return e.judgeReached(out)
}

// witnessed says whether some kernel value can be compared at all.
func (e *evidence) witnessed() bool {
	for i := range e.copies {
		if c, ok := e.arg.compares(e.copies[i].rungs); !ok || c != format.CompareObject {
			return true
		}
	}
	return false
}

// judgeUnwitnessed names the reason why no kernel view is there, the most telling first.
func (e *evidence) judgeUnwitnessed() outcome {
	out := outcome{verdict: Unwitnessed, compare: e.arg.bestComparison()}
	_, exact := e.bestActive()
	var (
		kind       = e.arg.view.Kind
		failed     = e.ret < 0
		unreadable = e.enter.status == format.ViewUnreadable
		// The object is known at exit, whatever else was active.
		object = !failed && len(e.object) > 0 && e.arg.rungs[format.CompareObject] != 0 && e.enter.has()
	)
	switch {
	case e.enter.status == format.ViewNull:
		out.why = whyNull
	case e.ret == -eFAULT || e.ret == -eNAMETOOLONG:
		out.why = whyFailedEarly
	case e.changedAtExit():
		out.why = whyChangedUnwitnessed
	case unreadable && e.active == 0:
		out.why = whyUnreadNothing
	case len(e.arg.view.Witness) == 0:
		out.why = whyUnwitnessable
	case e.active == 0 && !object:
		out.why = whyNoActive
	case failed && exact && earlyErrnos[-e.ret]:
		out.why = whyFailedEarly
	case failed && kind == format.KindArgv:
		out.why = whyFailedExec
	case e.active != 0 && e.lossy:
		out.verdict, out.why = Inconclusive, whyLostWindow
	case e.flags&format.FlagNoExit != 0:
		out.verdict, out.why = Inconclusive, whyNoExit
	case exact && kind == format.KindPath && e.emptyName():
		out.why = whyEmptyName
	case unreadable:
		out.why = whyUnreadNothing
	case failed:
		out.why = whyFailed
	case object:
		return e.judgeObject()
	case e.enter.status == format.ViewNone:
		out.verdict, out.why = Inconclusive, whyNoEnterView
	default:
		out.why = whyNotFired
	}
	return out
}

// emptyName says whether the call was given "".
func (e *evidence) emptyName() bool {
	if e.enter.status == format.ViewUnreadable {
		return e.ret == -eNOENT && e.exit.has() && len(e.exit.bytes) == 0
	}
	return e.enter.has() && len(e.enter.bytes) == 0
}

// bestActive is the best comparison that an active witness allows.
func (e *evidence) bestActive() (c format.Comparison, exact bool) {
	c, ok := e.arg.compares(e.active)
	return c, ok && c == format.CompareExact
}

// judgeObject looks at the object where nothing else is known. It never says
// divergent, and not consistent either.
func (e *evidence) judgeObject() outcome {
	out := outcome{verdict: Unwitnessed, why: whyObjectUnjudged, compare: format.CompareObject}
	switch e.arg.view.Kind {
	case format.KindPath:
		switch {
		case !leadsTo(e.enter.bytes, e.object):
			out.verdict, out.why = Inconclusive, whyObjectOther
		case len(e.enter.bytes) > 0 && e.enter.bytes[0] == '/':
			out.why = whyObjectAgrees
		}
	case format.KindSockAddr:
		switch compareSocket(e.enter.bytes, e.object) {
		case equal:
			out.why = whyObjectAgrees
		case differs:
			out.verdict, out.why = Inconclusive, whySocketOther
		}
	}
	return out
}

// judgeNull is for a NULL pointer of which a witness saw something. argv may
// be NULL: the new image then has an empty one, or one empty string.
func (e *evidence) judgeNull() outcome {
	k := e.copies[0].bytes
	if e.arg.view.Kind == format.KindArgv && (len(k) == 0 || len(k) == 1 && k[0] == 0) {
		return outcome{verdict: Consistent, why: whyEqualEmptyArgv, compare: format.CompareArgvTail}
	}
	return outcome{verdict: Inconclusive, why: whyNullButSeen}
}

// judgeUnreadable is for a value that only the kernel's side knows. The kind of mapping
// says whether that is daily life or the work of a userfaultfd.
func (e *evidence) judgeUnreadable() outcome {
	if len(e.copies) > 1 {
		return outcome{verdict: MultipleCopies, why: whyCopiesDifferUnread}
	}
	out := outcome{verdict: Unreadable, why: whyUnreadUnknown}
	// What held the kernel's value at exit was most likely just not there yet.
	settled := e.exit.has() && bytes.Equal(e.exit.bytes, e.copies[0].bytes)
	switch e.vma {
	case format.VMAFileRO:
		out.why = whyUnreadFile
	case format.VMAFileRW:
		out.why = whyUnreadWritable
		if settled {
			out.why = whyUnreadData
		}
	case format.VMAAnonymous, format.VMAShmem:
		out.why = whyUnreadAnonymous
	case format.VMAUffd:
		out.why = whyUnreadUffd
	case format.VMAUnmapped:
		out.why = whyUnreadUnmapped
	default:
		if settled {
			out.why = whyUnreadSettled
		}
	}
	if c, ok := e.arg.compares(e.copies[0].rungs); ok {
		out.compare = c
	}
	return out
}

// compareCopies compares every kernel copy with the enter view, using only the
// best comparison that any copy allows: a cgroup program sees an address that
// others have rewritten, where an LSM hook sees the copy itself.
func (e *evidence) compareCopies() outcome {
	best, known := format.CompareObject, false
	for i := range e.copies {
		if c, ok := e.arg.compares(e.copies[i].rungs); ok && c <= best {
			best, known = c, true
		}
	}
	if !known || best == format.CompareObject {
		return outcome{verdict: Inconclusive, why: whyNoRung}
	}
	out := outcome{verdict: Consistent, why: whyEqual, compare: best, shown: -1}
	var same, other int
	for i := range e.copies {
		k := &e.copies[i]
		c, ok := e.arg.compares(k.rungs)
		if !ok || c != best {
			continue
		}
		rel, w := e.compareOne(k, c)
		switch rel {
		case equal:
			same++
			if other == 0 {
				out.why = w
			}
		case differs:
			if other == 0 {
				out.why, out.shown = w, i
			}
			other++
		default:
			// Only a proven difference outweighs a copy that cannot be compared.
			if other == 0 {
				out.verdict, out.why, out.shown = Inconclusive, w, i
			}
		}
	}
	switch {
	case other > 0 && same > 0:
		out.verdict, out.why = MultipleCopies, whyCopiesDiffer
	case other > 1:
		out.verdict, out.why = Divergent, whyDiffersFurther
	case other > 0:
		out.verdict = Divergent
	}
	out.shown = max(out.shown, 0)
	return out
}

func (e *evidence) compareOne(k *kernelCopy, c format.Comparison) (relation, why) {
	switch c {
	case format.CompareEndpoint:
		switch compareEndpoint(e.enter.bytes, k.bytes) {
		case equal:
			return equal, whyEqualEndpoint
		case differs:
			return differs, whyDiffersEndpoint
		}
		return unrelated, whyFamily
	case format.CompareSunPath:
		switch compareSunPath(e.enter.bytes, k.bytes) {
		case equal:
			return equal, whyEqualSunPath
		case differs:
			return differs, whyDiffersSunPath
		}
		return unrelated, whyFamily
	case format.CompareArgvTail:
		whole := e.enter.status != format.ViewTruncated && k.status != format.ViewTruncated
		rel, w := compareArgv(e.enter.bytes, k.bytes, whole, e.name, e.script)
		if rel == equalPrefix {
			return e.sameLength(k)
		}
		return rel, w
	}
	switch compareExact(e.enter, k.seen) {
	case equal:
		return equal, whyEqual
	case equalPrefix:
		return e.sameLength(k)
	}
	return differs, whyDiffers
}

// compareExact compares bytes, as far as both sides were kept.
func compareExact(enter, kernel seen) relation {
	a, b := enter.bytes, kernel.bytes
	if kernel.status == format.ViewSame {
		kernel.status = enter.status
	}
	switch {
	case enter.status == format.ViewTruncated && kernel.status == format.ViewOK:
		a, b = b, a
		fallthrough
	case enter.status == format.ViewOK && kernel.status == format.ViewTruncated:
		if bytes.HasPrefix(a, b) {
			return equalPrefix
		}
		return differs
	case enter.status == format.ViewTruncated:
		if n := min(len(a), len(b)); bytes.Equal(a[:n], b[:n]) {
			return equalPrefix
		}
		return differs
	}
	if bytes.Equal(a, b) {
		return equal
	}
	return differs
}

// sameLength decides about equal prefixes: they count as equal only if the
// true lengths are known to agree. A slot has one length, so nothing is known
// when both sides were cut off, be they the same as far as they go.
func (e *evidence) sameLength(k *kernelCopy) (relation, why) {
	var enter, kernel uint32
	switch {
	case e.enter.status == format.ViewTruncated && k.status == format.ViewOK:
		enter, kernel = e.length, uint32(len(k.bytes))
	case e.enter.status == format.ViewOK && k.status == format.ViewTruncated:
		enter, kernel = uint32(len(e.enter.bytes)), k.length
	}
	if enter != 0 && enter == kernel {
		return equal, whyEqualPrefix
	}
	return unrelated, whyTruncated
}

// changedAtExit says whether user memory differs between enter and exit.
func (e *evidence) changedAtExit() bool {
	if !e.enter.has() || e.exit.status != format.ViewOK && e.exit.status != format.ViewTruncated {
		return false
	}
	return compareExact(e.enter, e.exit) == differs
}

// judgeReached asks what an agreed name led to.
func (e *evidence) judgeReached(out outcome) outcome {
	if e.ret < 0 || len(e.object) == 0 || e.enter.status != format.ViewOK {
		return out
	}
	switch {
	case e.arg.view.Kind == format.KindPath && !leadsTo(e.enter.bytes, e.object):
		out.verdict, out.why = Redirected, whyOtherName
		if e.script.is {
			out.why = whyScriptObject
		}
	case e.arg.view.Kind == format.KindSockAddr && e.arg.call.Object == format.ObjectPeer && otherPeer(e.enter.bytes, e.object):
		out.verdict, out.why = Redirected, whyOtherPeer
	}
	return out
}

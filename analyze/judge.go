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

// argViews is all that a trace holds about one argument of one call.
type argViews struct {
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
func (e *argViews) judge() outcome {
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
func (e *argViews) judgeWhole() outcome {
	if !e.witnessed() {
		return e.judgeUnwitnessed()
	}
	if e.leftover() {
		if e.enter.has() {
			return outcome{verdict: Inconclusive, why: whyLeftover}
		}
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
	if e.flags&format.FlagArgsChanged != 0 {
		out.verdict, out.why = PostUseChange, whyArgsChanged
		return out
	}
	if e.flags&format.FlagNoExit != 0 {
		return outcome{verdict: Inconclusive, why: whyNoExit, compare: out.compare}
	}
	return e.judgeReached(out)
}

// witnessed says whether some kernel value can be compared at all.
func (e *argViews) witnessed() bool {
	for i := range e.copies {
		if c, ok := e.arg.compares(e.copies[i].rungs); !ok || c != format.CompareObject {
			return true
		}
	}
	return false
}

// leftover says whether what was seen may be nothing that the kernel used:
// getname() that cannot read a name (EFAULT) frees what it copied so far, or
// what was there before, and putname's witness sees that as it sees any name.
// Up to 6.x the struct's pointer tells (uptr, set last); 7.x has none.
func (e *argViews) leftover() bool {
	if e.arg.view.Kind != format.KindPath || e.ret != -eFAULT || e.flags&format.FlagNoExit != 0 {
		return false
	}
	for i := range e.copies {
		if e.copies[i].rungs != format.RungPutname {
			return false
		}
	}
	return !e.enter.has() || e.compareCopies().verdict != Consistent
}

// judgeNull is for a NULL pointer of which a witness saw something. argv may
// be NULL: the new image then has an empty one, or one empty string.
func (e *argViews) judgeNull() outcome {
	k := e.copies[0].bytes
	if e.arg.view.Kind == format.KindEnv && len(k) == 0 {
		return outcome{verdict: Consistent, why: whyEqualEmptyArgv, compare: format.CompareExact}
	}
	if e.arg.view.Kind == format.KindArgv && (len(k) == 0 || len(k) == 1 && k[0] == 0) {
		return outcome{verdict: Consistent, why: whyEqualEmptyArgv, compare: format.CompareArgvTail}
	}
	return outcome{verdict: Inconclusive, why: whyNullButSeen}
}

// judgeUnreadable is for a value that only the kernel's side knows. The kind of mapping
// says whether that is daily life or the work of a userfaultfd.
func (e *argViews) judgeUnreadable() outcome {
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
		if e.arg.view.Kind == format.KindPath && len(e.copies[0].bytes) == 0 {
			out.why = whyUnreadZero
		}
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

// changedAtExit says whether user memory differs between enter and exit.
func (e *argViews) changedAtExit() bool {
	if !e.enter.has() || e.exit.status != format.ViewOK && e.exit.status != format.ViewTruncated {
		return false
	}
	return compareExact(e.enter, e.exit) == differs
}

// judgeReached asks what an agreed name led to.
func (e *argViews) judgeReached(out outcome) outcome {
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

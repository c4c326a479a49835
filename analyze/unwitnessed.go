package analyze

import "github.com/tracerec/tracerec/format"

// judgeUnwitnessed names the reason why no kernel view is there, the most telling first.
func (e *argViews) judgeUnwitnessed() outcome {
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
	case failed && kind.Strings():
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
func (e *argViews) emptyName() bool {
	if e.enter.status == format.ViewUnreadable {
		return e.ret == -eNOENT && e.exit.has() && len(e.exit.bytes) == 0
	}
	return e.enter.has() && len(e.enter.bytes) == 0
}

// bestActive is the best comparison that an active witness allows.
func (e *argViews) bestActive() (c format.Comparison, exact bool) {
	c, ok := e.arg.compares(e.active)
	return c, ok && c == format.CompareExact
}

// judgeObject looks at the object where nothing else is known. It never says
// divergent, and not consistent either.
func (e *argViews) judgeObject() outcome {
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

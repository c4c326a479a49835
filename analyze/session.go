package analyze

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/tracerec/tracerec/format"
)

// Options choose what is run and what is told.
type Options struct {
	Analyses []string  // names of Kinds; empty is all
	More     []Kind    // analyses that are no row of Kinds: policies
	Jobs     int       // blocks decoded at a time; 0: as many as there are processors
	Only     bool      // no analyses but those named and More
	Verdicts []Verdict // list these, whatever their severity; empty lists all verdicts above Info
	Info     bool      // informational findings too: redirected and harmless unreadable

	Opened func(...*format.Reader) // is told of the files before they are read; nil for nobody
}

// Session runs analyses over one trace.
type Session struct {
	header   format.Header
	losses   *Losses
	emit     func(*Finding)
	wanted   [NumVerdicts]bool
	all      bool // no verdicts were chosen: severity decides
	info     bool // informational findings are wanted
	names    []string
	analyses []Analysis
	procs    *processes
	pending  []*Finding // of the batch at hand
	open     []*Finding // told once the window around them is over
	rated    [NumVerdicts][NumSeverities]uint64
	listed   uint64
	rows     uint64
	calls    uint64
	gap      bool // rows are missing before the next batch
	ratings  ratings
	lazy     lazy
	totals   *format.Totals
	ending   []*Finding // about the recording as a whole
}

// NewSession prepares the chosen analyses. losses are those of the whole trace (see
// Losses); nil means that there are none. emit is called for each finding
// that is listed, in stream order.
func NewSession(h format.Header, losses *Losses, o Options, emit func(*Finding)) (*Session, error) {
	if losses == nil {
		losses = NewLosses()
	}
	losses.done()
	s := &Session{header: h, losses: losses, emit: emit, all: len(o.Verdicts) == 0, info: o.Info, procs: newProcesses(h.PIDNS)}
	for _, v := range o.Verdicts {
		s.wanted[v] = true
	}
	kinds, err := o.kinds()
	if err != nil {
		return nil, err
	}
	for _, k := range kinds {
		s.names = append(s.names, k.Name)
		s.analyses = append(s.analyses, k.New(s))
	}
	return s, nil
}

// Columns are all that the session needs of a batch.
func (s *Session) Columns() []format.ColumnID {
	cols := slices.Concat(BaseColumns, processColumns, writerColumns)
	for _, a := range s.analyses {
		cols = append(cols, a.Columns()...)
	}
	if own := s.ratings.own; own != nil {
		cols = append(cols, own.Columns()...)
	}
	slices.Sort(cols)
	return slices.Compact(cols)
}

// Gap says that rows are missing between the last batch and the next.
func (s *Session) Gap() {
	s.gap = true
	if own := s.ratings.own; own != nil {
		own.Gap()
	}
}

// Fold takes the next rows of the trace. Findings are put into the context that their
// process had at their row, not at the end of the batch.
func (s *Session) Fold(b *format.Batch) {
	s.rateBatch(b)
	for _, a := range s.analyses {
		a.Fold(b)
	}
	slices.SortStableFunc(s.pending, func(x, y *Finding) int { return cmp.Compare(x.Seq, y.Seq) })
	s.context(b)
	s.rows += uint64(b.N)
	s.gap = s.gap && b.N == 0
	if len(s.open) > 0 && b.N > 0 {
		s.need(b)
		s.conclude(b.I64[format.ColTime][b.N-1])
	}
}

// context follows processes and who can write where, and puts findings into
// it at their own row.
func (s *Session) context(b *format.Batch) {
	var (
		abis = b.U8[format.ColABI][:b.N]
		nrs  = b.I32[format.ColNR][:b.N]
		next = 0
	)
	until := func(seq uint64) {
		for ; next < len(s.pending) && s.pending[next].Seq < seq; next++ {
			s.hold(s.pending[next])
		}
	}
	for i, event := range b.U16[format.ColEvent][:b.N] {
		if event == uint16(format.EventSyscall) {
			s.calls++
			if op := writerOpOf(abis[i], nrs[i]); op != opNone && (op != opOpen || s.procs.writers.mayMatter(b, i)) {
				s.needRow(b, i)
				until(b.Seq + uint64(i))
				s.procs.writers.call(b, i, op)
			}
			continue
		}
		if isProcessEvent(event) {
			s.needRow(b, i)
			until(b.Seq + uint64(i))
			s.procs.apply(b, i)
		}
	}
	until(math.MaxUint64)
	clear(s.pending)
	s.pending = s.pending[:0]
}

// followed says whether context looks at all rows of the kind of row i.
func followed(b *format.Batch, i int) bool {
	event := b.U16[format.ColEvent][i]
	if event != uint16(format.EventSyscall) {
		return isProcessEvent(event)
	}
	op := writerOpOf(b.U8[format.ColABI][i], b.I32[format.ColNR][i])
	return op != opNone && op != opOpen
}

// maxOpen bounds the findings that wait for what follows them.
const maxOpen = 1 << 14

// hold puts a finding into the context of its row. It is told when the time
// around its call is over.
func (s *Session) hold(f *Finding) {
	s.procs.context(f)
	s.open = append(s.open, f)
	if len(s.open) >= maxOpen {
		s.publish(maxOpen / 2)
	}
}

// conclude tells the findings whose window is over by now.
func (s *Session) conclude(now int64) {
	n := 0
	for n < len(s.open) && s.open[n].Boottime+int64(s.open[n].Duration+writerWindow+writerSlack) < now {
		n++
	}
	s.publish(n)
}

// closing takes a finding about the recording as a whole, at its end.
func (s *Session) closing(f *Finding) {
	f.identify(s.header.BootID)
	f.Time, f.Since = s.wall(f.Boottime), time.Duration(f.Boottime-s.header.Clock.Boottime)
	if f.TID != 0 {
		s.procs.context(f)
	}
	s.ending = append(s.ending, f)
}

// publish tells the first n findings that are held.
func (s *Session) publish(n int) {
	if n == 0 {
		return
	}
	for _, f := range s.open[:n] {
		s.procs.judge(f)
		s.rate(f.Verdict, f.Severity)
		if !s.lists(f.Verdict, f.Severity) {
			continue
		}
		for i := range f.Evidence {
			if e := &f.Evidence[i]; e.Boottime != 0 {
				e.Time = s.wall(e.Boottime)
			}
		}
		s.listed++
		if s.emit != nil {
			s.emit(f)
		}
	}
	s.open = slices.Delete(s.open, 0, n)
}

// lists says whether a verdict is to be told.
func (s *Session) lists(v Verdict, severity Severity) bool {
	if s.all {
		return severity > Info || s.info && v.informational()
	}
	return s.wanted[v]
}

// rate counts a finding for the exit code and the summary, told or not. What is
// Info is a finding only where it says something of the argument: what nobody
// saw stands in the coverage statement.
func (s *Session) rate(v Verdict, severity Severity) {
	if severity > Info || v.informational() {
		s.rated[v][severity]++
	}
}

// found takes a finding about row i. What is above Info waits for its context;
// make is called only if the finding has to be there.
func (s *Session) found(b *format.Batch, i int, v Verdict, severity Severity, make func() *Finding) {
	if severity == Info && !s.lists(v, severity) {
		s.rate(v, severity)
		return
	}
	s.needRow(b, i)
	f := make()
	f.Verdict, f.Severity = v, severity
	f.identify(s.header.BootID)
	f.Time, f.Since = s.wall(f.Boottime), time.Duration(f.Boottime-s.header.Clock.Boottime)
	s.pending = append(s.pending, f)
}

// wall turns a boot time into wall time, by the header's pair of clocks.
func (s *Session) wall(boottime int64) time.Time {
	return time.Unix(0, s.header.Clock.Realtime+boottime-s.header.Clock.Boottime).UTC()
}

// activeRungs are the witnesses of an argument that were active. A trace
// without a manifest does not say: then all count.
func (s *Session) activeRungs(a *argSpec) format.Rung {
	if len(s.header.Manifest) == 0 {
		return a.comparable
	}
	var active format.Rung
	for _, w := range a.view.Witness {
		for _, m := range s.header.Manifest {
			if serves(w, m) {
				if m.Rung == 0 {
					active |= w.Rung
				}
				active |= w.Rung & m.Rung
			}
		}
	}
	return active & a.comparable
}

// serves says whether a line of the manifest is an active witness of that row of the table.
func serves(w format.ArgWitness, m format.Witness) bool {
	active := m.State == format.WitnessActive || m.State == format.WitnessUntried
	return active && m.Event == format.Events[w.Event].Name && (w.Rung&m.Rung != 0 || m.Rung == 0 && bySide(w, m))
}

// bySide says whether a hook that is no witness by itself shows an argument in
// passing: the tracepoint of a fork or a signal, and the return of the call.
func bySide(w format.ArgWitness, m format.Witness) bool {
	return w.Rung == format.RungTrace && (w.Event != format.EventSyscall || m.Hook == "tp_btf/sys_exit")
}

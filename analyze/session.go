package analyze

import (
	"cmp"
	"slices"
	"time"

	"github.com/tracerec/tracerec/format"
)

// Options choose what is run and what is told.
type Options struct {
	Analyses []string  // names of Kinds; empty is all
	More     []Kind    // analyses that are no row of Kinds: policies
	Only     bool      // no analyses but those named and More
	Verdicts []Verdict // list these, whatever their severity; empty lists all verdicts above Info
	Info     bool      // informational findings too: redirected and harmless unreadable
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
	rated    [NumVerdicts][NumSeverities]uint64
	listed   uint64
	rows     uint64
	calls    uint64
	gap      bool // rows are missing before the next batch
}

// NewSession prepares the chosen analyses. losses are those of the whole trace (see
// Losses); nil means that there are none. emit is called for each finding
// that is listed, in stream order.
func NewSession(h format.Header, losses *Losses, o Options, emit func(*Finding)) (*Session, error) {
	if losses == nil {
		losses = NewLosses()
	}
	losses.done()
	s := &Session{header: h, losses: losses, emit: emit, all: len(o.Verdicts) == 0, info: o.Info, procs: newProcesses()}
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
	cols := slices.Concat(BaseColumns, processColumns)
	for _, a := range s.analyses {
		cols = append(cols, a.Columns()...)
	}
	slices.Sort(cols)
	return slices.Compact(cols)
}

// Gap says that rows are missing between the last batch and the next.
func (s *Session) Gap() { s.gap = true }

// Fold takes the next rows of the trace. Findings are put into the context that their
// process had at their row, not at the end of the batch.
func (s *Session) Fold(b *format.Batch) {
	for _, a := range s.analyses {
		a.Fold(b)
	}
	slices.SortStableFunc(s.pending, func(x, y *Finding) int { return cmp.Compare(x.Seq, y.Seq) })
	next := 0
	for i, event := range b.U16[format.ColEvent][:b.N] {
		if event == uint16(format.EventSyscall) {
			s.calls++
			continue
		}
		if !isProcessEvent(event) {
			continue
		}
		for ; next < len(s.pending) && s.pending[next].Seq < b.Seq+uint64(i); next++ {
			s.publish(s.pending[next])
		}
		s.procs.apply(b, i)
	}
	for ; next < len(s.pending); next++ {
		s.publish(s.pending[next])
	}
	clear(s.pending)
	s.pending = s.pending[:0]
	s.rows += uint64(b.N)
	s.gap = s.gap && b.N == 0
}

func (s *Session) publish(f *Finding) {
	s.procs.context(f)
	s.listed++
	if s.emit != nil {
		s.emit(f)
	}
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

func (s *Session) report(b *format.Batch, i int, f *Finding) {
	f.identify(s.header.BootID)
	f.Time = s.wall(f.Boottime)
	for i := range f.Evidence {
		if e := &f.Evidence[i]; e.Boottime != 0 {
			e.Time = s.wall(e.Boottime)
		}
	}
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
				active |= w.Rung & m.Rung
			}
		}
	}
	return active & a.comparable
}

// serves says whether a line of the manifest is an active witness of that row of the table.
func serves(w format.ArgWitness, m format.Witness) bool {
	active := m.State == format.WitnessActive || m.State == format.WitnessUntried
	return active && w.Rung&m.Rung != 0 && m.Event == format.Events[w.Event].Name
}

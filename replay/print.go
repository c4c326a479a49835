package replay

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"time"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// Source is where rows come from. It is read twice: for the state, and for
// the timeline.
type Source struct {
	Header *format.Header
	Totals *format.Totals             // nil unless the file was sealed
	Span   func() (first, last int64) // of all rows, without reading them; nil when that cannot be had
	Blocks func(columns []format.ColumnID, from, to int64) iter.Seq2[*format.Batch, error]

	reader *format.Reader // nil unless the rows are those of a file
}

// about takes what the header says of how the rows of s are to be taken.
func (s *State) about(src *Source) {
	s.ofCommand = src.Header.Scope.Kind == "command"
	s.lacks = lacksOf(src.Header)
	s.madeOf = src.Header.Unfinished()
}

// exit is the exit code of the recorded command, nil when it is not known.
func (src *Source) exit() *int {
	if src.Totals == nil {
		return nil
	}
	return src.Totals.Exit
}

// Options choose what Print prints.
type Options struct {
	Show  show.Options
	Tree  bool   // no timeline
	PID   uint32 // one process, or the process of this thread; 0 for all
	From  int64  // of the timeline and of the processes shown, trace time
	To    int64  // inclusive; 0 for the end
	At    *int64 // the tree as of this moment, and nothing else
	Limit int    // lines of the timeline at most; 0 for all
	JSON  bool
	Width int // columns of the terminal; 0 when there is none: lines are not cut
	Color bool

	Marks []Mark                                     // findings about rows, from an analysis
	Match func(b *format.Batch, i int) (bool, error) // only these rows in the timeline; nil for all
	Speed float64                                    // times as fast as it happened; 0: as fast as it goes
	Sleep func(time.Duration)                        // nil for time.Sleep

	Index  *Index // of the file, for At; nil for none
	Folded func() // called when all rows are read, before anything is printed; nil for none
}

// Mark is a finding about a row.
type Mark struct {
	Seq      uint64 // of the row
	At       int64
	PID      uint32
	ID       string
	Severity string
	Rank     int // of the severity: greater is worse
	Title    string
}

// Damage says that a file could not be read in full. What could be read has
// been printed.
type Damage struct{ Errs []error }

func (d *Damage) Error() string {
	text := fmt.Sprintf("%d damaged parts were left out; the first: %v", len(d.Errs), d.Errs[0])
	if len(d.Errs) == 1 {
		text = fmt.Sprintf("a damaged part was left out: %v", d.Errs[0])
	}
	return text
}

func (d *Damage) Unwrap() []error { return d.Errs }

// damaged reads blocks and keeps errors for later: what follows a hole is
// still wanted. It stops at more holes than a person would read of.
func damaged(blocks iter.Seq2[*format.Batch, error], errs *[]error) iter.Seq[*format.Batch] {
	return func(yield func(*format.Batch) bool) {
		for b, err := range blocks {
			if err != nil {
				var cut *format.CutError
				if !errors.As(err, &cut) { // a file without its end is not damaged
					*errs = append(*errs, err)
				}
				if len(*errs) >= 1000 {
					return
				}
			}
			if b != nil && !yield(b) {
				return
			}
		}
	}
}

// Fold reads all rows into a state. The state is of use even with an error,
// which is a *Damage.
func Fold(src Source) (*State, error) {
	s := New()
	s.about(&src)
	var errs []error
	known := 0
	blocks := func(yield func(*format.Batch, error) bool) {
		for b, err := range src.Blocks(Columns, math.MinInt64, math.MaxInt64) {
			var cut *format.CutError
			s.cut = s.cut || errors.As(err, &cut)
			if !yield(b, err) {
				return
			}
		}
	}
	for b := range damaged(blocks, &errs) {
		if len(errs) > known {
			known = len(errs)
			s.Hole()
		}
		if err := s.Apply(b); err != nil {
			return s, err
		}
	}
	if len(errs) > known {
		s.Hole()
	}
	if errs != nil {
		return s, &Damage{errs}
	}
	return s, nil
}

// printer is one run of Print.
type printer struct {
	out   *bufio.Writer
	src   Source
	o     Options
	state *State
	begin int64 // of the recording
	end   int64
	line  []byte
	root  *Process // State.Root

	marksAt map[uint64][]*Mark
	marksOf map[*Process][]*Mark
	failed  error // of Options.Match

	started   time.Time // when the first row was printed
	startedAt int64     // which is of this moment
}

// Print writes the processes of src as a tree and its rows as a timeline. It
// returns a *Damage, after printing, when parts of the file were unreadable.
func Print(w io.Writer, src Source, o Options) error {
	var state *State
	var err error
	if o.At != nil { // what came later is not wanted
		state, err = FoldTo(src, *o.At, o.Index)
	}
	if o.At == nil || !state.started && state.early == "" { // without the state at the beginning, later rows tell what was there already
		state, err = Fold(src)
	}
	if o.Folded != nil {
		o.Folded()
	}
	var damage *Damage
	if err != nil && !errors.As(err, &damage) {
		return err
	}
	p := &printer{out: bufio.NewWriterSize(w, 1<<16), src: src, o: o, state: state}
	if p.o.To == 0 {
		p.o.To = math.MaxInt64
	}
	p.o.Show.Color = o.Color
	p.begin, p.end = state.Extent(&src)
	if o.At != nil && src.Span != nil { // the rows behind it were not folded
		p.begin, p.end = src.Extent()
	}
	if p.root = state.Root(); p.root != nil && damage == nil && state.lost == 0 && src.exit() != nil && p.root.Counts().Execs == 0 {
		// A launcher that never came as far as its execve is not recorded
		// from there on, and has no exit row.
		p.root.end(max(src.Totals.Ended.Boottime, p.root.Last), EndTold)
	}
	if p.o.Show.Start == 0 {
		p.o.Show.Start = p.begin
	}
	if err := p.inside(); err != nil {
		return err
	}
	list, err := p.chosen()
	if err != nil {
		return err
	}
	p.mark()
	switch {
	case o.JSON:
		err = p.json(list)
	default:
		err = p.text(list)
	}
	if flush := p.out.Flush(); err == nil {
		err = flush
	}
	if err == nil {
		err = p.failed
	}
	if err == nil && damage != nil {
		err = damage
	}
	return err
}

// inside says an error when the options ask for a time that the recording
// does not have: an empty answer would look as if nothing had happened then.
func (p *printer) inside() error {
	if p.state.rows == 0 && p.o.At == nil {
		return nil
	}
	end := p.end
	o := show.Options{Time: show.TimeRel, Start: p.o.Show.Start}
	outside := func(flag string, t int64, where string) error {
		what, other := "the recording, which lasts", ""
		if p.src.Header.IsPart() {
			what, other = "this part of the recording, which covers", "; other parts have other times"
		}
		return fmt.Errorf("--%s is at %ss, %s of %s %s: from %ss to %ss%s",
			flag, o.TimeText(t), where, what, show.Duration(end-p.begin), o.TimeText(p.begin), o.TimeText(end), other)
	}
	const before, after = "before the beginning", "behind the end"
	switch {
	case p.o.At != nil && *p.o.At < p.begin:
		return outside("at", *p.o.At, before)
	case p.o.At != nil && *p.o.At > end && p.src.Span != nil:
		return outside("at", *p.o.At, after)
	case p.o.From > end:
		return outside("from", p.o.From, after)
	case p.o.To < p.begin:
		return outside("to", p.o.To, before)
	}
	return nil
}

// chosen are the processes that the options ask for.
func (p *printer) chosen() ([]*Process, error) {
	if p.o.PID != 0 {
		list := p.state.Holders(p.o.PID)
		if list == nil {
			for _, q := range p.state.Processes() {
				for _, t := range q.Tasks {
					if t.TID == p.o.PID {
						list = append(list, q)
						break
					}
				}
			}
		}
		if list == nil {
			return nil, fmt.Errorf("no process or thread %d in this recording: replay --tree lists those there are", p.o.PID)
		}
		return list, nil
	}
	var list []*Process
	for _, q := range p.state.Processes() {
		if p.o.At != nil && !q.AliveAt(*p.o.At) {
			continue
		}
		if p.state.LifeBegin(q) > p.o.To || q.End != EndNone && q.Ended < p.o.From {
			continue
		}
		list = append(list, q)
	}
	return list, nil
}

func (p *printer) text(list []*Process) error {
	p.heading(list)
	p.tree(list)
	if p.o.Tree || p.o.At != nil {
		return nil
	}
	fmt.Fprintln(p.out)
	return p.timeline()
}

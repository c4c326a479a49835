package analyze

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tracerec/tracerec/format"
)

// Analysis is a fold over the rows of a trace, in stream order. Its state is
// bounded, whatever the length of the trace. What it finds it hands to the
// session (Session.Found), as of the row that it is at.
type Analysis interface {
	// Columns are all that Fold reads, besides BaseColumns.
	Columns() []format.ColumnID
	// Fold takes the next rows. The batch's memory is used again afterwards.
	Fold(*format.Batch)
	// Finish adds to the coverage statement.
	Finish(*Coverage)
}

// Kind is a row of the registry of analyses.
type Kind struct {
	Name string // flag (--name) and JSON name
	Doc  string // what it does: help, lists, docs
	New  func(*Session) Analysis
}

// Kinds are all analyses that need no argument, in the order in which they
// run. Policies are added to them by Options.More.
var Kinds = []Kind{
	{"toctou", "compare what each call showed at enter with what the kernel used", newTOCTOU},
	{"io-uring", "report what the kernel did without a syscall that could have been recorded", newURing},
	{"fs-race", "report names that led to another object when they were used than when they were checked", newFSRace},
	{"integrity", "report signs that the recording itself was interfered with", newIntegrity},
	{"toctou-risk", "list the calls whose arguments no witness saw, by process: there a change would be unseen", newRisk},
}

// kinds are the chosen ones: all when nothing is chosen by name or given.
func (o *Options) kinds() ([]Kind, error) {
	for _, name := range o.Analyses {
		if !slices.ContainsFunc(Kinds, func(k Kind) bool { return k.Name == name }) {
			return nil, fmt.Errorf("unknown analysis %q: use one of %s", name, strings.Join(kindNames(), ", "))
		}
	}
	var chosen []Kind
	for _, k := range Kinds {
		if o.Runs(k.Name) {
			chosen = append(chosen, k)
		}
	}
	return append(chosen, o.More...), nil
}

// Runs says whether the options choose an analysis.
func (o *Options) Runs(name string) bool {
	return len(o.Analyses) == 0 && !o.Only || slices.Contains(o.Analyses, name)
}

func kindNames() []string {
	var names []string
	for _, k := range Kinds {
		names = append(names, k.Name)
	}
	return names
}

// Header describes the recording that is analysed.
func (s *Session) Header() *format.Header { return &s.header }

// BaseColumns are what Base reads: every session has them.
var BaseColumns = []format.ColumnID{
	format.ColTime, format.ColDuration, format.ColEvent, format.ColFlags, format.ColTID, format.ColTGID, format.ColPPID,
	format.ColUID, format.ColGID, format.ColComm, format.ColStart, format.ColCall,
	format.ColDev, format.ColIno, format.ColPath,
}

// Base starts a finding about row i: who, when, which object. What else it
// says, its analysis adds.
func Base(b *format.Batch, i int) *Finding { return base(b, i) }

// Found takes a finding about row i of the batch at hand: it is counted, put
// into the context that its process had at that row, and told if that is wanted.
// Analysis, Rule, Verdict, Severity and Reason must be set.
func (s *Session) Found(b *format.Batch, i int, f *Finding) {
	if f.Verdict != Matched {
		s.note(b.Seq+uint64(i), f.Slot, f.Verdict, f.Severity)
	}
	s.found(b, i, f.Verdict, f.Severity, func() *Finding { return f })
}

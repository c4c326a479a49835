package replay

import (
	"cmp"
	"slices"

	"github.com/tracerec/tracerec/format"
)

// Rows counts the rows applied.
func (s *State) Rows() uint64 { return s.rows }

// Count counts the rows of an event.
func (s *State) Count(id format.EventID) uint64 { return s.events[min(int(id), len(s.events)-1)] }

// Span is the time from the first row's begin to the last one's end.
// Without rows, first > last.
func (s *State) Span() (first, last int64) {
	if s.rows == 0 {
		return 1, 0
	}
	return s.first, s.last
}

// Extent is when the recording begins and ends whose rows, all of them, were
// folded.
func (s *State) Extent(src *Source) (begin, end int64) {
	first, last := s.Span()
	return format.Extent(src.Header, src.Totals, first, last)
}

// Gaps are the losses, in file order.
func (s *State) Gaps() []Gap { return s.gaps }

// Lost counts the lost records.
func (s *State) Lost() uint64 { return s.lost }

// Task finds a task by its identity, nil when no row named it.
func (s *State) Task(tid uint32, start uint64) *Task { return s.tasks[taskKey{tid, int64(start)}] }

// Process finds the process that has or had a pid at time at, nil when none
// is known.
func (s *State) Process(pid uint32, at int64) *Process {
	for _, p := range slices.Backward(s.byPID[pid]) {
		if p.AliveAt(at) {
			return p
		}
	}
	return nil
}

// Holders lists all processes that had a pid.
func (s *State) Holders(pid uint32) []*Process { return s.byPID[pid] }

// Processes lists all processes in the order in which they began.
func (s *State) Processes() []*Process {
	list := slices.Clone(s.procs)
	slices.SortStableFunc(list, func(a, b *Process) int {
		return cmp.Or(cmp.Compare(a.Begin(), b.Begin()), cmp.Compare(a.index, b.index))
	})
	return list
}

// Begin is when a task was created, or else first seen.
func (t *Task) Begin() int64 {
	if t.Start != 0 {
		return t.Start
	}
	return t.First
}

// Begin is when a process was created, or else first seen.
func (p *Process) Begin() int64 {
	if p.Start != 0 {
		return p.Start
	}
	return p.First
}

// AliveAt says whether a process lived at time at, as far as is known.
func (p *Process) AliveAt(at int64) bool {
	return p.Begin() <= at && (p.End == EndNone || at < p.Ended)
}

// AliveAt says whether a task lived at time at, as far as is known.
func (t *Task) AliveAt(at int64) bool {
	return t.Begin() <= at && (t.End == EndNone || at < t.Ended)
}

// latest returns the last entry of a history that is not after at, or the
// first of all: what is known earliest is the best guess for before.
func latest[T any](list []T, at int64, when func(*T) int64) *T {
	if len(list) == 0 {
		return nil
	}
	i, _ := slices.BinarySearchFunc(list, at, func(e T, at int64) int {
		if when(&e) <= at {
			return -1
		}
		return 1
	})
	return &list[max(i-1, 0)]
}

// ImageAt is the program that a process ran at time at, nil when unknown.
func (p *Process) ImageAt(at int64) *Image {
	if image := latest(p.Images, at, func(e **Image) int64 { return (*e).At }); image != nil {
		return *image
	}
	return nil
}

// CommAt is the name of a thread at time at.
func (t *Task) CommAt(at int64) string {
	if name := latest(t.Names, at, func(e *Name) int64 { return e.At }); name != nil {
		return name.Comm
	}
	return ""
}

// CommAt is the name of a process, that of its leader.
func (p *Process) CommAt(at int64) string {
	switch {
	case p.leader != nil && len(p.leader.Names) > 0:
		return p.leader.CommAt(at)
	case len(p.Tasks) > 0:
		return p.Tasks[0].CommAt(at)
	}
	return ""
}

// CredAt is who a process acted as at time at.
func (p *Process) CredAt(at int64) (Cred, bool) {
	if cred := latest(p.Creds, at, func(e *Cred) int64 { return e.At }); cred != nil {
		return *cred, true
	}
	return Cred{}, false
}

// ParentAt is the pid of the real parent at time at, 0 when unknown.
func (p *Process) ParentAt(at int64) uint32 {
	if parent := latest(p.Parents, at, func(e *Parent) int64 { return e.At }); parent != nil {
		return parent.PID
	}
	return 0
}

// Counts sums up the calls of all threads.
func (p *Process) Counts() (sum Counts) {
	sum = p.past
	for _, t := range p.Tasks {
		sum.add(&t.Counts)
	}
	return sum
}

// Doubt is a set of reasons for which what is said of a process may be wrong.
type Doubt uint8

const (
	DoubtOrigin Doubt = 1 << iota // its creation was not recorded
	DoubtStart                    // when it began is not known
	DoubtEnd                      // that it ended is inferred
	DoubtGap                      // process records were lost in its lifetime
	DoubtExec                     // an exec row is missing
	DoubtHole                     // rows written in its lifetime cannot be read
)

// Doubts says what is uncertain about a process.
func (s *State) Doubts(p *Process) (d Doubt) {
	if p.Origin == OriginSeen {
		d |= DoubtOrigin
	}
	if p.Start == 0 {
		d |= DoubtStart
	}
	if p.End == EndReused {
		d |= DoubtEnd
	}
	for _, image := range p.Images {
		if image.ExecLost && image.Origin == ImageExec {
			d |= DoubtExec
		}
	}
	for _, h := range s.holes {
		if h.to >= p.Begin() && (p.End == EndNone || h.from <= p.Ended) {
			d |= DoubtHole
			break
		}
	}
	for _, g := range s.lifeGaps {
		if g.To >= p.Begin() && (p.End == EndNone || g.From <= p.Ended) {
			return d | DoubtGap
		}
	}
	return d
}

// endUnknown says whether a process that was not seen to end may have ended
// in a part of the file that cannot be read.
func (s *State) endUnknown(p *Process) bool { return p.End == EndNone && s.Doubts(p)&DoubtHole != 0 }

// Tree arranges processes below those that created them; roots are those
// whose creator is not among them. Children stand in order of their begin.
type Tree struct {
	Roots    []*Process
	Children map[*Process][]*Process
}

// TreeOf arranges list. Where the creation was not recorded, the parent that
// the process first named stands in for its creator.
func (s *State) TreeOf(list []*Process) Tree {
	tree := Tree{Children: map[*Process][]*Process{}}
	within := make(map[*Process]bool, len(list))
	for _, p := range list {
		within[p] = true
	}
	parent := make(map[*Process]*Process, len(list))
	for _, p := range list {
		up := p.Parent
		if up == nil && len(p.Parents) > 0 {
			up = s.Process(p.Parents[0].PID, p.Begin())
		}
		if up == nil || up == p || !within[up] {
			continue
		}
		parent[p] = up
	}
	// A forged or mended file may make a ring of parents: such links are
	// dropped where they close it.
	state := make(map[*Process]uint8, len(list)) // 1 on the way up, 2 known to reach a root
	for _, p := range list {
		var way []*Process
		q := p
		for q != nil && state[q] == 0 {
			state[q] = 1
			way = append(way, q)
			if up := parent[q]; up != nil && state[up] == 1 {
				delete(parent, q)
			}
			q = parent[q]
		}
		for _, q := range way {
			state[q] = 2
		}
	}
	for _, p := range list {
		if up := parent[p]; up != nil {
			tree.Children[up] = append(tree.Children[up], p)
		} else {
			tree.Roots = append(tree.Roots, p)
		}
	}
	return tree
}

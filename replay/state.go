package replay

import (
	"fmt"
	"math"

	"github.com/tracerec/tracerec/format"
)

// Columns are those that Apply reads.
var Columns = []format.ColumnID{
	format.ColTime, format.ColDuration, format.ColEvent, format.ColFlags, format.ColCPU, format.ColTID, format.ColTGID,
	format.ColPPID, format.ColUID, format.ColGID, format.ColComm, format.ColStart, format.ColCall, format.ColPIDNS,
	format.ColMntNS, format.ColCgroup, format.ColABI, format.ColNR, format.ColRet,
	format.ColArg0, format.ColArg1, format.ColArg2, format.ColArg3, format.ColArg4, format.ColArg5,
	format.ColAEnter, format.ColAKernel, format.ColAEnterStatus, format.ColAKernelStatus,
	format.ColBEnter, format.ColBKernel, format.ColBEnterStatus, format.ColBKernelStatus,
	format.ColDev, format.ColIno, format.ColPath,
	format.ColAExit, format.ColAExitStatus, format.ColCEnter, format.ColCKernel, format.ColDKernel,
	format.ColALen, format.ColBLen, format.ColCLen, format.ColAVMA,
}

type taskKey struct {
	tid   uint32
	start int64
}

// State is what a recording's rows, up to some row, say about processes.
type State struct {
	tasks map[taskKey]*Task
	live  map[uint32]*Task    // last known holder of a tid
	group map[uint32]*Process // last known holder of a pid
	procs []*Process          // in the order in which they became known
	byPID map[uint32][]*Process
	words map[string]string

	rows        uint64
	first, last int64
	events      [64]uint64 // by EventID; the last one for all above
	gaps        []Gap
	lifeGaps    []Gap // those in which process records were lost
	lost        uint64
	holes       []hole
	open        bool // the last of holes has no row behind it yet
	cut         bool // the file has no end: what follows is not known

	// OnChange, when set, is told of every name that a call changed.
	OnChange func(Change)

	byName  map[string][]*File // open files by path, but for those of fresh: see settle
	fresh   []*File            // opened lately
	dirs    map[string]bool    // directories that open files and tasks are in, and those above
	dir     string             // one of dirs, the one of the file before: nearly always the next one's
	mounts  map[uint32]*Mounts // by namespace
	rings   map[uint64]*Ring
	cgroups map[uint64]Cgroup
	names   map[nameKey]string

	descriptions map[uint64]*File // of the state rows in hand, by identity
	startAt      int64            // of the last of them
	started      bool             // the state at the beginning is there
	madeOf       []string         // files without an end that the file was made of
	early        string           // why nothing is there yet, of a moment before the first row
	ofCommand    bool             // the recording is of one command
	lacks        lacks            // what the file has no rows of
	startMissing string           // what of it could not be read

	pairs  uint64 // of pipes and sockets made so far
	unseen uint64 // descriptors that were closed without a row that says so
	living bool   // what has ended is forgotten
	every  uint64 // rows, when it is: purgeRows but in tests
	skip   uint64 // rows before this one are in the state already

	dict *format.Dict // of the batch in hand
	text string       // its entries as one string, "" as long as nobody wanted any
}

// hole is a part of the file that could not be read: rows written between
// from and to are missing.
type hole struct{ from, to int64 }

// Hole says that rows are missing between those applied so far and those to
// come, because they cannot be read.
func (s *State) Hole() {
	if s.open {
		return
	}
	from := int64(math.MinInt64)
	if s.rows > 0 {
		from = s.last
	}
	s.holes, s.open = append(s.holes, hole{from, math.MaxInt64}), true
}

// Gap is a row of EventLost: between From and To, records did not fit a ring.
type Gap struct {
	From, To int64
	CPU      uint16
	Lane     format.Lane
	Class    format.Class
	Count    uint64
}

// New returns the state before any row.
func New() *State {
	return &State{
		tasks: map[taskKey]*Task{}, live: map[uint32]*Task{}, group: map[uint32]*Process{},
		byPID: map[uint32][]*Process{}, words: map[string]string{},
		byName: map[string][]*File{}, dirs: map[string]bool{}, mounts: map[uint32]*Mounts{}, rings: map[uint64]*Ring{},
		every: purgeRows, cgroups: map[uint64]Cgroup{}, names: map[nameKey]string{}, descriptions: map[uint64]*File{},
	}
}

// has says whether a column is in the batch.
func has(b *format.Batch, c format.ColumnID) bool {
	switch format.Columns[c].Type {
	case format.U8:
		return len(b.U8[c]) >= b.N
	case format.U16:
		return len(b.U16[c]) >= b.N
	case format.U32, format.Bytes:
		return len(b.U32[c]) >= b.N
	case format.U64:
		return len(b.U64[c]) >= b.N
	case format.I32:
		return len(b.I32[c]) >= b.N
	}
	return len(b.I64[c]) >= b.N
}

// Apply folds the rows of b, which must follow those of the call before.
func (s *State) Apply(b *format.Batch) error { return s.ApplyRows(b, 0, b.N) }

// purgeRows is after how many rows what has ended is forgotten, by a state
// that keeps only what lives.
const purgeRows = 1 << 16

// ApplyRows folds rows from to end of b, as Apply does all.
func (s *State) ApplyRows(b *format.Batch, from, end int) error {
	for _, c := range Columns {
		if !has(b, c) {
			return fmt.Errorf("replay: batch at row %d has no column %s: read replay.Columns", b.Seq, format.Columns[c].Name)
		}
	}
	times, took := b.I64[format.ColTime][:b.N], b.I64[format.ColDuration][:b.N]
	if from >= end {
		return nil
	}
	if s.dict != b.Dict || s.rows == 0 || from == 0 {
		s.settle() // before what it keeps is of another batch
		s.dict, s.text = b.Dict, ""
	}
	if s.open { // a row is written when it ends
		s.holes[len(s.holes)-1].to, s.open = times[from]+took[from], false
	}
	if s.rows == 0 {
		s.first, s.last = times[from], times[from]
	}
	// What is forgotten depends on how many rows there were, not on how they
	// are cut into batches.
	for from < end {
		part := min(end, from+int(s.every-s.rows%s.every))
		s.fold(b, from, part)
		s.rows += uint64(part - from)
		if from = part; s.rows%s.every == 0 {
			s.purge()
		}
	}
	return nil
}

// fold folds rows i to end.
func (s *State) fold(b *format.Batch, i, end int) {
	var (
		tids, starts    = b.U32[format.ColTID][:b.N], b.U64[format.ColStart][:b.N]
		times, took     = b.I64[format.ColTime][:b.N], b.I64[format.ColDuration][:b.N]
		events, flags   = b.U16[format.ColEvent][:b.N], b.U16[format.ColFlags][:b.N]
		abis, nrs, rets = b.U8[format.ColABI][:b.N], b.I32[format.ColNR][:b.N], b.I64[format.ColRet][:b.N]
	)
	shown := varying(b, i, end)
	for i < end {
		if tids[i] == 0 {
			s.count(events[i], 1)
			s.global(b, i)
			i++
			continue
		}
		if format.EventID(events[i]) == format.EventSignal && s.tasks[taskKey{tids[i], int64(starts[i])}] == nil && parting(b, i) {
			s.count(events[i], 1)
			i++
			continue
		}
		// Rows come in runs of one task; what all of them share is looked
		// up once.
		t := s.taskOf(b, i)
		s.observe(t, b, i)
		first, last := times[i], times[i]
		var n Counts
		calls, begin := 0, i
		for tid, start := tids[i], starts[i]; i < end && tids[i] == tid && starts[i] == start; i++ {
			if i > begin && shown.changed(i) {
				s.observe(t, b, i)
			}
			first = min(first, times[i])
			last = max(last, times[i]+took[i])
			if format.EventID(events[i]) != format.EventSyscall {
				s.count(events[i], 1)
				s.event(t, b, i)
				continue
			}
			calls++
			if format.RowFlags(flags[i])&format.FlagRestarted == 0 {
				n.Calls++
				if ret := rets[i]; ret < 0 && ret >= -4095 {
					n.Failed++
				}
			}
			nr := uint32(nrs[i])
			if nr >= format.MaxSyscall || int(abis[i]) >= len(effectOf) || effectOf[abis[i]][nr] == 0 {
				continue
			}
			e := &effects[effectOf[abis[i]][nr]-1]
			switch e.Op {
			case opExec:
				s.execCall(t, b, i)
				continue
			case opExit:
				if format.RowFlags(flags[i])&format.FlagNoExit != 0 {
					t.Process.exiting = true
				}
				continue
			case opOpen:
				n.Opens++
			case opConnect:
				n.Connects++
			}
			s.effect(t, e, b, i)
		}
		s.count(uint16(format.EventSyscall), uint64(calls))
		t.Counts.add(&n)
		t.saw(first, last)
		s.first, s.last = min(s.first, first), max(s.last, last)
	}
}

// parting says that row i, a signal, is the one by which a process that has ended
// tells its parent (SIGCHLD, CLD_EXITED to CLD_DUMPED). It comes behind the exit: in a
// file that begins in between, it is no sign that the process lives.
func parting(b *format.Batch, i int) bool {
	const sigchld, exited, dumped = 17, 1, 3
	code := int32(b.U64[format.ColArg1][i])
	return b.U64[format.ColArg0][i] == sigchld && code >= exited && code <= dumped && uint32(b.U64[format.ColArg3][i]) != b.U32[format.ColTGID][i]
}

func (s *State) count(event uint16, n uint64) {
	s.events[min(int(event), len(s.events)-1)] += n
}

// saw widens the time in which a task, and so its process, is known to be.
func (t *Task) saw(first, last int64) {
	p := t.Process
	if t.First == 0 || first < t.First {
		t.First = first
	}
	if p.First == 0 || first < p.First {
		p.First = first
	}
	t.Last, p.Last = max(t.Last, last), max(p.Last, last)
}

// global folds a row that belongs to no task.
func (s *State) global(b *format.Batch, i int) {
	t := b.I64[format.ColTime][i]
	s.first, s.last = min(s.first, t), max(s.last, t)
	if format.EventID(b.U16[format.ColEvent][i]) == format.EventState {
		s.startState(b, i)
		return
	}
	if format.EventID(b.U16[format.ColEvent][i]) != format.EventLost {
		return
	}
	g := Gap{
		From: int64(b.U64[format.ColArg5][i]), To: t, CPU: b.U16[format.ColCPU][i],
		Lane: format.Lane(b.U64[format.ColArg0][i]), Class: format.Class(b.U64[format.ColArg1][i]),
		Count: b.U64[format.ColArg2][i],
	}
	s.lost += g.Count
	s.gaps = append(s.gaps, g)
	if g.Class == format.ClassProcess || g.Class >= format.NumClasses {
		s.lifeGaps = append(s.lifeGaps, g)
	}
}

// name is an entry of the dictionary of the batch at hand, as part of one string of all its entries: whoever keeps it for
// longer than a batch copies it.
func (s *State) name(b *format.Batch, ref uint32) string {
	if s.text == "" {
		s.text = b.Dict.Text()
	}
	from, to := b.Dict.Span(ref)
	return s.text[from:to]
}

// intern returns v as a string, one for all equal ones.
func (s *State) intern(v []byte) string {
	if w, ok := s.words[string(v)]; ok {
		return w
	}
	w := string(v)
	s.words[w] = w
	return w
}

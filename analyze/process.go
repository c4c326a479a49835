package analyze

import (
	"math"
	"slices"

	"github.com/tracerec/tracerec/format"
)

// process is what findings tell of a process.
type process struct {
	Proc
	ppid   uint32
	parent *process
	tasks  int

	attempts int    // findings so far that say that its arguments changed under a call
	gained   uint64 // the call in which it gained rights
	gainedAs string
}

// task is a thread that is alive at this point of the stream.
type task struct {
	start  uint64
	proc   *process
	space  *space
	comm   string
	before *space // that it had until its exec
	execed int64  // when that was
}

// departed is a task that ended or left. It could have written until then: exec ends all
// other threads before its call returns.
type departed struct {
	Thread
	start uint64
	at    int64
}

const (
	maxAncestors = 32      // a chain of daemons that fork and exit would grow for ever
	maxTasks     = 1 << 18 // alive at a time; more only if exits are missing from the trace
	maxThreads   = 16      // named in one finding
	maxDeparted  = 64      // remembered of one address space
)

// processes follows fork, exec and exit, for the context of findings.
type processes struct {
	tasks   map[uint32]*task
	procs   map[uint32]*process
	refused uint64
	writers *writers
	files   int // descriptors that were ever remembered
}

func newProcesses(pidns uint32) *processes {
	p := &processes{tasks: make(map[uint32]*task), procs: make(map[uint32]*process)}
	p.writers = newWriters(p, pidns)
	return p
}

// of finds the task of a row, or makes it of what the row says.
func (p *processes) of(b *format.Batch, i int) *task {
	tid, start := b.U32[format.ColTID][i], b.U64[format.ColStart][i]
	if t := p.tasks[tid]; t != nil && t.start == start {
		return t
	}
	return p.get(tid, b.U32[format.ColTGID][i], b.U32[format.ColPPID][i], start, string(b.Value(format.ColComm, i)))
}

// pidOf gives the process of a thread, which is what ptrace(2) names.
func (p *processes) pidOf(tid uint32) uint32 {
	if t := p.tasks[tid]; t != nil {
		return t.proc.PID
	}
	return tid
}

var processColumns = []format.ColumnID{
	format.ColTime, format.ColEvent, format.ColFlags, format.ColTID, format.ColTGID, format.ColPPID, format.ColComm, format.ColStart,
	format.ColArg0, format.ColArg1, format.ColArg2, format.ColPath,
}

func isProcessEvent(e uint16) bool {
	switch format.EventID(e) {
	case format.EventFork, format.EventExec, format.EventExit, format.EventTask, format.EventCred, format.EventPtraceAccessCheck:
		return true
	}
	return false
}

// apply takes one row of process life.
func (p *processes) apply(b *format.Batch, i int) {
	tid, tgid := b.U32[format.ColTID][i], b.U32[format.ColTGID][i]
	start, ppid := b.U64[format.ColStart][i], b.U32[format.ColPPID][i]
	comm, now := string(b.Value(format.ColComm, i)), b.I64[format.ColTime][i]
	switch format.EventID(b.U16[format.ColEvent][i]) {
	case format.EventTask:
		t := p.get(tid, tgid, ppid, start, comm)
		if path := b.Value(format.ColPath, i); t != nil && path != nil {
			t.proc.Exe = string(path)
		}
	case format.EventFork:
		flags := format.RowFlags(b.U16[format.ColFlags][i])
		parent := p.get(tid, tgid, ppid, start, comm)
		if parent == nil {
			return
		}
		child, childPID := uint32(b.U64[format.ColArg0][i]), uint32(b.U64[format.ColArg1][i])
		p.fork(parent, child, childPID, b.U64[format.ColArg2][i], flags)
	case format.EventExec:
		// Whichever thread called execve is the leader afterwards, and keeps
		// its start; the row still has its old number.
		if tid != tgid {
			p.rename(tid, tgid, start)
			tid = tgid
		}
		t := p.get(tid, tgid, ppid, start, comm)
		if t == nil {
			return
		}
		p.leave(tid, t, now)
		t.before, t.execed = t.space, now
		t.space = newSpace(tid)
		t.comm, t.proc.Comm = comm, comm
		if path := b.Value(format.ColPath, i); path != nil {
			t.proc.Exe = string(path)
		}
	case format.EventExit:
		p.end(tid, now)
	case format.EventCred:
		if t := p.of(b, i); t != nil && uint32(b.U64[format.ColArg0][i]) == 0 {
			t.proc.gained, t.proc.gainedAs = b.U64[format.ColCall][i], "its effective user became root in this call"
		}
	case format.EventPtraceAccessCheck:
		p.writers.hook(b, i)
	}
}

// get finds a task, or makes one of what a row says about it: a recording may
// begin in the middle of its life.
func (p *processes) get(tid, tgid, ppid uint32, start uint64, comm string) *task {
	if t := p.tasks[tid]; t != nil {
		if t.start == start {
			return t
		}
		p.exit(tid) // the number was given to another task
	}
	if len(p.tasks) >= maxTasks {
		p.refused++
		return nil
	}
	t := &task{start: start, comm: comm}
	// Threads of a process share its memory.
	if proc := p.procs[tgid]; proc != nil {
		t.proc = proc
		if sibling := p.tasks[tgid]; sibling != nil && sibling.proc == proc {
			t.space = sibling.space
		} else {
			for _, other := range p.tasks {
				if other.proc == proc {
					t.space = other.space
					break
				}
			}
		}
	} else {
		t.proc = &process{Proc: Proc{PID: tgid, Comm: comm}, ppid: ppid}
		p.procs[tgid] = t.proc
	}
	if t.space == nil {
		t.space = newSpace()
	}
	p.join(tid, t)
	return t
}

func (p *processes) join(tid uint32, t *task) {
	t.proc.tasks++
	t.space.tasks[tid] = true
	p.tasks[tid] = t
}

func (p *processes) leave(tid uint32, t *task, at int64) {
	s := t.space
	if delete(s.tasks, tid); len(s.tasks) == 0 {
		s.dropped(p.writers)
	}
	if len(s.gone) >= maxDeparted {
		s.gone = slices.Delete(s.gone, 0, maxDeparted/2)
	}
	s.gone = append(s.gone, departed{Thread{TID: tid, PID: t.proc.PID, Comm: t.comm, Ended: true}, t.start, at})
}

func (p *processes) fork(parent *task, tid, pid uint32, start uint64, flags format.RowFlags) {
	p.exit(tid) // its exit was missed
	if len(p.tasks) >= maxTasks {
		p.refused++
		return
	}
	t := &task{start: start, comm: parent.comm, proc: parent.proc, space: parent.space}
	if flags&format.FlagThread == 0 {
		t.proc = &process{Proc: Proc{PID: pid, Comm: parent.comm, Exe: parent.proc.Exe}, ppid: parent.proc.PID, parent: parent.proc}
		p.procs[pid] = t.proc
		a := t.proc
		for range maxAncestors {
			if a = a.parent; a == nil {
				break
			}
		}
		if a != nil {
			a.parent = nil
		}
	}
	if flags&(format.FlagThread|format.FlagSharedVM) == 0 {
		t.space = parent.space.forked(p.writers, tid)
	}
	p.join(tid, t)
}

// exit forgets a task whose end was missed.
func (p *processes) exit(tid uint32) { p.end(tid, math.MinInt64) }

func (p *processes) end(tid uint32, at int64) {
	t := p.tasks[tid]
	if t == nil {
		return
	}
	p.leave(tid, t, at)
	p.writers.ended(tid)
	delete(p.tasks, tid)
	if t.proc.tasks--; t.proc.tasks <= 0 && p.procs[t.proc.PID] == t.proc {
		delete(p.procs, t.proc.PID)
	}
}

// rename gives a thread its leader's number: that is what exec by another
// thread than the leader does. The old number never exits.
func (p *processes) rename(old, tid uint32, start uint64) {
	t := p.tasks[old]
	if t == nil {
		return
	}
	delete(t.space.tasks, old)
	delete(p.tasks, old)
	if lead := p.tasks[tid]; lead != nil {
		t.proc.tasks++ // or the process would end with its leader
		p.exit(tid)
		t.proc.tasks--
	}
	t.start = start
	t.space.tasks[tid] = true
	p.tasks[tid] = t
	p.procs[t.proc.PID] = t.proc
}

// context fills in who is behind a finding, as of this point of the stream.
func (p *processes) context(f *Finding) {
	if f.whole() {
		return
	}
	var parent *process
	if t := p.find(f); t != nil {
		parent = p.parentOf(t.proc)
		p.sharers(f, t)
		f.task = t
		f.proc = t.proc
	} else if f.proc = p.procs[f.PID]; f.proc != nil {
		parent = p.parentOf(f.proc)
	} else {
		if t := p.get(f.TID, f.PID, f.PPID, f.Start, f.Comm); t != nil {
			f.proc = t.proc
		}
		parent = p.procs[f.PPID]
	}
	for ; parent != nil && len(f.Ancestors) < maxAncestors; parent = p.parentOf(parent) {
		f.Ancestors = append(f.Ancestors, parent.Proc)
	}
	// Whoever is not in the trace still has a number.
	if len(f.Ancestors) == 0 && f.PPID != 0 {
		f.Ancestors = []Proc{{PID: f.PPID}}
	}
}

// find finds the task of a finding. A thread that has become its process'
// leader in the very call goes by its old number there.
func (p *processes) find(f *Finding) *task {
	for _, tid := range []uint32{f.TID, f.PID} {
		if t := p.tasks[tid]; t != nil && t.start == f.Start {
			return t
		}
	}
	return nil
}

// sharers names the tasks that could write to the memory of a finding's task
// while its call ran.
func (p *processes) sharers(f *Finding, t *task) {
	s := t.space
	if t.before != nil && f.Boottime <= t.execed {
		s = t.before
	}
	add := func(th Thread) {
		switch {
		case th.TID == f.TID:
		case len(f.Threads) == maxThreads:
			f.MoreThreads++
		default:
			f.Threads = append(f.Threads, th)
		}
	}
	p.writers.atRow(f, s)
	for _, tid := range s.tids() {
		if other := p.tasks[tid]; other != nil && other != t {
			add(Thread{TID: tid, PID: other.proc.PID, Comm: other.comm})
		}
	}
	for _, d := range s.gone {
		if d.at >= f.Boottime && d.start != t.start {
			add(d.Thread)
		}
	}
}

func (p *processes) parentOf(proc *process) *process {
	if proc.parent != nil {
		return proc.parent
	}
	if parent := p.procs[proc.ppid]; parent != proc {
		return parent
	}
	return nil
}

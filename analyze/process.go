package analyze

import (
	"maps"
	"slices"

	"github.com/tracerec/tracerec/format"
)

// process is what findings tell of a process.
type process struct {
	Proc
	ppid   uint32
	parent *process
	tasks  int
}

// task is a thread that is alive at this point of the stream.
type task struct {
	start uint64
	proc  *process
	space *space
	comm  string
}

// space is an address space and who writes in it.
type space struct{ tasks map[uint32]bool }

const (
	maxAncestors = 32      // a chain of daemons that fork and exit would grow for ever
	maxTasks     = 1 << 18 // alive at a time; more only if exits are missing from the trace
	maxThreads   = 16      // named in one finding
)

// processes follows fork, exec and exit, for the context of findings.
type processes struct {
	tasks   map[uint32]*task
	procs   map[uint32]*process
	refused uint64
}

func newProcesses() *processes {
	return &processes{tasks: make(map[uint32]*task), procs: make(map[uint32]*process)}
}

var processColumns = []format.ColumnID{
	format.ColEvent, format.ColFlags, format.ColTID, format.ColTGID, format.ColPPID, format.ColComm, format.ColStart,
	format.ColArg0, format.ColArg1, format.ColArg2, format.ColPath,
}

func isProcessEvent(e uint16) bool {
	switch format.EventID(e) {
	case format.EventFork, format.EventExec, format.EventExit, format.EventTask:
		return true
	}
	return false
}

// apply takes one row of process life.
func (p *processes) apply(b *format.Batch, i int) {
	tid, tgid := b.U32[format.ColTID][i], b.U32[format.ColTGID][i]
	start, ppid := b.U64[format.ColStart][i], b.U32[format.ColPPID][i]
	comm := string(b.Value(format.ColComm, i))
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
		p.leave(tid, t)
		t.space = &space{tasks: map[uint32]bool{tid: true}}
		t.comm, t.proc.Comm = comm, comm
		if path := b.Value(format.ColPath, i); path != nil {
			t.proc.Exe = string(path)
		}
	case format.EventExit:
		p.exit(tid)
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
		t.space = &space{tasks: make(map[uint32]bool)}
	}
	p.join(tid, t)
	return t
}

func (p *processes) join(tid uint32, t *task) {
	t.proc.tasks++
	t.space.tasks[tid] = true
	p.tasks[tid] = t
}

func (p *processes) leave(tid uint32, t *task) { delete(t.space.tasks, tid) }

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
		t.space = &space{tasks: make(map[uint32]bool)}
	}
	p.join(tid, t)
}

func (p *processes) exit(tid uint32) {
	t := p.tasks[tid]
	if t == nil {
		return
	}
	p.leave(tid, t)
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
	p.leave(old, t)
	delete(p.tasks, old)
	if lead := p.tasks[tid]; lead != nil {
		t.proc.tasks++ // or the process would end with its leader
		p.exit(tid)
		t.proc.tasks--
	}
	t.start = start
	p.tasks[tid] = t
	p.procs[t.proc.PID] = t.proc
}

// context fills in who is behind a finding, as of this point of the stream.
func (p *processes) context(f *Finding) {
	var parent *process
	if t := p.tasks[f.TID]; t != nil && t.start == f.Start {
		parent = p.parentOf(t.proc)
		for _, tid := range slices.Sorted(maps.Keys(t.space.tasks)) {
			other := p.tasks[tid]
			if tid == f.TID || other == nil {
				continue
			}
			if len(f.Threads) == maxThreads {
				f.MoreThreads++
				continue
			}
			f.Threads = append(f.Threads, Thread{tid, other.proc.PID, other.comm})
		}
	} else if proc := p.procs[f.PID]; proc != nil {
		parent = p.parentOf(proc)
	} else {
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

func (p *processes) parentOf(proc *process) *process {
	if proc.parent != nil {
		return proc.parent
	}
	if parent := p.procs[proc.ppid]; parent != proc {
		return parent
	}
	return nil
}

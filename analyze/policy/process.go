package policy

import "github.com/tracerec/tracerec/format"

// process is what conditions ask of a process.
type process struct {
	pid, ppid uint32
	exe, comm string
	args      []string
	parent    *process
	told      map[int]bool // policies that have told of it, where once is process
}

var nobody = &process{args: []string{}}

func (p *process) up() *process {
	if p.parent == nil {
		return nobody
	}
	return p.parent
}

const (
	maxAncestors = 32
	maxProcesses = 1 << 17
	// treeReach is how many generations up two processes of a tree may meet.
	treeReach = 4
)

// processes follows fork, exec and exit.
type processes struct {
	byPID   map[uint32]*process
	refused uint64
}

var processColumns = []format.ColumnID{
	format.ColEvent, format.ColFlags, format.ColTGID, format.ColPPID, format.ColComm, format.ColArg0, format.ColArg1, format.ColPath, format.ColBKernel,
}

// of is the process of a row.
func (ps *processes) of(b *format.Batch, i int) *process {
	pid := uint32(b.Int(format.ColTGID, i))
	p := ps.byPID[pid]
	if p == nil {
		p = ps.put(&process{pid: pid, ppid: uint32(b.Int(format.ColPPID, i)), comm: string(b.Value(format.ColComm, i)), args: []string{}})
		p.parent = ps.byPID[p.ppid]
	}
	if p.parent == nil && p.ppid != 0 && p.ppid != pid {
		p.parent = ps.byPID[p.ppid]
	}
	return p
}

func (ps *processes) put(p *process) *process {
	if len(ps.byPID) >= maxProcesses {
		ps.refused++
		clear(ps.byPID)
	}
	ps.byPID[p.pid] = p
	return p
}

// apply takes a row of process life, after the policies have looked at it.
func (ps *processes) apply(b *format.Batch, i int, event format.EventID) {
	switch event {
	case format.EventFork:
		if format.RowFlags(b.Int(format.ColFlags, i))&format.FlagThread != 0 {
			return
		}
		parent := ps.of(b, i)
		child := ps.put(&process{pid: uint32(b.Int(format.ColArg1, i)), ppid: parent.pid, exe: parent.exe, comm: parent.comm, args: parent.args, parent: parent})
		// A chain of processes that fork and exit must not grow for ever.
		a := child
		for range maxAncestors {
			if a = a.parent; a == nil {
				return
			}
		}
		a.parent = nil
	case format.EventExec, format.EventTask:
		p := ps.of(b, i)
		if path := b.Value(format.ColPath, i); path != nil {
			p.exe = string(path)
		}
		if args := b.Value(format.ColBKernel, i); args != nil {
			p.args = split(args)
		}
		p.comm = string(b.Value(format.ColComm, i))
	case format.EventExit:
		if b.Int(format.ColArg1, i) != 0 {
			delete(ps.byPID, uint32(b.Int(format.ColTGID, i)))
		}
	}
}

// related says whether two processes belong to one tree: one descends from the other, or both
// from a process at most treeReach generations up that is not the first of the system.
func related(a, b *process) bool {
	x := a
	for range treeReach + 1 {
		y := b
		for range treeReach + 1 {
			if x == y {
				return true
			}
			if y = y.parent; y == nil || y.pid <= 2 {
				break
			}
		}
		if x = x.parent; x == nil || x.pid <= 2 {
			return false
		}
	}
	return false
}

//go:build linux

package recorder

import (
	"maps"
	"slices"

	"github.com/tracerec/tracerec/format"
)

// carry keeps the rows by which each process that lives came to be what it is:
// its fork, its last execve, its ids, namespaces and directories. A new segment
// begins with them, so that it can be read alone. What a process has from its
// parent is only in the parent's rows: these are kept as long as a child lives.
// Witnesses of a call that has not returned are repeated too: its row, which
// will be in the new segment, must not be judged without them.
//
// Of the state at the beginning, the names of users, hosts and cgroups are kept,
// whoever the first to have them was. Which descriptors are open by now, and what
// is mounted, only a replay of all that was written knows: the follower. One may run
// along, or be there for one new file (catchUp). Without one, mounts of the beginning are kept, and the state row of a segment says that
// descriptors are missing.
type carry struct {
	follow format.Follower // nil for none
	err    error           // of the follower, which is none then
	rows   *format.Batch   // in the order in which they were written
	procs  map[uint32]*carried
	flight map[taskKey][]int // witnesses of the call in flight, in rows
	shared map[carryKey]int  // rows that belong to no process
	used   int               // rows that are still wanted
	dead   []uint32          // ended, kept for their children; the oldest first

	here map[taskKey][]int // of fold: those that are still in the batch
}

// witnesses are the events without which a call's arguments are judged
// wrongly.
var witnesses = func() map[format.EventID]bool {
	events := map[format.EventID]bool{format.EventView: true}
	for i := range format.Syscalls {
		for _, v := range format.Syscalls[i].Views {
			for _, w := range v.Witness {
				events[w.Event] = true
			}
		}
	}
	return events
}()

// maxFlight bounds what is repeated of one call.
const maxFlight = 64

// carried is what is kept of one process.
type carried struct {
	parent uint32
	kids   int
	dead   bool
	at     map[carryKey]int // rows of carry.rows
}

// carryKey: a later row of the same key takes the place of the earlier one.
type carryKey struct {
	event format.EventID
	of    uint64 // thread, kind of namespace, or id of what is named
}

// maxShared bounds the rows that belong to no process: mounts and names.
const maxShared = 1 << 16

// notCarried is what the state row of a segment lacks.
const notCarried = "descriptors, and mounts made since the recording began: they are in the files before"

// maxDead bounds the ended processes that are kept: a daemon that replaces
// itself by its child again and again would keep them all.
const maxDead = 1024

func newCarry(follow func() format.Follower) *carry {
	c := &carry{rows: format.NewBatch(0), procs: map[uint32]*carried{}, shared: map[carryKey]int{}, flight: map[taskKey][]int{}, here: map[taskKey][]int{}}
	if follow != nil {
		c.follow = follow()
	}
	return c
}

// fold takes rows from to to-1 of b.
func (c *carry) fold(b *format.Batch, from, to int) {
	if c.follow != nil {
		if c.err = c.follow.Follow(b, from, to); c.err != nil {
			c.follow = nil
		}
	}
	var copier format.Copier
	for i := from; i < to; i++ {
		e := format.EventID(b.U16[format.ColEvent][i])
		if int(e) >= len(format.Events) {
			continue
		}
		switch class := format.Events[e].Class; {
		case e == format.EventSyscall || e == format.EventExit:
			c.landed(taskKey{b.U32[format.ColTID][i], b.U64[format.ColStart][i]})
			if e == format.EventExit {
				c.row(b, i, e, &copier)
			}
		case class == format.ClassProcess:
			c.row(b, i, e, &copier)
		case witnesses[e] && b.U64[format.ColCall][i] != 0:
			if p := c.procs[b.U32[format.ColTGID][i]]; p == nil || p.dead {
				continue // the signal to its parent: no call follows
			}
			key := taskKey{b.U32[format.ColTID][i], b.U64[format.ColStart][i]}
			c.here[key] = append(c.here[key], i)
		}
	}
	for key, rows := range c.here {
		rows = rows[:min(len(rows), max(0, maxFlight-len(c.flight[key])))]
		for _, i := range rows {
			copier.Append(c.rows, b, []int{i})
			c.flight[key] = append(c.flight[key], c.rows.N-1)
			c.used++
		}
	}
	clear(c.here)
	if c.rows.N > 4096 && c.rows.N > 2*c.used {
		c.compact()
	}
}

// landed: the call of a task is complete.
func (c *carry) landed(key taskKey) {
	if len(c.here) > 0 {
		delete(c.here, key)
	}
	if len(c.flight) > 0 {
		c.used -= len(c.flight[key])
		delete(c.flight, key)
	}
}

func (c *carry) row(b *format.Batch, i int, e format.EventID, copier *format.Copier) {
	pid, tid := b.U32[format.ColTGID][i], uint64(b.U32[format.ColTID][i])
	key := carryKey{event: e, of: tid}
	switch e {
	case format.EventFork:
		child := uint32(b.U64[format.ColArg1][i])
		key.of = b.U64[format.ColArg0][i]
		if uint64(child) == key.of { // a process: an older one of this number has ended
			c.drop(child)
			c.procs[child] = &carried{parent: pid, at: map[carryKey]int{}}
			if p := c.procs[pid]; p != nil {
				p.kids++
			}
		}
		pid = child
	case format.EventFD:
		return
	case format.EventMount, format.EventCgroup, format.EventNameOf, format.EventState:
		if c.follow != nil && (e == format.EventMount || e == format.EventState) {
			return
		}
		key.of = b.U64[format.ColArg0][i]
		if e == format.EventMount {
			key.of |= uint64(b.U32[format.ColMntNS][i]) << 32
		} else if e == format.EventNameOf {
			key.of = key.of<<32 | b.U64[format.ColArg1][i]&0xffffffff
		} else if e == format.EventState {
			key.of = 0
		}
		c.share(b, i, key, copier)
		return
	case format.EventExec:
		key.of = 0
	case format.EventNamespace:
		key.of = tid<<32 | b.U64[format.ColArg0][i]&0xffffffff
	case format.EventTaskRename:
		pid, key.of = uint32(b.U64[format.ColArg1][i]), b.U64[format.ColArg0][i]
	case format.EventExit:
		c.exit(b, i, pid, tid, copier)
		return
	}
	c.keep(b, i, pid, key, copier)
}

func (c *carry) keep(b *format.Batch, i int, pid uint32, key carryKey, copier *format.Copier) {
	p := c.procs[pid]
	if p == nil {
		p = &carried{at: map[carryKey]int{}}
		c.procs[pid] = p
	}
	if _, had := p.at[key]; !had {
		c.used++
	}
	copier.Append(c.rows, b, []int{i})
	p.at[key] = c.rows.N - 1
}

// share keeps a row that outlives the process whose row it is.
func (c *carry) share(b *format.Batch, i int, key carryKey, copier *format.Copier) {
	if _, had := c.shared[key]; !had {
		if len(c.shared) >= maxShared {
			return
		}
		c.used++
	}
	copier.Append(c.rows, b, []int{i})
	c.shared[key] = c.rows.N - 1
}

// exit forgets a thread, or the process with its last one.
func (c *carry) exit(b *format.Batch, i int, pid uint32, tid uint64, copier *format.Copier) {
	p := c.procs[pid]
	if p == nil {
		return
	}
	if b.U64[format.ColArg1][i] == 0 {
		for key := range p.at {
			if key.event == format.EventNamespace && key.of>>32 == tid || key.of == tid && tid != uint64(pid) {
				delete(p.at, key)
				c.used--
			}
		}
		return
	}
	if p.kids == 0 {
		c.drop(pid)
		return
	}
	c.keep(b, i, pid, carryKey{event: format.EventExit}, copier)
	if !p.dead {
		p.dead = true
		c.dead = append(c.dead, pid)
	}
	for len(c.dead) > maxDead {
		oldest := c.dead[0]
		c.dead = c.dead[1:]
		if p := c.procs[oldest]; p != nil && p.dead {
			c.drop(oldest)
		}
	}
}

// drop forgets a process, and those before it that were kept for it alone.
func (c *carry) drop(pid uint32) {
	for {
		p := c.procs[pid]
		if p == nil {
			return
		}
		c.used -= len(p.at)
		delete(c.procs, pid)
		pid = p.parent
		if p = c.procs[pid]; p == nil {
			return
		}
		if p.kids--; p.kids > 0 || !p.dead {
			return
		}
	}
}

// wanted are the rows that are kept, in their order.
func (c *carry) wanted() []int {
	rows := make([]int, 0, c.used)
	for _, p := range c.procs {
		rows = slices.AppendSeq(rows, maps.Values(p.at))
	}
	rows = slices.AppendSeq(rows, maps.Values(c.shared))
	for _, at := range c.flight {
		rows = append(rows, at...)
	}
	slices.Sort(rows)
	return rows
}

// repeat puts the rows kept into b, those of processes marked as initial.
func (c *carry) repeat(b *format.Batch) {
	first := b.N
	var copier format.Copier
	rows := c.wanted()
	if c.follow != nil { // it has mounts of its own, and the state row
		rows = slices.DeleteFunc(rows, func(row int) bool {
			e := format.EventID(c.rows.U16[format.ColEvent][row])
			return e == format.EventMount || e == format.EventState
		})
	}
	copier.Append(b, c.rows, rows)
	for i := first; i < b.N; i++ {
		if format.Events[b.U16[format.ColEvent][i]].Class != format.ClassProcess {
			continue
		}
		b.U16[format.ColFlags][i] |= uint16(format.FlagInitial)
		if format.EventID(b.U16[format.ColEvent][i]) == format.EventState {
			missing := notCarried
			if was := b.Value(format.ColAKernel, i); len(was) > 0 {
				missing = string(was) + "; " + missing
			}
			b.SetBytes(format.ColAKernel, i, []byte(missing))
			b.U64[format.ColArg1][i] = 0 // fd rows before it
		}
	}
	if c.follow != nil {
		c.follow.State(b)
	}
}

// compact drops the rows that are no longer wanted.
func (c *carry) compact() {
	rows := c.wanted()
	to := make(map[int]int, len(rows))
	for n, row := range rows {
		to[row] = n
	}
	kept := format.NewBatch(len(rows))
	var copier format.Copier
	copier.Append(kept, c.rows, rows)
	for _, p := range c.procs {
		for key, row := range p.at {
			p.at[key] = to[row]
		}
	}
	for key, row := range c.shared {
		c.shared[key] = to[row]
	}
	for _, at := range c.flight {
		for i, row := range at {
			at[i] = to[row]
		}
	}
	c.rows, c.used = kept, len(rows)
}

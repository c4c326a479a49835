package analyze

import (
	"fmt"
	"slices"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// Request is the io_uring request that a witness without a syscall is of.
type Request struct {
	Ring     uint64 // identity of the ring
	Opcode   uint64 // IORING_OP_*
	UserData uint64
	Owner    uint32 // process that submitted it
	Creator  uint32 // process that created the ring; 0 when that is not in the recording
	SQPoll   bool   // the ring has a thread of the kernel that submits
	Several  bool   // it is one of several that wait: UserData is not told
}

// describe says it in the words of a reason.
func (r *Request) describe() string {
	s := fmt.Sprintf("%s of process %d", show.IntText(format.KindURingOp, int64(r.Opcode), 0), r.Owner)
	if r.Several {
		s += " (one of several)"
	} else {
		s += fmt.Sprintf(" (user_data %#x)", r.UserData)
	}
	if r.SQPoll {
		s += ", taken from the ring by its SQPOLL thread"
	}
	if r.Creator != 0 && r.Creator != r.Owner {
		s += fmt.Sprintf(", in a ring that process %d created", r.Creator)
	}
	return s
}

// requests remembers io_uring requests: of each task the last that it took
// from a ring, of each process those that were handed to a worker.
type requests struct {
	rings  map[uint64]ringOf
	last   map[uint32]Request   // by the task that submitted it
	queued map[uint32][]Request // by the process that it is for
}

type ringOf struct {
	creator uint32
	sqpoll  bool
}

const (
	maxRings  = 1 << 10
	maxQueued = 64 // of a process: a worker takes them in this order
)

func newRequests() requests {
	return requests{rings: make(map[uint64]ringOf), last: make(map[uint32]Request), queued: make(map[uint32][]Request)}
}

// opcodes are the requests that can lead to an event: IORING_OP_*. Of others
// every request with a name can.
var opcodes = map[format.EventID][]uint64{
	format.EventFileOpen:      {18, 28}, // OPENAT, OPENAT2
	format.EventSocketConnect: {16},     // CONNECT
	format.EventSocketBind:    {56},     // BIND
	// OPENAT, STATX, OPENAT2, RENAMEAT, UNLINKAT, MKDIRAT, SYMLINKAT, LINKAT, SETXATTR, GETXATTR
	format.EventPutname: {18, 21, 28, 35, 36, 37, 38, 39, 42, 44},
}

// fold takes a row of io_uring's own.
func (q *requests) fold(b *format.Batch, i int, event format.EventID) {
	arg := func(n format.ColumnID) uint64 { return b.U64[format.ColArg0+n][i] }
	if event == format.EventURingCreate {
		if len(q.rings) >= maxRings {
			clear(q.rings)
		}
		q.rings[arg(0)] = ringOf{creator: b.U32[format.ColTGID][i], sqpoll: arg(5) != 0}
		return
	}
	r := Request{Ring: arg(0), Opcode: arg(1), UserData: arg(2), Owner: uint32(arg(5))}
	ring := q.rings[r.Ring]
	r.Creator = ring.creator
	r.SQPoll = ring.sqpoll
	tid := b.U32[format.ColTID][i]
	if event == format.EventURingSubmit {
		if len(q.last) >= maxOpened {
			clear(q.last)
		}
		q.last[tid] = r
		return
	}
	if len(q.queued) >= maxOpened {
		clear(q.queued)
	}
	list := q.queued[r.Owner]
	if len(list) >= maxQueued {
		list = list[1:]
	}
	q.queued[r.Owner] = append(list, r)
}

// of finds the request behind a witness row: nil when none is known, or when
// several of a process wait that differ in what is told of them.
func (q *requests) of(b *format.Batch, i int, event format.EventID, worker bool) *Request {
	leads := func(r Request) bool {
		return opcodes[event] == nil || slices.Contains(opcodes[event], r.Opcode)
	}
	tid, pid := b.U32[format.ColTID][i], b.U32[format.ColTGID][i]
	if r, ok := q.last[tid]; ok && leads(r) {
		return &r
	}
	if !worker {
		return nil
	}
	var found *Request
	for n := range q.queued[pid] {
		r := q.queued[pid][n]
		switch {
		case !leads(r):
		case found == nil:
			found = &r
		case found.Opcode != r.Opcode || found.Ring != r.Ring:
			return nil
		default:
			found.UserData, found.Several = 0, true
		}
	}
	return found
}

package replay

import "github.com/tracerec/tracerec/format"

// Ring is an io_uring.
type Ring struct {
	ID        uint64 // the kernel's address of it: its identity while it exists
	Owner     uint32 // pid
	FD        int32
	Entries   uint32 // of the submission queue
	Flags     uint64
	SQPoll    uint32 // thread that submits, 0 for none
	Created   int64
	Submitted uint64
	Completed uint64
	Failed    uint64 // completed with an error

	waiting map[uint64]request // by user_data
}

// request is one that changes descriptors, until it completes.
type request struct {
	op uint8
	fd int32
}

// Operations of io_uring that make or close a descriptor: linux/io_uring.h.
const (
	uringAccept  = 13
	uringOpenat  = 18
	uringClose   = 19
	uringOpenat2 = 28
	uringSocket  = 45
	uringPipe    = 62 // writes two behind a pointer: not seen
)

// maxWaiting bounds the requests that a ring remembers.
const maxWaiting = 1 << 12

func (s *State) uring(t *Task, id format.EventID, b *format.Batch, i int) {
	key := b.U64[format.ColArg0][i]
	at := b.I64[format.ColTime][i]
	r := s.rings[key]
	if id == format.EventURingCreate || r == nil {
		r = &Ring{ID: key, Owner: t.Process.PID, FD: -1}
		s.rings[key] = r
	}
	switch id {
	case format.EventURingCreate:
		r.FD, r.Created = int32(b.U64[format.ColArg1][i]), at
		r.Entries, r.Flags, r.SQPoll = uint32(b.U64[format.ColArg2][i]), b.U64[format.ColArg4][i], uint32(b.U64[format.ColArg5][i])
	case format.EventURingSubmit:
		r.Submitted++
		switch op := b.U64[format.ColArg1][i]; op {
		case uringAccept, uringOpenat, uringOpenat2, uringClose, uringSocket:
			if len(r.waiting) >= maxWaiting {
				clear(r.waiting)
			}
			if r.waiting == nil {
				r.waiting = map[uint64]request{}
			}
			r.waiting[b.U64[format.ColArg2][i]] = request{uint8(op), int32(b.U64[format.ColArg3][i])}
		}
	case format.EventURingComplete:
		r.Completed++
		result := int64(b.U64[format.ColArg2][i])
		if result < 0 {
			r.Failed++
		}
		data := b.U64[format.ColArg1][i]
		q, ok := r.waiting[data]
		if !ok {
			return
		}
		delete(r.waiting, data)
		p := s.group[r.Owner]
		if p == nil || p.End != EndNone || len(p.Tasks) == 0 || result < 0 {
			return
		}
		f := s.filesOf(p.any(), at)
		if q.op == uringClose {
			s.shut(f, q.fd)
			return
		}
		// Without a descriptor, in a slot of the ring, the result is 0 too; a
		// process that has closed its standard input is rarer than that.
		if result == 0 || result > maxFD {
			return
		}
		file := &File{Kind: FileUnknown, Opened: at, By: r.Owner}
		if q.op == uringAccept || q.op == uringSocket {
			file.Kind, file.Socket = FileSocket, &Socket{Accepted: q.op == uringAccept}
		}
		s.put(f, int32(result), FD{File: file, At: at})
	}
}

// any is a task of the process, its leader if it is there.
func (p *Process) any() *Task {
	if p.leader != nil && !p.leader.gone {
		return p.leader
	}
	for _, t := range p.Tasks {
		if !t.gone {
			return t
		}
	}
	return p.Tasks[0]
}

package replay

import (
	"iter"
	"math"
	"math/rand/v2"

	"github.com/tracerec/tracerec/format"
)

// Recordings for tests are written down as rows in file order.

type cells map[format.ColumnID]any

type rec struct {
	batch *format.Batch
	now   int64
	calls map[uint64]uint64
}

const (
	second = 1_000_000_000
	t0     = 100 * second // when the test recordings begin
	amd64  = int(format.ABIAMD64)
)

func newRec() *rec {
	return &rec{batch: format.NewBatch(64), now: t0, calls: map[uint64]uint64{}}
}

// who is a task: identity and what every row says of it.
type who struct {
	tid, pid, ppid int
	start          int64
	comm           string
}

func (r *rec) row(id format.EventID, at int64, w who, row cells) {
	b := r.batch
	i := b.Append()
	b.Set(format.ColEvent, i, uint64(id))
	b.Set(format.ColTime, i, uint64(at))
	b.Set(format.ColTID, i, uint64(w.tid))
	b.Set(format.ColTGID, i, uint64(w.pid))
	b.Set(format.ColPPID, i, uint64(w.ppid))
	b.Set(format.ColStart, i, uint64(w.start))
	if w.comm != "" {
		b.SetBytes(format.ColComm, i, []byte(w.comm))
	}
	for c, v := range row {
		switch v := v.(type) {
		case string:
			b.SetBytes(c, i, []byte(v))
		case int:
			b.Set(c, i, uint64(int64(v)))
		case int64:
			b.Set(c, i, uint64(v))
		case uint64:
			b.Set(c, i, v)
		case format.ViewStatus:
			b.Set(c, i, uint64(v))
		case format.RowFlags:
			b.Set(c, i, uint64(v))
		}
	}
}

func ms(n float64) int64 { return t0 + int64(n*1e6) }

func (r *rec) fork(at int64, w, child who, flags int) {
	row := cells{format.ColArg0: child.tid, format.ColArg1: child.pid, format.ColArg2: child.start, format.ColArg3: flags}
	if child.tid != child.pid {
		row[format.ColFlags] = format.FlagThread | format.FlagSharedVM
	}
	r.row(format.EventFork, at, w, row)
}

func (r *rec) exec(at int64, w who, call uint64, name, argv, path string, more cells) {
	row := cells{
		format.ColAKernel: name, format.ColBKernel: argv, format.ColBKernelStatus: format.ViewOK, format.ColPath: path,
		format.ColDev: 254<<20 | 1, format.ColIno: 42, format.ColCall: call,
	}
	for c, v := range more {
		row[c] = v
	}
	r.row(format.EventExec, at, w, row)
}

func (r *rec) execve(at int64, w who, call uint64, asked, argv string, more cells) {
	row := cells{
		format.ColABI: amd64, format.ColNR: 59, format.ColCall: call, format.ColDuration: 400_000,
		format.ColAEnter: asked, format.ColAEnterStatus: format.ViewOK, format.ColAKernelStatus: format.ViewSame,
		format.ColAExitStatus: format.ViewReplaced,
		format.ColBEnter:      argv, format.ColBEnterStatus: format.ViewOK, format.ColBKernelStatus: format.ViewSame,
		format.ColBExitStatus: format.ViewReplaced,
	}
	for c, v := range more {
		row[c] = v
	}
	r.row(format.EventSyscall, at, w, row)
}

func (r *rec) open(at int64, w who, path string, ret int) {
	r.row(format.EventSyscall, at, w, cells{
		format.ColABI: amd64, format.ColNR: 257, format.ColDuration: 9_000, format.ColRet: ret, format.ColArg0: 0xffffff9c,
		format.ColAEnter: path, format.ColAEnterStatus: format.ViewOK, format.ColAKernelStatus: format.ViewSame,
		format.ColAExitStatus: format.ViewSame,
	})
}

func (r *rec) plain(at int64, w who, nr, ret int, took int64) {
	r.row(format.EventSyscall, at, w, cells{
		format.ColABI: amd64, format.ColNR: nr, format.ColRet: ret, format.ColDuration: took,
	})
}

func (r *rec) exit(at int64, w who, status int, groupDead bool) {
	dead := 0
	if groupDead {
		dead = 1
	}
	r.row(format.EventExit, at, w, cells{format.ColArg0: status, format.ColArg1: dead})
}

func (r *rec) lost(from, to int64, class format.Class, n int) {
	r.row(format.EventLost, to, who{}, cells{
		format.ColArg0: int(format.LaneWitness), format.ColArg1: int(class), format.ColArg2: n, format.ColArg5: from, format.ColCPU: 1,
	})
}

// rows copies rows i..j into a batch of its own, with its own dictionary.
func rows(b *format.Batch, i, j int) *format.Batch {
	part := format.NewBatch(j - i)
	part.Seq = b.Seq + uint64(i)
	for ; i < j; i++ {
		n := part.Append()
		for c := range format.NumColumns {
			if format.Columns[c].Type == format.Bytes {
				part.SetBytes(c, n, b.Value(c, i))
			} else {
				part.Set(c, n, uint64(b.Int(c, i)))
			}
		}
	}
	return part
}

func header() *format.Header {
	return &format.Header{
		Version: 1, Host: "web-1", Machine: "x86_64", Kernel: "6.18.5", Clock: format.Clock{Boottime: t0, Realtime: 1_790_000_000 * second},
	}
}

// source serves a batch, cut at random.
func source(b *format.Batch, seed uint64) Source {
	span := func() (first, last int64) {
		first = math.MaxInt64
		for i := range b.N {
			at := b.I64[format.ColTime][i]
			first, last = min(first, at), max(last, at+b.I64[format.ColDuration][i])
		}
		return first, last
	}
	return Source{Header: header(), Span: span, Blocks: func([]format.ColumnID, int64, int64) iter.Seq2[*format.Batch, error] {
		return func(yield func(*format.Batch, error) bool) {
			rng := rand.New(rand.NewPCG(seed, 1))
			for i := 0; i < b.N; {
				j := min(b.N, i+1+rng.IntN(20))
				if !yield(rows(b, i, j), nil) {
					return
				}
				i = j
			}
		}
	}}
}

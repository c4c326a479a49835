//go:build linux

package recorder

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// CallStats is what calls of one name came to.
type CallStats struct {
	Name    string
	Calls   uint64
	Errors  uint64
	Total   time.Duration // in the call, waiting included
	Slowest time.Duration
}

// ProcessStats counts the rows of a process, of late.
type ProcessStats struct {
	PID  uint32
	Comm string
	Rows uint64
}

// Progress is how a recording goes.
type Progress struct {
	Elapsed   time.Duration
	Written   Written
	Rate      float64 // rows a second, of late
	CPU       float64 // of the recorder, 1 is a processor
	Calls     []CallStats
	Processes []ProcessStats // the most active since the last time
}

// stats counts rows on their way to the destination.
type stats struct {
	sink
	mu    sync.Mutex
	calls map[[2]int32]*CallStats
	procs map[uint32]*ProcessStats

	when time.Time
	rows uint64
	cpu  time.Duration
}

func newStats(next sink) *stats {
	return &stats{sink: next, calls: map[[2]int32]*CallStats{}, procs: map[uint32]*ProcessStats{}, when: time.Now(), cpu: cpuTime()}
}

// write implements sink.
func (s *stats) write(b *format.Batch, read uint64) error {
	s.mu.Lock()
	var last *CallStats
	lastKey := [2]int32{-1, -1}
	for i, e := range b.U16[format.ColEvent][:b.N] {
		pid := b.U32[format.ColTGID][i]
		p := s.procs[pid]
		if p == nil {
			p = &ProcessStats{PID: pid}
			s.procs[pid] = p
		}
		p.Rows++
		if format.EventID(e) != format.EventSyscall {
			if comm := b.Value(format.ColComm, i); comm != nil {
				p.Comm = string(comm)
			}
			continue
		}
		if p.Comm == "" {
			p.Comm = string(b.Value(format.ColComm, i))
		}
		key := [2]int32{int32(b.U8[format.ColABI][i]), b.I32[format.ColNR][i]}
		if key != lastKey {
			lastKey = key
			if last = s.calls[key]; last == nil {
				last = &CallStats{Name: show.Syscall(format.ABI(key[0]), key[1])}
				s.calls[key] = last
			}
		}
		restarted := b.U16[format.ColFlags][i]&uint16(format.FlagRestarted) != 0
		if !restarted {
			last.Calls++
		}
		if ret := b.I64[format.ColRet][i]; ret < 0 && ret > -4096 && b.U16[format.ColFlags][i]&uint16(format.FlagNoExit) == 0 && !restarted {
			last.Errors++
		}
		d := time.Duration(b.I64[format.ColDuration][i])
		last.Total += d
		last.Slowest = max(last.Slowest, d)
	}
	s.mu.Unlock()
	return s.sink.write(b, read)
}

// byCall are all calls, the most time-consuming first. Calls of the same name
// in several ABIs are one.
func (s *stats) byCall() []CallStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := map[string]*CallStats{}
	for _, c := range s.calls {
		n := names[c.Name]
		if n == nil {
			n = &CallStats{Name: c.Name}
			names[c.Name] = n
		}
		n.Calls, n.Errors, n.Total, n.Slowest = n.Calls+c.Calls, n.Errors+c.Errors, n.Total+c.Total, max(n.Slowest, c.Slowest)
	}
	all := make([]CallStats, 0, len(names))
	for _, c := range names {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b CallStats) int {
		return cmp.Or(-cmp.Compare(a.Total, b.Total), -cmp.Compare(a.Calls, b.Calls), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// progress is how it goes since the last time.
func (s *stats) progress(w Written, elapsed time.Duration) Progress {
	p := Progress{Elapsed: elapsed, Written: w, Calls: s.byCall()}
	s.mu.Lock()
	defer s.mu.Unlock()
	now, cpu := time.Now(), cpuTime()
	if d := now.Sub(s.when).Seconds(); d > 0 {
		p.Rate, p.CPU = float64(w.Rows-min(w.Rows, s.rows))/d, (cpu-s.cpu).Seconds()/d
	}
	s.when, s.rows, s.cpu = now, w.Rows, cpu
	for _, proc := range s.procs {
		p.Processes = append(p.Processes, *proc)
	}
	clear(s.procs)
	slices.SortFunc(p.Processes, func(a, b ProcessStats) int {
		return cmp.Or(-cmp.Compare(a.Rows, b.Rows), cmp.Compare(a.PID, b.PID))
	})
	p.Processes = p.Processes[:min(len(p.Processes), 20)]
	return p
}

// cpuTime is what this process has used.
func cpuTime() time.Duration {
	var u unix.Rusage
	unix.Getrusage(unix.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

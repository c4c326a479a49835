//go:build linux

package recorder

import (
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
)

const (
	blockRows = 32 << 10
	blockAge  = time.Second
	pollTime  = 20 * time.Millisecond

	// releaseBytes is how much is read before its room is given back: a pass through
	// a full ring takes milliseconds, in which programs go on writing.
	releaseBytes = 64 << 10

	// criticalEvery is how often critical events make a block of their own:
	// those of so long share it. Such blocks are small, so that encoding them
	// takes a part of the 20 ms that are allowed.
	criticalEvery = 4 * time.Millisecond
	criticalRows  = 4 << 10
)

// sink takes what was read, in order and from one goroutine. read is how many
// records were read until the end of b, which is the caller's again afterwards.
type sink interface {
	write(b *format.Batch, read uint64) error
	fast(on bool)            // the reader is behind: compress less
	sync(oldest int64) error // has everything on disk; the oldest of it is of then, ns since boot
}

// filled is a batch on its way to the sink.
type filled struct {
	batch  *format.Batch
	read   uint64
	behind bool
	oldest int64         // ns since boot, of the records that must be on disk; 0: none
	done   chan struct{} // instead of a batch: closed when those before are written
}

// drain moves records from the lanes into the file, in the order of the times
// at which the kernel wrote them.
type drain struct {
	rings    []*ring
	bell     int  // an epoll descriptor: see newBell
	stopped  bool // the last pass ended at a record that was still being written
	asm      *assembler
	loss     lossReader
	lost     uint64
	received uint64
	begun    chan struct{} // closed when the reading thread has its priority
	idle     chan struct{} // closed when no recorded task is left
	ended    bool
	start    *start               // what is there at the beginning; nil when that is written
	left     func() (bool, error) // whether recorded tasks are left, by the kernel's count
	rescan   func() error         // look for tasks that have moved into scope; nil where none can
	log      *slog.Logger
	critical bool               // what is critical goes to disk at once
	behind   bool               // the rings fill faster than they are read
	rows     int                // of a block, at most
	asked    chan chan struct{} // by catchUp
	over     chan struct{}      // closed when run has ended
}

func newDrain(k *kernel, log *slog.Logger) (*drain, error) {
	d := &drain{begun: make(chan struct{}), idle: make(chan struct{}), asm: newAssembler(commandLine), loss: lossReader{lanes: k.maps["lanes"]}, left: k.tasksLeft, log: log, rows: blockRows,
		asked: make(chan chan struct{}), over: make(chan struct{})}
	for _, name := range []string{"ring_witness", "ring_plain"} {
		r, err := newRing(k.maps[name])
		if err != nil {
			return nil, err
		}
		d.rings = append(d.rings, r)
	}
	var err error
	d.bell, err = newBell(d.rings)
	return d, err
}

// catchUp returns when everything that the kernel has shown until now is written,
// which else is up to a second old.
func (d *drain) catchUp() {
	done := make(chan struct{})
	select {
	case d.asked <- done:
	case <-d.over:
		return
	}
	select {
	case <-done:
	case <-d.over:
	}
}

// run reads until stop is closed and everything written before is read.
func (d *drain) run(w sink, stop <-chan struct{}) error {
	runtime.LockOSThread()
	defer close(d.over)
	calm := hurry()
	defer calm()
	full := make(chan filled, 1)
	free := make(chan *format.Batch, 2)
	written := make(chan error, 1)
	go func() {
		close(d.begun)                         // from here on privileges may go
		free <- format.NewBatch(d.rows + 1024) // not before: the command waits
		var err error
		for f := range full {
			if f.done != nil {
				close(f.done)
				continue
			}
			b := f.batch
			dropUnusedArgs(b)
			if err == nil {
				w.fast(f.behind)
				err = w.write(b, f.read)
			}
			if err == nil && f.oldest != 0 {
				err = w.sync(f.oldest)
			}
			if err != nil {
				select {
				case written <- err:
				default:
				}
			}
			b.Reset()
			free <- b
		}
		close(written)
	}()
	d.asm.batch = format.NewBatch(d.rows + 1024)
	began := time.Now()
	flush := func() {
		if d.asm.batch.N > 0 {
			full <- filled{batch: d.asm.batch, read: d.received, behind: d.behind, oldest: d.asm.oldest}
			d.asm.oldest = 0
			d.asm.batch = <-free
			d.asm.era++
		}
		began = time.Now()
	}

	rung := make([]unix.EpollEvent, len(d.rings))
	d.loss.since = uint64(clockNow().Boottime)
	counted := time.Now() // when the kernel's count was last read
	var failed error
	for stopping := false; failed == nil; {
		select {
		case failed = <-written:
			continue
		case <-stop:
			stopping = true
		default:
			wait := pollTime
			if d.critical && d.asm.oldest != 0 {
				wait = max(0, min(pollTime, criticalEvery-time.Since(began)))
			}
			if d.start != nil || d.stopped {
				wait = min(wait, time.Millisecond) // the command waits for it; no bell rings for what was left
			}
			unix.EpollWait(d.bell, rung, int(wait/time.Millisecond))
		}
		var asked chan struct{} // before the pass, which takes what is older
		select {
		case asked = <-d.asked:
		default:
		}
		d.pass(stopping, flush)
		if d.rescan != nil && d.start == nil && !stopping {
			if err := d.rescan(); err != nil {
				d.log.Warn("look for the threads of what has moved", "error", err)
			}
		}
		if d.critical && d.asm.oldest != 0 && time.Since(began) >= criticalEvery && !stopping {
			flush()
		}
		if time.Since(began) >= blockAge || stopping || asked != nil {
			if err := d.readLoss(); err != nil {
				failed = err
			}
			if stopping {
				d.asm.flushAll()
			}
			flush()
		}
		if asked != nil {
			full <- filled{done: asked}
		}
		if stopping {
			break
		}
		if d.ended || d.received == 0 || d.start != nil {
			continue
		}
		// Once a fork or an exit may be among what was lost, the rows tell no
		// longer which tasks are left. The kernel's count is 256 KiB to read.
		left := d.asm.live != 0
		if !left && d.lost == 0 { // the count is up to a second old, and a fork may have been lost since
			if failed = d.readLoss(); failed != nil {
				continue
			}
		}
		if d.lost > 0 && time.Since(counted) >= blockAge {
			var err error
			if left, err = d.left(); err != nil {
				d.log.Warn("whether recorded tasks are left is not known", "error", err)
			}
			counted = time.Now()
		} else if d.lost > 0 {
			left = true
		}
		if !left {
			d.ended = true
			close(d.idle)
		}
	}
	if d.start != nil { // nobody waits for it any longer
		close(d.start.done)
		d.start = nil
	}
	close(full)
	if failed == nil {
		failed = <-written
	}
	unix.Close(d.bell)
	for _, r := range d.rings {
		r.close()
	}
	return failed
}

func (d *drain) readLoss() error {
	lost, err := d.loss.read(d.asm.batch, uint64(clockNow().Boottime))
	d.lost += lost
	if err != nil {
		return fmt.Errorf("read the kernel's loss counters: %w", err)
	}
	return nil
}

// pass reads what is in the rings now. A record younger than the moment at
// which the other ring was looked at waits for the next pass, so that the
// merge of the lanes is by time. At the end everything is taken.
func (d *drain) pass(all bool, flush func()) {
	watermark := uint64(readClock(unix.CLOCK_BOOTTIME))
	if all {
		watermark = ^uint64(0)
	}
	var ends [format.NumLanes]uint64
	most := 0.0
	for i, r := range d.rings {
		ends[i] = r.end()
		most = max(most, float64(ends[i]-r.pos)/float64(len(r.data)))
	}
	// once behind, until it has caught up
	d.behind = most > 0.5 || d.behind && most > 0.1
	d.stopped = false
	taken := uint64(0) // bytes, since they were given back
	for {
		best := -1
		var rec []byte
		var next, when uint64
		busy := false
		for i, r := range d.rings {
			p, n := r.peek(ends[i])
			if p == nil {
				busy = busy || r.pos < ends[i]
				continue
			}
			if t := recordTime(p); t <= watermark && (best < 0 || t < when) {
				best, rec, next, when = i, p, n, t
			}
		}
		// What is still being written may be what a record of the other lane refers to.
		if best < 0 || busy && !all {
			d.stopped = busy
			break
		}
		if d.start == nil || !d.start.hold(rec) {
			d.asm.add(rec)
		}
		d.received++
		before := d.rings[best].pos
		d.rings[best].pos = next
		if taken += next - before; taken >= releaseBytes || d.asm.batch.N >= d.rows {
			taken = 0
			for _, r := range d.rings {
				r.release() // before the writer is waited for
			}
		}
		if d.asm.batch.N >= d.rows {
			flush()
		}
	}
	for _, r := range d.rings {
		r.release()
	}
	if d.start != nil && d.start.over(watermark) {
		d.start.finish(d, flush)
		d.start = nil
	}
}

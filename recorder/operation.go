//go:build linux

package recorder

import (
	"errors"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/recorder/redact"
)

// Operation is how a recording runs for long: when its files end, what others
// may ask of it, and what it does for them. The zero value is none of it.
type Operation struct {
	Rotation Rotation
	Flight   Flight
	Privileges
	redact.Redaction
	Control string // path of a unix socket on which `tracerec snapshot` and the like ask
	Metrics string // unix:PATH or a loopback address, where Prometheus asks
	Count   bool   // calls by name, for Summary.Calls
	// Follow makes what knows with which descriptors and mounts a file begins that
	// goes on with the recording; nil: such files lack them.
	Follow func() format.Follower
	// Watch, if set, is called every second.
	Watch func(Progress)
	// Requests come from signals.
	Requests <-chan Request
}

func (o *Operation) check(output string) error {
	if err := o.Rotation.check(output); err != nil {
		return err
	}
	if _, err := redact.New(&o.Redaction); err != nil {
		return err
	}
	return o.Flight.check(output, &o.Rotation)
}

// destination is where a recording goes: files, or a ring that is written on request.
type destination interface {
	sink
	tick()                                           // about every second
	rotate(why string) error                         // end the file and begin the next
	snapshot(why ...string) (file string, err error) // write what there is of the last while
	written() Written
	ending() <-chan string                    // why the recording is to end
	finish(why string)                        // makes it end
	close(t *format.Totals, werr error) error // t is of the whole recording; werr why it could not be written
	hold() (release func())                   // nothing is written and no file made meanwhile
	broken() error                            // why it cannot be written any more
	owner() (unix.Stat_t, bool)               // of the directory of files that are still to be made
	dirs() []*os.Root                         // where files are made and removed
	discard() error                           // of a recording that did not begin
}

// guarded is what the sinks that write files have alike: the lock under which all of it
// happens, and what went wrong.
type guarded struct {
	mu      sync.Mutex
	failed  error // nothing can be written any more
	lastErr error // which did not end the recording: of a rotation, or a file asked for
}

// hold implements sink.
func (g *guarded) hold() func() {
	g.mu.Lock()
	return g.mu.Unlock
}

// broken implements sink.
func (g *guarded) broken() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return errors.Join(g.failed, g.lastErr)
}

func (opt *Options) destination(h *format.Header) (destination, error) {
	redactor, err := redact.New(&opt.Redaction)
	if err != nil {
		return nil, err
	}
	redactor.Header(h, &opt.Redaction)
	if opt.Flight.on() {
		return newFlight(opt, h, redactor)
	}
	return newOutput(opt, h, redactor)
}

// Request asks something of a recording while it runs.
type Request int

// What can be asked for.
const (
	RequestRotate     Request = iota // end the file and begin the next
	RequestStatistics                // print how it goes, to the log
	RequestSnapshot                  // write out the ring
)

// attend serves the clock and requests until the function that it returns is called.
func (s *session) attend() (stop func()) {
	s.control.serve(s)
	if s.metrics != nil {
		go s.serveMetrics(s.metrics)
	}
	s.notify.tell("READY=1\nSTATUS=recording")
	quit, done := make(chan struct{}), make(chan struct{})
	var over <-chan time.Time
	if d := s.opt.Rotation.Duration; d > 0 {
		over = time.After(d)
	}
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-over:
				s.out.finish(show.Duration(int64(s.opt.Rotation.Duration)) + " have passed")
			case <-tick.C:
				s.out.tick()
				s.notify.alive()
				if s.opt.Watch != nil {
					s.opt.Watch(s.stats.progress(s.out.written(), s.elapsed()))
				}
			case r := <-s.opt.Requests:
				s.serve(r)
			}
		}
	}()
	return func() {
		s.notify.tell("STOPPING=1")
		s.closeServices()
		close(quit)
		<-done
	}
}

func (s *session) serve(r Request) {
	switch r {
	case RequestRotate:
		go func() { // it may take a while
			if err := s.out.rotate("on request"); err != nil {
				s.opt.Log.Error("rotate", "error", err)
			}
		}()
	case RequestSnapshot:
		go func() {
			s.drain.catchUp()
			s.out.snapshot("SIGUSR2") // logs what comes of it
		}()
	case RequestStatistics:
		w := s.out.written()
		s.opt.Log.Warn("statistics", "rows", w.Rows, "lost", w.Lost, "bytes", w.Bytes, "files", w.Files, "for", s.elapsed().Round(time.Second))
	}
}

// openServices opens what others may ask at, before privileges are dropped.
func (s *session) openServices() (err error) {
	if s.control, err = openControl(s.opt.Control); err != nil {
		return err
	}
	if s.metrics, err = listenMetrics(s.opt.Metrics); err != nil {
		s.control.close()
		return err
	}
	s.notify = newNotifier()
	return nil
}

func (s *session) closeServices() {
	s.control.close()
	if s.metrics != nil {
		s.metrics.Close()
	}
}

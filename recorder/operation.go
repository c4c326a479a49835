//go:build linux

package recorder

import (
	"fmt"
	"time"
)

// Operation is how a recording runs for long: when its files end, what others
// may ask of it, and what it does for them. The zero value is none of it.
type Operation struct {
	Rotation Rotation
	// Requests come from signals: Rotate and Statistics.
	Requests <-chan Request
}

// Request asks something of a recording while it runs.
type Request int

// What can be asked for.
const (
	RequestRotate     Request = iota // end the file and begin the next
	RequestStatistics                // print how it goes, to the log
)

// attend serves the clock and requests until the function that it returns is called.
func (s *session) attend() (stop func()) {
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
				s.out.finish(fmt.Sprintf("%v have passed", s.opt.Rotation.Duration))
			case <-tick.C:
				s.out.tick()
			case r := <-s.opt.Requests:
				s.serve(r)
			}
		}
	}()
	return func() { close(quit); <-done }
}

func (s *session) serve(r Request) {
	switch r {
	case RequestRotate:
		if err := s.out.Rotate("on request"); err != nil {
			s.opt.Log.Error("rotate", "error", err)
		}
	case RequestStatistics:
		w := s.out.written()
		s.opt.Log.Warn("statistics", "rows", w.Rows, "lost", w.Lost, "bytes", w.Bytes, "files", w.Files, "for", time.Since(s.started).Round(time.Second))
	}
}

//go:build linux

package recorder

import (
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tracerec/tracerec/format"
)

// However busy the machine: a clock that was not set is not said to be.
func TestClocksAreReadTogether(t *testing.T) {
	var busy sync.WaitGroup
	var quit atomic.Bool
	for range 4 * runtime.GOMAXPROCS(0) {
		busy.Go(func() {
			runtime.LockOSThread()
			for !quit.Load() {
			}
		})
	}
	defer busy.Wait()
	defer quit.Store(true)
	var c clockWatch
	c.start()
	b := format.NewBatch(0)
	var worst time.Duration
	for end := time.Now().Add(time.Second); time.Now().Before(end); {
		_, _, apart := clocks()
		worst = max(worst, apart)
		c.row(b, slog.New(slog.DiscardHandler))
		runtime.Gosched()
	}
	if b.N > 0 {
		t.Errorf("%d rows say that a clock was set", b.N)
	}
	t.Logf("readings at most %v apart", worst)
}

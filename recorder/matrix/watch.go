//go:build linux

package matrix

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

// fairClock counts the time in which a guest ran or could have run: time that
// passed, less what its thread that waited longest had to wait for a processor
// of the host. On a quiet host it is a clock. A guest that is starved has all
// the time that it needs; one that hangs, be it in a loop or asleep, has not.
type fairClock struct {
	threads func() map[string]time.Duration // thread → time waited for a processor so far
	last    time.Time
	waited  map[string]time.Duration
	fair    time.Duration
}

// tick returns the fair time until now.
func (c *fairClock) tick(now time.Time) time.Duration {
	waited := c.threads()
	var most time.Duration
	for id, w := range waited {
		most = max(most, w-c.waited[id])
	}
	passed := now.Sub(c.last)
	c.fair += passed - min(most, passed)
	c.last, c.waited = now, waited
	return c.fair
}

// waitedOf reads how long each thread of a process waited for a processor
// (/proc/PID/task/TID/schedstat: ns on it, ns waited for it, times it got one;
// proc(5)). Where the host's kernel does not count, nobody waited.
func waitedOf(pid int) map[string]time.Duration {
	waited := map[string]time.Duration{}
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // the thread ended
		}
		var ran, wait int64
		if n, _ := fmt.Sscan(string(text), &ran, &wait); n == 2 {
			waited[name] = time.Duration(wait)
		}
	}
	return waited
}

// watch ends a guest that hangs.
type watch struct {
	words   atomic.Uint64 // reads that brought something
	stop    chan struct{}
	stopped chan struct{}
	fair    time.Duration // valid when stopped
	err     error
}

func watchGuest(p *os.Process, timeout, silence time.Duration) *watch {
	w := &watch{stop: make(chan struct{}), stopped: make(chan struct{})}
	clock := &fairClock{threads: func() map[string]time.Duration { return waitedOf(p.Pid) }, last: time.Now()}
	go func() {
		defer close(w.stopped)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for words, heard := uint64(0), time.Duration(0); ; {
			select {
			case <-w.stop:
				return
			case now := <-tick.C:
				w.fair = clock.tick(now)
			}
			if n := w.words.Load(); n != words {
				words, heard = n, w.fair
			}
			switch {
			case w.fair > timeout:
				w.err = fmt.Errorf("no exit code after %v in which it ran or could have", timeout)
			case w.fair-heard > silence:
				w.err = fmt.Errorf("it hangs: no word from it for %v in which it ran or could have", silence)
			default:
				continue
			}
			p.Kill()
			return
		}
	}()
	return w
}

// end stops watching; it returns the fair time and why the guest was ended.
func (w *watch) end() (time.Duration, error) {
	close(w.stop)
	<-w.stopped
	return w.fair, w.err
}

// reader notes when something came.
func (w *watch) reader(r io.Reader) io.Reader { return heard{r, w} }

type heard struct {
	io.Reader
	w *watch
}

func (h heard) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	if n > 0 {
		h.w.words.Add(1)
	}
	return n, err
}

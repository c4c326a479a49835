//go:build linux

package main

import (
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/recorder/matrix/wire"
)

// stepClock sets the guest's wall clock by wire.ClockSteps, one after the other,
// and opens files that are not there in between: step-0, step-1 and so on. Each
// time it goes on for long enough that the recorder writes a block.
func stepClock(dir string) error {
	for i := 0; ; i++ {
		name := filepath.Join(dir, wire.ClockMark(i))
		for began := time.Now(); time.Since(began) < wire.ClockPause; time.Sleep(20 * time.Millisecond) {
			if f, err := os.Open(name); err == nil {
				f.Close()
			}
		}
		if i == len(wire.ClockSteps) {
			return nil
		}
		var now unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_REALTIME, &now); err != nil {
			return err
		}
		then := unix.NsecToTimespec(now.Nano() + int64(wire.ClockSteps[i]))
		if err := unix.ClockSettime(unix.CLOCK_REALTIME, &then); err != nil {
			return err
		}
	}
}

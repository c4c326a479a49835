//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/recorder/matrix/wire"
)

// lookFor opens wire.PowerMark(i), which is not there, as often as is agreed.
func lookFor(dir string, i int) error {
	name := filepath.Join(dir, wire.PowerMark(i))
	for range wire.PowerOpens {
		if fd, err := unix.Open(name, unix.O_RDONLY, 0); !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("open %s: descriptor %d, %v", name, fd, err)
		}
	}
	return nil
}

// runOn keeps the calling goroutine on a processor, while there is that one.
func runOn(cpu int) error {
	runtime.LockOSThread()
	var only unix.CPUSet
	only.Set(cpu)
	if err := unix.SchedSetaffinity(0, &only); err != nil {
		return fmt.Errorf("go to processor %d: %w", cpu, err)
	}
	return nil
}

// hotplug takes the second processor away and gives it back, under the thread that runs there, and opens
// files in between: change-0 there, change-1 where the thread was moved to, and so on.
func hotplug(dir string) error {
	const online = "/sys/devices/system/cpu/cpu1/online"
	for round := range wire.HotplugRounds {
		if err := runOn(1); err != nil {
			return err
		}
		if err := lookFor(dir, 2*round); err != nil {
			return err
		}
		if err := os.WriteFile(online, []byte("0"), 0); err != nil {
			return err
		}
		if err := lookFor(dir, 2*round+1); err != nil {
			return err
		}
		if err := os.WriteFile(online, []byte("1"), 0); err != nil {
			return err
		}
	}
	time.Sleep(wire.ClockPause) // blocks are written meanwhile
	return nil
}

// suspend suspends the machine to memory, to be woken by its clock, and opens files before and after.
func suspend(dir string) error {
	if err := runOn(0); err != nil {
		return err
	}
	if err := lookFor(dir, 0); err != nil {
		return err
	}
	// rtc_cmos counts in whole seconds.
	wake := fmt.Sprintf("+%d", int(wire.SuspendFor.Seconds()))
	if err := os.WriteFile("/sys/class/rtc/rtc0/wakealarm", []byte(wake), 0); err != nil {
		return err
	}
	if err := os.WriteFile("/sys/power/state", []byte("mem"), 0); err != nil {
		return err
	}
	if err := lookFor(dir, 1); err != nil {
		return err
	}
	time.Sleep(wire.ClockPause)
	return nil
}

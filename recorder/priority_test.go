//go:build linux

package recorder

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// niceArg makes the test binary a program that is content when all threads of its
// parent have the recorder's priority and it has none itself.
const niceArg = "__nice"

func checkNice() error {
	nice := func(tid int) int {
		raw, err := unix.Getpriority(unix.PRIO_PROCESS, tid)
		if err != nil {
			return 99
		}
		return 20 - raw
	}
	if n := nice(0); n != 0 {
		return fmt.Errorf("the command has a nice value of %d", n)
	}
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", os.Getppid()))
	if err != nil || len(threads) < 2 {
		return fmt.Errorf("the recorder has %d threads (%v)", len(threads), err)
	}
	for _, t := range threads {
		var tid int
		fmt.Sscan(filepath.Base(t), &tid)
		if n := nice(tid); n != recordingNice && n != 99 {
			return fmt.Errorf("the recorder's thread %d has a nice value of %d, want %d", tid, n, recordingNice)
		}
	}
	return nil
}

// TestPriority: the recorder goes first while it records, with all its threads, and
// neither the command nor what comes afterwards does.
func TestPriority(t *testing.T) {
	if err := ProbeFeatures().check(); err != nil {
		t.Skip(err)
	}
	calm := hurry()
	raw, err := unix.Getpriority(unix.PRIO_PROCESS, os.Getpid())
	calm()
	if err != nil || 20-raw != recordingNice {
		t.Skipf("priorities cannot be raised here (CAP_SYS_NICE): %d, %v", 20-raw, err)
	}
	sum, err := Record(context.Background(), Options{Output: filepath.Join(t.TempDir(), "t.trc"), Command: []string{"/proc/self/exe", niceArg}, Operation: keepPrivileges})
	if err != nil {
		t.Fatal(err)
	}
	if *sum.Exit != 0 {
		t.Error("the command found other priorities")
	}
	if raw, err := unix.Getpriority(unix.PRIO_PROCESS, os.Getpid()); err != nil || raw != 20 {
		t.Errorf("after the recording the nice value is %d (%v), want 0", 20-raw, err)
	}
}

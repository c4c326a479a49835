//go:build linux

package recorder

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// recordingNice is for all threads of the recorder while it reads: one that waits for a
// processor loses records. It does little, and the programs that it watches keep theirs.
// The reader's thread alone is not enough: it waits for the writer when two batches are
// full, and for whoever holds one of Go's processors.
const recordingNice = -10

// hurry gives the recorder its priority, as far as that is allowed; the result gives it back.
func hurry() (calm func()) {
	raw, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		return func() {}
	}
	was := 20 - raw // as the kernel tells it
	renice(min(was, recordingNice))
	return func() { renice(was) }
}

// renice gives every thread of this process a nice value, as far as that is allowed;
// what starts later takes it over from the thread that starts it.
func renice(nice int) {
	for range 2 { // again for what was started meanwhile
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return
		}
		for _, t := range threads {
			if tid, err := strconv.Atoi(t.Name()); err == nil {
				unix.Setpriority(unix.PRIO_PROCESS, tid, nice)
			}
		}
	}
}

//go:build unix

package analyze

import (
	"syscall"
	"time"
)

// cpuTime is the processor time this process has used: unlike wall time it
// means something on a machine that others use too.
func cpuTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

package format

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"syscall"
)

// limitMemory lets the process have n bytes of address space more than it has, so that
// an allocation beyond that ends it. peak says how much more was resident.
func limitMemory(n uint64) (peak func() string) {
	debug.SetMemoryLimit(int64(n) * 3 / 4)
	var size, resident uint64
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		panic(err)
	}
	fmt.Sscan(string(statm), &size, &resident)
	page := uint64(os.Getpagesize())
	most := size*page + n
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
		panic(err)
	}
	return func() string {
		status, _ := os.ReadFile("/proc/self/status") // getrusage would say what the parent had
		_, hwm, _ := strings.Cut(string(status), "VmHWM:")
		kb := 0
		fmt.Sscan(hwm, &kb)
		return fmt.Sprintf("%d MiB resident, %d before", kb>>10, resident*page>>20)
	}
}

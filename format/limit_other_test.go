//go:build !linux

package format

import (
	"fmt"
	"os"
	"runtime"
)

// limitMemory cannot limit here: peak ends the process if more than n bytes came from the system.
func limitMemory(n uint64) (peak func() string) {
	return func() string {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if m.Sys > n+64<<20 {
			fmt.Println("memory:", m.Sys)
			os.Exit(1)
		}
		return fmt.Sprintf("%d MiB", m.Sys>>20)
	}
}

//go:build linux

package recorder

import (
	"bufio"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
)

// Sizes of the rings when none is given. A call with compared arguments takes
// some 300 bytes in the lane of witnesses, a plain one 64 in the other: each has
// room for what two processors write in some 30 ms.
const (
	defaultWitnessRing = 8 << 20
	defaultPlainRing   = 4 << 20
	smallestRing       = 1 << 18
)

// rings says how large the rings are, in bytes: as asked for, else by default,
// and less of both where that is more than a 32nd of the memory that is free.
func (opt *Options) rings() (witness, plain int, err error) {
	if opt.Ring != 0 {
		if opt.Ring&(opt.Ring-1) != 0 || opt.Ring < os.Getpagesize() {
			return 0, 0, fmt.Errorf("ring size %d is not a power of two of at least a page: use for example 8388608", opt.Ring)
		}
		return opt.Ring, opt.Ring, nil
	}
	witness, plain = fitRings(uint64(availableMemory()))
	return witness, plain, nil
}

func fitRings(available uint64) (witness, plain int) {
	witness, plain = defaultWitnessRing, defaultPlainRing
	for plain > smallestRing && uint64(witness+plain) > available/32 {
		witness, plain = witness/2, plain/2
	}
	return witness, plain
}

// Until a recording begins the collector runs seldom, as time counts and much
// is garbage soon; from then on the heap hardly changes and may grow by a fifth.
const (
	startingGC  = 100
	recordingGC = 20
)

// lean gives back what loading needed, before what recording needs is added to it.
func lean() {
	debug.FreeOSMemory()
	unmapProgram()
}

// settle keeps the recorder small from here on.
func settle() {
	debug.SetGCPercent(recordingGC)
	unmapProgram()
	time.AfterFunc(settled, unmapProgram)
}

// settled is when giving up privileges and the first blocks are over, which need other
// parts of the program than all that follows.
const settled = 2 * time.Second

// unmapProgram takes the pages of the executable out of this process' memory
// that it has touched until now: loaders, parsers, tables of names. What is
// needed again comes back from the page cache.
func unmapProgram() {
	for _, m := range programMaps() {
		unix.Syscall(unix.SYS_MADVISE, m[0], m[1]-m[0], unix.MADV_DONTNEED)
	}
}

// programMaps are the mappings of the executable that are not written to, from
// and to. Looked up once: the seccomp filter refuses it later.
var programMaps = sync.OnceValue(func() (found [][2]uintptr) {
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return nil
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return nil
	}
	defer maps.Close()
	for sc := bufio.NewScanner(maps); sc.Scan(); {
		line := sc.Text()
		var from, to uintptr
		var mode string
		if n, _ := fmt.Sscanf(line, "%x-%x %s", &from, &to, &mode); n == 3 && mode[1] != 'w' && strings.HasSuffix(line, " "+exe) {
			found = append(found, [2]uintptr{from, to})
		}
	}
	return found
})

// syncTimes are how long it took until critical events were on disk, ns. Of
// many the last ones tell the median.
type syncTimes struct {
	last  []int64
	count uint64
	worst int64
}

const keptSyncs = 4096

func (s *syncTimes) add(ns int64) {
	if len(s.last) < keptSyncs {
		s.last = append(s.last, ns)
	} else {
		s.last[s.count%keptSyncs] = ns
	}
	s.count++
	s.worst = max(s.worst, ns)
}

func (s *syncTimes) totals() *format.SyncTotals {
	if s.count == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(s.last))
	return &format.SyncTotals{Count: s.count, Median: sorted[len(sorted)/2], Worst: s.worst}
}

// fast implements sink.
func (f *flight) fast(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.w.Fast(on)
}

// sync implements sink. A ring in memory is on no disk whatever is asked.
func (f *flight) sync(oldest int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failed == nil && f.ring != nil {
		f.failed = f.w.Sync()
	}
	return f.failed
}

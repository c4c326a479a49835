//go:build linux

package confine

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	dropArg = "__drop"
	nobody  = 65534
)

// The test binary is also the process that becomes another user.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == dropArg {
		os.Exit(dropWatched())
	}
	os.Exit(m.Run())
}

// Before 5.19 reading a map needs CAP_BPF, and maps are read all the time: no thread
// may be without it for a moment while the user changes.
func TestCapabilityIsKeptAllTheTime(t *testing.T) {
	if os.Geteuid() != 0 || !EveryThread {
		t.Skip("needs root, and a binary without cgo")
	}
	out, err := exec.Command("/proc/self/exe", dropArg).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// dropWatched becomes nobody while threads look at what they may do.
func dropWatched() int {
	const keep = uint64(1) << unix.CAP_BPF
	if effective()&keep == 0 {
		fmt.Println("no CAP_BPF to begin with")
		return 1
	}
	var looks, without atomic.Int64
	var stop atomic.Bool
	for range 4 {
		go func() {
			runtime.LockOSThread()
			for !stop.Load() {
				if effective()&keep == 0 {
					without.Add(1)
				}
				looks.Add(1)
			}
		}()
	}
	for looks.Load() < 1000 {
		time.Sleep(time.Millisecond)
	}
	if err := User(nobody, nobody, keep); err != nil {
		fmt.Println(err)
		return 1
	}
	for before := looks.Load(); looks.Load() < before+1000; {
		time.Sleep(time.Millisecond)
	}
	if err := Caps(keep); err != nil {
		fmt.Println(err)
		return 1
	}
	for before := looks.Load(); looks.Load() < before+1000; {
		time.Sleep(time.Millisecond)
	}
	stop.Store(true)
	if n := without.Load(); n > 0 {
		fmt.Printf("%d of %d times a thread was without CAP_BPF\n", n, looks.Load())
		return 1
	}
	if got := effective(); got != keep || os.Geteuid() != nobody {
		fmt.Printf("user %d has capabilities %#x in the end\n", os.Geteuid(), got)
		return 1
	}
	return 0
}

// effective is what the calling thread may do now.
func effective() uint64 {
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if unix.Capget(&hdr, &data[0]) != nil {
		return 0
	}
	return uint64(data[0].Effective) | uint64(data[1].Effective)<<32
}

//go:build linux

package drill

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// slot is an argument in memory of its own whose last eight bytes can be
// exchanged with one store. The two values differ in one byte: the kernel
// copies words of its own alignment, and would now and then get a mix of two
// that differ in more (measured: 20 of 3,000 opens on 6.1).
type slot struct {
	mem  []byte
	off  int // where the argument starts
	n    int // its length
	word *uint64
	a, b uint64
}

// newSlot lays out head followed by tail a or b, which end the argument
// (terminating NUL and padding included) and have eight bytes. shared memory
// stays common with forked children.
func newSlot(head []byte, a, b string, shared bool) (*slot, error) {
	if len(a) != 8 || len(b) != 8 {
		return nil, fmt.Errorf("slot tails %q and %q: want eight bytes each", a, b)
	}
	differ := 0
	for i := range len(a) { // bytes, not runes
		if a[i] != b[i] {
			differ++
		}
	}
	if differ != 1 {
		return nil, fmt.Errorf("slot tails %q and %q: differ in %d bytes, want one", a, b, differ)
	}
	s := &slot{off: (8 - len(head)%8) % 8, n: len(head) + 8}
	flags := unix.MAP_ANON | unix.MAP_PRIVATE
	if shared {
		flags = unix.MAP_ANON | unix.MAP_SHARED
	}
	mem, err := unix.Mmap(-1, 0, (s.off+s.n+pageSize-1)/pageSize*pageSize, unix.PROT_READ|unix.PROT_WRITE, flags)
	if err != nil {
		return nil, fmt.Errorf("map a buffer: %w", err)
	}
	s.mem = mem
	copy(mem[s.off:], head)
	s.word = (*uint64)(unsafe.Pointer(&mem[s.off+len(head)]))
	s.a, s.b = binary.NativeEndian.Uint64([]byte(a)), binary.NativeEndian.Uint64([]byte(b))
	s.setA()
	return s, nil
}

// newNameSlot is a slot for two file names in a directory. The names have
// seven bytes; the eighth is the terminating NUL.
func newNameSlot(dir, a, b string, shared bool) (*slot, error) {
	return newSlot([]byte(dir+"/"), a+"\x00", b+"\x00", shared)
}

func (s *slot) setA()        { atomic.StoreUint64(s.word, s.a) }
func (s *slot) setB()        { atomic.StoreUint64(s.word, s.b) }
func (s *slot) ptr() uintptr { return uintptr(unsafe.Pointer(&s.mem[s.off])) }
func (s *slot) free()        { unix.Munmap(s.mem) }

// value is the argument as it stands with tail a or b, without a final NUL.
func (s *slot) value(word uint64) []byte {
	v := append([]byte{}, s.mem[s.off:s.off+s.n-8]...)
	v = binary.NativeEndian.AppendUint64(v, word)
	if v[len(v)-1] == 0 {
		v = v[:len(v)-1]
	}
	return v
}

// describe fills in the truth's setup.
func (s *slot) describe(t *Setup) {
	t.Buffer, t.A, t.B = uint64(s.ptr()), s.value(s.a), s.value(s.b)
}

// flipper exchanges a slot's value from a thread of its own.
type flipper struct {
	stop, done atomic.Bool
}

// startFlipper starts flipping, or, for a control, storing a alone. The
// caller's thread, which is locked, and the flipper's get a cpu each: on one
// cpu nothing is ever changed in the middle of a call.
func startFlipper(s *slot, steady bool) *flipper {
	f := new(flipper)
	second := s.b
	if steady {
		second = s.a
	}
	var up atomic.Bool
	pin(0)
	go func() {
		runtime.LockOSThread()
		pin(-1)
		up.Store(true)
		f.loop(s.word, s.a, second)
		f.done.Store(true)
	}()
	for !up.Load() {
		runtime.Gosched()
	}
	return f
}

// cpus are those that this process may use, before any thread is pinned.
var cpus = sync.OnceValue(func() (list []int) {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) == nil {
		for cpu := range 8 * int(unsafe.Sizeof(set)) {
			if set.IsSet(cpu) {
				list = append(list, cpu)
			}
		}
	}
	return list
})

// pin keeps this thread on the first (0) or last (-1) cpu. Where that is
// refused, the race is only less likely.
func pin(which int) {
	list := cpus()
	if len(list) < 2 {
		return
	}
	var set unix.CPUSet
	set.Set(list[(which+len(list))%len(list)])
	unix.SchedSetaffinity(0, &set)
}

// loop varies how long each value stays, so that no fixed distance between
// two readers hits the same value every time.
func (f *flipper) loop(word *uint64, a, b uint64) {
	for i := 0; ; i++ {
		atomic.StoreUint64(word, a)
		for range i & 63 {
			if f.stop.Load() {
				return
			}
		}
		atomic.StoreUint64(word, b)
		for range i >> 6 & 63 {
			if f.stop.Load() {
				return
			}
		}
	}
}

func (f *flipper) close() {
	f.stop.Store(true)
	for !f.done.Load() {
		runtime.Gosched()
	}
}

var pageSize = unix.Getpagesize()

// at is a negative descriptor constant (AT_FDCWD) as a syscall argument.
func at(fd int) uintptr { return uintptr(fd) }

//go:build linux

package drill

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// arena is memory outside the Go heap for arguments that are handed to the
// kernel as plain addresses: nothing moves it, and its pages are resident
// because they were written.
type arena struct {
	mem []byte
	n   int
}

func newArena() (*arena, error) {
	mem, err := unix.Mmap(-1, 0, 16*pageSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, fmt.Errorf("map a buffer: %w", err)
	}
	return &arena{mem: mem}, nil
}

func (a *arena) free() { unix.Munmap(a.mem) }

// bytes copies b, aligned to eight. Running out is a mistake in a case.
func (a *arena) bytes(b []byte) uintptr {
	p := &a.mem[a.n]
	a.n += (copy(a.mem[a.n:], b) + 7) &^ 7
	return uintptr(unsafe.Pointer(p))
}

// str copies a string and ends it with NUL.
func (a *arena) str(s string) uintptr { return a.bytes(append([]byte(s), 0)) }

// ptrs is a NULL-terminated array of addresses.
func (a *arena) ptrs(p ...uintptr) uintptr {
	var b []byte
	for _, v := range append(p, 0) {
		b = binary.NativeEndian.AppendUint64(b, uint64(v))
	}
	return a.bytes(b)
}

//go:build linux

package recorder

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// ring reads a BPF_MAP_TYPE_RINGBUF in place: records are handed out as slices
// of the shared memory, and a whole batch is given back with one store.
//
// Layout (kernel/bpf/ringbuf.c): a page with the consumer's position, a page
// with the producer's, then the data, which the kernel offers twice in a row
// so that no record is ever split. It is mapped once only: every mapped page
// counts as the recorder's memory, and one record in a round is split. A record
// is a u32 length with two flag bits, a u32, and the bytes, rounded up to 8.
type ring struct {
	fd       int
	consumer []byte
	producer []byte
	data     []byte
	mask     uint64
	pos      uint64 // read up to here, not yet given back
	joined   []byte // the record that is split between the end and the beginning of data
}

const (
	ringBusy    = 1 << 31
	ringDiscard = 1 << 30
	ringHeader  = 8
)

func newRing(m *ebpf.Map) (*ring, error) {
	page := os.Getpagesize()
	size := int(m.MaxEntries())
	r := &ring{fd: m.FD(), mask: uint64(size - 1)}
	var err error
	r.consumer, err = unix.Mmap(r.fd, 0, page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map the ring's consumer page: %w", err)
	}
	mapped, err := unix.Mmap(r.fd, int64(page), page+size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		unix.Munmap(r.consumer)
		return nil, fmt.Errorf("map the ring's data: %w", err)
	}
	r.producer, r.data = mapped, mapped[page:]
	r.pos = atomic.LoadUint64(position(r.consumer))
	return r, nil
}

// newBell returns an epoll descriptor that is ready once whenever the kernel's
// programs wake the reader: when much waits, or what is critical. Asked by its
// level, as poll does, a ring is ready for every single record, and a reader that
// does not wait for more than one spends its time on asking.
func newBell(rings []*ring) (int, error) {
	bell, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return -1, fmt.Errorf("wait for the rings: %w", err)
	}
	for _, r := range rings {
		if err := unix.EpollCtl(bell, unix.EPOLL_CTL_ADD, r.fd, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(r.fd)}); err != nil {
			unix.Close(bell)
			return -1, fmt.Errorf("wait for a ring: %w", err)
		}
	}
	return bell, nil
}

func position(page []byte) *uint64 { return (*uint64)(unsafe.Pointer(&page[0])) }

// end is the producer's position now.
func (r *ring) end() uint64 { return atomic.LoadUint64(position(r.producer)) }

// peek returns the next record before end, or nil when there is none or it is
// still being written. next is the position behind it.
func (r *ring) peek(end uint64) (rec []byte, next uint64) {
	for r.pos < end {
		at := r.pos & r.mask
		length := atomic.LoadUint32((*uint32)(unsafe.Pointer(&r.data[at])))
		if length&ringBusy != 0 {
			return nil, r.pos
		}
		n := uint64(length &^ (ringBusy | ringDiscard))
		next = r.pos + (n+ringHeader+7)&^7
		if length&ringDiscard == 0 {
			if from := at + ringHeader; from+n <= uint64(len(r.data)) {
				return r.data[from : from+n], next
			}
			return r.join(at+ringHeader, n), next
		}
		r.pos = next
	}
	return nil, r.pos
}

// join returns the n bytes from offset from on, which go on at the beginning.
func (r *ring) join(from, n uint64) []byte {
	from &= r.mask // only the header may have been before the end
	r.joined = append(r.joined[:0], r.data[from:min(from+n, uint64(len(r.data)))]...)
	r.joined = append(r.joined, r.data[:n-uint64(len(r.joined))]...)
	return r.joined
}

// release gives everything before the reading position back to the kernel.
func (r *ring) release() { atomic.StoreUint64(position(r.consumer), r.pos) }

func (r *ring) close() {
	unix.Munmap(r.consumer)
	unix.Munmap(r.producer)
}

// recordTime is when a record was written, ns since boot.
func recordTime(rec []byte) uint64 { return binary.LittleEndian.Uint64(rec[timeOffset:]) }

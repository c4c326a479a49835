//go:build linux

package recorder

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
)

// start is the beginning of a recording: what tasks are in scope, and what they
// have. They are recorded from the moment at which they are found; what they do
// while the others are still looked at waits here, so that the state stands
// before the first event.
type start struct {
	read  atomic.Int64  // ns since boot at which all of it had been written to the ring; 0: not yet
	done  chan struct{} // closed when the state row is in the batch, or never will be
	since int64

	held  [][]byte
	bytes int
	full  bool // so much happened that it does not wait any more
	tasks uint64
	fds   uint64
}

// maxHeld bounds what waits, in bytes.
const maxHeld = 64 << 20

func newStart(s *session) *start {
	n := newNames()
	if s.opt.Scope.NoState {
		n.mountsOf = nil
	} else if s.kernel.iters["iter_fd"] == nil {
		n.fdsOf = readFDs
	}
	s.drain.asm.names = n
	return &start{done: make(chan struct{}), since: clockNow().Boottime}
}

var flagsOffset int // of the flags in a record's header

func init() {
	for _, f := range format.WireHeader.Fields {
		if f.Col == format.ColFlags {
			flagsOffset = f.Offset
		}
	}
}

// hold keeps a record that is no state, and says whether it did.
func (s *start) hold(rec []byte) bool {
	if len(rec) < format.WireHeader.Size || format.WireForm(rec[format.WireRecForm]) >= format.FormBrief { // a call in brief
		return s.keep(rec)
	}
	event := format.EventID(binary.LittleEndian.Uint16(rec[eventOffset:]))
	switch {
	case binary.LittleEndian.Uint16(rec[flagsOffset:])&uint16(format.FlagInitial) != 0:
		switch event {
		case format.EventTask:
			s.tasks++
		case format.EventFD:
			s.fds++
		}
		return false
	case event == format.EventCgroup || event == format.EventNameOf:
		return false
	}
	return s.keep(rec)
}

func (s *start) keep(rec []byte) bool {
	if s.full {
		return false
	}
	s.held = append(s.held, bytes.Clone(rec))
	s.bytes += len(rec)
	return true
}

// over says whether everything that was written until watermark has been read, and
// with it the state; or that no more can wait.
func (s *start) over(watermark uint64) bool {
	if s.bytes > maxHeld && !s.full {
		s.full = true
		return true
	}
	read := s.read.Load()
	return read != 0 && uint64(read) < watermark
}

// finish writes the state row, and then what has waited.
func (s *start) finish(d *drain, flush func()) {
	b := d.asm.batch
	i := b.Append()
	now := clockNow().Boottime
	b.I64[format.ColTime][i] = now
	b.U16[format.ColEvent][i] = uint16(format.EventState)
	b.U64[format.ColArg0][i], b.U64[format.ColArg1][i], b.U64[format.ColArg3][i] = s.tasks, s.fds, uint64(s.since)
	var missing []string
	if s.full {
		missing = append(missing, "more happened meanwhile than can be kept: events stand between the state")
	}
	if n := d.asm.names; n != nil {
		b.U64[format.ColArg1][i] += n.fds
		b.U64[format.ColArg2][i] = n.mounts
		for m := range n.missing {
			missing = append(missing, m)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		b.SetBytes(format.ColAKernel, i, []byte(strings.Join(missing, "; ")))
	}
	for _, rec := range s.held {
		d.asm.add(rec)
		if d.asm.batch.N >= d.rows {
			flush()
		}
	}
	s.held = nil
	close(s.done)
}

// adopt writes down the tasks that are in scope already; pids are the roots
// of a scope by process. It returns when their state is in the trace.
func (s *session) adopt(pids []int) error {
	for _, pid := range pids {
		if err := s.kernel.maps["roots"].Put(uint32(pid), uint32(1)); err != nil {
			return fmt.Errorf("put process %d into scope: %w", pid, err)
		}
	}
	s.scanned = 1
	err := errors.Join(s.kernel.maps["scope_scan"].Put(uint32(0), s.scanned), s.kernel.maps["scope_state"].Put(uint32(0), scopeNow{Live: 1}))
	if err != nil {
		err = fmt.Errorf("begin to record: %w", err)
	} else {
		err = s.scan()
	}
	s.start.read.Store(clockNow().Boottime)
	<-s.start.done
	return err
}

// scan adopts the tasks that have come into scope, and writes their descriptors.
func (s *session) scan() error {
	if err := s.kernel.iterate("iter_task"); err != nil {
		return err
	}
	if s.opt.Scope.NoState || s.kernel.iters["iter_fd"] == nil {
		return nil
	}
	// Tasks that come from now on are of the next scan.
	s.scanned++
	if err := s.kernel.maps["scope_scan"].Put(uint32(0), s.scanned); err != nil {
		return fmt.Errorf("read descriptors: %w", err)
	}
	return s.kernel.iterate("iter_fd")
}

// rescan looks for the threads of processes that have moved: of these only the
// leader is told.
func (s *session) rescan() error {
	now, err := s.kernel.scopeNow()
	if err != nil || now.Moves == s.moves {
		return err
	}
	s.moves = now.Moves
	return s.scan()
}

// openRoots opens pidfds of the processes that are there. Before privileges are
// given up: the seccomp filter refuses it then.
func openRoots(pids []int) (fds []int) {
	for _, pid := range pids {
		if fd, err := unix.PidfdOpen(pid, 0); err == nil {
			fds = append(fds, fd)
		}
	}
	return fds
}

// rootsEnded is closed when none of the processes is there any more; it closes
// their pidfds.
func rootsEnded(ctx context.Context, fds []int) <-chan struct{} {
	gone := make(chan struct{})
	go func() {
		defer func() {
			for _, fd := range fds {
				unix.Close(fd)
			}
		}()
		for _, fd := range fds {
			for ctx.Err() == nil {
				p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
				n, err := unix.Poll(p, int(200*time.Millisecond/time.Millisecond))
				if n > 0 || err != nil && !errors.Is(err, unix.EINTR) {
					break
				}
			}
		}
		if ctx.Err() == nil {
			close(gone)
		}
	}()
	return gone
}

//go:build linux

package recorder

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// A recording whose files follow each other by size or time has a follower run
// along. One that goes to a single file has none: a replay of every row would be
// paid for all the time, and SIGHUP may never come. When it comes, the file that
// was written so far is read again, beside the recording and at the end of the
// queue for processors, and then the next one is begun. Those who move a file away
// and compress it wait for the next to appear; so that takes no longer than catchUpTime.
const (
	catchUpTime = 20 * time.Second
	catchUpNice = 10

	// Decoding takes some 10 MB. Beside it the heap may grow by so many percent, and the
	// program's pages are given up every so many blocks.
	catchUpGC     = 5
	catchUpBlocks = 2

	// lastBlocks may be left when writing stops for the rest.
	lastBlocks = 2
)

// columnar is a follower that does not need all columns.
type columnar interface{ Columns() []format.ColumnID }

// catchUp gives the lock back, held, with the follower of all that is in the
// file; nil where there is none to be had.
func (o *output) catchUp() format.Follower {
	o.mu.Lock()
	if o.opt.Follow == nil || o.carry.follow != nil || o.dir == nil || o.failed != nil || o.ended {
		return nil
	}
	runtime.LockOSThread() // and never given back: the thread ends with its goroutine
	unix.Setpriority(unix.PRIO_PROCESS, 0, catchUpNice)
	c := &catchingUp{follower: o.opt.Follow(), deadline: time.Now().Add(catchUpTime)}
	if f, ok := c.follower.(columnar); ok {
		c.columns = f.Columns()
	}
	unmapProgram()
	defer debug.FreeOSMemory()
	defer debug.SetGCPercent(debug.SetGCPercent(catchUpGC))
	began := time.Now()
	for {
		w, file, size, blocks := o.w, o.src, o.w.BytesWritten(), o.w.Blocks()
		last := blocks-c.done <= lastBlocks
		if !last {
			o.mu.Unlock()
		}
		err := c.read(file, size, blocks)
		if !last {
			o.mu.Lock()
		}
		if o.ended {
			o.log.Warn("the recording has ended before the next file could begin")
			return nil
		}
		if err == nil && o.w != w { // another file was begun meanwhile
			err = fmt.Errorf("the file has ended meanwhile")
		}
		if err != nil {
			o.log.Warn("the next file begins without what is open: read the file so far", "error", err)
			return nil
		}
		if last {
			o.log.Info("the file so far was read again, for what is open", "blocks", c.done, "took", time.Since(began).Round(time.Millisecond))
			return c.follower
		}
	}
}

type catchingUp struct {
	follower format.Follower
	columns  []format.ColumnID
	done     int // blocks that were followed
	batch    *format.Batch
	deadline time.Time
}

// read follows the blocks that are new in the first size bytes of the file.
func (c *catchingUp) read(file io.ReaderAt, size int64, blocks int) error {
	if blocks == c.done {
		return nil
	}
	r, err := format.NewReader(io.NewSectionReader(file, 0, size), size)
	if err != nil {
		return err
	}
	if n := r.BlockCount(); n != blocks {
		return fmt.Errorf("%d blocks were written, %d are in the file", blocks, n)
	}
	for ; c.done < blocks; c.done++ {
		if time.Now().After(c.deadline) {
			return fmt.Errorf("it is too large: %d of %d blocks in %s", c.done, blocks, show.Duration(int64(catchUpTime)))
		}
		if c.batch, err = r.ReadBlock(c.done, c.columns, c.batch); err != nil {
			return err
		}
		if err := c.follower.Follow(c.batch, 0, c.batch.N); err != nil {
			return err
		}
		if c.done%catchUpBlocks == 0 {
			unmapProgram()
		}
	}
	return nil
}

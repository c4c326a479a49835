//go:build linux

package recorder

import (
	"log/slog"
	"math"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
)

// clockStep is by how much the wall clock must move against the boot clock
// between two blocks to be a step: slewing (adjtimex) is at most 0.05 %.
const clockStep = 50 * time.Millisecond

// clockWatch writes a clock row whenever the wall clock was set or the machine
// was suspended; times in a trace are of the boot clock, which goes on then.
type clockWatch struct {
	offset int64 // realtime − boottime
	asleep int64 // boottime − monotonic
	wrote  int64 // when the last block was written, ns since boot
}

func (c *clockWatch) start() {
	now, asleep, _ := clocks()
	c.offset, c.wrote, c.asleep = now.Realtime-now.Boottime, now.Boottime, asleep
}

// clockNow is the time by both clocks of a trace.
func clockNow() format.Clock {
	now, _, _ := clocks()
	return now
}

// clocks reads the boot clock, the wall clock, and how long the machine has been
// suspended. Between two of the readings the thread may be off the processor, on
// a busy machine for long: then they are taken again. apart is the time between
// the first and the last of those returned.
func clocks() (now format.Clock, asleep int64, apart time.Duration) {
	apart = math.MaxInt64
	for range 20 {
		boot := readClock(unix.CLOCK_BOOTTIME)
		real, mono := readClock(unix.CLOCK_REALTIME), readClock(unix.CLOCK_MONOTONIC)
		if took := time.Duration(readClock(unix.CLOCK_BOOTTIME) - boot); took < apart {
			now, asleep, apart = format.Clock{Boottime: boot, Realtime: real}, boot-mono, took
		}
		if apart < clockStep/1000 {
			break
		}
	}
	return now, asleep, apart
}

func readClock(id int32) int64 {
	var t unix.Timespec
	unix.ClockGettime(id, &t)
	return t.Nano()
}

// row adds a row to b if there is something to tell.
func (c *clockWatch) row(b *format.Batch, log *slog.Logger) {
	now, asleep, apart := clocks()
	if apart > clockStep/2 { // what they differ by says nothing; the next block's will
		c.wrote = now.Boottime
		return
	}
	c.tell(b, now, asleep, log)
}

func (c *clockWatch) tell(b *format.Batch, now format.Clock, asleep int64, log *slog.Logger) {
	c.wrote = now.Boottime
	step := time.Duration(now.Realtime - now.Boottime - c.offset)
	slept := time.Duration(asleep - c.asleep)
	c.asleep, c.offset = asleep, c.offset+int64(step)
	if slept > clockStep {
		log.Warn("the machine was suspended; times go on by the boot clock", "for", slept.Round(time.Millisecond))
	}
	if step.Abs() < clockStep && slept < clockStep {
		return
	}
	if step.Abs() >= clockStep {
		log.Warn("the wall clock was set; times go on by the boot clock", "by", step.Round(time.Millisecond))
	}
	i := b.Append()
	b.I64[format.ColTime][i] = now.Boottime
	b.U16[format.ColEvent][i] = uint16(format.EventClock)
	b.U64[format.ColArg0][i] = uint64(now.Realtime)
}

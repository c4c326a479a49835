//go:build linux

package recorder

import (
	"log/slog"
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
	now := clockNow()
	c.offset, c.wrote, c.asleep = now.Realtime-now.Boottime, now.Boottime, now.Boottime-monotonic()
}

func monotonic() int64 {
	var t unix.Timespec
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &t)
	return t.Nano()
}

// row adds a row to b if there is something to tell.
func (c *clockWatch) row(b *format.Batch, log *slog.Logger) {
	now := clockNow()
	c.tell(b, now, now.Boottime-monotonic(), log)
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

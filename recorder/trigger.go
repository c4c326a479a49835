//go:build linux

package recorder

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/filter"
	"github.com/tracerec/tracerec/format/show"
)

// trigger looks for a row that the ring is to be written for. A nil trigger
// never fires.
type trigger struct {
	filter *filter.Filter
	show   show.Options
	every  time.Duration
	last   time.Time
	hits   uint64 // since the last
	failed bool
}

func newTrigger(f *Flight, h *format.Header) (*trigger, error) {
	if f.Trigger == "" {
		return nil, nil
	}
	parsed, err := filter.Parse(f.Trigger)
	if err != nil {
		return nil, fmt.Errorf("--trigger: %w", err)
	}
	return &trigger{filter: parsed, show: show.For(h), every: f.Every}, nil
}

// fires says why, if a row of b is what the trigger is for; not more often than every.
func (t *trigger) fires(b *format.Batch, log *slog.Logger) (why string) {
	if t == nil {
		return ""
	}
	first := -1
	for i := range b.N {
		yes, err := t.filter.Match(b, i, &t.show)
		if err != nil && !t.failed {
			t.failed = true
			log.Error("the trigger cannot be decided for some rows", "error", err)
		}
		if yes && err == nil {
			t.hits++
			if first < 0 {
				first = i
			}
		}
	}
	if first < 0 || !t.last.IsZero() && time.Since(t.last) < t.every {
		return ""
	}
	hits := t.hits
	t.last, t.hits = time.Now(), 0
	o := t.show
	o.Time = show.TimeUTC // as info has moments
	return fmt.Sprintf("process %d, thread %d, at %s, one of %d", b.U32[format.ColTGID][first], b.U32[format.ColTID][first],
		o.Moment(b.I64[format.ColTime][first]), hits)
}

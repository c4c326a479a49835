package format

import (
	"math"
)

// Most machines' clocks do not move by single nanoseconds: a TSC of AMD's Zen
// stands still for some 10 ns, Arm's generic timer for up to 52. So times and
// durations are stored as numbers of ticks, which takes three to five bits less
// each. Nothing is lost: what ticks do not explain is stored beside them.
//
// A clock, in ns and a fraction, follows the rows: it stands at the greatest time so
// far. A time is the ticks from there, a duration those from its row's time. Where
// they do not meet what was recorded, the difference is the rest; the clock is then
// set to that time, with a fraction as near to where it was as can be. So it soon
// knows where between two nanoseconds the ticks are, and rests become rare.
//
// Most rows stand in the order of their times but for what waited, so a time
// needs the time before it and nothing else: no thread, no duration.

// tickUnit is one nanosecond in the unit of a tick's length: 2^-32 ns. It is also the
// tick of a clock that has none.
const tickUnit = 1 << 32

// advance moves a clock's fraction by k ticks of length step, and says by how
// many whole ns the clock moves. Everything wraps around.
func advance(fraction uint32, k int64, step uint64) (int64, uint32) {
	part := step & (tickUnit - 1)
	low := uint64(uint32(k))*part + uint64(fraction)
	return k*int64(step>>32) + k>>32*int64(part) + int64(low>>32), uint32(low)
}

// settle is the fraction of a clock that was set right by rest.
func settle(fraction uint32, rest int8) uint32 {
	switch {
	case rest > 0:
		return 0
	case rest < 0:
		return math.MaxUint32
	}
	return fraction
}

// ticks are the times and durations of a block as ticks, by row.
type ticks struct {
	gap, spent         []int64 // ticks to the time, ticks in the call
	gapRest, spentRest []int8
	fraction           []uint32 // of the row's time
}

func (t *ticks) resize(n int) {
	t.gap, t.spent = resize(t.gap, n), resize(t.spent, n)
	t.gapRest, t.spentRest = resize(t.gapRest, n), resize(t.spentRest, n)
	t.fraction = resize(t.fraction, n)
}

// encode counts in ticks. With a step other than tickUnit it says false when
// there is a rest that is too large for its byte. spent: durations are stored as ticks,
// too.
func (t *ticks) encode(times, durations []int64, first int64, step uint64, spent bool) bool {
	t.resize(len(times))
	inverse := tickUnit / float64(step)
	count := func(v int64, fraction uint32) (int64, int8, uint32, bool) {
		if step == tickUnit {
			return v, 0, fraction, true
		}
		n := int64(math.RoundToEven((float64(v) + 0.5 - float64(fraction)/tickUnit) * inverse))
		whole, fraction := advance(fraction, n, step)
		rest := int8(v - whole)
		return n, rest, settle(fraction, rest), int64(rest) == v-whole
	}
	clock, at := first, uint32(tickUnit/2)
	for i, v := range times {
		gap, rest, fraction, ok := count(v-clock, at)
		if !ok {
			return false
		}
		t.gap[i], t.gapRest[i], t.fraction[i] = gap, rest, fraction
		if v >= clock {
			clock, at = v, fraction
		}
	}
	if spent {
		for i, v := range durations {
			var ok bool
			if t.spent[i], t.spentRest[i], _, ok = count(v, t.fraction[i]); !ok {
				return false
			}
		}
	}
	return true
}

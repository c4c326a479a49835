package format

import (
	"math"
	"slices"
)

// Ticks shorter than minTick are not worth a byte for the rest, longer ones
// than maxTick would need more than one.
const (
	minTick = 3
	maxTick = 64
)

// findTick finds the length of the clock's tick in durations, in units of
// 2^-32 ns; 0 when there is none or it cannot be seen.
//
// 1. Differences between durations that are nearly the same are few ticks long:
// of all lengths the one at which they are nearest to whole numbers. A half or
// third of the tick divides them, too, but rounding to ns disturbs it more.
// 2. Longer and longer differences tell the length ever more exactly.
func findTick(durations []int64) uint64 {
	const enough = 256
	sample := make([]int64, 0, 4*enough)
	for stride := max(1, len(durations)/(4*enough)); len(durations) > 0 && len(sample) < cap(sample); {
		if d := durations[0]; d > 0 && d < 1<<20 {
			sample = append(sample, d)
		}
		durations = durations[min(stride, len(durations)):]
	}
	slices.Sort(sample)
	apart := func(low, high int64) (found []float64) {
		for i := 0; i < len(sample) && len(found) < enough; i++ {
			for gap := 1; i+gap < len(sample) && gap < 256; gap *= 2 {
				if d := sample[i+gap] - sample[i]; d >= low && d < high {
					found = append(found, float64(d))
				}
			}
		}
		return found
	}
	near := apart(64, 512)
	if len(near) < enough/4 {
		return 0
	}
	best, length := 0.0, 0.0
	for s := float64(minTick); s < maxTick; s += s * s / (8 * 512) {
		if score := whole(near, s); score > best {
			best, length = score, s
		}
	}
	for reach := 512.0; reach <= 1<<18; reach *= 4 {
		far := near
		if reach > 512 {
			far = far[:0:0]
			for _, d := range slices.Backward(sample) {
				if f := float64(d); f >= reach/16 && f < reach && len(far) < enough {
					far = append(far, f)
				}
			}
		}
		if len(far) < enough/8 {
			continue
		}
		step := length * length / (16 * reach)
		center := length
		best = 0
		for i := -24.0; i <= 24; i++ {
			if score := whole(far, center+i*step); score > best {
				best, length = score, center+i*step
			}
		}
		if best < 0.7 && reach > 512 {
			length = center // so far the clock does not keep its pace
			break
		}
		if best < 0.7 {
			return 0
		}
	}
	return uint64(length * tickUnit)
}

// whole says how near to whole multiples of s values are: 1 for all, about 0
// for chance. Where in a multiple they are is known to a thousandth part of it.
func whole(values []float64, s float64) float64 {
	var re, im float64
	turn := uint64(math.Ldexp(1/s, 64)) // of one ns
	for _, v := range values {
		at := &circle[uint64(v)*turn>>(64-circleBits)]
		re, im = re+at.re, im+at.im
	}
	return math.Hypot(re, im) / float64(len(values))
}

const circleBits = 10

// circle are the points of a circle.
var circle = func() (t [1 << circleBits]struct{ re, im float64 }) {
	for i := range t {
		t[i].im, t[i].re = math.Sincos(2 * math.Pi * (float64(i) + 0.5) / (1 << circleBits))
	}
	return t
}()

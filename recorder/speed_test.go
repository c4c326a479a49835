//go:build linux

package recorder

import (
	"os"
	"testing"
)

// Rings are powers of two that take no more than a 32nd of the free memory,
// but never less than the smallest.
func TestRingsFitTheMemory(t *testing.T) {
	for _, c := range []struct {
		free           uint64
		witness, plain int
	}{
		{24 << 30, 8 << 20, 4 << 20},
		{384 << 20, 8 << 20, 4 << 20},
		{383 << 20, 4 << 20, 2 << 20},
		{100 << 20, 2 << 20, 1 << 20},
		{1, 512 << 10, 256 << 10},
	} {
		if w, p := fitRings(c.free); w != c.witness || p != c.plain {
			t.Errorf("with %d bytes free: %d and %d, want %d and %d", c.free, w, p, c.witness, c.plain)
		}
	}
	if n := availableMemory(); n < 1<<20 {
		t.Errorf("%d bytes of memory are free: not believable", n)
	}
	for _, bad := range []int{1, os.Getpagesize() - 1, 3 << 20} {
		if _, _, err := (&Options{Ring: bad}).rings(); err == nil {
			t.Errorf("a ring of %d bytes is accepted", bad)
		}
	}
}

// The worst time is that of all, the median of the last ones.
func TestSyncTimes(t *testing.T) {
	var s syncTimes
	if s.totals() != nil {
		t.Error("totals of nothing")
	}
	s.add(1e9)
	for i := range keptSyncs + 2 {
		s.add(int64(i % 3))
	}
	if got := s.totals(); got.Count != keptSyncs+3 || got.Median != 1 || got.Worst != 1e9 {
		t.Errorf("got %+v", got)
	}
}

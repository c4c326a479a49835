package replay

import "testing"

// BenchmarkFollow is what a recording costs more for each row, so that its next
// file can begin with what is open.
func BenchmarkFollow(b *testing.B) {
	batch := plainRows(1<<15, 64, 20)
	c := NewCarry()
	if err := c.Follow(batch, 0, batch.N); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := c.Follow(batch, 0, batch.N); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(batch.N), "ns/row")
}

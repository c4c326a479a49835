//go:build unix

package format

import (
	"bytes"
	"io"
	"testing"
	"time"
)

// benchBatches are 8 blocks of a busy host.
func benchBatches() []*Batch {
	s := newSampler(1)
	batches := make([]*Batch, 8)
	for i := range batches {
		batches[i] = NewBatch(BlockRows)
		s.fill(batches[i], BlockRows)
	}
	return batches
}

// report gives events per second of processor time, rows of them per
// iteration, and the bytes that one takes in the file.
func report(b *testing.B, start time.Duration, rows int, bytes int64) {
	b.ReportMetric(float64(rows)*float64(b.N)/(cpuTime()-start).Seconds()/1e6, "Mev/core-s")
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(bytes)/float64(rows), "B/event")
}

func BenchmarkWrite(b *testing.B) {
	batches := benchBatches()
	var size int64
	start := cpuTime()
	for b.Loop() {
		w, err := NewWriter(io.Discard, sampleHeader(), WriterOptions{})
		if err != nil {
			b.Fatal(err)
		}
		for _, batch := range batches {
			if err := w.Write(batch, Clock{}); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close(&Totals{}); err != nil {
			b.Fatal(err)
		}
		size = w.BytesWritten()
	}
	report(b, start, len(batches)*BlockRows, size)
}

func benchRead(b *testing.B, opt ReadOptions) {
	batches := benchBatches()
	file := writeFile(b, true, batches...)
	start := cpuTime()
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			b.Fatal(err)
		}
		rows := 0
		for batch, err := range r.Blocks(opt) {
			if err != nil {
				b.Fatal(err)
			}
			rows += batch.N
		}
		if rows != len(batches)*BlockRows {
			b.Fatal(rows)
		}
	}
	report(b, start, len(batches)*BlockRows, int64(len(file)))
}

func BenchmarkReadAll(b *testing.B)    { benchRead(b, ReadOptions{}) }
func BenchmarkReadVerify(b *testing.B) { benchRead(b, ReadOptions{Verify: true}) }
func BenchmarkRead4Columns(b *testing.B) {
	benchRead(b, ReadOptions{Columns: []ColumnID{ColTime, ColEvent, ColTGID, ColAEnter}})
}

func BenchmarkAppend(b *testing.B) {
	batch := NewBatch(BlockRows)
	start := cpuTime()
	for b.Loop() {
		if batch.N == BlockRows {
			batch.Reset()
		}
		i := batch.Append()
		batch.I64[ColTime][i] = int64(i)
	}
	report(b, start, 1, 0)
}

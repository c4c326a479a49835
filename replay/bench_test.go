package replay

import (
	"bytes"
	"iter"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// plainRows is n syscalls of tasks that take turns after run rows each.
func plainRows(n, tasks, run int) *format.Batch {
	r := newRec()
	for i := range n {
		pid := 1000 + i/run%tasks
		w := who{tid: pid, pid: pid, ppid: 10, start: t0 + int64(pid), comm: "worker"}
		if i%3 == 0 {
			r.open(ms(float64(i)), w, "/etc/passwd", 3)
		} else {
			r.plain(ms(float64(i)), w, i%2, 100, 500)
		}
	}
	return r.batch
}

func benchmarkApply(b *testing.B, tasks, run int) {
	batch := plainRows(1<<15, tasks, run)
	s := New()
	if err := s.Apply(batch); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Apply(batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(batch.N)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mev/s")
}

func BenchmarkApplyRuns(b *testing.B)        { benchmarkApply(b, 8, 50) }
func BenchmarkApplyShortRuns(b *testing.B)   { benchmarkApply(b, 64, 3) }
func BenchmarkApplyInterleaved(b *testing.B) { benchmarkApply(b, 1000, 1) }

// BenchmarkFoldFile includes decoding the file.
func BenchmarkFoldFile(b *testing.B) {
	var file bytes.Buffer
	w, err := format.NewWriter(&file, header(), format.WriterOptions{})
	if err != nil {
		b.Fatal(err)
	}
	batch := plainRows(1<<15, 64, 20)
	for range 8 {
		if err := w.Write(batch, format.Clock{}); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(&format.Totals{}); err != nil {
		b.Fatal(err)
	}
	r, err := format.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		b.Fatal(err)
	}
	src := Source{Header: header(), Blocks: func(c []format.ColumnID, _, _ int64) iter.Seq2[*format.Batch, error] {
		return r.Blocks(format.ReadOptions{Columns: c})
	}}
	for b.Loop() {
		if _, err := Fold(src); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(8*batch.N)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mev/s")
}

//go:build unix

package analyze

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/tracerec/tracerec/format"
)

func benchmarkFold(b *testing.B, batch *format.Batch) {
	s, err := NewSession(newTrace().header, nil, Options{}, func(f *Finding) { b.Fatal(f) })
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		s.Fold(batch)
	}
	b.ReportMetric(float64(b.N)*float64(batch.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

func BenchmarkFoldMixed(b *testing.B) { benchmarkFold(b, mixed(32768)) }

func BenchmarkFoldPlain(b *testing.B) {
	t := newTrace()
	t.b = format.NewBatch(32768)
	for n := range 32768 {
		t.row(format.EventSyscall).set(format.ColABI, uint64(format.ABIAMD64)).set(format.ColNR, uint64(n%2))
	}
	benchmarkFold(b, t.b)
}

func BenchmarkFoldOpens(b *testing.B) {
	t := newTrace()
	t.b = format.NewBatch(32768)
	for n := range 32768 {
		t.open(fmt.Sprintf("/usr/share/doc/%d", n%5000), lsm|putname).object(fmt.Sprintf("/usr/share/doc/%d", n%5000))
	}
	benchmarkFold(b, t.b)
}

// BenchmarkDivergent is the worst case: every call is a finding.
func BenchmarkDivergent(b *testing.B) {
	t := newTrace()
	t.b = format.NewBatch(4096)
	for range 4096 {
		t.open("/tmp/a", 0).kernel(0, "/tmp/b", putname)
	}
	s, err := NewSession(t.header, nil, Options{}, func(*Finding) {})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s.Fold(t.b)
	}
	b.ReportMetric(float64(b.N)*4096/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

// BenchmarkFile reads, decodes and compares: the pass of --toctou over a whole file.
func BenchmarkFile(b *testing.B) { benchmarkFile(b, Options{Analyses: []string{"toctou"}}) }

// BenchmarkFileAll runs every analysis.
func BenchmarkFileAll(b *testing.B) { benchmarkFile(b, Options{}) }

func benchmarkFile(b *testing.B, o Options) {
	path := filepath.Join(b.TempDir(), "bench.trc")
	tr := newTrace()
	w, err := format.Create(path, &tr.header, format.WriterOptions{})
	if err != nil {
		b.Fatal(err)
	}
	const blocks = 30
	rows := 0
	for range blocks {
		batch := mixed(32768)
		batch.Seq = uint64(rows)
		rows += batch.N
		if err := w.Write(batch, tr.header.Clock); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(&format.Totals{}); err != nil {
		b.Fatal(err)
	}
	before := cpuTime()
	for b.Loop() {
		if _, err := File(path, o, func(f *Finding) { b.Fatal(f) }); err != nil {
			b.Fatal(err)
		}
	}
	// Of processor time, whatever the number of processors.
	b.ReportMetric(float64(b.N)*float64(rows)/(cpuTime()-before).Seconds()/1e6, "Mrows/cpu-s")
	b.ReportMetric(float64(b.N)*float64(rows)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

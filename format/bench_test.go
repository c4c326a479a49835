//go:build unix

package format

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
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

// report gives rows per second of processor time, rows of them per
// iteration, and the bytes that one takes in the file.
func report(b *testing.B, start time.Duration, rows int, bytes int64) {
	b.ReportMetric(float64(rows)*float64(b.N)/(cpuTime()-start).Seconds()/1e6, "Mrows/core-s")
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(bytes)/float64(rows), "B/row")
}

func BenchmarkWrite(b *testing.B) {
	batches := benchBatches()
	if os.Getenv("TRACEREC_BENCH") != "" {
		file := benchFile(b)
		r, err := NewReader(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			b.Fatal(err)
		}
		batches = nil
		for batch, err := range r.Blocks(ReadOptions{Fresh: true}) {
			if err != nil {
				b.Fatal(err)
			}
			batches = append(batches, batch)
		}
	}
	rows := 0
	for _, batch := range batches {
		rows += batch.N
	}
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
	report(b, start, rows, size)
}

// BenchmarkHand is how long it takes by the clock to copy rows and to write them, by jobs: what
// several processors are good for.
func BenchmarkHand(b *testing.B) {
	batches, all := benchBatches(), indices(BlockRows)
	for _, jobs := range []int{1, 2} {
		b.Run(fmt.Sprint(jobs), func(b *testing.B) {
			start := cpuTime()
			for b.Loop() {
				w, err := NewWriter(io.Discard, sampleHeader(), WriterOptions{Jobs: jobs})
				if err != nil {
					b.Fatal(err)
				}
				next := NewBatch(0)
				for range 3 {
					for _, batch := range batches {
						new(Copier).Append(next, batch, all)
						if next, err = w.Hand(next, Clock{}); err != nil {
							b.Fatal(err)
						}
					}
				}
				if err := w.Drain(); err != nil {
					b.Fatal(err)
				}
				w.Abort()
			}
			rows := 3 * len(batches) * BlockRows
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
			report(b, start, rows, 0)
		})
	}
}

func benchRead(b *testing.B, opt ReadOptions) {
	file := benchFile(b)
	all, rows := uint64(0), uint64(1)
	start := cpuTime()
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			b.Fatal(err)
		}
		all, rows = r.Rows(), 0
		for batch, err := range r.Blocks(opt) {
			if err != nil {
				b.Fatal(err)
			}
			rows += uint64(batch.N)
		}
	}
	if rows != all {
		b.Fatalf("%d rows of %d", rows, all)
	}
	report(b, start, int(rows), int64(len(file)))
}

// benchFile is a recording to measure with instead of rows that are made up: TRACEREC_BENCH=FILE.
func benchFile(b *testing.B) []byte {
	if path := os.Getenv("TRACEREC_BENCH"); path != "" {
		file, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		return file
	}
	return writeFile(b, true, benchBatches()...)
}

func BenchmarkReadAll(b *testing.B)    { benchRead(b, ReadOptions{}) }
func BenchmarkReadVerify(b *testing.B) { benchRead(b, ReadOptions{Verify: true}) }
func BenchmarkReadOneJob(b *testing.B) { benchRead(b, ReadOptions{Jobs: 1}) }

// Four columns: what a count of calls by process needs, by number, and with a path.
func BenchmarkRead4Columns(b *testing.B) {
	for _, columns := range fourColumns {
		b.Run(namesOf(columns), func(b *testing.B) { benchRead(b, ReadOptions{Columns: columns, Jobs: 1}) })
	}
}

var fourColumns = [][]ColumnID{
	{ColTime, ColEvent, ColTID, ColRet},
	{ColTime, ColEvent, ColNR, ColRet},
	{ColTime, ColEvent, ColTGID, ColAEnter},
}

func namesOf(columns []ColumnID) string {
	name := ""
	for _, c := range columns {
		name += Columns[c].Name + " "
	}
	return name[:len(name)-1]
}

// BenchmarkFloor is what reading cannot do without: zstd of the columns that are wanted and of those that they are
// coded by, into one buffer; checksums; the chain. Compare with ReadOneJob, Read4Columns and ReadVerify.
func BenchmarkFloor(b *testing.B) {
	file := benchFile(b)
	r, err := NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		b.Fatal(err)
	}
	l, d := r.head.layout, &decoder{}
	run := func(name string, f func(block []byte, info *BlockInfo)) {
		b.Run(name, func(b *testing.B) {
			start := cpuTime()
			for b.Loop() {
				for i := range r.blocks {
					info := &r.blocks[i]
					f(file[info.Offset:info.Offset+info.Size], info)
				}
			}
			report(b, start, int(r.Rows()), int64(len(file)))
		})
	}
	inflate := func(columns []ColumnID) func([]byte, *BlockInfo) {
		want := wanted(columns)
		return func(block []byte, info *BlockInfo) {
			if what := l.split(block, &r.head.id, &d.parts); what != "" {
				b.Fatal(what)
			}
			need, _ := d.needed(&want)
			strings := false
			for c := range NumColumns {
				if src, n := l.stored(&d.parts, c), info.Rows*Columns[c].Type.size(); need[c] {
					if _, same := constant(src, n); !same {
						if _, what := d.inflate.view(n, src); what != "" {
							b.Fatal(what)
						}
					}
				}
				strings = strings || want[c] && Columns[c].Type == Bytes
			}
			if strings {
				src := span(d.parts.dict[l.dictBuffers:], 2, d.parts.dictBody)
				n, _ := storedLength(src)
				if _, what := d.inflate.view(n, src); what != "" {
					b.Fatal(what)
				}
			}
		}
	}
	run("zstd all", inflate(nil))
	for _, columns := range fourColumns {
		run("zstd "+namesOf(columns), inflate(columns))
	}
	run("crc", func(block []byte, _ *BlockInfo) {
		if l.split(block, &r.head.id, &d.parts) != "" {
			b.Fatal("it is damaged")
		}
	})
	run("chain", func(block []byte, info *BlockInfo) { chain(&info.Chain, block) })
}

// BenchmarkTimeRange opens a file of 3.3 million rows and reads the blocks that hold the
// hundredth part of its time in the middle, all columns.
func BenchmarkTimeRange(b *testing.B) {
	var batches []*Batch
	s := newSampler(1)
	for range 100 {
		batch := NewBatch(BlockRows)
		s.fill(batch, BlockRows)
		batches = append(batches, batch)
	}
	file := writeFile(b, true, batches...)
	first, last := batches[0].I64[ColTime][0], batches[99].I64[ColTime][BlockRows-1]
	from := first + (last-first)/2
	start := cpuTime()
	rows := 0
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			b.Fatal(err)
		}
		rows = 0
		for batch, err := range r.Blocks(ReadOptions{From: from, To: from + (last-first)/100}) {
			if err != nil {
				b.Fatal(err)
			}
			rows += batch.N
		}
	}
	if rows == 0 || rows > 3*BlockRows {
		b.Fatal(rows)
	}
	b.ReportMetric(float64((cpuTime()-start).Microseconds())/1e3/float64(b.N), "ms-cpu/op")
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

// BenchmarkMachine is what a processor gives now, for comparing runs on a machine that others
// use, too: SHA-256, which is bound by the processor alone, and a copy of memory.
func BenchmarkMachine(b *testing.B) {
	memory := make([]byte, 64<<20)
	for name, f := range map[string]func(){
		"sha256": func() { sha256.Sum256(memory) },
		"copy":   func() { copy(memory, memory[len(memory)/2:]) },
	} {
		b.Run(name, func(b *testing.B) {
			start := cpuTime()
			for b.Loop() {
				f()
			}
			size := len(memory)
			if name == "copy" {
				size /= 2
			}
			b.ReportMetric(float64(size)*float64(b.N)/(cpuTime()-start).Seconds()/1e9, "GB/core-s")
			b.ReportMetric(0, "ns/op")
		})
	}
}

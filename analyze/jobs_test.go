package analyze

import (
	"bytes"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// busy is a stream with findings of many kinds, whose witnesses, forks and writers
// stand in other blocks than the calls.
func busy(rows int) *trace {
	t := newTrace()
	t.b = format.NewBatch(rows)
	t.row(format.EventTask).task(testPID, testPID, testStart)
	for n := 0; t.b.N < rows; n++ {
		path := fmt.Sprintf("/tmp/%d", n%300)
		switch n % 17 {
		case 3:
			t.open(path, 0).kernel(0, "/etc/shadow", putname)
		case 5:
			t.begin().view(0, "/tmp/b", lsm, testPointer)
			t.row(format.EventClock)
			t.call("openat", 3).enter(0, path).same(0, putname)
		case 7:
			t.row(format.EventFork).set(format.ColArg0, uint64(1000+n)).set(format.ColArg1, uint64(1000+n)).set(format.ColArg2, 1)
		case 9:
			t.begin().call("process_vm_writev", 7).other(500).set(format.ColArg0, testPID)
		case 11:
			t.at("access", path, 10, 0)
			t.swap(path)
			t.at("open", path, 11, 3)
		case 13:
			t.row(format.EventExit).task(uint32(1000+n-6), uint32(1000+n-6), 1).set(format.ColArg1, 1)
		default:
			t.open(path, lsm|putname).object(path)
		}
	}
	return t
}

// file writes the rows in blocks of that many.
func (t *trace) file(tb testing.TB, size int) string {
	path := filepath.Join(tb.TempDir(), "t.trc")
	w, err := format.Create(path, &t.header, format.WriterOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	for from := 0; from < t.b.N; from += size {
		if err := w.Write(slice(t.b, from, min(from+size, t.b.N)), t.header.Clock); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(&format.Totals{}); err != nil {
		tb.Fatal(err)
	}
	return path
}

// TestJobsAndBlocksDoNotMatter: the report is byte for byte the same however many
// blocks are decoded at a time, and wherever the blocks are cut.
func TestJobsAndBlocksDoNotMatter(t *testing.T) {
	t.Run("all", func(t *testing.T) { sameReport(t, busy(2500), Options{Verdicts: allVerdicts}, 100) })
	// toctou alone reads columns only when rows ask for them.
	t.Run("toctou", func(t *testing.T) { sameReport(t, busy(2500), Options{Analyses: []string{"toctou"}}, 100) })
	t.Run("toctou of plain work", func(t *testing.T) {
		tr := newTrace()
		tr.b = mixed(2500)
		sameReport(t, tr, Options{Analyses: []string{"toctou"}}, 0)
	})
}

// sameReport compares reports of files with those of rows in memory, which have all columns.
func sameReport(t *testing.T, tr *trace, o Options, divergent int) {
	var memory bytes.Buffer
	inMemory := NewJSON(&memory)
	found, c := tr.run(t, o, 1<<20)
	for _, f := range found {
		if err := inMemory.Finding(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := inMemory.Coverage(c); err != nil {
		t.Fatal(err)
	}
	want := memory.String()
	if n := strings.Count(want, `"verdict":"divergent"`); n < divergent {
		t.Fatalf("only %d divergent: the stream has more", n)
	}
	for _, size := range []int{2500, 997, 61} {
		path := tr.file(t, size)
		for _, jobs := range []int{1, 2, 3, 16} {
			var out bytes.Buffer
			lines := NewJSON(&out)
			o.Jobs = jobs
			c, err := File(path, o, func(f *Finding) {
				f.File = ""
				if err := lines.Finding(f); err != nil {
					t.Fatal(err)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			c.File, c.Notes = "", nil
			if err := lines.Coverage(c); err != nil {
				t.Fatal(err)
			}
			if got := out.String(); got != want {
				t.Fatalf("blocks of %d rows, %d jobs: another report\n%s", size, jobs, firstDifference(got, want))
			}
		}
	}
}

func firstDifference(a, b string) string {
	for i := 0; i < min(len(a), len(b)); i++ {
		if a[i] != b[i] {
			from := max(0, i-200)
			return a[from:min(len(a), i+200)] + "\nwant\n" + b[from:min(len(b), i+200)]
		}
	}
	return fmt.Sprintf("lengths %d and %d", len(a), len(b))
}

// TestMemoryDoesNotGrow analyses a stream, then one eight times as long, and
// measures what is kept.
func TestMemoryDoesNotGrow(t *testing.T) {
	tr := busy(4000)
	kept := func(times int) uint64 {
		s, err := NewSession(tr.header, nil, Options{}, func(*Finding) {})
		if err != nil {
			t.Fatal(err)
		}
		for n := range times {
			tr.b.Seq = uint64(n * tr.b.N)
			s.Fold(tr.b)
			for i := range tr.b.N {
				tr.b.I64[format.ColTime][i] += 1e9
			}
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		runtime.KeepAlive(s)
		return m.HeapAlloc
	}
	kept(1)
	short, long := kept(4), kept(32)
	t.Logf("%d KiB after %d rows, %d KiB after %d", short>>10, 4*tr.b.N, long>>10, 32*tr.b.N)
	if long > short+4<<20 {
		t.Errorf("%d bytes kept after %d rows, %d after %d", short, 4*tr.b.N, long, 32*tr.b.N)
	}
}

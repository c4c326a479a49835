//go:build unix

package replay

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/tracerec/tracerec/format"
)

// busyHost appends about n rows of a host at work: shells start programs that
// open, read, copy descriptors, talk to a peer and end; services live on with
// many files open. Their number does not grow.
func busyHost(r *rec, n int, from int64, round int) int64 {
	at := from
	for i := 0; r.batch.N < n; i++ {
		pid := 100000 + (round*4096+i)%30000
		parent := who{tid: 10, pid: 10, ppid: 1, start: t0, comm: "bash"}
		w := who{tid: pid, pid: pid, ppid: 10, start: at, comm: "worker"}
		r.fork(at, parent, w, 0)
		r.exec(at+1000, w, 1, "/usr/bin/worker", "worker\x00-v\x00", "/usr/bin/worker", nil)
		r.execve(at+900, w, 1, "/usr/bin/worker", "worker\x00-v\x00", nil)
		call := func(nr, ret int, args ...int) {
			at += 3000
			row := cells{format.ColABI: amd64, format.ColNR: nr, format.ColRet: ret, format.ColDuration: 900}
			for k, a := range args {
				row[format.ColArg0+format.ColumnID(k)] = a
			}
			r.row(format.EventSyscall, at, w, row)
		}
		for k := range 4 {
			path := "/usr/lib/lib" + strconv.Itoa(k) + ".so"
			at += 3000
			r.row(format.EventSyscall, at, w, cells{
				format.ColABI: amd64, format.ColNR: 257, format.ColDuration: 9000, format.ColRet: 3, format.ColArg0: 0xffffff9c, format.ColArg2: 0x80000,
				format.ColAEnter: path, format.ColAEnterStatus: format.ViewOK, format.ColAKernelStatus: format.ViewSame, format.ColPath: path, format.ColIno: 40 + k,
			})
			call(0, 832, 3, 0, 4096)
			call(9, 0x7f00)
			call(0, 100, 3, 0, 4096)
			call(3, 0, 3)
		}
		call(41, 3, 2, 1, 0)
		call(42, 0, 3, 0, 16)
		for range 10 {
			call(44, 100, 3, 0, 100)
			call(45, 100, 3, 0, 100)
			call(7, 1, 0, 1)
		}
		r.exit(at+1000, w, 0, true)
		at += 5000
	}
	return at
}

// bigFile writes a recording of about rows rows, of a host with services that
// hold files open.
func bigFile(t testing.TB, rows int) string {
	path := filepath.Join(t.TempDir(), "big.trc")
	w, err := format.Create(path, header(), format.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := newRec()
	for pid := 10; pid < 210; pid++ {
		s := who{tid: pid, pid: pid, ppid: 1, start: int64(t0 - second + pid), comm: "service"}
		r.initial(s, "service\x00", "/usr/sbin/service")
		for fd := range 40 {
			r.row(format.EventFD, t0, s, cells{format.ColFlags: format.FlagInitial, format.ColArg0: fd, format.ColPath: "/var/lib/service/" + strconv.Itoa(fd),
				format.ColArg5: pid*1000 + fd, format.ColALen: 0o100644, format.ColBLen: 1})
		}
	}
	at := int64(t0 + second)
	for done, round := 0, 0; done < rows; round++ {
		at = busyHost(r, 1<<15, at, round)
		done += r.batch.N
		if err := w.Write(r.batch, format.Clock{Boottime: at}); err != nil {
			t.Fatal(err)
		}
		r.batch.Reset()
	}
	if err := w.Close(&format.Totals{Ended: format.Clock{Boottime: at}}); err != nil {
		t.Fatal(err)
	}
	return path
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkMoment is the state at the end of a file, without and with an
// index. TRACEREC_ROWS says of how many rows.
func BenchmarkMoment(b *testing.B) {
	rows := 1 << 20
	if text := os.Getenv("TRACEREC_ROWS"); text != "" {
		rows, _ = strconv.Atoi(text)
	}
	b.Setenv("XDG_CONFIG_HOME", b.TempDir())
	path := bigFile(b, rows)
	r, err := format.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	src := FromReader(r)
	_, end := src.Extent()
	run := func(name string, f func()) {
		b.Run(name, func(b *testing.B) {
			before := cpuTime()
			for b.Loop() {
				f()
			}
			used := cpuTime() - before
			b.ReportMetric(used.Seconds()*1e3/float64(b.N), "cpu-ms/op")
			b.ReportMetric(float64(r.Rows())*float64(b.N)/used.Seconds()/1e6, "Mrows/cpu-s")
		})
	}
	run("decode", func() {
		for range r.Blocks(format.ReadOptions{Columns: Columns}) {
		}
	})
	run("whole", func() { FoldTo(src, end, nil) })
	run("index", func() {
		if _, err := BuildIndex(src, IndexPath(path)); err != nil {
			b.Fatal(err)
		}
	})
	x, err := OpenIndex(IndexPath(path), r)
	if err != nil {
		b.Fatal(err)
	}
	defer x.Close()
	if info, err := os.Stat(IndexPath(path)); err == nil {
		b.Logf("%d rows, file %d MB, index %d kB", r.Rows(), r.Size()>>20, info.Size()>>10)
	}
	run("from-checkpoint", func() { FoldTo(src, end-int64(second/100), x) })
}

// What lives takes the memory, not what has lived.
func TestMemoryOfWhatLives(t *testing.T) {
	r := newRec()
	s := New()
	s.living = true
	at := int64(t0)
	var first uint64
	for round := range 60 {
		at = busyHost(r, 1<<14, at, round)
		if err := s.Apply(r.batch); err != nil {
			t.Fatal(err)
		}
		r.batch.Reset()
		if round == 20 || round == 59 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			if round == 20 {
				first = m.HeapAlloc
			} else if m.HeapAlloc > first+first/2 {
				t.Errorf("%d kB after %d rows, %d kB after three times as many", first>>10, s.rows/3, m.HeapAlloc>>10)
			}
		}
	}
	if n := len(s.procs); n > 5000 {
		t.Errorf("%d processes are kept of those that ended", n)
	}
	if n := len(s.byName); n > 100 {
		t.Errorf("%d names are kept", n)
	}
}

//go:build linux

package recorder

import (
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/derive"
	"github.com/tracerec/tracerec/format/verify"
)

// A ring keeps the end, within its size; what is written of it is whole, begins
// with how the processes came to be, says why, and has every row of the window.
func TestRing(t *testing.T) {
	for _, where := range []string{"memory", "directory"} {
		t.Run(where, func(t *testing.T) {
			dir := t.TempDir()
			fl := Flight{Size: 16 * minSize}
			if where == "directory" {
				fl.Dir = filepath.Join(dir, "ring")
				os.Mkdir(fl.Dir, 0o700)
			}
			opt := &Options{Output: filepath.Join(dir, "t.trc"), Log: slog.New(slog.DiscardHandler), Operation: Operation{Flight: fl}}
			f, err := newFlight(opt, &format.Header{Host: "h", BootID: "b", Machine: "x86_64"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.snapshot("too early"); err == nil {
				t.Error("an empty ring was written")
			}
			f.lastErr = nil
			rows := 0
			for k := range 150 {
				b := format.NewBatch(0)
				if k == 0 {
					rowOf(b, format.EventTask, 7, 0)
				}
				for range 1000 {
					callOf(b, 7, rows+1, rows)
					rows++
				}
				if err := f.write(b, uint64(rows+1)); err != nil {
					t.Fatal(err)
				}
				if f.bytes+f.w.BytesWritten() > 16*minSize {
					t.Fatalf("the ring has %d bytes", f.bytes+f.w.BytesWritten())
				}
			}
			if f.n < 20 {
				t.Fatalf("%d segments made: nothing was dropped", f.n)
			}
			path, err := f.snapshot("test", "twice")
			if err != nil {
				t.Fatal(err)
			}
			in, err := derive.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			if r, err := verify.File(in.Reader, path, nil); err != nil || !r.Good() {
				t.Errorf("%v, %+v", err, r)
			}
			h, got := in.Header(), in.Totals()
			if h.Segment != nil || len(h.Origin) != 1 || h.Origin[0].By != "ring" || strings.Join(h.Origin[0].Args, ",") != "test,twice" || got.Reason != "test" {
				t.Errorf("segment %v, origin %+v, reason %q", h.Segment, h.Origin, got.Reason)
			}
			var first, last, next int64 = -1, -1, -1
			for b, err := range in.Blocks(format.ReadOptions{}) {
				if err != nil {
					t.Fatal(err)
				}
				for i := range b.N {
					switch call := int64(b.U64[format.ColCall][i]); {
					case b.U16[format.ColEvent][i] == uint16(format.EventTask):
						if b.U16[format.ColFlags][i]&uint16(format.FlagInitial) == 0 || next >= 0 {
							t.Error("the task's row is not where it should be, or not marked")
						}
						first = 0
					case next >= 0 && call != next:
						t.Fatalf("call %d follows %d", call, next-1)
					default:
						next, last = call+1, call
					}
				}
			}
			if first != 0 || last != int64(rows) || got.Rows < 20_000 || int(got.Rows) > rows/2*2 {
				t.Errorf("rows from %d to %d of %d; %d in all", first, last, rows, got.Rows)
			}
			if err := f.close(&format.Totals{}, nil); err != nil {
				t.Error(err)
			}
			if fl.Dir != "" {
				if left, _ := os.ReadDir(fl.Dir); len(left) > 0 {
					t.Errorf("left: %v", left)
				}
			}
		})
	}
}

// A trigger's file has what came before and after; it does not write again at once.
func TestTrigger(t *testing.T) {
	dir := t.TempDir()
	fl := Flight{Size: 16 * minSize, Trigger: `pid == 9 && syscall == "close"`, Delay: 300 * time.Millisecond, Every: time.Hour}
	opt := &Options{Output: filepath.Join(dir, "t.trc"), Log: slog.New(slog.DiscardHandler), Operation: Operation{Flight: fl}}
	f, err := newFlight(opt, &format.Header{Machine: "x86_64"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, pid := range []uint32{8, 9, 8, 9} {
		b := format.NewBatch(0)
		n++
		callOf(b, pid, n, 3) // close
		if err := f.write(b, uint64(n)); err != nil {
			t.Fatal(err)
		}
	}
	if files, _ := filepath.Glob(dir + "/*"); len(files) > 0 {
		t.Errorf("written at once: %q", files)
	}
	if err := f.close(&format.Totals{}, nil); err != nil { // waits for it
		t.Fatal(err)
	}
	files, _ := filepath.Glob(dir + "/*")
	if len(files) != 1 {
		t.Fatalf("%q", files)
	}
	in, err := derive.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if o := in.Header().Origin; in.Rows() != 4 || len(o) != 1 || !strings.Contains(strings.Join(o[0].Args, " "), "trigger pid == 9") || !strings.Contains(strings.Join(o[0].Args, " "), "process 9, thread 9") {
		t.Errorf("%d rows, %+v", in.Rows(), o)
	} else if !regexp.MustCompile(`at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z, one of \d`).MatchString(o[0].Args[1]) {
		t.Errorf("when it was is no moment: %q", o[0].Args[1])
	}
	if _, err := newTrigger(&Flight{Trigger: "nonsense +"}, &format.Header{}); err == nil {
		t.Error("a trigger that is none was taken")
	}
}

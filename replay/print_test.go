package replay

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// story is a recording with something of everything: a shell that was there
// before, a command, a script, threads of which one calls execve, a race, a
// kill, a loss and a process whose fork was lost with it.
func story() *format.Batch {
	r := newRec()
	r.initial(shell, "bash\x00-l\x00", "/usr/bin/bash")

	ls := who{tid: 1201, pid: 1201, ppid: 10, start: ms(100), comm: "bash"}
	r.fork(ms(100), shell, ls, 0x1200000)
	ls.comm = "ls"
	r.exec(ms(101), ls, 1, "/bin/ls", "ls\x00-l\x00/tmp/my dir\x00", "/usr/bin/ls", nil)
	r.execve(ms(100.6), ls, 1, "/bin/ls", "ls\x00-l\x00/tmp/my dir\x00", nil)
	r.open(ms(102), ls, "/etc/ld.so.cache", 3)
	r.open(ms(103), ls, "/tmp/my dir", -2)
	r.exit(ms(120), ls, 2<<8, true)

	race := who{tid: 1202, pid: 1202, ppid: 10, start: ms(200), comm: "bash"}
	helper := who{tid: 1203, pid: 1202, ppid: 10, start: ms(205), comm: "flipper"}
	r.fork(ms(200), shell, race, 0x1200000)
	r.fork(ms(205), race, helper, 0x10f00)
	r.row(format.EventSyscall, ms(210), race, cells{
		format.ColABI: amd64, format.ColNR: 257, format.ColDuration: 15_000, format.ColRet: 4, format.ColArg0: 0xffffff9c,
		format.ColAEnter: "/tmp/harmless", format.ColAEnterStatus: format.ViewOK, format.ColAKernel: "/etc/shadow",
		format.ColAKernelStatus: format.ViewOK, format.ColAExitStatus: format.ViewSame, format.ColPath: "/etc/shadow",
		format.ColDev: 254<<20 | 1, format.ColIno: 99,
	})
	race.comm = "bash"
	r.exec(ms(221), race, 7, "/bin/bash", "ls\x00", "/usr/bin/bash", cells{format.ColArg0: 1203})
	r.execve(ms(220), race, 7, "/bin/ls", "ls\x00", cells{format.ColAKernel: "/bin/bash", format.ColAKernelStatus: format.ViewOK})
	r.row(format.EventSyscall, ms(230), race, cells{
		format.ColABI: amd64, format.ColNR: 42, format.ColDuration: 30_000_000, format.ColRet: -111, format.ColArg0: 3, format.ColArg2: 16,
		format.ColAEnter:       "\x02\x00\x00\x50\x7f\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00",
		format.ColAEnterStatus: format.ViewOK, format.ColAKernelStatus: format.ViewSame, format.ColAExitStatus: format.ViewSame,
	})
	r.exit(ms(300), race, 9, true)

	r.lost(ms(400), ms(450), format.ClassProcess, 523)
	orphan := who{tid: 1300, pid: 1300, ppid: 10, start: ms(430), comm: "cron"}
	r.open(ms(500), orphan, "/etc/crontab", 3)
	script := who{tid: 1301, pid: 1301, ppid: 1300, start: ms(520), comm: "cron"}
	r.fork(ms(520), orphan, script, 0x1200000)
	script.comm = "job.sh"
	r.exec(ms(521), script, 1, "/root/job.sh", "/bin/sh\x00/root/job.sh\x00-x\x00", "/usr/bin/dash", cells{format.ColAEnter: "/bin/sh"})
	r.execve(ms(520.5), script, 1, "/root/job.sh", "job.sh\x00-x\x00", cells{format.ColBKernelStatus: format.ViewNone})
	script.comm = "sleep"
	r.exec(ms(531), script, 2, "/bin/sleep", "sleep\x001\x00", "/usr/bin/sleep", nil)
	r.execve(ms(530.5), script, 2, "/bin/sleep", "sleep\x001\x00", nil)
	r.plain(ms(105), shell, 61, 1201, 870*1e6)
	return r.batch
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s (go test -update rewrites it):\n%s\nwant:\n%s", path, got, want)
	}
}

func printed(t *testing.T, src Source, o Options) []byte {
	t.Helper()
	o.Show = show.For(src.Header)
	var out bytes.Buffer
	if err := Print(&out, src, o); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestPrint(t *testing.T) {
	at := ms(210)
	for name, o := range map[string]Options{
		"story.txt":       {Width: 80},
		"story-wide.txt":  {Width: 120, Tree: true},
		"story-pid.txt":   {Width: 80, PID: 1202},
		"story-at.txt":    {Width: 80, At: &at},
		"story-part.txt":  {Width: 80, From: ms(490), To: ms(525)},
		"story-limit.txt": {Width: 80, Limit: 3},
		"story.jsonl":     {JSON: true},
		"story-color.txt": {Width: 80, Color: true},
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, name, printed(t, source(story(), 3), o))
		})
	}
}

// The same file gives the same output, every time.
func TestPrintTwice(t *testing.T) {
	for seed := range uint64(20) {
		b := noise(rand.New(rand.NewPCG(seed, 5)), 300)
		for _, o := range []Options{{Width: 80}, {JSON: true}} {
			first := printed(t, source(b, seed), o)
			for range 5 {
				if again := printed(t, source(b, seed), o); !bytes.Equal(first, again) {
					t.Fatalf("seed %d: two runs differ:\n%s\n%s", seed, first, again)
				}
			}
		}
	}
}

// However a recording is cut into batches, the result is the same.
func TestPrefixAndRest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	visited := 0
	for _, b := range append([]*format.Batch{story()}, noise(rng, 300), noise(rng, 300), noise(rng, 300)) {
		whole := New()
		if err := whole.Apply(b); err != nil {
			t.Fatal(err)
		}
		want := text(t, whole)
		for cut := range b.N + 1 {
			s := New()
			for _, part := range []*format.Batch{rows(b, 0, cut), rows(b, cut, b.N)} {
				if err := s.Apply(part); err != nil {
					t.Fatal(err)
				}
			}
			if got := text(t, s); got != want {
				t.Fatalf("cut at row %d:\n%s\nwant:\n%s", cut, got, want)
			}
			visited++
		}
	}
	t.Logf("%d cuts", visited)
}

// text is all that a state says.
func text(t *testing.T, s *State) string {
	t.Helper()
	var out strings.Builder
	p := &printer{src: Source{Header: header()}, state: s, o: Options{Show: show.For(header())}}
	p.begin, p.end = s.Span()
	enc := json.NewEncoder(&out)
	for _, q := range s.Processes() {
		if err := enc.Encode(p.jsonProcess(q)); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Fprintln(&out, s.Gaps(), s.rows, s.first, s.last, s.events)
	return out.String()
}

// noise is rows without much sense: few ids, so that all of them collide.
func noise(rng *rand.Rand, n int) *format.Batch {
	r := newRec()
	for i := range n {
		pid := 1 + rng.IntN(4)
		w := who{tid: pid + rng.IntN(2)*10, pid: pid, ppid: rng.IntN(5), start: int64(rng.IntN(3)) * second, comm: string(rune('a' + rng.IntN(3)))}
		other := who{tid: 1 + rng.IntN(4), pid: 1 + rng.IntN(4), start: int64(rng.IntN(3)) * second}
		at := ms(float64(i))
		switch rng.IntN(10) {
		case 0:
			r.fork(at, w, other, rng.IntN(2)*0x8000)
		case 1:
			r.exec(at, w, uint64(rng.IntN(3)), "/bin/a", "a\x00", "/bin/a", cells{format.ColArg0: rng.IntN(14)})
		case 2:
			r.execve(at, w, uint64(rng.IntN(3)), "/bin/b", "b\x00", nil)
		case 3:
			r.exit(at, w, rng.IntN(300), rng.IntN(2) == 0)
		case 4:
			r.initial(w, "i\x00", "/bin/i")
		case 5:
			r.lost(at, at+5, format.Class(rng.IntN(4)), 3)
		default:
			r.open(at, w, "/x", -rng.IntN(2))
		}
	}
	return r.batch
}

// Noise must come out as some tree with every process in it once.
func TestNoise(t *testing.T) {
	for seed := range uint64(200) {
		b := noise(rand.New(rand.NewPCG(seed, 9)), 200)
		s := New()
		if err := s.Apply(b); err != nil {
			t.Fatal(err)
		}
		list := s.Processes()
		tree := s.TreeOf(list)
		n := len(tree.Roots)
		for _, c := range tree.Children {
			n += len(c)
		}
		if n != len(list) {
			t.Fatalf("seed %d: %d of %d processes in the tree", seed, n, len(list))
		}
		var calls uint64
		for _, p := range list {
			calls += p.Counts().Calls
			if p.End != EndNone && p.Ended == 0 {
				t.Fatalf("seed %d: ended at no time: %+v", seed, p)
			}
		}
		if calls != s.Count(format.EventSyscall) {
			t.Fatalf("seed %d: %d calls, %d rows", seed, calls, s.Count(format.EventSyscall))
		}
		out := printed(t, source(b, seed), Options{Width: 80})
		for line := range strings.Lines(string(out)) {
			if strings.ContainsAny(line, "│") && utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > 80 {
				t.Fatalf("seed %d: wider than the terminal: %s", seed, line)
			}
		}
	}
}

// Whatever stands in a field, nothing but text reaches the terminal.
func TestHostile(t *testing.T) {
	const evil = "\x1b]0;pwn\x07\x1b[2J\u202e\xff\xfe\r\n\x00'\"\\"
	b := story()
	for i := range b.N {
		for c := range format.NumColumns {
			if format.Columns[c].Type == format.Bytes && b.Value(c, i) != nil {
				b.SetBytes(c, i, []byte(evil))
			}
		}
	}
	src := source(b, 1)
	src.Header.Host, src.Header.Kernel, src.Header.Machine = evil, evil, evil
	at := ms(210)
	for _, o := range []Options{{}, {Width: 80}, {JSON: true}, {At: &at}, {PID: 1202}} {
		for line := range bytes.Lines(printed(t, src, o)) {
			line = bytes.TrimSuffix(line, []byte("\n"))
			if !utf8.Valid(line) {
				t.Fatalf("not UTF-8: %q", line)
			}
			for _, r := range string(line) {
				if r < ' ' || r == 0x7f || r > 0x7f && !show.Visible(r) {
					t.Fatalf("%#U in %q", r, line)
				}
			}
			if o.JSON && !json.Valid(line) {
				t.Fatalf("not JSON: %s", line)
			}
		}
	}
}

func TestEmptyAndDamaged(t *testing.T) {
	empty := Source{Header: header(), Blocks: func([]format.ColumnID, int64, int64) iter.Seq2[*format.Batch, error] {
		return func(func(*format.Batch, error) bool) {}
	}}
	if out := printed(t, empty, Options{Width: 80}); !bytes.Contains(out, []byte("0 processes")) {
		t.Errorf("%s", out)
	}
	hole := &format.CorruptError{Path: "x.trc", Offset: 4096, What: "block 3: bad checksum"}
	whole := source(story(), 1)
	src := Source{Header: header(), Blocks: func(c []format.ColumnID, from, to int64) iter.Seq2[*format.Batch, error] {
		return func(yield func(*format.Batch, error) bool) {
			n := 0
			for b := range whole.Blocks(c, from, to) {
				if n++; n == 2 {
					if !yield(nil, hole) {
						return
					}
					continue
				}
				if !yield(b, nil) {
					return
				}
			}
		}
	}}
	var out bytes.Buffer
	err := Print(&out, src, Options{Width: 80, Show: show.For(header())})
	var damage *Damage
	if !errors.As(err, &damage) || !errors.Is(err, hole) || out.Len() == 0 {
		t.Errorf("error %v after %d bytes", err, out.Len())
	}
	if err := Print(io.Discard, empty, Options{PID: 77}); err == nil || !strings.Contains(err.Error(), "77") {
		t.Errorf("a pid that is not there: %v", err)
	}
	if err := New().Apply(&format.Batch{N: 1, Dict: format.NewDict()}); err == nil {
		t.Error("a batch without columns was taken")
	}
}

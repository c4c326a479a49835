//go:build linux

package recorder

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// hookProgram builds a program of testdata/programs/hooks. In a guest without
// a compiler TRACEREC_HOOKS is the directory where they stand, built static.
func hookProgram(t *testing.T, name string) string {
	t.Helper()
	if dir := os.Getenv("TRACEREC_HOOKS"); dir != "" {
		return filepath.Join(dir, name)
	}
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("gcc is not installed: apt-get install gcc libc6-dev")
	}
	out := filepath.Join(t.TempDir(), name)
	cmd := exec.Command("gcc", "-O1", "-Wall", "-Werror", "-o", out, "../testdata/programs/hooks/"+name+".c")
	if msg, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", name, err, msg)
	}
	return out
}

// recordProgram records a program with every event there is, and returns the
// trace's rows and what the program said of them.
func recordProgram(t *testing.T, program string, rungs format.Rung, selected *format.Selection, args ...string) (*format.Header, []*format.Batch, string) {
	t.Helper()
	if err := ProbeFeatures().check(); err != nil {
		t.Skip(err)
	}
	out := filepath.Join(t.TempDir(), "hooks.trc")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	said := make(chan string)
	go func() {
		b, _ := io.ReadAll(r)
		said <- string(b)
	}()
	stdout := os.Stdout
	os.Stdout = w
	began := time.Now()
	var attached time.Duration
	sum, err := Record(context.Background(), Options{
		Output: out, Command: append([]string{program}, args...), Select: selected, Rungs: rungs, Operation: keepPrivileges,
		Ready: func() { attached = time.Since(began) },
	})
	os.Stdout = stdout
	w.Close()
	text := <-said
	r.Close()
	if err != nil {
		t.Fatal(err)
	}
	if sum.Lost != 0 || sum.Corrupt != 0 || sum.Exit == nil || *sum.Exit != 0 {
		t.Errorf("%s: %d rows lost, %d corrupt, exit %v\n%s", filepath.Base(program), sum.Lost, sum.Corrupt, *sum.Exit, text)
	}
	t.Logf("%s: %d rows, attached after %v", filepath.Base(program), sum.Rows, attached.Round(time.Millisecond))
	f, err := format.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var batches []*format.Batch
	for i := range f.BlockCount() {
		b, err := f.ReadBlock(i, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		batches = append(batches, b)
	}
	return f.Header(), batches, text
}

// every is all events, so that what is off by default is tested too.
func every(t *testing.T) *format.Selection {
	s, err := format.ParseSelection([]string{"all"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wanted is a line "want EVENT key=value …" of a program.
type wanted struct {
	line   string
	event  format.EventID
	many   bool
	fields [][2]string
}

func parseWanted(t *testing.T, text string) (all []wanted) {
	t.Helper()
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 2 || words[0] != "want" && words[0] != "want+" {
			continue
		}
		id := slices.IndexFunc(format.Events, func(e format.Event) bool { return e.Name == words[1] })
		if id < 0 {
			t.Fatalf("no event %q", words[1])
		}
		w := wanted{line: strings.TrimSpace(line), event: format.EventID(id), many: words[0] == "want+"}
		for _, word := range words[2:] {
			k, v, ok := strings.Cut(word, "=")
			if !ok {
				t.Fatalf("%q is not key=value", word)
			}
			w.fields = append(w.fields, [2]string{k, v})
		}
		all = append(all, w)
	}
	return all
}

// matches says whether row i is what w describes.
func (w wanted) matches(b *format.Batch, i int) bool {
	e := &format.Events[w.event]
	if format.EventID(b.U16[format.ColEvent][i]) != w.event {
		return false
	}
	for _, f := range w.fields {
		field := format.Field{}
		for _, have := range e.Fields {
			if have.Name == f[0] {
				field = have
			}
		}
		for _, c := range format.CommonFields {
			if field.Name == "" && format.Columns[c].Name == f[0] {
				field = format.Field{Name: f[0], Col: c}
			}
		}
		if field.Name == "" {
			panic(fmt.Sprintf("event %s has no field %s", e.Name, f[0]))
		}
		if format.Columns[field.Col].Type != format.Bytes {
			want, err := strconv.ParseUint(f[1], 10, 64)
			if err != nil {
				signed, err := strconv.ParseInt(f[1], 10, 64)
				if err != nil {
					panic(err)
				}
				want = uint64(signed)
			}
			if uint64(b.Int(field.Col, i)) != want {
				return false
			}
			continue
		}
		v := b.Value(field.Col, i)
		if v == nil {
			return false
		}
		if kind := show.KindOf(field); kind == format.KindSockAddr {
			v = []byte(strings.ReplaceAll(show.Text(kind, v), " ", ","))
		}
		end, suffix := strings.CutPrefix(f[1], "*")
		if suffix && !bytes.HasSuffix(v, []byte(end)) || !suffix && string(v) != f[1] {
			return false
		}
	}
	return true
}

// check finds every wanted row of events that are attached, and reports the
// others of the event. It returns the number of lines checked by event.
func check(t *testing.T, h *format.Header, batches []*format.Batch, all []wanted) map[string]int {
	t.Helper()
	on := make(map[string]string) // event: hook in use
	for _, w := range h.Manifest {
		if w.State == format.WitnessActive || w.State == format.WitnessUntried {
			on[w.Event] = w.Hook
		}
	}
	checked := make(map[string]int)
	for _, w := range all {
		e := &format.Events[w.event]
		if on[e.Name] == "" && len(e.Hooks) > 0 && e.Hooks[0].Program != "" {
			continue
		}
		checked[e.Name]++
		n := 0
		var near strings.Builder
		for _, b := range batches {
			for i := range b.N {
				switch {
				case w.matches(b, i):
					n++
				case format.EventID(b.U16[format.ColEvent][i]) == w.event && near.Len() < 4000:
					near.Write(show.Row([]byte("\n    "), b, i, new(show.Options)))
				}
			}
		}
		if n == 0 || n > 1 && !w.many {
			t.Errorf("%s (%s): %d rows; others:%s", w.line, on[e.Name], n, near.String())
		}
	}
	return checked
}

// The life of a process by tracepoints: every kernel has them.
func TestProcessLife(t *testing.T) {
	h, batches, text := recordProgram(t, hookProgram(t, "life"), 0, nil)
	checked := check(t, h, batches, parseWanted(t, text))
	for _, event := range []string{"cred", "caps", "namespace", "cwd", "root", "signal", "task_rename"} {
		if checked[event] == 0 {
			t.Errorf("no row of %s was asked for:\n%s", event, text)
		}
	}
	count := make(map[string]int)
	for _, b := range batches {
		for i := range b.N {
			e := format.EventID(b.U16[format.ColEvent][i])
			if b.U16[format.ColFlags][i]&uint16(format.FlagInitial) != 0 {
				continue // what it was before
			}
			count[format.Events[e].Name]++
			if e == format.EventCred && b.U64[format.ColCall][i] == 0 {
				t.Errorf("a change without its call: %s", show.Row(nil, b, i, new(show.Options)))
			}
		}
	}
	// What has not changed is no row: these are all that the program does.
	for event, want := range map[string]int{"cred": 3, "namespace": 3, "cwd": 4, "root": 1} {
		if count[event] != want {
			t.Errorf("%d rows of %s, want %d", count[event], event, want)
		}
	}
}

func TestURing(t *testing.T) {
	h, batches, text := recordProgram(t, hookProgram(t, "rings"), 0, nil)
	all := parseWanted(t, text)
	if len(all) == 0 {
		t.Skip("no io_uring here: " + text)
	}
	checked := check(t, h, batches, all)
	for _, event := range []string{"io_uring_create", "io_uring_submit", "io_uring_async", "io_uring_complete"} {
		if checked[event] == 0 {
			t.Errorf("no row of %s was asked for:\n%s", event, text)
		}
	}
	// One ring, one identity: what is submitted belongs to a ring that was created.
	rings := make(map[uint64]bool)
	for _, b := range batches {
		for i := range b.N {
			switch format.EventID(b.U16[format.ColEvent][i]) {
			case format.EventURingCreate:
				rings[b.U64[format.ColArg0][i]] = true
			case format.EventURingSubmit, format.EventURingAsync, format.EventURingComplete:
				if !rings[b.U64[format.ColArg0][i]] {
					t.Errorf("of no ring: %s", show.Row(nil, b, i, new(show.Options)))
				}
			}
		}
	}
}

// Security hooks, on each rung that this kernel has: every event that can be
// attached shows what the program did. The program is for a guest.
func TestSecurityHooks(t *testing.T) {
	if os.Getenv("TRACEREC_HOOKS") == "" {
		t.Skip("sets clocks, mounts and asks for modules: run in a guest, see testdata/programs/hooks/README.md")
	}
	f := ProbeFeatures()
	for _, rung := range []format.Rung{format.RungLSM, format.RungFentry, format.RungKprobe} {
		t.Run(show.IntText(format.KindRungs, int64(rung), 0), func(t *testing.T) {
			if state, why := skip(format.Hook{Type: format.HookLSM, Rung: rung}, f, 0); rung == format.RungLSM && state != "" {
				t.Skip(why)
			}
			h, batches, text := recordProgram(t, hookProgram(t, "lsm"), rung, every(t))
			checked := check(t, h, batches, parseWanted(t, text))
			attached := 0
			for _, w := range h.Manifest {
				e := &format.Events[slices.IndexFunc(format.Events, func(e format.Event) bool { return e.Name == w.Event })]
				if e.Groups&format.GroupLSM == 0 {
					continue
				}
				if w.State != format.WitnessActive && w.State != format.WitnessUntried {
					t.Logf("hook %s: %s: %s", w.Hook, w.State, w.Why)
					continue
				}
				attached++
				if checked[w.Event] == 0 {
					t.Logf("hook %s: attached, nothing was asked of it", w.Hook)
				}
			}
			if attached == 0 {
				t.Error("no security hook is attached")
			}
			t.Logf("%d security hooks attached, %d events checked", attached, len(checked))
		})
	}
}

// What the default set and each event cost in rows and in starting, for a
// program that opens, writes, links, renames, connects, forks and executes:
// what is on by default must be rare there.
func TestHookCounts(t *testing.T) {
	dir := os.Getenv("TRACEREC_HOOKS")
	if dir == "" {
		t.Skip("run in a guest, see testdata/programs/hooks/README.md")
	}
	for _, words := range [][]string{{"default", "!lsm"}, {"default"}, {"all"}} {
		name := strings.Join(words, ",")
		events, err := format.ParseSelection(words)
		if err != nil {
			t.Fatal(err)
		}
		h, batches, _ := recordProgram(t, filepath.Join(dir, "deterministic"), 0, events)
		count := make(map[string]int)
		for _, b := range batches {
			for i := range b.N {
				count[format.Events[b.U16[format.ColEvent][i]].Name]++
			}
		}
		active := 0
		for _, w := range h.Manifest {
			if w.State == format.WitnessActive || w.State == format.WitnessUntried {
				active++
			}
		}
		t.Logf("%s: %d programs, rows %v", name, active, count)
		for id, e := range format.Events {
			if e.Groups&format.GroupLSM != 0 && e.Default && count[e.Name] > count["syscall"]/50 {
				t.Errorf("%s is on by default and has %d rows for %d calls", format.Events[id].Name, count[e.Name], count["syscall"])
			}
		}
	}
}

package main

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// straced is one call as strace wrote it down.
type straced struct {
	line, name string
	args       []string
	ret        string // "?" when it did not return
}

var straceLine = regexp.MustCompile(`^(\w+)\((.*)\)\s+= (\S+)(.*)$`)

// readStrace reads what strace -ff left: a file for each thread.
func readStrace(t *testing.T, prefix string) map[uint32][]straced {
	t.Helper()
	files, err := filepath.Glob(prefix + ".*")
	if err != nil || len(files) == 0 {
		t.Fatalf("strace wrote nothing: %v", err)
	}
	threads := make(map[uint32][]straced)
	for _, file := range files {
		tid, err := strconv.ParseUint(file[len(prefix)+1:], 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "+++") || strings.HasPrefix(line, "---") || strings.HasPrefix(line, "???(") { // of a thread that ended before strace asked which call
				continue
			}
			m := straceLine.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
			if m == nil {
				t.Fatalf("strace wrote a line that the test does not understand: %s", line)
			}
			c := straced{line: strings.TrimSpace(line), name: m[1], ret: m[3]}
			if m[3] == "-1" { // then errno follows by name
				c.ret = strings.Fields(m[4])[0]
			}
			if m[2] != "" {
				c.args = strings.Split(m[2], ", ")
			}
			threads[uint32(tid)] = append(threads[uint32(tid)], c)
		}
	}
	return threads
}

// seen is one call as tracerec has it.
type seen struct {
	name  string
	args  [6]uint64
	ret   int64
	ended bool
	paths []string // enter views of paths, in the order of the arguments
}

func recordedCalls(t *testing.T, path string) map[uint32][]seen {
	t.Helper()
	views := make(map[string][]format.ArgView)
	for _, s := range format.Syscalls {
		views[s.Name] = s.Views
	}
	threads := make(map[uint32][]seen)
	eachRow(t, path, func(b *format.Batch, i int) {
		c := seen{
			name: show.Syscall(format.ABI(b.U8[format.ColABI][i]), b.I32[format.ColNR][i]), ret: b.I64[format.ColRet][i],
			ended: format.RowFlags(b.U16[format.ColFlags][i])&format.FlagNoExit == 0,
		}
		for k := range c.args {
			c.args[k] = b.U64[format.ColArg0+format.ColumnID(k)][i]
		}
		for k, v := range views[c.name] {
			s := format.Slots[k]
			if v.Kind == format.KindPath && format.ViewStatus(b.U8[s.EnterStatus][i]) == format.ViewOK {
				c.paths = append(c.paths, string(b.Value(s.Enter, i)))
			}
		}
		tid := b.U32[format.ColTID][i]
		threads[tid] = append(threads[tid], c)
	}, format.EventSyscall)
	return threads
}

// inRaw says how a result stands in strace's raw output.
func inRaw(c *seen) string {
	switch {
	case !c.ended:
		return "?"
	case c.ret < 0 && c.ret > -4096:
		return unix.ErrnoName(unix.Errno(-c.ret))
	case c.ret == 0:
		return "0"
	}
	return fmt.Sprintf("%#x", uint64(c.ret))
}

// sameRun runs a program under strace, and strace under tracerec: both see the
// very same calls, so that addresses and process ids must agree too. f compares
// one call.
func sameRun(t *testing.T, options []string, f func(s *straced, c *seen) string) {
	t.Helper()
	dir := t.TempDir()
	program("-o", "deterministic", "deterministic.c")(t, dir)
	work, log := filepath.Join(dir, "work"), filepath.Join(dir, "strace")
	command := append([]string{"strace", "-ff", "-o", log}, options...)
	trial := cli(t)
	trial.Path, _ = lookPath("strace")
	trial.Args = append(command, "true")
	if r := finish(t, trial); r.code != 0 {
		t.Skipf("strace cannot trace here: %s", firstLineOf([]byte(r.talk)))
	}
	for _, file := range glob(log + ".*") {
		os.Remove(file)
	}
	path := record(t, work, nil, append(command, filepath.Join(dir, "deterministic"), "4")...)
	nothingLost(t, path)

	threads, recorded := readStrace(t, log), recordedCalls(t, path)
	compared := 0
	for tid, want := range threads {
		got := recorded[tid]
		// strace's first child was strace itself before its first execve.
		for len(got) > 0 && want[0].name == "execve" && len(got) > len(want) {
			got = got[1:]
		}
		if len(got) != len(want) {
			t.Errorf("thread %d: strace has %d calls, the trace %d", tid, len(want), len(got))
		}
		for i := range min(len(got), len(want)) {
			if got[i].name != want[i].name {
				t.Fatalf("thread %d, call %d: strace has %s, the trace %s", tid, i, want[i].line, got[i].name)
			}
			if differs := f(&want[i], &got[i]); differs != "" {
				t.Errorf("thread %d, call %d: strace has %s; %s", tid, i, want[i].line, differs)
			}
			compared++
		}
	}
	if len(threads) < 5 || compared < 300 {
		t.Errorf("only %d calls of %d threads were compared", compared, len(threads))
	}
	t.Logf("%d calls of %d threads agree with strace", compared, len(threads))
}

func TestCallsAgreeWithStrace(t *testing.T) {
	needRecorder(t)
	need(t, "gcc", "strace")
	t.Run("raw arguments and results", func(t *testing.T) {
		sameRun(t, []string{"-e", "raw=all"}, func(s *straced, c *seen) string {
			for i, text := range s.args {
				if want, err := strconv.ParseUint(text, 0, 64); err != nil || want != c.args[i] {
					return fmt.Sprintf("argument %d is %#x in the trace", i, c.args[i])
				}
			}
			if got := inRaw(c); got != s.ret {
				return "the result is " + got + " in the trace"
			}
			return ""
		})
	})
	t.Run("decoded paths", func(t *testing.T) {
		quoted := regexp.MustCompile(`"((?:\\x[0-9a-f]{2})*)"`)
		sameRun(t, []string{"-xx", "-s", "5000"}, func(s *straced, c *seen) string {
			if len(c.paths) == 0 {
				return ""
			}
			var want []string
			for _, m := range quoted.FindAllStringSubmatch(s.line, len(c.paths)) {
				b, err := hex.DecodeString(strings.ReplaceAll(m[1], `\x`, ""))
				if err != nil {
					return err.Error()
				}
				want = append(want, string(b))
			}
			if len(want) != len(c.paths) {
				return fmt.Sprintf("the trace has %d names", len(c.paths))
			}
			for i := range want {
				if want[i] != c.paths[i] {
					return fmt.Sprintf("the trace has %q", c.paths[i])
				}
			}
			return ""
		})
	})
}

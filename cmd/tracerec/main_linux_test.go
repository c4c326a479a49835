package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/recorder"
)

// TestMain makes the test binary three programs: tracerec itself (under that
// name, and wherever the recorder starts /proc/self/exe again), the programs
// that the tests record, and the tests.
func TestMain(m *testing.M) {
	dispatch()
	subject()
	testscript.Main(m, map[string]func(){"tracerec": main})
}

// diagnosis is what this machine allows; trying it attaches every witness, so
// once is enough.
var diagnosis = sync.OnceValue(func() *recorder.Diagnosis { return recorder.Diagnose(0) })

// needRecorder skips a test where nothing can be recorded.
func needRecorder(t testing.TB) {
	t.Helper()
	if d := diagnosis(); !d.CanRecord {
		t.Skip("recording is not possible here: " + d.Why)
	}
}

// needExact skips a test where the kernel's copy of a path has no exact witness.
func needExact(t testing.TB) {
	t.Helper()
	needRecorder(t)
	for _, w := range diagnosis().Witnesses {
		exact := format.RungLSM | format.RungFentry | format.RungKprobe | format.RungPutname
		if w.State == format.WitnessActive && w.Rung&exact != 0 && (w.Event == "putname" || w.Event == "file_open") {
			return
		}
	}
	t.Skip("no exact witness of paths is active here: see tracerec doctor")
}

// need skips a test without a program that it compares with or records.
func need(t testing.TB, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not installed", p)
		}
	}
}

// self is this binary; the helpers of dispatch and subject are verbs of it.
func self(t testing.TB) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

// result is what a run of tracerec came to.
type result struct {
	code      int
	out, talk string
}

// cli is tracerec as a process of its own, with a limit on its time, so that a
// hanging recorder is a failure and not a hanging test.
func cli(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "tracerec", args...)
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// finish runs cmd and says how it ended.
func finish(t testing.TB, cmd *exec.Cmd) result {
	t.Helper()
	var out, talk bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &talk
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, talk.String())
	}
	return result{exitCodeOf(cmd), out.String(), talk.String()}
}

func exitCodeOf(cmd *exec.Cmd) int {
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return cmd.ProcessState.ExitCode()
}

// record records command in dir ("" for the current one) and fails the test
// when command does; it returns the trace.
func record(t testing.TB, dir string, flags []string, command ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "t.trc")
	args := append([]string{"record", "-o", path}, flags...)
	if !slices.Contains(flags, "-e") {
		args = append(args, "-e", "all")
	}
	cmd := cli(t, append(append(args, "--"), command...)...)
	cmd.Dir = dir
	r := finish(t, cmd)
	if r.code != 0 {
		t.Fatalf("record %q: exit code %d\n%s%s", command, r.code, r.out, r.talk)
	}
	for _, bad := range []string{"did not fit the event table", "skipped"} {
		if strings.Contains(r.talk, bad) {
			t.Errorf("record %q: %s", command, r.talk)
		}
	}
	return path
}

// eachRow calls f for every row of a trace, of the events given or of all.
func eachRow(t testing.TB, path string, f func(b *format.Batch, i int), events ...format.EventID) {
	t.Helper()
	r, err := format.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for b, err := range r.Blocks(format.ReadOptions{Verify: true}) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.N {
			id := format.EventID(b.U16[format.ColEvent][i])
			for n, e := range events {
				if e == id {
					break
				} else if n == len(events)-1 {
					id = format.EventNone
				}
			}
			if id != format.EventNone {
				f(b, i)
			}
		}
	}
}

// totals reads those of a sealed trace.
func totals(t testing.TB, path string) format.Totals {
	t.Helper()
	r, err := format.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if state, why := r.State(); state != format.Sealed || r.Totals() == nil {
		t.Fatalf("%s is %v: %v", path, state, why)
	}
	return *r.Totals()
}

// nothingLost fails the test unless every record of the trace was written.
func nothingLost(t testing.TB, path string) {
	t.Helper()
	if got := totals(t, path); got.Lost != 0 {
		t.Errorf("%d of %d records were lost", got.Lost, got.Seen)
	}
}

// eventually waits for what other processes do in their own time.
func eventually(t testing.TB, what string, limit time.Duration, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !f(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v: %s", limit, what)
		}
	}
}

func lookPath(name string) (string, error) { return exec.LookPath(name) }

func glob(pattern string) []string {
	files, _ := filepath.Glob(pattern)
	return files
}

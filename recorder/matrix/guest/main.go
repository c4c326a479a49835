//go:build linux

// Command guest is the driver inside a guest: it runs the steps of a boot one
// after the other, whatever becomes of each, and leaves their results as JSON.
//
//	guest                    the steps of wire.StepsPath
//	guest hold               keep the kernel from rewriting itself, see hold
//	guest clock DIR          set the wall clock, and open files in between
//	guest hotplug DIR        the same with a processor that goes and comes back
//	guest suspend DIR        the same with the machine suspended to memory
//	guest drill TRACEREC DIR CASE:N...  drill cases with a number of attempts
//	                         each, as the frozen captures in testdata have them
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/tracerec/tracerec/recorder/matrix/wire"
)

// changes of the machine under a recording, which are given a directory to look for files in.
var changes = map[string]func(dir string) error{"clock": stepClock, "hotplug": hotplug, "suspend": suspend}

func main() {
	if len(os.Args) > 3 && os.Args[1] == "drill" {
		os.Exit(drill(os.Args[2], os.Args[3], os.Args[4:]))
	}
	if len(os.Args) > 1 && os.Args[1] == "hold" {
		hold()
		return
	}
	do := run
	if len(os.Args) > 2 {
		if change := changes[os.Args[1]]; change != nil {
			do = func() error { return change(os.Args[2]) }
		}
	}
	if err := do(); err != nil {
		fmt.Fprintln(os.Stderr, "guest:", err)
		os.Exit(1)
	}
}

func run() error {
	data, err := os.ReadFile(wire.StepsPath)
	if err != nil {
		return err
	}
	var steps []wire.Step
	if err := json.Unmarshal(data, &steps); err != nil {
		return err
	}
	if err := os.MkdirAll(wire.OutDir, 0o755); err != nil {
		return err
	}
	hold()
	var results []wire.StepResult
	for _, s := range steps {
		r := runStep(s)
		if missed := unlucky(s, &r); len(missed) > 0 {
			again := again(s, missed)
			r.Again = &again
		}
		fmt.Printf("%-12s exit code %d after %.1fs\n", s.Name, r.Code, r.Duration.Seconds())
		results = append(results, r)
	}
	out, err := json.Marshal(results)
	if err != nil {
		return err
	}
	return os.WriteFile(wire.ResultsPath, out, 0o644)
}

// recording is what tracerec says when a recording without a command began.
const recording = "tracerec: recording;"

func runStep(s wire.Step) wire.StepResult {
	r := wire.StepResult{Name: s.Name, Argv: s.Argv}
	for _, d := range s.Dirs {
		if err := os.MkdirAll(d, 0o700); err != nil {
			r.Code, r.Stderr = 127, err.Error()
			return r
		}
	}
	if s.Unmount != "" {
		if err := syscall.Unmount(s.Unmount, 0); err != nil {
			r.Code, r.Stderr = 127, fmt.Sprintf("unmount %s: %v", s.Unmount, err)
			return r
		}
	}
	cmd := exec.Command(s.Argv[0], s.Argv[1:]...)
	var stdout, stderr bytes.Buffer
	ready := make(chan struct{})
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if len(s.Load) > 0 {
		cmd.Stderr = &watcher{w: &stderr, want: recording, seen: ready}
	}
	cmd.WaitDelay = 2 * time.Second
	start := time.Now()
	if err := cmd.Start(); err != nil {
		r.Code, r.Stderr = 127, err.Error()
		return r
	}
	kill := time.AfterFunc(s.Timeout, func() { cmd.Process.Kill() })
	defer kill.Stop()
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	if len(s.Load) > 0 {
		select {
		case <-ready:
			for _, argv := range s.Load {
				r.LoadCodes = append(r.LoadCodes, load(argv))
			}
			cmd.Process.Signal(os.Interrupt)
		case <-ended:
		}
	}
	<-ended
	r.Duration = time.Since(start)
	r.Code = code(cmd.ProcessState)
	r.Stdout, r.Stderr = stdout.String(), stderr.String()
	return r
}

func load(argv []string) int {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Run()
	if cmd.ProcessState == nil {
		return 127
	}
	return code(cmd.ProcessState)
}

func code(p *os.ProcessState) int {
	if ws := p.Sys().(syscall.WaitStatus); ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return p.ExitCode()
}

// watcher closes seen when want was written.
type watcher struct {
	w    *bytes.Buffer
	want string
	seen chan struct{}
	done bool
}

func (w *watcher) Write(b []byte) (int, error) {
	n, err := w.w.Write(b)
	if !w.done && strings.Contains(w.w.String(), w.want) {
		w.done = true
		close(w.seen)
	}
	return n, err
}

// unlucky names the cases of a drill that may have been missed for want of
// luck: races, as under emulation threads seldom meet, and cases of which some
// calls, but not all, are not in the recording: lost, as the host was too busy.
func unlucky(s wire.Step, r *wire.StepResult) []string {
	var missed []string
	for dec := json.NewDecoder(strings.NewReader(r.Stdout)); len(s.Luck) > 0; {
		var line struct {
			Case, Result      string
			Attempts, Matched int
		}
		if err := dec.Decode(&line); err == io.EOF {
			break
		} else if err != nil {
			return nil
		}
		race := line.Result == "missed" && slices.Contains(s.Luck, line.Case)
		if race || line.Matched > 0 && line.Matched < line.Attempts {
			missed = append(missed, line.Case)
		}
	}
	return missed
}

func again(s wire.Step, missed []string) wire.StepResult {
	s.Name += "-again"
	s.Luck = nil
	argv := slices.Clone(s.Argv)
	if i := slices.Index(argv, "--"); i >= 0 { // the cases follow
		argv = argv[:i]
	}
	if i := slices.Index(argv, "-o"); i >= 0 {
		argv[i+1] = strings.TrimSuffix(argv[i+1], ".trc") + "-again.trc"
	}
	s.Argv = append(append(argv, "--"), missed...)
	return runStep(s)
}

// drill runs cases one after the other, as tracerec's own series does, with
// counts of our choice; their truths stay below dir.
func drill(tracerec, dir string, cases []string) int {
	for _, c := range cases {
		name, n, _ := strings.Cut(c, ":")
		work := filepath.Join(dir, name)
		if err := os.MkdirAll(work, 0o700); err != nil {
			fmt.Fprintln(os.Stderr, "guest:", err)
			return 1
		}
		cmd := exec.Command(tracerec, "__drill", name, work, "-n", n)
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil {
			fmt.Fprintf(os.Stderr, "guest: drill %s: %v\n", name, err)
			return 1
		}
	}
	return 0
}

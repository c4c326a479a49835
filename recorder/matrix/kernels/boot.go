//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"time"

	"github.com/tracerec/tracerec/recorder/matrix"
	"github.com/tracerec/tracerec/recorder/matrix/wire"
)

// boot is one boot of one kernel: what was done there, and what came of it.
type boot struct {
	target
	dir     string // where its traces and results are kept
	result  matrix.Result
	err     error // it was not fetched, did not boot or did not end
	steps   map[string]*wire.StepResult
	traces  map[string]*recording
	doctor  diagnosis
	checks  []check
	hooks   map[hookKey]cell
	reboots int // because the emulator failed
	numbers numbers
}

// numbers are what is told of a boot in one line.
type numbers struct {
	caught, cases   int    // of the drill with every witness
	again           int    // cases that were run once more
	races, won      int    // races that were run, and of which a call was caught
	truth, seen     int    // kernel views that are what the race itself found, of all
	benign          uint64 // arguments compared in benign work
	divergent       uint64 // in benign work
	agree, disagree uint64 // calls of benign work that hook and putname both saw
	benignRows      uint64
	hostRows        uint64
	lost            uint64
	missed          uint64 // runs of programs that the kernel skipped
}

// modules are loaded in every guest: the look-alikes mount overlays.
var modules = []string{"overlay"}

// bootTime and silence are what a boot and each of its steps may take on a
// host that gives the guest its processors, several times what they take
// there. A step's word comes after its second run, if it has one: the drill of
// 6.12 took seven minutes for its first with eight tenths of a processor.
const (
	bootTime = 60 * time.Minute
	silence  = 20 * time.Minute
)

func (b *boot) run(ctx context.Context, p programs, err error) {
	if b.err = err; err != nil {
		return
	}
	if b.err = os.RemoveAll(b.dir); b.err != nil {
		return
	}
	if b.err = os.MkdirAll(b.dir, 0o755); b.err != nil {
		return
	}
	steps := b.target.steps()
	stepsFile := filepath.Join(b.dir, "steps.json")
	if b.err = writeSteps(stepsFile, steps); b.err != nil {
		return
	}
	files := maps.Clone(p.files)
	files[wire.StepsPath] = stepsFile
	fmt.Printf("%s: begun\n", b.target)
	var log bytes.Buffer
	b.result, b.reboots, b.err = runJob(ctx, matrix.Job{
		Line: b.line, LSM: b.lsm, Arch: b.arch, Append: b.lockdownArg(), Files: files, Cmd: [][]string{{"/bin/guest"}}, Out: []string{wire.OutDir + "/*"},
		Modules: modules, Timeout: bootTime, Silence: silence, Init: p.init, Stdout: prefixed{os.Stdout, b.target.String() + ": "}, Stderr: &log,
	})
	if b.err == nil && b.result.Code != 0 {
		b.err = fmt.Errorf("the guest's driver ended with %d: %s", b.result.Code, log.String())
	}
	os.WriteFile(filepath.Join(b.dir, "console.txt"), []byte(b.result.Console), 0o644)
	if b.err == nil {
		b.err = b.collect()
	}
}

// emulatorFault is what the console shows when a virtual CPU ran the
// breakpoint that the kernel sets while it rewrites a jump of its own, although
// memory already held the final bytes: a fault of qemu 7.2 and 8.0 (Red Hat bug
// 2216496), seen here in one boot of four. From 6.1 on it is an oops; 5.10
// takes the breakpoint for a kprobe that was just removed and tries the
// instruction, a jump or the nop in its place, again for ever. Or a virtual CPU
// is asleep and its timer never fires, which RCU tells after it has waited for a minute.
var emulatorFault = regexp.MustCompile(`Oops: int3|rcu_preempt kthread timer wakeup didn't happen|(?s:soft lockup.*RIP: 0010:.*Code: [0-9a-f ]*<(66> 66 66 66 90|0f> 1f 44 00 00|e9>|eb>))`)

// maxReboots bounds how often a boot is begun again for it.
const maxReboots = 5

// runJob boots, again when the emulator failed.
func runJob(ctx context.Context, job matrix.Job) (res matrix.Result, reboots int, err error) {
	// A guest that hangs says where, and ends: after twice watchdog_thresh
	// seconds, as a busy host may keep a virtual CPU waiting for some.
	job.Append += " loglevel=5 softlockup_panic=1 watchdog_thresh=30 rcupdate.rcu_cpu_stall_timeout=60 sysctl.kernel.panic_on_rcu_stall=1"
	for {
		res, err = matrix.Run(ctx, job)
		if err == nil || !emulatorFault.MatchString(res.Console) || reboots == maxReboots {
			return res, reboots, err
		}
		reboots++
		fmt.Fprintln(job.Stdout, "the emulator failed (a breakpoint that was gone, or a timer that never fired): booting again")
	}
}

// collect keeps what came back.
func (b *boot) collect() error {
	b.steps, b.traces = map[string]*wire.StepResult{}, map[string]*recording{}
	for name, data := range b.result.Files {
		if err := os.WriteFile(filepath.Join(b.dir, path.Base(name)), data, 0o644); err != nil {
			return err
		}
	}
	data, ok := b.result.Files[wire.ResultsPath]
	if !ok {
		return errors.New("no results came back")
	}
	var results []wire.StepResult
	if err := json.Unmarshal(data, &results); err != nil {
		return fmt.Errorf("results: %w", err)
	}
	for i := range results {
		b.steps[results[i].Name] = &results[i]
	}
	return nil
}

// prefixed says which guest's words they are.
type prefixed struct {
	w    io.Writer
	with string
}

func (p prefixed) Write(b []byte) (int, error) {
	for line := range bytes.Lines(b) {
		if _, err := fmt.Fprintf(p.w, "%s%s", p.with, line); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

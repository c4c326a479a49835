//go:build linux

package recorder

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
)

// Options say what is recorded and how. The zero value, with Output set,
// records the whole host.
type Options struct {
	Output  string   // path of the trace; "-" is the standard output
	Force   bool     // replace an existing file
	Command []string // record this command and its descendants
	PIDs    []int    // or these processes and their descendants
	Cgroup  string   // or a cgroup v2 directory
	Rungs   format.Rung
	Ring    int // bytes of each ring buffer, a power of two; 0 for the default
	// SyncCritical has processes, hooks and changes of credentials on disk
	// within 20 ms, not a second.
	SyncCritical bool
	// Select says which calls and events are recorded; nil: all calls, and the
	// events that are on by default.
	Select  *format.Selection
	Scope   Scope  // what a task must be beside
	Env     bool   // environments that programs are given are recorded: they may hold secrets
	Version string // of tracerec
	Args    []string
	Sign    ed25519.PrivateKey // signs the trace when it is sealed; nil for not
	Log     *slog.Logger
	Operation
	// Ready, if set, is called when everything is attached.
	Ready func()
}

// Summary is what a recording came to.
type Summary struct {
	Rows    uint64
	Lost    uint64
	Seen    uint64 // records written or lost, counted in the kernel
	Corrupt uint64 // records that did not fit the event table: a bug
	Missed  uint64 // runs of our programs that the kernel skipped
	Bytes   int64
	Elapsed time.Duration
	Events  map[string]uint64
	// Exit is the command's exit code, 128 plus the signal that ended it; nil
	// without a command.
	Exit   *int
	Reason string
	Calls  []CallStats // with Options.Count, by time
	Files  int         // that were written, those removed since among them
}

// Record records until ctx is done or the command ends. The trace is sealed
// even when the end has an error; no file is left when it could not begin.
func Record(ctx context.Context, opt Options) (*Summary, error) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	s, err := begin(opt)
	if err != nil {
		return nil, err
	}
	return s.run(ctx)
}

// session is one recording in progress.
type session struct {
	opt      Options
	kernel   *kernel
	launcher *launched // becomes the command; nil without one
	out      destination
	stats    *stats
	control  *control     // nil without one
	metrics  net.Listener // nil without one
	notify   *notifier
	drain    *drain
	started  time.Time
	began    int64 // boot clock of the header, from which info counts
	// conditional: the recorded tasks are not the whole tree.
	conditional bool
	steps       *phases
	start       *start
	scanned     uint32 // number of the next scan for descriptors
	roots       []int  // pidfds of the processes of -p, where the end of all recorded tasks is not the end
	keep        uint64 // capabilities that reading needs, a bit each
	moves       uint32 // how many moves between cgroups have been followed
}

// begin attaches everything and opens the output; nothing is recorded yet.
func begin(opt Options) (s *session, err error) {
	steps := newPhases()
	debug.SetGCPercent(startingGC)
	unmapProgram() // what Go's initialisation touched
	parsing := parse()
	f := ProbeFeatures()
	if err := f.check(); err != nil {
		return nil, err
	}
	steps.done("features")
	cfg := kernelConfig{steps: steps, parsing: parsing, features: f, record: opt.Select, watch: watchOf(opt.Select), critical: opt.SyncCritical, env: opt.Env}
	if cfg.ringWitness, cfg.ringPlain, err = opt.rings(); err != nil {
		return nil, err
	}
	cfg.wakeup = uint64(min(cfg.ringWitness, cfg.ringPlain) / 16)
	scoped, scope, err := resolveScope(&opt, f.Cgroup2)
	if err != nil {
		return nil, err
	}
	cfg.scope = scoped
	if err := opt.checkFiles(); err != nil {
		return nil, err
	}
	if err := opt.Operation.check(opt.Output); err != nil {
		return nil, err
	}
	steps.done("options")
	k, err := newKernel(cfg)
	if err != nil {
		return nil, err
	}
	steps.done("maps")
	s = &session{opt: opt, kernel: k, steps: steps, conditional: scoped.changing()}
	defer func() {
		if err != nil {
			if s.launcher != nil {
				s.launcher.abandon()
			}
			s.closeServices()
			k.close()
		}
	}()
	stdout := os.Stdout
	if opt.Output == "-" { // which is the trace's alone
		stdout = os.Stderr
	}
	if s.launcher, err = launch(opt.Command, stdout); err != nil {
		return s, err
	}
	s.launcher.copies = opt.Select != nil && opt.Select.Event(format.EventKfree)
	pid := s.launcher.cmd.Process.Pid
	if err := k.mark(pid, s.launcher.pidfd, modeSelfTest); err != nil {
		return s, err
	}
	steps.done("launcher")
	plan := planFor(format.Events, f, opt.Rungs, scoped.only|scoped.not, opt.Select)
	witnesses, err := attachAll(k, &plan, s.launcher.provoke)
	logWitnesses(opt.Log, witnesses)
	if err != nil {
		return s, err
	}
	if opt.Rungs != 0 && !slices.ContainsFunc(witnesses, func(w format.Witness) bool { return w.State == format.WitnessActive && w.Rung&opt.Rungs != 0 }) {
		opt.Log.Warn("none of the witnesses asked for is there: arguments are recorded as shown, and cannot be compared; see tracerec doctor --witness")
	}
	if err := k.attachSpares(); err != nil {
		opt.Log.Warn("calls that the kernel skips are missed, as there are no spare programs", "error", err)
	}
	if onAttached != nil {
		onAttached(k)
	}
	steps.done("attach")
	k.forget()
	lean()
	steps.done("memory")
	h, err := header(opt, scope, witnesses)
	if err != nil {
		return s, err
	}
	s.began = h.Clock.Boottime
	if s.drain, err = newDrain(k, opt.Log); err != nil {
		return s, err
	}
	if opt.SyncCritical {
		s.drain.critical, s.drain.rows = true, criticalRows
	}
	s.start = newStart(s)
	s.drain.start = s.start
	if (scoped.only | scoped.not).has(scopeCgroup) {
		s.drain.rescan = s.rescan
	}
	if err := s.openServices(); err != nil {
		return s, err
	}
	if s.out, err = s.opt.destination(h); err != nil {
		return s, err
	}
	steps.done("file")
	s.bound()
	steps.done("privileges")
	return s, nil
}

// checkFiles finds what would fail later anyway, before anything is attached
// or an existing file replaced.
func (opt *Options) checkFiles() error {
	if len(opt.Command) > 0 {
		if _, err := exec.LookPath(opt.Command[0]); err != nil && !errors.Is(err, exec.ErrDot) {
			return fmt.Errorf("run the command: %w", err)
		}
	}
	if name := opt.Privileges.User; name != "" {
		if _, _, err := userOf(name); err != nil {
			return err
		}
	}
	if opt.Output == "-" {
		return nil
	}
	first := filepath.Join(filepath.Dir(opt.Output), opt.names(opt.Output).name(0, time.Now()))
	if st, err := os.Lstat(first); err == nil {
		return format.Occupied(first, st, opt.Force)
	}
	return nil
}

// run records until the end.
func (s *session) run(ctx context.Context) (*Summary, error) {
	defer s.kernel.close()
	s.started = time.Now()
	sum := &Summary{}

	into := sink(s.out)
	s.stats = newStats(s.out)
	if s.opt.Count || s.opt.Watch != nil || s.metrics != nil {
		into = s.stats
	}
	stop := make(chan struct{})
	done := make(chan error, 1)
	go func() { done <- s.drain.run(into, stop) }() // what is there may be more than the rings hold
	<-s.drain.begun

	ended := make(chan *int, 1) // the command's exit code
	var startErr error
	if len(s.opt.Command) > 0 {
		startErr = s.begins()
		go func() {
			ended <- exitCode(s.launcher.cmd.Wait())
		}()
	} else {
		s.launcher.abandon()
		startErr = s.adopt(s.opt.PIDs)
		s.steps.done("state")
	}
	if startErr == nil {
		settle()
		s.steps.log(s.opt.Log)
	}
	if startErr == nil && s.opt.Ready != nil {
		s.opt.Ready()
	}

	if s.conditional {
		s.roots = openRoots(s.opt.PIDs)
	}
	var err error
	if startErr == nil {
		release := s.out.hold() // what is written from now on is without privileges
		startErr = s.drop()
		release()
	}
	if startErr == nil {
		attend := s.attend()
		err = s.wait(ctx, sum, ended, done)
		attend()
	}
	if err == nil {
		if ferr := s.kernel.iterate("iter_flush"); ferr != nil {
			s.opt.Log.Warn("calls in flight are not in the trace", "error", ferr)
		}
		for name, n := range s.kernel.misses() {
			s.opt.Log.Info("runs that the kernel skipped", "program", name, "runs", n)
			sum.Missed += n
		}
		s.kernel.detach()
		close(stop)
		err = <-done
	} else {
		// Nobody reads any more: what is still recorded is counted.
		s.kernel.detach()
		if _, lerr := s.drain.loss.read(format.NewBatch(0), uint64(clockNow().Boottime)); lerr != nil {
			s.opt.Log.Warn("read the kernel's loss counters", "error", lerr)
		}
	}
	if startErr != nil {
		return nil, errors.Join(startErr, s.discard())
	}
	return sum, s.seal(sum, err)
}

// wait returns when there is no more to record, with the writer's error if
// that is why. It fills sum's reason and exit code.
func (s *session) wait(ctx context.Context, sum *Summary, ended <-chan *int, written <-chan error) error {
	var gone <-chan struct{} // the recorded processes have ended
	if len(s.opt.PIDs) > 0 {
		gone = s.drain.idle
		if s.conditional {
			waiting, cancel := context.WithCancel(ctx)
			defer cancel()
			gone = rootsEnded(waiting, s.roots)
		}
	}
	select {
	case sum.Exit = <-ended:
		sum.Reason = "command ended"
	case <-gone:
		sum.Reason = "the recorded processes ended"
	case sum.Reason = <-s.out.ending(): // a limit
		s.leaveCommand()
	case err := <-written: // the file cannot be written
		sum.Reason = "write error"
		return err
	case <-ctx.Done():
		sum.Reason = "interrupted"
		if len(s.opt.Command) == 0 {
			break
		}
		// The terminal has sent the signal to the command too: it may finish.
		select {
		case sum.Exit = <-ended:
		case <-time.After(2 * time.Second):
			s.leaveCommand()
		}
	}
	return nil
}

// leaveCommand says that the recording ends before the command.
func (s *session) leaveCommand() {
	if len(s.opt.Command) > 0 {
		s.opt.Log.Warn("the command goes on, without being recorded", "pid", s.launcher.cmd.Process.Pid)
	}
}

// discard leaves no file behind of a recording that did not begin.
func (s *session) discard() error {
	if len(s.opt.Command) > 0 {
		s.launcher.release()
	}
	s.closeServices()
	return s.out.discard()
}

// begins lets the launcher become the command, recorded from its execve on.
func (s *session) begins() error {
	pid := s.launcher.cmd.Process.Pid
	if err := s.kernel.mark(pid, s.launcher.pidfd, modeArmed); err != nil {
		return err
	}
	if err := s.adopt([]int{pid}); err != nil {
		return err
	}
	s.steps.done("state")
	err := s.launcher.run()
	s.steps.done("exec")
	return err
}

// elapsed is how long the recording has gone on, by the clock that its times are of: a suspended machine counts.
func (s *session) elapsed() time.Duration { return time.Duration(clockNow().Boottime - s.began) }

// seal writes what remains and closes the file.
func (s *session) seal(sum *Summary, err error) error {
	if len(s.opt.Command) > 0 {
		s.launcher.release()
	}
	failed := err
	sum.Lost, sum.Seen = s.drain.lost, s.drain.loss.seen()
	totals := &format.Totals{Lost: sum.Lost, Seen: sum.Seen, Read: s.drain.received, Missed: sum.Missed, Reason: sum.Reason, Exit: sum.Exit}
	err = s.out.close(totals, failed)
	done := s.out.written()
	sum.Rows, sum.Bytes, sum.Files, sum.Elapsed = done.Rows, int64(done.Bytes), done.Files, s.elapsed()
	if ended := totals.Ended.Boottime; ended > s.began {
		sum.Elapsed = time.Duration(ended - s.began) // as info has it
	}
	sum.Calls = s.stats.byCall()
	if failed != nil {
		sum.Lost = done.Lost
	}
	sum.Corrupt = s.drain.asm.corrupt
	if got := s.drain.received + sum.Lost; err == nil && got != sum.Seen {
		err = fmt.Errorf("the kernel counted %d records, %d were read and %d lost: the trace is incomplete in an unknown place", sum.Seen, s.drain.received, sum.Lost)
	}
	return err
}

func exitCode(err error) *int {
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
		if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
			code = 128 + int(ws.Signal())
		}
	}
	return &code
}

// commandLine reads a process' arguments; nil when it is gone.
func commandLine(pid uint32) []byte {
	f, err := os.Open(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return nil
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, format.ArgvMax))
	if err != nil || len(b) == 0 {
		return nil
	}
	return b
}

func header(opt Options, scope format.Scope, witnesses []format.Witness) (*format.Header, error) {
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		return nil, fmt.Errorf("uname: %w", err)
	}
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	var ns unix.Stat_t
	unix.Stat("/proc/self/ns/pid", &ns)
	return &format.Header{
		Host: unix.ByteSliceToString(uts.Nodename[:]), BootID: strings.TrimSpace(string(boot)),
		Machine: unix.ByteSliceToString(uts.Machine[:]), Kernel: unix.ByteSliceToString(uts.Release[:]), KernelV: unix.ByteSliceToString(uts.Version[:]),
		Clock: clockNow(), Recorder: opt.Version, Args: opt.Args, Command: opt.Command,
		Scope: scope, Selection: opt.Select.Header(), Manifest: witnesses, Env: opt.Env, PIDNS: uint32(ns.Ino), Users: usersOf(&opt),
	}, nil
}

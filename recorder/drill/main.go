//go:build linux

package drill

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Verb is the hidden first argument by which this program runs a case.
const Verb = "__drill"

// Exit codes of a case.
const (
	CodeOK          = 0
	CodeFailed      = 1
	CodeUsage       = 2
	CodeUnavailable = 77 // this system refuses what the case needs; the truth says why
)

// Dispatch runs a case when the arguments (os.Args) ask for one. main calls it
// before it parses anything, and exits with the code when ok.
func Dispatch(args []string) (code int, ok bool) {
	switch {
	case len(args) > 1 && args[1] == Verb:
		return Main(args[2:]), true
	case len(args) > 1 && args[1] == SeriesVerb:
		return series(args[2:]), true
	}
	return 0, false
}

// Argv is the command that runs a case: exe is this program. n of 0 takes the
// case's own count.
func Argv(exe, name, dir string, n int) []string {
	argv := []string{exe, Verb, name, dir}
	if n > 0 {
		argv = append(argv, "-n", strconv.Itoa(n))
	}
	return argv
}

// Main is the entry of the process that runs a case: CASE DIR [-n COUNT].
func Main(args []string) int {
	if len(args) < 2 {
		return complain(CodeUsage, errors.New("want CASE DIR [-n COUNT]"))
	}
	name, dir := args[0], args[1]
	if child, ok := children[name]; ok {
		prepare()
		return complain(CodeFailed, child(dir, args[2:])) // returns only when it could not exec
	}
	c, ok := Find(name)
	if !ok {
		return complain(CodeUsage, fmt.Errorf("case %q: no such case", name))
	}
	flags := flag.NewFlagSet(Verb, flag.ContinueOnError)
	n := flags.Int("n", c.N, "attempts")
	if flags.Parse(args[2:]) != nil || flags.NArg() > 0 || *n <= 0 {
		return complain(CodeUsage, errors.New("want CASE DIR [-n COUNT], COUNT above 0"))
	}
	return runCase(c, dir, *n)
}

func runCase(c Case, dir string, n int) int {
	fi, err := os.Stat(dir)
	if err == nil && !fi.IsDir() {
		err = errors.New("not a directory")
	}
	if err != nil {
		return complain(CodeUsage, fmt.Errorf("work directory %s: %w", dir, err))
	}
	prepare()
	r := &run{c: c, dir: dir, n: n, began: time.Now()}
	r.truth.Setup = Setup{Case: c.Name, PID: os.Getpid(), N: n}
	time.AfterFunc(limit, func() {
		complain(CodeFailed, fmt.Errorf("%s: still running after %.0fs", c.Name, limit.Seconds()))
		os.Exit(CodeFailed)
	})
	err = c.check()
	if err == nil {
		err = c.run(r)
	}
	var un *Unavailable
	switch {
	case errors.As(err, &un):
		r.truth.Total.Unavailable = un.Error()
	case err != nil:
		r.truth.Total.Error = err.Error()
	}
	if werr := r.truth.write(dir); werr != nil {
		return complain(CodeFailed, werr)
	}
	switch {
	case un != nil:
		return complain(CodeUnavailable, fmt.Errorf("%s: %w", c.Name, un))
	case err != nil:
		return complain(CodeFailed, fmt.Errorf("%s: %w", c.Name, err))
	}
	return CodeOK
}

// prepare settles the runtime: threads that spin must not keep others from
// running, and no collection may stop a thread that waits inside a raw call.
func prepare() {
	runtime.GOMAXPROCS(max(8, runtime.NumCPU()))
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(1 << 30)
}

func complain(code int, err error) int {
	if err != nil {
		fmt.Fprintln(os.Stderr, "drill:", err)
	}
	return code
}

// run is a case under way.
type run struct {
	c     Case
	dir   string
	n     int
	began time.Time
	truth Truth
}

func (r *run) path(name string) string { return r.dir + "/" + name }

// ownThread keeps the case on its thread, which makes all its calls, and keeps
// signals of the Go runtime from it: a call that one interrupts is entered
// again, copies its argument again and, for connect, goes on with the first
// copy's peer.
func (r *run) ownThread() error {
	runtime.LockOSThread()
	r.truth.Setup.TID = unix.Gettid()
	var all unix.Sigset_t
	for i := range all.Val {
		all.Val[i] = ^uint64(0)
	}
	return unix.PthreadSigmask(unix.SIG_BLOCK, &all, nil)
}

// more says whether a race goes on after i attempts. On a busy machine the
// second thread may run seldom, and what it does not change is no race: then
// there are more attempts, until the outcome has alternated often enough. On a
// slow one there are fewer: what counts is how many were made.
func (r *run) more(i int, steady bool) bool {
	if i > 0 && time.Since(r.began) > limit/2 {
		return false
	}
	return i < r.n || !steady && r.truth.alternations < r.n/8+1 && i < 20*r.n
}

//go:build linux

// Command run runs a command in a kernel of the matrix.
//
//	go run ./recorder/matrix/run -kernel 6.12 -lsm on -file /bin/x=./x -- /bin/x arg
//	go run ./recorder/matrix/run -kernel all -lsm both -test ./recorder -test ./bpf -- -test.v
//
// With -test, packages' tests are built static and run in one boot, with their
// testdata; what stands after -- goes to each. Otherwise:
// The command's first word is a guest path. Without -file for it, a host file
// of that name is put into the guest at /bin/NAME. Its output and exit code
// are passed on; 125 means that no exit code arrived, or no kernel.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/tracerec/tracerec/recorder/matrix"
	"github.com/tracerec/tracerec/recorder/matrix/wire"
)

type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

func main() { os.Exit(run()) }

func run() int {
	var files, outs, modules, env, tests list
	kernels := flag.String("kernel", "6.12", "kernel lines, comma-separated, or all: "+strings.Join(matrix.Lines(), " "))
	lsm := flag.String("lsm", "on", "bpf in lsm=: on, off or both")
	arch := flag.String("arch", "amd64", "architecture of the guest: "+strings.Join(matrix.Arches(), " "))
	cmdline := flag.String("append", "", "added to the kernel's command line")
	timeout := flag.Duration("timeout", 5*time.Minute, "for one boot")
	mem := flag.Int("mem", 1024, "guest memory in MB")
	console := flag.Bool("console", false, "print the kernel's console at the end")
	flag.Var(&files, "file", "GUEST=HOST file or directory to put into the guest (repeat)")
	flag.Var(&outs, "out", "GUEST=HOST file to bring back (repeat)")
	flag.Var(&modules, "module", "kernel module to load first (repeat)")
	flag.Var(&tests, "test", "package whose tests are run (repeat)")
	flag.Var(&env, "env", "NAME=VALUE for the command (repeat)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	job := matrix.Job{
		Arch: *arch, Append: *cmdline, Files: map[string]string{}, Env: env, Modules: modules, Timeout: *timeout, MemMB: *mem,
		Stdout: os.Stdout, Stderr: os.Stderr,
	}
	for _, f := range files {
		guest, host, ok := strings.Cut(f, "=")
		if !ok {
			return usage("-file %s: want GUEST=HOST", f)
		}
		job.Files[guest] = host
	}
	back := map[string]string{}
	for _, f := range outs {
		guest, host, ok := strings.Cut(f, "=")
		if !ok {
			return usage("-out %s: want GUEST=HOST", f)
		}
		back[guest] = host
		job.Out = append(job.Out, guest)
	}
	if len(tests) > 0 {
		tmp, err := os.MkdirTemp("", "tracerec-matrix-test-")
		if err != nil {
			return usage("%v", err)
		}
		defer os.RemoveAll(tmp)
		for _, pkg := range tests {
			if err := addTest(ctx, &job, tmp, pkg, flag.Args()); err != nil {
				return usage("%v", err)
			}
		}
	} else if err := addCommand(&job, flag.Args()); err != nil {
		return usage("%v", err)
	}
	lines := strings.Split(*kernels, ",")
	if *kernels == "all" {
		lines = matrix.Lines()
	}
	lsms := map[string][]bool{"on": {true}, "off": {false}, "both": {true, false}}[*lsm]
	if lsms == nil {
		return usage("-lsm %s: want on, off or both", *lsm)
	}
	code := 0
	for _, l := range lines {
		for _, on := range lsms {
			job.Line, job.LSM = l, on
			if c := boot(ctx, job, back, *console); c != 0 && code == 0 {
				code = c
			}
		}
	}
	return code
}

func addCommand(job *matrix.Job, argv []string) error {
	if len(argv) == 0 {
		return errors.New("no command; put it after --")
	}
	if _, given := job.Files[argv[0]]; !given {
		if _, err := os.Stat(argv[0]); err == nil {
			guest := path.Join("/bin", filepath.Base(argv[0]))
			job.Files[guest] = argv[0]
			argv[0] = guest
		}
	}
	job.Cmd = [][]string{argv}
	return nil
}

// addTest builds a package's tests; without cgo they need nothing of the guest.
func addTest(ctx context.Context, job *matrix.Job, tmp, pkg string, args []string) error {
	rel := path.Clean(filepath.ToSlash(pkg))
	host := filepath.Join(tmp, strings.ReplaceAll(rel, "/", "_")+".test")
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-o", host, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+job.Arch)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build tests of %s: %w: %s", pkg, err, out)
	}
	if _, err := os.Stat(host); err != nil {
		return fmt.Errorf("package %s has no tests", pkg)
	}
	guest := path.Join(wire.SourceDir, rel, path.Base(rel)+".test")
	job.Files[guest] = host
	if data := filepath.Join(pkg, "testdata"); isDir(data) {
		job.Files[path.Join(path.Dir(guest), "testdata")] = data
	}
	job.Cmd = append(job.Cmd, append([]string{guest}, args...))
	return nil
}

func isDir(name string) bool {
	fi, err := os.Stat(name)
	return err == nil && fi.IsDir()
}

func boot(ctx context.Context, job matrix.Job, back map[string]string, console bool) int {
	res, err := matrix.Run(ctx, job)
	if console {
		fmt.Fprint(os.Stderr, res.Console)
	}
	for guest, host := range back {
		data, ok := res.Files[guest]
		if !ok {
			continue
		}
		if err := os.WriteFile(host, data, 0o600); err != nil {
			return usage("%v", err)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "matrix:", err)
		return matrix.CodeLost
	}
	fmt.Fprintf(os.Stderr, "matrix: %s (%s) bpf in lsm=%v: exit code %d, boot %.1fs, total %.1fs\n",
		job.Line, res.Kernel, job.LSM, res.Code, res.Boot.Seconds(), res.Total.Seconds())
	return res.Code
}

func usage(format string, args ...any) int {
	fmt.Fprintf(os.Stderr, "matrix: "+format+"\n", args...)
	return 2
}

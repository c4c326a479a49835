//go:build linux

package matrix

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/tracerec/tracerec/recorder/matrix/wire"
)

// Debian's own list, without and with bpf. It is given on every kernel,
// because 5.10 leaves bpf out by default and 6.1 puts it in.
const (
	lsmPlain = "landlock,lockdown,yama,loadpin,safesetid,integrity,apparmor"
	lsmBPF   = lsmPlain + ",bpf"
)

// Under emulation mitigations only cost time, and without random.trust_cpu the
// first getrandom waits for seconds.
const appendBase = "quiet panic=-1 mitigations=off nokaslr random.trust_cpu=on rdinit=/init"

// Run boots a kernel, runs the job in it and returns what came back. A command
// that fails is a Result with its code, not an error; an error comes with
// CodeLost when the guest was started and never sent a code.
func Run(ctx context.Context, job Job) (Result, error) {
	res := Result{Code: CodeLost, Files: map[string][]byte{}}
	if job.Arch == "" {
		job.Arch = "amd64"
	}
	a, err := findArch(job.Arch)
	if err != nil {
		return res, err
	}
	k, err := Fetch(ctx, job.Line, job.Arch)
	if err != nil {
		return res, err
	}
	res.Package = k.Package
	tmp, err := os.MkdirTemp("", "tracerec-matrix-")
	if err != nil {
		return res, err
	}
	defer os.RemoveAll(tmp)
	initPath, ramfs := job.Init, filepath.Join(tmp, "initramfs.cpio")
	if initPath == "" {
		initPath = filepath.Join(tmp, "init")
		if err := BuildInit(ctx, job.Arch, initPath); err != nil {
			return res, err
		}
	}
	if err := writeInitramfs(ctx, ramfs, initPath, k, job); err != nil {
		return res, fmt.Errorf("write initramfs: %w", err)
	}
	if job.Timeout == 0 {
		job.Timeout = 5 * time.Minute
	}
	if job.Silence == 0 {
		job.Silence = job.Timeout
	}
	console := filepath.Join(tmp, "console")
	err = boot(ctx, &res, job, a, k, ramfs, console)
	if text, rerr := os.ReadFile(console); rerr == nil {
		res.Console = string(text)
	}
	if err != nil {
		return res, fmt.Errorf("kernel line %s (%s): %w; console ends with:\n%s", k.Line, k.Package, err, tail(res.Console, 40))
	}
	return res, nil
}

func qemuArgs(job Job, a arch, k Kernel, ramfs, console string) []string {
	cpus, mem, lsm := job.CPUs, job.MemMB, lsmPlain
	if cpus == 0 {
		cpus = 2
	}
	if mem == 0 {
		mem = 1024
	}
	if job.LSM {
		lsm = lsmBPF
	}
	args := []string{
		"-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-monitor", "none",
		"-accel", "tcg,thread=multi",
		"-smp", fmt.Sprint(cpus), "-m", fmt.Sprint(mem),
		"-kernel", k.Image, "-initrd", ramfs,
		"-append", strings.Join(strings.Fields("console="+a.console+" "+appendBase+" "+a.append+" lsm="+lsm+" "+job.Append), " "),
		"-serial", "file:" + console,
		"-chardev", "stdio,id=wire,signal=off",
	}
	return append(append(args, a.machine...), a.wire...)
}

func boot(ctx context.Context, res *Result, job Job, a arch, k Kernel, ramfs, console string) error {
	cmd := exec.CommandContext(ctx, a.qemu, qemuArgs(job, a, k, ramfs, console)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // no guest outlives a killed runner
	var errb strings.Builder
	cmd.Stderr = &errb
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start qemu: %w; install %s", err, a.debian)
	}
	watch := watchGuest(cmd.Process, job.Timeout, job.Silence)
	rerr := receive(bufio.NewReaderSize(watch.reader(pipe), 64<<10), res, job, start)
	if rerr != nil {
		cmd.Process.Kill()
	}
	werr := cmd.Wait()
	res.Total = time.Since(start)
	res.Fair, err = watch.end()
	if rerr != nil {
		if err != nil {
			rerr = err // why the frames ended
		}
		if msg := strings.TrimSpace(errb.String()); msg != "" {
			return fmt.Errorf("%w; qemu says: %s", rerr, msg)
		}
		return rerr
	}
	if werr != nil {
		return fmt.Errorf("qemu: %w: %s", werr, strings.TrimSpace(errb.String()))
	}
	return nil
}

// receive reads frames until the guest says that it is done.
func receive(r io.Reader, res *Result, job Job, start time.Time) error {
	var file string
	for {
		kind, p, err := wire.Read(r)
		if err == io.EOF {
			return errors.New("the guest ended without an exit code")
		}
		if err != nil {
			return err
		}
		switch kind {
		case wire.Ready:
			res.Kernel, res.Boot = string(p), time.Since(start)
		case wire.Stdout:
			write(job.Stdout, p)
		case wire.Stderr:
			write(job.Stderr, p)
		case wire.Note:
			write(job.Stderr, append(append([]byte("guest init: "), p...), '\n'))
		case wire.End:
			code, d, err := wire.ParseEnd(p)
			if err != nil {
				return err
			}
			res.Cmd = append(res.Cmd, CmdResult{code, d})
		case wire.File:
			file = string(p)
			res.Files[file] = []byte{}
		case wire.Data:
			res.Files[file] = append(res.Files[file], p...)
		case wire.Done:
			if len(p) != 4 {
				return fmt.Errorf("done frame: %d bytes, want 4", len(p))
			}
			res.Code = int(int32(binary.LittleEndian.Uint32(p)))
			return nil
		default:
			return fmt.Errorf("serial frame of unknown kind %q", kind)
		}
	}
}

func write(w io.Writer, p []byte) {
	if w != nil {
		w.Write(p)
	}
}

func tail(s string, n int) string {
	l := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(l[max(0, len(l)-n):], "\n")
}

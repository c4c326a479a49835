//go:build linux

// Command init is pid 1 of the guest: it makes the system that a test needs,
// runs the job's commands and sends output, files and the exit code over the
// second serial port.
package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/recorder/matrix/wire"
)

func main() {
	port := setUp()
	code := 125
	if job, err := readJob(); err != nil {
		port.note("%v", err)
	} else {
		port.send(wire.Ready, []byte(release()))
		code = run(port, job)
		port.files(job.Out)
	}
	port.send(wire.Done, binary.LittleEndian.AppendUint32(nil, uint32(code)))
	port.drain()
	unix.Sync()
	end := unix.LINUX_REBOOT_CMD_POWER_OFF
	if slept() {
		end = unix.LINUX_REBOOT_CMD_RESTART // of a machine that was suspended qemu ignores power-off, and it does not restart
	}
	unix.Reboot(end)
}

// slept says whether the machine was suspended since it was booted.
func slept() bool {
	var boot, mono unix.Timespec
	unix.ClockGettime(unix.CLOCK_BOOTTIME, &boot)
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &mono)
	return boot.Nano()-mono.Nano() > int64(time.Second)
}

func readJob() (wire.Job, error) {
	var job wire.Job
	data, err := os.ReadFile(wire.JobPath)
	if err == nil {
		err = json.Unmarshal(data, &job)
	}
	return job, err
}

// run runs the commands until one fails.
func run(port *port, job wire.Job) int {
	for _, m := range job.Modules {
		if err := loadModule(filepath.Join(wire.ModuleDir, m)); err != nil {
			port.note("%v", err)
			return 125
		}
	}
	for _, argv := range job.Cmd {
		start := time.Now()
		code := runOne(port, argv, job.Env)
		port.send(wire.End, wire.AppendEnd(nil, code, time.Since(start)))
		if code != 0 {
			return code
		}
	}
	return 0
}

func runOne(port *port, argv, env []string) int {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append([]string{"PATH=/bin:/sbin:/usr/bin", "HOME=/tmp", "TMPDIR=/tmp"}, env...)
	cmd.Dir = "/tmp"
	if strings.HasPrefix(argv[0], wire.SourceDir+"/") {
		cmd.Dir = filepath.Dir(argv[0]) // as go test does: testdata is found there
	}
	cmd.Stdout = stream{port, wire.Stdout}
	cmd.Stderr = stream{port, wire.Stderr}
	cmd.WaitDelay = 2 * time.Second // of a child left behind with our pipe open
	err := cmd.Run()
	if cmd.ProcessState == nil {
		port.note("start %s: %v", argv[0], err)
		return 127
	}
	if ws := cmd.ProcessState.Sys().(syscall.WaitStatus); ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return cmd.ProcessState.ExitCode()
}

func loadModule(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.FinitModule(int(f.Fd()), "", 0); err != nil && err != unix.EEXIST {
		return fmt.Errorf("load module %s: %w", filepath.Base(path), err)
	}
	return nil
}

// port is the second serial port.
type port struct {
	mu  sync.Mutex
	f   *os.File
	buf []byte
}

func (p *port) send(kind wire.Kind, payload []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		n := min(len(payload), wire.MaxPayload)
		p.buf = wire.Append(p.buf[:0], kind, payload[:n])
		if _, err := p.f.Write(p.buf); err != nil {
			fmt.Fprintln(os.Stderr, "init: serial port:", err)
			return
		}
		if payload = payload[n:]; len(payload) == 0 {
			return
		}
	}
}

func (p *port) note(format string, args ...any) { p.send(wire.Note, fmt.Appendf(nil, format, args...)) }

// drain waits until the last byte has left; a power-off would cut it.
func (p *port) drain() { unix.IoctlSetInt(int(p.f.Fd()), unix.TCSBRK, 1) }

func (p *port) files(patterns []string) {
	for _, pattern := range patterns {
		paths, _ := filepath.Glob(pattern)
		if len(paths) == 0 {
			p.note("no file %s", pattern)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				p.note("%v", err)
				continue
			}
			p.send(wire.File, []byte(path))
			if len(data) > 0 {
				p.send(wire.Data, data)
			}
		}
	}
}

type stream struct {
	port *port
	kind wire.Kind
}

func (s stream) Write(b []byte) (int, error) {
	if len(b) > 0 {
		s.port.send(s.kind, b)
	}
	return len(b), nil
}

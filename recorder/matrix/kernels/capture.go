//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tracerec/tracerec/recorder/matrix"
)

// captureCases are the cases and counts of a frozen capture: few, so that it
// is small, but some of every verdict.
var captureCases = []string{
	"open-flip:15", "exec-flip:25", "connect-flip-udp:30", "bind-flip:30", "connect-post-use:3", "open-post-use:4",
	"openat2-swap:3", "exec-argv-swap:2", "exec-name-fault:1", "rename-swap:2", "symlink-swap:2",
	"open-unreadable-fault:3", "open-unreadable-file:3", "uring-open:2",
	"open-steady:10", "exec-steady:2", "connect-steady:3", "open-symlink:3", "open-relative:4",
}

// captureTries is how often a boot records them. With so few attempts it is
// luck which races are won: the recording with most of captureLuck is kept,
// the smallest of equals.
const captureTries = 6

var captureLuck = []string{"execve.pathname", "connect.addr", "bind.addr", "openat.pathname"}

// capture records a short drill, with all witnesses that the kernel has, and
// leaves the trace and the truth of all its cases in dir.
func (t target) capture(ctx context.Context, p programs, dir string) error {
	job := matrix.Job{
		Line: t.line, LSM: t.lsm, Arch: t.arch, Files: p.files, Init: p.init, Timeout: 15 * time.Minute, Stderr: prefixed{os.Stderr, "  "}, Stdout: prefixed{os.Stdout, "  "},
		Cmd: [][]string{{"/bin/guest", "hold"}}, Out: []string{"/tmp/drill-*.trc", "/tmp/d-*/*/truth.jsonl"},
	}
	for i := range captureTries {
		argv := []string{"/bin/tracerec", "record", "-o", fmt.Sprintf("/tmp/drill-%d.trc", i), "--", "/bin/guest", "drill", "/bin/tracerec", fmt.Sprintf("/tmp/d-%d", i)}
		job.Cmd = append(job.Cmd, append(argv, captureCases...))
	}
	res, _, err := runJob(ctx, job)
	if err != nil {
		return err
	}
	if res.Code != 0 {
		return fmt.Errorf("capture on %v: exit code %d", t, res.Code)
	}
	best, won, size := -1, 0, 0
	for i := range captureTries {
		data := res.Files[fmt.Sprintf("/tmp/drill-%d.trc", i)]
		n, err := t.won(data)
		if err != nil {
			return err
		}
		if n > won || n == won && n > 0 && len(data) < size {
			best, won, size = i, n, len(data)
		}
	}
	if best < 0 {
		return fmt.Errorf("capture on %v: no race was won in %d recordings, try again", t, captureTries)
	}
	var truth bytes.Buffer
	for _, c := range captureCases {
		name, _, _ := strings.Cut(c, ":")
		data, ok := res.Files[fmt.Sprintf("/tmp/d-%d/%s/truth.jsonl", best, name)]
		if !ok {
			return fmt.Errorf("capture on %v: no truth of %s", t, name)
		}
		truth.Write(data)
	}
	rung := "fentry"
	if t.lsm {
		rung = "lsm"
	}
	base := filepath.Join(dir, strings.Join(strings.Fields(t.line+" "+t.arch+" "+rung+" drill"), "-"))
	fmt.Printf("%s.trc: %s, %d bytes, %d of %d races won\n", base, res.Kernel, size, won, len(captureLuck))
	return errors.Join(
		os.WriteFile(base+".trc", res.Files[fmt.Sprintf("/tmp/drill-%d.trc", best)], 0o644),
		os.WriteFile(base+".truth.jsonl", truth.Bytes(), 0o644),
	)
}

// won counts the arguments of captureLuck of which a recording has a divergent value.
func (t target) won(data []byte) (n int, err error) {
	f, err := os.CreateTemp("", "tracerec-capture-")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, err
	}
	rec, err := read(f.Name())
	if err != nil {
		return 0, fmt.Errorf("capture on %v: %w", t, err)
	}
	have := map[string]bool{}
	for _, finding := range rec.findings {
		have[finding.Syscall+"."+finding.Argument] = true
	}
	for _, m := range captureLuck {
		if have[m] {
			n++
		}
	}
	return n, nil
}

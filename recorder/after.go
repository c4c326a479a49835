//go:build linux

package recorder

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// afterArg makes this binary the process that runs the command of -z for every
// file that is finished. It is started before the recorder gives up its
// privileges, and keeps them: the recorder itself executes nothing.
const afterArg = "__tracerec-after"

// after hands files to that process. A nil after is none.
type after struct {
	cmd *exec.Cmd
	in  int
	dir string
}

// startAfter starts the process; names are of files in dir.
func startAfter(command, dir string) (*after, error) {
	if command == "" {
		return nil, nil
	}
	fields := strings.Fields(command)
	if _, err := exec.LookPath(fields[0]); err != nil {
		return nil, fmt.Errorf("the command for finished files: %w", err)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		return nil, fmt.Errorf("the command for finished files: %w", err)
	}
	r, w := os.NewFile(uintptr(ends[0]), "files"), ends[1]
	defer r.Close()
	a := &after{cmd: exec.Command("/proc/self/exe", append([]string{afterArg}, fields...)...), in: w, dir: abs}
	a.cmd.Args[0] = os.Args[0]
	a.cmd.Stdin, a.cmd.Stderr = r, os.Stderr
	// Ctrl-C is for the recorder, and the command of the last file has still to run.
	a.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := a.cmd.Start(); err != nil {
		unix.Close(w)
		return nil, fmt.Errorf("the command for finished files: %w", err)
	}
	unix.SetNonblock(w, true)
	return a, nil
}

// run has the command run with a file. It does not wait: a command that is
// slower than the files come is given as many as a pipe holds.
func (a *after) run(name string) error {
	if a == nil {
		return nil
	}
	_, err := unix.Write(a.in, append([]byte(filepath.Join(a.dir, name)), 0))
	return err
}

// wait lets the commands of all files finish.
func (a *after) wait() error {
	if a == nil {
		return nil
	}
	unix.Close(a.in)
	if err := a.cmd.Wait(); err != nil {
		return fmt.Errorf("the command for finished files failed: %w", err)
	}
	return nil
}

// afterFiles is that process: it runs command with each name that it reads.
func afterFiles(command []string) int {
	renice(10)
	failed := 0
	names := bufio.NewReader(os.Stdin)
	for {
		name, err := names.ReadString(0)
		if err != nil {
			return min(failed, 1)
		}
		cmd := exec.Command(command[0], append(command[1:len(command):len(command)], strings.TrimSuffix(name, "\x00"))...)
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			fmt.Fprintf(os.Stderr, "tracerec: %s %q: %v\n", strings.Join(command, " "), strings.TrimSuffix(name, "\x00"), err)
			failed++
		}
	}
}

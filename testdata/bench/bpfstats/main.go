// Command bpfstats, run as the command of a recording, runs a command and then
// prints, of every BPF program of the recorder, how often it ran meanwhile and
// for how many nanoseconds.
//
//	tracerec record -o FILE -- bpfstats CMD ARGS...
//	bpfstats -of PID CMD ARGS...     the recorder is that process, and CMD is out of scope
//
// Counting is switched on through a descriptor, so that it ends with this
// process however that ends; the sysctl is not touched.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bpfstats:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	recorder := os.Getppid()
	if len(args) > 2 && args[0] == "-of" {
		if _, err := fmt.Sscan(args[1], &recorder); err != nil {
			return fmt.Errorf("-of %s: want a process id", args[1])
		}
		args = args[2:]
	}
	if len(args) == 0 {
		return errors.New("usage: bpfstats [-of PID] CMD ARGS...")
	}
	ids, err := programsOf(recorder)
	if err != nil {
		return err
	}
	counting, err := ebpf.EnableStats(unix.BPF_STATS_RUN_TIME)
	if err != nil {
		return fmt.Errorf("count runs of BPF programs: %w", err)
	}
	defer counting.Close()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return err
	}
	for _, id := range ids {
		p, err := ebpf.NewProgramFromID(id)
		if err != nil {
			return err
		}
		info, err1 := p.Info()
		stats, err2 := p.Stats()
		p.Close()
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		fmt.Printf("%s %d %d\n", info.Name, stats.RunCount, stats.Runtime.Nanoseconds())
	}
	return nil
}

// programsOf returns the BPF programs that a process holds open. Other
// recorders' programs run as well, and are none of ours.
func programsOf(pid int) ([]ebpf.ProgramID, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/fdinfo/*", pid))
	if err != nil {
		return nil, err
	}
	var ids []ebpf.ProgramID
	seen := make(map[ebpf.ProgramID]bool)
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue // closed meanwhile
		}
		text := string(b)
		if at := strings.Index(text, "prog_id:"); at >= 0 {
			var id ebpf.ProgramID
			if _, err := fmt.Sscanf(text[at:], "prog_id: %d", &id); err == nil && !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("process %d holds no BPF program: run this as the command of tracerec record", pid)
	}
	return ids, nil
}

// Command bpfstats runs a command and then prints, of every BPF program that
// ran at least N times meanwhile, how often it ran and for how long.
//
//	bpfstats N CMD ARGS...
//
// Counting is switched on through a descriptor, so that it ends with this
// process however that ends; the sysctl is not touched.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"

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
	if len(args) < 2 {
		return errors.New("usage: bpfstats N CMD ARGS...")
	}
	least, err := strconv.ParseUint(args[0], 10, 64)
	if err != nil {
		return err
	}
	counting, err := ebpf.EnableStats(unix.BPF_STATS_RUN_TIME)
	if err != nil {
		return fmt.Errorf("count runs of BPF programs: %w", err)
	}
	defer counting.Close()
	cmd := exec.Command(args[1], args[2:]...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return err
	}
	for id := ebpf.ProgramID(0); ; {
		id, err = ebpf.ProgramGetNextID(id)
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		p, err := ebpf.NewProgramFromID(id)
		if err != nil {
			continue // unloaded meanwhile
		}
		info, err1 := p.Info()
		stats, err2 := p.Stats()
		p.Close()
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		if stats.RunCount >= least {
			fmt.Printf("%s %d %d\n", info.Name, stats.RunCount, stats.Runtime.Nanoseconds())
		}
	}
}

package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"

	"github.com/spf13/cobra"
)

// profile adds the hidden flags --cpuprofile and --memprofile, which say where
// the time and the memory of a verb go (go tool pprof), to root and its verbs.
// The result stops profiling and writes what was measured.
func profile(root *cobra.Command) (stop func()) {
	var cpu, mem string
	f := root.PersistentFlags()
	f.StringVar(&cpu, "cpuprofile", "", "write a CPU profile of this process to a file")
	f.StringVar(&mem, "memprofile", "", "write a profile of this process' allocations to a file")
	f.MarkHidden("cpuprofile")
	f.MarkHidden("memprofile")
	var out *os.File
	before := root.PersistentPreRunE
	root.PersistentPreRunE = func(cmd *cobra.Command, args []string) (err error) {
		if err := before(cmd, args); err != nil {
			return err
		}
		if mem != "" {
			runtime.MemProfileRate = 4096
		}
		if cpu == "" {
			return nil
		}
		if out, err = os.Create(cpu); err != nil {
			return err
		}
		return pprof.StartCPUProfile(out)
	}
	return func() {
		if out != nil {
			pprof.StopCPUProfile()
			out.Close()
		}
		if mem == "" {
			return
		}
		f, err := os.Create(mem)
		if err == nil {
			err = pprof.Lookup("allocs").WriteTo(f, 0)
			f.Close()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "tracerec: --memprofile: "+err.Error())
		}
	}
}

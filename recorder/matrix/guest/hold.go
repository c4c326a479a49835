//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
)

const tracefs = "/sys/kernel/tracing"

// held are the tracepoints that the recorder attaches to.
var held = []string{
	"raw_syscalls/sys_enter", "raw_syscalls/sys_exit", "kmem/kmem_cache_free",
	"sched/sched_process_exec", "sched/sched_process_exit", "task/task_newtask",
}

// hold keeps two probes, which record nothing, on each of the recorder's
// tracepoints. The kernel rewrites its own code when a tracepoint gets its
// first probe and when it gets its second, but not for a third. That matters
// under emulation: qemu before 8.1 may translate code while it is rewritten
// and keep the breakpoint of the moment between for ever (it locks the page
// only after it has read it), and a kernel that runs into it panics.
func hold() {
	for _, name := range []string{"hold-1", "hold-2"} {
		dir := filepath.Join(tracefs, "instances", name)
		err := os.MkdirAll(dir, 0o700)
		set := func(file, value string) {
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, file), []byte(value), 0)
			}
		}
		set("tracing_on", "0")
		set("buffer_size_kb", "4")
		for _, tp := range held {
			set(filepath.Join("events", tp, "enable"), "1")
		}
		if err != nil {
			fmt.Println("hold tracepoints:", err)
			return
		}
	}
}

package format

import (
	"math/bits"
	"strings"
)

// Groups is a set of what syscalls and events are about: what `record -e`
// selects by name. A row can be in several.
type Groups uint32

const (
	GroupFile      Groups = 1 << iota // takes a path or changes what a directory holds
	GroupDesc                         // works on a file descriptor: read, write, dup, close, poll
	GroupNet                          // sockets
	GroupProcess                      // creates, replaces, ends or waits for a process
	GroupCred                         // user and group ids, capabilities, securebits
	GroupMount                        // mounts, roots, swap
	GroupNamespace                    // namespaces
	GroupBPF                          // bpf, perf events, seccomp
	GroupIOUring                      // io_uring
	GroupAIO                          // POSIX and Linux asynchronous i/o
	GroupMemory                       // address space
	GroupSignal                       // signals
	GroupIPC                          // System V and POSIX message queues, semaphores, shared memory, futexes
	GroupKey                          // kernel key rings
	GroupModule                       // kernel modules, kexec, firmware
	GroupPtrace                       // looks into or writes to another process
	GroupTime                         // clocks and timers
	GroupSched                        // scheduling
	GroupSystem                       // the host as a whole: reboot, hostname, quota, syslog
	GroupWatch                        // inotify, fanotify
	GroupLSM                          // events of security hooks, as events of their own
	GroupHeap                         // witnesses of copies on the kernel's heap

	numGroups = iota
)

// groupNames are the words of `record -e`, by bit.
var groupNames = [numGroups]string{
	"file", "desc", "net", "process", "cred", "mount", "namespace", "bpf", "io_uring", "aio", "memory", "signal", "ipc", "key",
	"module", "ptrace", "time", "sched", "system", "watch", "lsm", "heap",
}

// groupDocs say what the calls and events of a group do, by bit.
var groupDocs = [numGroups]string{
	"take a path, or change what a directory or an inode holds",
	"work on a file descriptor: make, copy, close, read, write, wait",
	"sockets",
	"create, replace, end or wait for a process, and what it is",
	"user and group ids, capabilities, labels",
	"mounts, roots, swap",
	"namespaces",
	"BPF, performance events, seccomp, Landlock",
	"io_uring",
	"Linux asynchronous i/o",
	"the address space",
	"signals",
	"System V and POSIX message queues, semaphores, shared memory; futexes",
	"kernel key rings",
	"kernel modules, other kernels",
	"look into or write to another process",
	"clocks and timers",
	"scheduling",
	"the host as a whole: power, names, clock, quota, log",
	"inotify, fanotify",
	"what security hooks see, as events of their own",
	"what calls copy to the kernel's heap, as witness of their arguments",
}

// GroupDoc says what the calls and events of one group do.
func GroupDoc(g Groups) string {
	if i := bits.TrailingZeros32(uint32(g)); i < len(groupDocs) {
		return groupDocs[i]
	}
	return ""
}

// GroupNames are the names of all groups, in the order of their bits.
func GroupNames() []string { return groupNames[:] }

// GroupByName is the group of that name, 0 when there is none.
func GroupByName(name string) Groups {
	for i, n := range groupNames {
		if n == name {
			return 1 << i
		}
	}
	return 0
}

// String joins the names with commas.
func (g Groups) String() string {
	var names []string
	for ; g != 0; g &= g - 1 {
		names = append(names, groupNames[bits.TrailingZeros32(uint32(g))])
	}
	return strings.Join(names, ",")
}

//go:build linux

// Package matrix runs a command inside a stock Debian kernel: it fetches the
// newest package of a kernel line, boots it in qemu with an initramfs of our
// own, and brings back output, files and the exit code.
//
// Nothing is installed and nothing needs root or KVM. Packages needed on the
// machine: qemu-system-x86 (and qemu-system-arm for arm64), apt, dpkg, debian-archive-keyring, xz-utils (for
// Job.Modules only) and the Go toolchain. What is fetched and built stands in
// the user's cache directory, under tracerec/matrix.
package matrix

import (
	"io"
	"time"
)

// CodeLost is the exit code of a guest that never sent one: it did not boot,
// it panicked, or it ran out of time.
const CodeLost = 125

// Job is one boot of one kernel.
type Job struct {
	Line  string            // kernel line, one of Lines
	Arch  string            // one of Arches, amd64 when empty
	LSM   bool              // put bpf into lsm=
	Files map[string]string // guest path → host path; a host directory is taken whole
	Cmd   [][]string        // run in order, until one fails
	Env   []string          // added to the guest's own PATH, HOME and TMPDIR
	Out   []string          // guest paths or globs to bring back, whether or not a command failed

	Modules []string      // kernel modules to load first, in this order ("overlay")
	CPUs    int           // 2 when 0: races need two
	MemMB   int           // 1024 when 0
	Timeout time.Duration // of the whole run, 5 minutes when 0, as fairClock counts
	Silence time.Duration // the longest without a word from the guest, counted so too; 0 is as long as Timeout
	Init    string        // pid 1 as BuildInit made it, built when ""
	Append  string        // added to the kernel's command line

	Stdout, Stderr io.Writer // the commands' output as it comes; nil drops it
}

// Result is what came back from the guest.
type Result struct {
	Code    int               // of the first command that failed, 0, or CodeLost
	Kernel  string            // uname -r of the guest
	Package string            // package and version that the kernel was taken from
	Boot    time.Duration     // start of qemu to the first command, on the host's clock
	Total   time.Duration     // start to end of qemu
	Fair    time.Duration     // of it, what the guest had or could have had
	Cmd     []CmdResult       // one per command that ran
	Files   map[string][]byte // by guest path
	Console string            // what the kernel printed
}

// CmdResult is the end of one command.
type CmdResult struct {
	Code     int // 128 + signal when it was killed
	Duration time.Duration
}

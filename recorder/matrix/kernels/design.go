//go:build linux

package main

// absence is something that a kernel is known not to have, so that its lack is
// no failure. Where it is there after all, nothing is said.
type absence struct {
	line string // "" is every line
	lsm  string // "on", "off" or "" for both
	arch string // "" is every one
	what string // "hook EVENT/RUNG" or "hook RUNG", "case NAME", "lookalike NAME", "event NAME", "skipped runs"
	why  string
}

const pathFirst = "the kernel copies the path before the attribute's name, for which it could be made to wait: there is nothing to swap (6.12.117 and later copy the name first)"

const noFuse = "Debian's cloud kernel has FUSE as a module (CONFIG_FUSE_FS=m), and guests have no modules; later ones have it built in"

var byDesign = []absence{
	{line: "5.10", what: "case setxattr-swap", why: pathFirst},
	{line: "6.1", what: "case setxattr-swap", why: pathFirst},
	{line: "5.10", what: "case chmod-stale", why: noFuse},
	{line: "6.1", what: "case chmod-stale", why: noFuse},
	{line: "7.3", what: "case chmod-stale", why: "a call that is tried again after ESTALE keeps its copy of the name (the race tried it out on this kernel)"},
	{line: "5.10", what: "event path_chown", why: "the verifier of 5.10 takes no program on a function with a struct for an argument (kuid_t)"},
	{arch: "arm64", what: "case setxattr-value-swap", why: "kvfree, a function of its own there, frees the value as it does what the file system tried to store: a place that frees two things in one call is not used (docs/witnesses.md)"},
	{line: "7.3", what: "skipped runs", why: "from 7.0 on the kernel skips programs when a task is preempted inside one; the calls concerned are inconclusive (docs/kernels.md)"},
	{lsm: "off", what: "hook lsm", why: "bpf is not in lsm=: an lsm program would attach and never fire"},
}

// designed says why something is absent by design; ok is false when it is not.
func (t target) designed(what ...string) (why string, ok bool) {
	for _, a := range byDesign {
		if a.line != "" && a.line != t.line || a.lsm != "" && a.lsm != t.lsmWord() || a.arch != "" && a.arch != t.guestArch() {
			continue
		}
		for _, w := range what {
			if a.what == w {
				return a.why, true
			}
		}
	}
	return "", false
}

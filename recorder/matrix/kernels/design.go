//go:build linux

package main

// absence is something that a kernel is known not to have, so that its lack is
// no failure. Where it is there after all, nothing is said.
type absence struct {
	line string // "" is every line
	lsm  string // "on", "off" or "" for both
	arch string // "" is every one
	what string // "hook EVENT/RUNG" or "hook RUNG", "case NAME", "lookalike NAME"
	why  string
}

// Since 6.13 setxattr copies name and value before it looks the path up
// (path_setxattrat, fs/xattr.c).
const pathFirst = "before 6.13 the kernel copies the path before the value that it could be made to wait for: there is nothing to swap"

var byDesign = []absence{
	{line: "5.10", what: "case setxattr-swap", why: pathFirst},
	{line: "6.1", what: "case setxattr-swap", why: pathFirst},
	{line: "6.12", what: "case setxattr-swap", why: pathFirst},
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

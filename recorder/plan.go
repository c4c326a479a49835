//go:build linux

package recorder

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tracerec/tracerec/format"
)

// Attachment is one hook to load and attach, or why it is not.
type Attachment struct {
	Event  format.EventID
	Hook   format.Hook
	Index  int    // number of the program in the self-test's counters
	Skip   string // why it is not in use
	State  format.WitnessState
	Ladder bool // one of several rungs of which the best that works is used
	Needed bool // the recorder cannot work without it
	Choice bool // of an event that is recorded only when selected
}

// Plan is what the recorder will ask of the kernel, best rung first within an event.
type Plan struct {
	Attachments []Attachment
	Programs    int // in the event table, selected or not
}

// Features is what the running kernel allows, as far as it can be told without
// attaching anything.
type Features struct {
	Release     string
	BTF         bool
	TaskStorage bool // 5.11
	FindVMA     bool // 5.17
	Exchange    bool // 5.12
	Kprobes     bool
	LSMList     []string // active LSMs; nil when it cannot be read
	Cgroup2     string   // mount point of cgroup v2, empty when there is none
	MissingCaps []string
	Lockdown    string
	// NoKernelReads: bpf_probe_read is refused to a raw tracepoint program, as
	// lockdown in confidentiality mode does. Probed only where Lockdown cannot be read.
	NoKernelReads bool
}

// atLeast says whether the kernel's release is that version or a later one.
func (f Features) atLeast(major, minor int) bool {
	var have, sub int
	fmt.Sscanf(f.Release, "%d.%d", &have, &sub)
	return have > major || have == major && sub >= minor
}

// planFor decides which hooks of the event table are tried on a kernel with
// features f, when only the rungs in allow may be used (0: all). kinds are the
// conditions of the scope. Of events that are not selected nothing is even
// loaded.
func planFor(events []format.Event, f Features, allow format.Rung, kinds scopeKinds, selected *format.Selection) Plan {
	var p Plan
	for _, e := range events {
		for _, h := range e.Hooks {
			if h.Program == "" {
				continue
			}
			a := Attachment{Event: e.ID, Hook: h, Index: p.Programs, Ladder: !e.All && len(e.Hooks) > 1, Choice: e.Groups != 0}
			// without the iterator over descriptors /proc is read
			a.Needed = h.Rung == 0 && !a.Choice && e.ID != format.EventFD
			p.Programs++
			if !selected.Event(e.ID) {
				continue
			}
			a.State, a.Skip = skip(h, f, allow)
			if h.Program == "cgroup_attach_task" && !kinds.has(scopeCgroup) {
				a.State, a.Skip = format.WitnessUnused, "the scope is not a cgroup"
			}
			if h.Program == "scope_rename" && !kinds.has(scopeComm) {
				a.State, a.Skip = format.WitnessUnused, "the scope has no names of threads"
			}
			p.Attachments = append(p.Attachments, a)
		}
	}
	return p
}

// skip says why hook h is not tried; both results are empty when it is.
func skip(h format.Hook, f Features, allow format.Rung) (format.WitnessState, string) {
	if allow != 0 && h.Rung != 0 && h.Rung != format.RungExec && h.Rung&allow == 0 {
		return format.WitnessForbid, "--witness leaves it out"
	}
	switch h.Type {
	case format.HookLSM:
		if f.LSMList != nil && !slices.Contains(f.LSMList, "bpf") {
			return format.WitnessMissing, `"bpf" is not in the active LSM list (` + strings.Join(f.LSMList, ",") + `): it would attach and never fire; boot with lsm=…,bpf`
		}
	case format.HookKprobe:
		if !f.Kprobes {
			return format.WitnessMissing, "the kernel has no kprobes (CONFIG_KPROBES)"
		}
	case format.HookCgroup:
		if f.Cgroup2 == "" {
			return format.WitnessMissing, "cgroup v2 is not mounted"
		}
	}
	return "", ""
}

// hookName is the hook as it is written for people: "lsm/file_open".
func hookName(h format.Hook) string {
	kind := map[format.HookType]string{
		format.HookLSM: "lsm", format.HookFentry: "fentry", format.HookKprobe: "kprobe", format.HookRawTP: "raw_tp",
		format.HookTPBTF: "tp_btf", format.HookCgroup: "cgroup", format.HookIter: "iter",
	}[h.Type]
	return kind + "/" + h.Target
}

// ParseRungs reads a comma-separated list of rung names; an empty one allows all.
func ParseRungs(s string) (format.Rung, error) {
	var allow format.Rung
	for name := range strings.SplitSeq(s, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		r := format.RungsNamed(name)
		if r == 0 {
			return 0, fmt.Errorf("unknown witness rung %q: use one of %s", name, format.RungList(", "))
		}
		allow |= r
	}
	return allow, nil
}

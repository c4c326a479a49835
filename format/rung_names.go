package format

import "strings"

// RungNames are what --witness takes, in the order of trust: the one list of
// help, completions, the recorder and the matrix.
var RungNames = []struct {
	Name  string
	Rungs Rung
	Doc   string
}{
	{"lsm", RungLSM, "LSM programs, at the kernel's own copies"},
	{"fentry", RungFentry, "fentry programs, at the same places"},
	{"kprobe", RungKprobe, "kprobes, at the same places"},
	{"putname", RungPutname, "path arguments, from the name that the kernel keeps"},
	{"cgroup", RungCgroup, "socket addresses, from cgroup programs"},
	{"tracepoint", RungPutname | RungExec | RungCgroup | RungObject | RungTrace, "all that needs no LSM, fentry or kprobe program"},
}

// RungsNamed are the rungs of a name that --witness takes, 0 for none.
func RungsNamed(name string) Rung {
	for _, r := range RungNames {
		if r.Name == name {
			return r.Rungs
		}
	}
	return 0
}

// RungList is the names with a separator.
func RungList(sep string) string {
	var names []string
	for _, r := range RungNames {
		names = append(names, r.Name)
	}
	return strings.Join(names, sep)
}

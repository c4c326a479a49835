//go:build linux

package recorder

import "github.com/tracerec/tracerec/format"

const watchCred, watchNS, watchFS = format.WatchCred, format.WatchNS, format.WatchFS

// watched says what of its own task a call may change, by its name.
var watched = map[string]format.Watch{
	"execve": watchCred, "execveat": watchCred,
	"setuid": watchCred, "setgid": watchCred, "setreuid": watchCred, "setregid": watchCred,
	"setresuid": watchCred, "setresgid": watchCred, "setfsuid": watchCred, "setfsgid": watchCred,
	"setuid32": watchCred, "setgid32": watchCred, "setreuid32": watchCred, "setregid32": watchCred,
	"setresuid32": watchCred, "setresgid32": watchCred, "setfsuid32": watchCred, "setfsgid32": watchCred,
	"capset": watchCred, "prctl": watchCred,
	"unshare": watchCred | watchNS | watchFS, "setns": watchCred | watchNS | watchFS,
	"chdir": watchFS, "fchdir": watchFS, "chroot": watchFS, "pivot_root": watchFS,
}

// watchOf is what must be watched for the events that are selected.
func watchOf(selected *format.Selection) (w format.Watch) {
	for id, bit := range map[format.EventID]format.Watch{
		format.EventCred: format.WatchCred, format.EventCaps: format.WatchCred, format.EventNamespace: format.WatchNS,
		format.EventCwd: format.WatchFS, format.EventRoot: format.WatchFS,
	} {
		if selected.Event(id) {
			w |= bit
		}
	}
	return w
}

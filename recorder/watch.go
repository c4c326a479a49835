//go:build linux

package recorder

import "github.com/tracerec/tracerec/format"

// watched says what of its own task a call may change, by ABI and number.
var watched = map[[2]int]format.Watch{}

// A row: the numbers of a call by ABI, 0 where it has none.
type watchRow struct {
	watch                          format.Watch
	amd64, x32, ia32, arm64, arm32 int
}

func init() {
	const cred, ns, fs = format.WatchCred, format.WatchNS, format.WatchFS
	for _, r := range []watchRow{
		{cred, 59, 520, 11, 221, 11},              // execve
		{cred, 322, 545, 358, 281, 387},           // execveat
		{cred, 105, 105, 23, 146, 23},             // setuid
		{cred, 106, 106, 46, 144, 46},             // setgid
		{cred, 113, 113, 70, 145, 70},             // setreuid
		{cred, 114, 114, 71, 143, 71},             // setregid
		{cred, 117, 117, 164, 147, 164},           // setresuid
		{cred, 119, 119, 170, 149, 170},           // setresgid
		{cred, 122, 122, 138, 151, 138},           // setfsuid
		{cred, 123, 123, 139, 152, 139},           // setfsgid
		{cred, 0, 0, 203, 0, 203},                 // setreuid32
		{cred, 0, 0, 204, 0, 204},                 // setregid32
		{cred, 0, 0, 208, 0, 208},                 // setresuid32
		{cred, 0, 0, 210, 0, 210},                 // setresgid32
		{cred, 0, 0, 213, 0, 213},                 // setuid32
		{cred, 0, 0, 214, 0, 214},                 // setgid32
		{cred, 0, 0, 215, 0, 215},                 // setfsuid32
		{cred, 0, 0, 216, 0, 216},                 // setfsgid32
		{cred, 126, 126, 185, 91, 185},            // capset
		{cred, 157, 157, 172, 167, 172},           // prctl
		{cred | ns | fs, 272, 272, 310, 97, 337},  // unshare
		{cred | ns | fs, 308, 308, 346, 268, 375}, // setns
		{fs, 80, 80, 12, 49, 12},                  // chdir
		{fs, 81, 81, 133, 50, 133},                // fchdir
		{fs, 161, 161, 61, 51, 61},                // chroot
		{fs, 155, 155, 217, 41, 218},              // pivot_root
	} {
		for abi, nr := range map[format.ABI]int{format.ABIAMD64: r.amd64, format.ABIX32: r.x32, format.ABIIA32: r.ia32, format.ABIARM64: r.arm64, format.ABIARM32: r.arm32} {
			if nr != 0 {
				watched[[2]int{int(abi), nr}] = r.watch
			}
		}
	}
}

// watchOf is what must be watched for the events that are selected.
func watchOf(selected func(format.EventID) bool) (w format.Watch) {
	for id, bit := range map[format.EventID]format.Watch{
		format.EventCred: format.WatchCred, format.EventCaps: format.WatchCred, format.EventNamespace: format.WatchNS,
		format.EventCwd: format.WatchFS, format.EventRoot: format.WatchFS,
	} {
		if selected(id) {
			w |= bit
		}
	}
	return w
}

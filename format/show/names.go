package show

import (
	"strconv"

	"github.com/tracerec/tracerec/format"
)

// bit names a value of a flag word. Where several fit, the first in a table
// is taken, so that O_SYNC stands before O_DSYNC.
type bit struct {
	value uint64
	name  string
}

// bits appends the names of the set bits of v, and what is left as hex.
func bits(dst []byte, v uint64, table []bit, sep string) []byte {
	if v == 0 {
		return append(dst, '0')
	}
	first := true
	for _, b := range table {
		if v&b.value != b.value {
			continue
		}
		if !first {
			dst = append(dst, sep...)
		}
		first = false
		dst = append(dst, b.name...)
		v &^= b.value
	}
	if v != 0 {
		if !first {
			dst = append(dst, sep...)
		}
		dst = strconv.AppendUint(append(dst, "0x"...), v, 16)
	}
	return dst
}

// name returns table[v], or the number of a value that this version does
// not know.
func name(table []string, v uint64) string {
	if v < uint64(len(table)) && table[v] != "" {
		return table[v]
	}
	return strconv.FormatUint(v, 10)
}

var (
	statusNames = [...]string{
		format.ViewNone: "none", format.ViewOK: "ok", format.ViewSame: "same", format.ViewTruncated: "truncated",
		format.ViewUnreadable: "unreadable", format.ViewNull: "null", format.ViewReplaced: "replaced",
		format.ViewLost: "lost", format.ViewElsewhere: "elsewhere",
	}
	vmaNames = [...]string{
		format.VMAUnknown: "unknown", format.VMAUnmapped: "unmapped", format.VMAFileRO: "file-readonly",
		format.VMAFileRW: "file-writable", format.VMAAnonymous: "anonymous", format.VMAUffd: "userfaultfd",
		format.VMAShmem: "shmem",
	}
	abiNames = [...]string{
		format.ABINone: "none", format.ABIAMD64: "x86_64", format.ABIIA32: "i386", format.ABIX32: "x32",
		format.ABIARM64: "arm64", format.ABIARM32: "arm",
	}
	laneNames  = [...]string{format.LaneWitness: "witness", format.LanePlain: "plain"}
	classNames = [...]string{
		format.ClassCall: "call", format.ClassView: "view", format.ClassWitness: "witness", format.ClassProcess: "process",
	}
	rungNames = []bit{
		{uint64(format.RungLSM), "lsm"}, {uint64(format.RungFentry), "fentry"}, {uint64(format.RungKprobe), "kprobe"},
		{uint64(format.RungPutname), "putname"}, {uint64(format.RungExec), "exec"}, {uint64(format.RungCgroup), "cgroup"},
		{uint64(format.RungObject), "object"}, {uint64(format.RungTrace), "trace"},
	}
	rowFlagNames = []bit{
		{uint64(format.FlagNoEnter), "no-enter"}, {uint64(format.FlagNoExit), "no-exit"},
		{uint64(format.FlagIOWorker), "io-worker"}, {uint64(format.FlagKernel), "kernel-thread"},
		{uint64(format.FlagViewsLost), "views-lost"}, {uint64(format.FlagInitial), "initial"},
		{uint64(format.FlagThread), "thread"}, {uint64(format.FlagSharedVM), "shared-vm"},
		{uint64(format.FlagRestarted), "restarted"}, {uint64(format.FlagLateArgs), "late-args"}, {uint64(format.FlagArgsChanged), "args-changed"},
	}
)

// Status, VMA and ABI are one word each.
func Status(s format.ViewStatus) string { return name(statusNames[:], uint64(s)) }

// VMA names the kind of mapping behind a pointer.
func VMA(c format.VMAClass) string { return name(vmaNames[:], uint64(c)) }

// ABI names a syscall table.
func ABI(a format.ABI) string { return name(abiNames[:], uint64(a)) }

// Rungs names the witnesses in r: "lsm,putname"; "0" when there is none.
func Rungs(r format.Rung) string { return string(bits(nil, uint64(r), rungNames, ",")) }

// EventName is the event's name, or "eventN" for one of a later tracerec.
func EventName(id format.EventID) string { return format.EventName(id) }

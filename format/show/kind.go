package show

import "github.com/tracerec/tracerec/format"

var kindNames = [...]string{
	format.KindNone: "", format.KindTime: "time", format.KindDuration: "duration", format.KindEvent: "event",
	format.KindCPU: "cpu", format.KindTID: "tid", format.KindTGID: "pid", format.KindUID: "uid", format.KindGID: "gid",
	format.KindComm: "comm", format.KindCallID: "call id", format.KindPIDNS: "pidns", format.KindMntNS: "mntns",
	format.KindCgroup: "cgroup", format.KindRowFlags: "flags", format.KindSyscall: "syscall", format.KindABI: "abi",
	format.KindRet: "return", format.KindArg: "register", format.KindPath: "path", format.KindArgv: "argv",
	format.KindSockAddr: "sockaddr", format.KindOpenHow: "open_how", format.KindViewStatus: "status",
	format.KindRungs: "rungs", format.KindVMA: "mapping", format.KindCount: "count", format.KindSize: "size",
	format.KindDev: "device", format.KindInode: "inode", format.KindMode: "mode", format.KindFD: "fd",
	format.KindDirFD: "dirfd", format.KindOpenFlags: "open flags", format.KindPointer: "pointer",
	format.KindCloneFlags: "clone flags", format.KindExitCode: "wait status", format.KindLane: "lane",
	format.KindClass: "class", format.KindSeq: "sequence", format.KindText: "text",
}

// KindName is one or two words; empty for KindNone.
func KindName(k format.Kind) string {
	if k == format.KindNone {
		return ""
	}
	if w, ok := hookKinds[k]; ok {
		return w.name
	}
	return name(kindNames[:], uint64(k))
}

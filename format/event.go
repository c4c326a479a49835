package format

import (
	"fmt"
	"slices"
)

// EventID is the number of a row of Events. Numbers are append-only: a
// retired row keeps its number, a changed meaning is a new row.
type EventID uint16

const (
	EventNone EventID = iota
	EventSyscall
	EventFork
	EventExec
	EventExit
	EventTask
	EventView
	EventPutname
	EventFileOpen
	EventBprmCheck
	EventSocketConnect
	EventSocketBind
	EventLost
	EventClock
	EventCgroupConnect
	EventCgroupBind
	EventCgroupSendmsg

	// Security hooks: event_lsm.go.
	EventBprmCredsForExec
	EventBprmCommittedCreds
	EventFilePermission
	EventFileIoctl
	EventFileMprotect
	EventMmapFile
	EventMmapAddr
	EventInodeCreate
	EventInodeUnlink
	EventInodeRename
	EventInodeLink
	EventInodeSymlink
	EventInodeMkdir
	EventInodeRmdir
	EventInodeMknod
	EventInodeSetattr
	EventInodeSetxattr
	EventInodeRemovexattr
	EventPathUnlink
	EventPathMkdir
	EventPathRmdir
	EventPathMknod
	EventPathTruncate
	EventPathSymlink
	EventPathLink
	EventPathRename
	EventPathChmod
	EventPathChown
	EventPathChroot
	EventPathNotify
	EventSbMount
	EventSbUmount
	EventSbPivotroot
	EventMoveMount
	EventSocketCreate
	EventSocketListen
	EventSocketAccept
	EventSocketSendmsg
	EventSocketSetsockopt
	EventTaskFixSetuid
	EventCapset
	EventCapable
	EventPtraceAccessCheck
	EventPtraceTraceme
	EventTaskKill
	EventTaskPrctl
	EventTaskSetrlimit
	EventSettime
	EventKernelReadFile
	EventKernelPostReadFile
	EventKernelLoadData
	EventKernelModuleRequest
	EventBPF
	EventBPFMap
	EventBPFProg
	EventPerfEventOpen
	EventKeyAlloc
	EventKeyPermission
	EventUringSqpoll
	EventUringOverrideCreds
	EventUringCmd
	EventUsernsCreate
	EventLockedDown

	// Process life: event_life.go.
	EventSignal
	EventCred
	EventCaps
	EventNamespace
	EventCwd
	EventRoot
	EventTaskRename
	EventCapUse

	// io_uring: event_uring.go.
	EventURingCreate
	EventURingSubmit
	EventURingAsync
	EventURingComplete

	// State at the beginning, and names: event_start.go.
	EventFD
	EventMount
	EventGroups
	EventCgroup
	EventNameOf
	EventState
	EventKfree // event_life.go

	// Further security hooks: event_lsm.go.
	EventFsContextParseParam
	EventInodeGetxattr
	EventInodeSetACL
	EventKeyPostCreateOrUpdate
	EventMsgQueueMsgsnd
	EventSemSemop
	EventSbStatfs
	EventTaskAlloc
	EventKernelPostLoadData
)

// HookType is a way to attach a BPF program.
type HookType uint8

const (
	HookLSM HookType = iota + 1
	HookFentry
	HookKprobe
	HookRawTP // raw tracepoint, arguments not checked by BTF
	HookTPBTF // BTF-typed raw tracepoint
	HookCgroup
	HookIter // iterator, run once when the recording begins
	HookUser // written by the recorder itself
)

// Hook is one rung of an event's ladder.
type Hook struct {
	Type    HookType
	Target  string // hook, function or tracepoint; attach type for HookCgroup
	Program string // name of the BPF program
	Rung    Rung   // bit in the rungs columns, 0 for what is no witness
}

// Field is one field of an event, and the column that holds it.
type Field struct {
	Name string
	Col  ColumnID
	Kind Kind // when it says more than the column's own kind
	Doc  string
}

// Event is a row of the event table. Every field common to all events
// (CommonFields) precedes Fields.
type Event struct {
	ID        EventID
	Name      string
	Class     Class
	Lane      Lane
	Hooks     []Hook // best first; the first that loads, attaches and is seen to fire is used
	All       bool   // attach every hook, not only the best: each adds something
	Groups    Groups // by which `record -e` selects it; 0: always recorded
	Default   bool   // recorded without -e; meaningless without groups
	Fields    []Field
	Since     int    // format version
	MinKernel string // oldest kernel on which some hook works
	Doc       string
}

// CommonFields are set in rows of every event but EventLost, EventClock and
// EventState, which set only time, event and cpu of them.
var CommonFields = []ColumnID{
	ColTime, ColEvent, ColFlags, ColCPU, ColTID, ColTGID, ColPPID, ColUID, ColGID,
	ColComm, ColStart, ColCall, ColPIDNS, ColMntNS, ColCgroup,
}

// Events is the event table, indexed by EventID.
var Events = slices.Concat(coreEvents, lsmEvents, lifeEvents, uringEvents, startEvents, heapEvents, furtherHooks)

var coreEvents = []Event{
	EventNone: {ID: EventNone, Name: "none", Doc: "never written"},

	EventSyscall: {
		ID: EventSyscall, Name: "syscall", Class: ClassCall, Lane: LanePlain, All: true,
		Hooks: []Hook{
			{HookTPBTF, "sys_enter", "sys_enter", 0},
			{HookTPBTF, "sys_exit", "sys_exit", 0},
			{HookIter, "task", "iter_flush", 0},
		},
		Fields: []Field{
			{"duration", ColDuration, 0, ""},
			{"abi", ColABI, 0, ""}, {"nr", ColNR, 0, ""}, {"ret", ColRet, 0, ""},
			{"arg0", ColArg0, 0, ""}, {"arg1", ColArg1, 0, ""}, {"arg2", ColArg2, 0, ""},
			{"arg3", ColArg3, 0, ""}, {"arg4", ColArg4, 0, ""}, {"arg5", ColArg5, 0, ""},
			{"a_enter", ColAEnter, 0, ""}, {"a_kernel", ColAKernel, 0, ""}, {"a_exit", ColAExit, 0, ""},
			{"a_enter_status", ColAEnterStatus, 0, ""}, {"a_kernel_status", ColAKernelStatus, 0, ""}, {"a_exit_status", ColAExitStatus, 0, ""},
			{"a_rungs", ColARungs, 0, ""}, {"a_vma", ColAVMA, 0, ""}, {"a_copies", ColACopies, 0, ""}, {"a_len", ColALen, 0, ""},
			{"b_enter", ColBEnter, 0, ""}, {"b_kernel", ColBKernel, 0, ""}, {"b_exit", ColBExit, 0, ""},
			{"b_enter_status", ColBEnterStatus, 0, ""}, {"b_kernel_status", ColBKernelStatus, 0, ""}, {"b_exit_status", ColBExitStatus, 0, ""},
			{"b_rungs", ColBRungs, 0, ""}, {"b_vma", ColBVMA, 0, ""}, {"b_copies", ColBCopies, 0, ""}, {"b_len", ColBLen, 0, ""},
			{"dev", ColDev, 0, "of the file that the returned fd refers to; of stat and its kin what the program was told, as it stood in its memory at sys_exit"},
			{"ino", ColIno, 0, "of the file that the returned fd refers to; of stat and its kin what the program was told, as it stood in its memory at sys_exit"},
			{"path", ColPath, 0, "of the file that the returned fd refers to; sockaddr of the socket for connect and bind"},
			{"c_enter", ColCEnter, 0, ""}, {"c_kernel", ColCKernel, 0, ""}, {"c_exit", ColCExit, 0, ""},
			{"c_enter_status", ColCEnterStatus, 0, ""}, {"c_kernel_status", ColCKernelStatus, 0, ""}, {"c_exit_status", ColCExitStatus, 0, ""},
			{"c_rungs", ColCRungs, 0, ""}, {"c_vma", ColCVMA, 0, ""}, {"c_copies", ColCCopies, 0, ""}, {"c_len", ColCLen, 0, ""},
			{"d_enter", ColDEnter, 0, ""}, {"d_kernel", ColDKernel, 0, ""}, {"d_exit", ColDExit, 0, ""},
			{"d_enter_status", ColDEnterStatus, 0, ""}, {"d_kernel_status", ColDKernelStatus, 0, ""}, {"d_exit_status", ColDExitStatus, 0, ""},
			{"d_rungs", ColDRungs, 0, ""}, {"d_vma", ColDVMA, 0, ""}, {"d_copies", ColDCopies, 0, ""}, {"d_len", ColDLen, 0, ""},
		},
		Since: 1, MinKernel: "5.10",
		Doc: "one syscall, enter and exit in one row, written when it returns",
	},

	EventFork: {
		ID: EventFork, Name: "fork", Class: ClassProcess, Lane: LaneWitness,
		Hooks: []Hook{{HookTPBTF, "task_newtask", "task_newtask", 0}},
		Fields: []Field{
			{"child_tid", ColArg0, KindTID, "thread id of the new task"},
			{"child_pid", ColArg1, KindTGID, "its process id"},
			{"child_start", ColArg2, KindTime, "its start time: with child_tid its identity"},
			{"clone_flags", ColArg3, KindCloneFlags, "flags of clone(2)"},
			{"exit_signal", ColArg4, KindSignal, "sent to the parent when the child ends; 0 for a thread"},
		},
		Since: 1, MinKernel: "5.10",
		Doc: "a task was created; the row's own task is the creator",
	},
	EventExec: {
		ID: EventExec, Name: "exec", Class: ClassProcess, Lane: LaneWitness,
		Hooks: []Hook{{HookTPBTF, "sched_process_exec", "sched_process_exec", RungExec}},
		Fields: []Field{
			{"filename", ColAKernel, KindPath, "bprm->filename: the kernel's copy of the execve string"},
			{"argv", ColBKernel, KindArgv, "mm->arg_start..arg_end of the new image"},
			{"argv_size", ColBLen, 0, "true length of argv, when truncated"},
			{"argv_status", ColBKernelStatus, 0, ""},
			{"old_tid", ColArg0, KindTID, "thread that called execve, when not the leader"},
			{"dev", ColDev, 0, "of the new executable"}, {"ino", ColIno, 0, "of the new executable"},
			{"path", ColPath, 0, "of the new executable"},
			{"interp", ColAEnter, KindPath, "bprm->interp: what was loaded, when a script's interpreter"},
		},
		Since: 1, MinKernel: "5.10",
		Doc: "an execve succeeded: the new image is in place",
	},
	EventExit: {
		ID: EventExit, Name: "exit", Class: ClassProcess, Lane: LaneWitness,
		Hooks: []Hook{{HookTPBTF, "sched_process_exit", "sched_process_exit", 0}},
		Fields: []Field{
			{"exit_code", ColArg0, KindExitCode, "as in wait(2)"},
			{"group_dead", ColArg1, KindCount, "1 when this was the last thread of the process"},
		},
		Since: 1, MinKernel: "5.10",
		Doc: "a task ended",
	},
	EventTask: {
		ID: EventTask, Name: "task", Class: ClassProcess, Lane: LaneWitness,
		Hooks: []Hook{
			{HookIter, "task", "iter_task", 0},
			{HookTPBTF, "cgroup_attach_task", "cgroup_attach_task", 0},
			{HookTPBTF, "task_rename", "scope_rename", 0},
		},
		All: true,
		Fields: []Field{
			{"dev", ColDev, 0, "of the executable"}, {"ino", ColIno, 0, "of the executable"},
			{"path", ColPath, 0, "of the executable"},
			{"argv", ColBKernel, KindArgv, "command line"},
			{"cwd", ColAKernel, KindPath, "working directory"},
		},
		Since: 1, MinKernel: "5.10",
		Doc: "a task that existed when it came into scope: when the recording began, by moving into a cgroup, or by what it executed, its ids, its namespaces or its name",
	},
	EventView: {
		ID: EventView, Name: "view", Class: ClassView, Lane: LaneWitness,
		Fields: []Field{
			{"slot", ColArg0, KindCount, "which compared argument of the call, from 0"},
			{"view", ColArg1, KindCount, "0 enter, 1 kernel, 2 exit"},
			{"uptr", ColArg2, KindPointer, "user pointer it was copied from"},
			{"value", ColAKernel, 0, "the bytes"},
			{"status", ColAKernelStatus, 0, ""},
			{"rung", ColARungs, 0, "who saw it, for a kernel view"},
			{"size", ColALen, 0, "true length, when truncated"},
		},
		Since: 1, MinKernel: "5.10",
		Doc: "a view that its call's row cannot hold: a further, different kernel copy, or one whose call never finished",
	},

	EventPutname: {
		ID: EventPutname, Name: "putname", Class: ClassWitness, Lane: LaneWitness,
		Hooks: []Hook{
			{HookRawTP, "kmem_cache_free", "kmem_cache_free", RungPutname},
			{HookRawTP, "kmem_cache_free", "kmem_cache_free_any", RungPutname}, // before 5.12
		},
		Fields: []Field{
			{"name", ColAKernel, KindPath, "the kernel's copy of a name"},
			{"status", ColAKernelStatus, 0, ""}, {"rung", ColARungs, 0, ""},
			{"uptr", ColArg0, KindPointer, "user pointer it was copied from; 0 where the kernel made the name"},
			{"nr", ColNR, 0, "syscall in flight"}, {"abi", ColABI, 0, ""},
		},
		Since: 1, MinKernel: "5.10",
		Doc: "struct filename freed by a task with no path syscall in flight: io_uring. Within a path syscall the name is in the call's own row",
	},
	EventFileOpen: {
		ID: EventFileOpen, Name: "file_open", Class: ClassWitness, Lane: LaneWitness,
		Hooks: ladder("file_open", "file_open", "security_file_open"),
		Fields: []Field{
			{"name", ColAKernel, KindPath, "nameidata->name->name; null when equal to the call's enter view"},
			{"status", ColAKernelStatus, 0, ""}, {"rung", ColARungs, 0, ""},
			{"uptr", ColArg0, KindPointer, "nameidata->name->uptr; 0 where the kernel made the name"},
			{"flags", ColArg1, KindOpenFlags, "file->f_flags"},
			{"mode", ColArg2, KindMode, "inode->i_mode"},
			{"dev", ColDev, 0, ""}, {"ino", ColIno, 0, ""}, {"path", ColPath, 0, ""},
			{"nr", ColNR, 0, "syscall in flight"}, {"abi", ColABI, 0, ""},
		},
		Since: 1, MinKernel: "5.10",
		Doc: "security_file_open: a file is being opened",
	},
	EventBprmCheck: {
		ID: EventBprmCheck, Name: "bprm_check", Class: ClassWitness, Lane: LaneWitness,
		Hooks: ladder("bprm_check", "bprm_check_security", "security_bprm_check"),
		Fields: []Field{
			{"filename", ColAKernel, KindPath, "bprm->filename; null when equal to the call's enter view"},
			{"status", ColAKernelStatus, 0, ""}, {"rung", ColARungs, 0, ""},
			{"interp", ColBKernel, KindPath, "bprm->interp"},
			{"argc", ColArg0, KindCount, "bprm->argc"},
			{"dev", ColDev, 0, ""}, {"ino", ColIno, 0, ""}, {"path", ColPath, 0, "of bprm->file"},
			{"nr", ColNR, 0, "syscall in flight"}, {"abi", ColABI, 0, ""},
		},
		Since: 1, MinKernel: "5.10",
		Doc: "security_bprm_check: a file is about to be executed; once per interpreter of a chain",
	},
	EventSocketConnect: {
		ID: EventSocketConnect, Name: "socket_connect", Class: ClassWitness, Lane: LaneWitness,
		Hooks:  ladder("socket_connect", "socket_connect", "security_socket_connect"),
		Fields: socketFields, Since: 1, MinKernel: "5.10",
		Doc: "security_socket_connect: the kernel's copy of the address",
	},
	EventSocketBind: {
		ID: EventSocketBind, Name: "socket_bind", Class: ClassWitness, Lane: LaneWitness,
		Hooks:  ladder("socket_bind", "socket_bind", "security_socket_bind"),
		Fields: socketFields, Since: 1, MinKernel: "5.10",
		Doc: "security_socket_bind: the kernel's copy of the address",
	},

	EventLost: {
		ID: EventLost, Name: "lost", Hooks: []Hook{{HookUser, "", "", 0}},
		Fields: []Field{
			{"lane", ColArg0, KindLane, ""}, {"class", ColArg1, KindClass, ""},
			{"count", ColArg2, KindCount, "records lost"},
			{"first_seq", ColArg3, KindSeq, "sequence number of the first, on this cpu and lane"},
			{"last_seq", ColArg4, KindSeq, "of the last"},
			{"since", ColArg5, KindTime, "not lost before; time is: not lost after"},
		},
		Since: 1, MinKernel: "5.10",
		Doc: "records that did not fit the ring, counted in the kernel per cpu, lane and class",
	},
	EventClock: {
		ID: EventClock, Name: "clock", Hooks: []Hook{{HookUser, "", "", 0}},
		Fields: []Field{{"realtime", ColArg0, KindNone, "CLOCK_REALTIME at time, ns since 1970"}},
		Since:  1, MinKernel: "5.10",
		Doc: "wall clock against the boot clock",
	},

	EventCgroupConnect: {
		ID: EventCgroupConnect, Name: "cgroup_connect", Class: ClassWitness, Lane: LaneWitness, All: true,
		Hooks: []Hook{
			{HookCgroup, "connect4", "cgroup_connect4", RungCgroup},
			{HookCgroup, "connect6", "cgroup_connect6", RungCgroup},
		},
		Since: 1, MinKernel: "5.10",
		Doc: "cgroup sock_addr program on connect: shown in the call's own row",
	},
	EventCgroupBind: {
		ID: EventCgroupBind, Name: "cgroup_bind", Class: ClassWitness, Lane: LaneWitness, All: true,
		Hooks: []Hook{
			{HookCgroup, "bind4", "cgroup_bind4", RungCgroup},
			{HookCgroup, "bind6", "cgroup_bind6", RungCgroup},
		},
		Since: 1, MinKernel: "5.10",
		Doc: "cgroup sock_addr program on bind: shown in the call's own row",
	},
	EventCgroupSendmsg: {
		ID: EventCgroupSendmsg, Name: "cgroup_sendmsg", Class: ClassWitness, Lane: LaneWitness, All: true,
		Hooks: []Hook{
			{HookCgroup, "sendmsg4", "cgroup_sendmsg4", RungCgroup},
			{HookCgroup, "sendmsg6", "cgroup_sendmsg6", RungCgroup},
		},
		Since: 1, MinKernel: "5.10",
		Doc: "cgroup sock_addr program on a UDP message with an address: shown in the call's own row",
	},
}

var socketFields = []Field{
	{"addr", ColAKernel, KindSockAddr, "sockaddr as the kernel copied it; null when equal to the call's enter view"},
	{"status", ColAKernelStatus, 0, ""}, {"rung", ColARungs, 0, ""},
	{"addrlen", ColArg0, KindSize, ""},
	{"family", ColArg1, KindFamily, "sock->sk->sk_family"}, {"type", ColArg2, KindSockType, "sock->type"},
	{"protocol", ColArg3, KindSockProto, "sk->sk_protocol"},
	{"nr", ColNR, 0, "syscall in flight"}, {"abi", ColABI, 0, ""},
}

// EventName is the name of an event, "event99" of one that this version does
// not know.
func EventName(e EventID) string {
	if int(e) < len(Events) {
		return Events[e].Name
	}
	return fmt.Sprintf("event%d", e)
}

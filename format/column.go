package format

// Type is the physical type of a column, in memory and in the file.
type Type uint8

const (
	U8 Type = iota + 1
	U16
	U32
	U64
	I32
	I64
	// Bytes is a reference into the block's dictionary: arbitrary bytes, not
	// text. The reference 0 is null. In memory a Bytes column is a []uint32.
	Bytes
)

// Kind is what a value means. Printers, filters and the analyses know kinds,
// never single events or columns.
type Kind uint8

const (
	KindNone     Kind = iota
	KindTime          // ns since boot, CLOCK_BOOTTIME
	KindDuration      // ns
	KindEvent         // number of a row of Events
	KindCPU
	KindTID
	KindTGID
	KindUID
	KindGID
	KindComm
	KindCallID // per-task call counter, from 1; 0 is "no call in flight"
	KindPIDNS  // inode number of the namespace
	KindMntNS
	KindCgroup // cgroup v2 id, which is the inode number of its directory
	KindRowFlags
	KindSyscall // syscall number, to be read together with KindABI
	KindABI
	KindRet  // return value; negative errno on failure
	KindArg  // raw register value
	KindPath // bytes without the final NUL
	KindArgv // strings, each with its final NUL
	KindSockAddr
	KindOpenHow // struct open_how, openat2(2)
	KindViewStatus
	KindRungs
	KindVMA
	KindCount
	KindSize
	KindDev // kernel's internal dev_t: major<<20 | minor
	KindInode
	KindMode
	KindFD
	KindDirFD
	KindOpenFlags
	KindPointer
	KindCloneFlags
	KindExitCode // as wait status: code<<8 | signal
	KindLane
	KindHost // index into the hosts of a merged file
	KindClass
	KindSeq
	KindText
	KindString     // C string that is no path, without its NUL
	KindBytes      // bytes whose meaning only the call knows
	KindMsgName    // msg_name of a struct msghdr: a sockaddr
	KindMsgNames   // msg_name of each struct mmsghdr: for each a u16 length and a sockaddr
	KindTimespec   // struct timespec
	KindTimespecs  // struct timespec[2]: last access, last modification
	KindTimevals   // struct timeval[2]: last access, last modification
	KindUtimbuf    // struct utimbuf
	KindCloneArgs  // struct clone_args
	KindBPFAttr    // union bpf_attr
	KindPerfAttr   // struct perf_event_attr
	KindCapHeader  // struct __user_cap_header_struct
	KindCapData    // struct __user_cap_data_struct[2]
	KindGIDs       // array of gid_t
	KindFileHandle // struct file_handle
	KindFDs        // array of descriptors
	KindRights     // the same, of the control data of a struct msghdr
)

// ColumnID indexes Columns. The numbers are append-only: a column that is no
// longer written keeps its number.
type ColumnID uint8

const (
	ColTime ColumnID = iota
	ColDuration
	ColEvent
	ColFlags
	ColCPU
	ColTID
	ColTGID
	ColPPID
	ColUID
	ColGID
	ColComm
	ColStart
	ColCall
	ColPIDNS
	ColMntNS
	ColCgroup
	ColABI
	ColNR
	ColRet
	ColArg0
	ColArg1
	ColArg2
	ColArg3
	ColArg4
	ColArg5
	ColAEnter
	ColAKernel
	ColAExit
	ColAEnterStatus
	ColAKernelStatus
	ColAExitStatus
	ColARungs
	ColAVMA
	ColACopies
	ColALen
	ColBEnter
	ColBKernel
	ColBExit
	ColBEnterStatus
	ColBKernelStatus
	ColBExitStatus
	ColBRungs
	ColBVMA
	ColBCopies
	ColBLen
	ColDev
	ColIno
	ColPath
	ColCEnter
	ColCKernel
	ColCExit
	ColCEnterStatus
	ColCKernelStatus
	ColCExitStatus
	ColCRungs
	ColCVMA
	ColCCopies
	ColCLen
	ColDEnter
	ColDKernel
	ColDExit
	ColDEnterStatus
	ColDKernelStatus
	ColDExitStatus
	ColDRungs
	ColDVMA
	ColDCopies
	ColDLen
	ColHost
	NumColumns
)

// Column is one column of the file's single wide schema.
type Column struct {
	Name  string // name in the Arrow schema, in filters and in exports
	Type  Type
	Kind  Kind
	Since int // format version that introduced it
	Doc   string
}

// Columns is the schema of a .trc file, in file order. A column that an
// event's row does not name holds 0 (or null for Bytes) in that event's rows.
var Columns = [NumColumns]Column{
	ColTime:     {"time", I64, KindTime, 1, "when the syscall was entered or the event happened"},
	ColDuration: {"duration", I64, KindDuration, 1, "from sys_enter to sys_exit"},
	ColEvent:    {"event", U16, KindEvent, 1, "what happened: a row of the event table"},
	ColFlags:    {"flags", U16, KindRowFlags, 1, "circumstances: bits of RowFlags"},
	ColCPU:      {"cpu", U16, KindCPU, 1, "processor that wrote the record"},
	ColTID:      {"tid", U32, KindTID, 1, "thread id in the initial pid namespace"},
	ColTGID:     {"pid", U32, KindTGID, 1, "process id (thread group id) in the initial pid namespace"},
	ColPPID:     {"ppid", U32, KindTGID, 1, "process id of the real parent"},
	ColUID:      {"uid", U32, KindUID, 1, "real user id in the initial user namespace"},
	ColGID:      {"gid", U32, KindGID, 1, "real group id in the initial user namespace"},
	ColComm:     {"comm", Bytes, KindComm, 1, "thread name, at most 15 bytes"},
	ColStart:    {"start", U64, KindTime, 1, "when the thread was created; with tid the identity of a task"},
	ColCall:     {"call", U64, KindCallID, 1, "which syscall of this task, counted in the kernel; joins views, witnesses and call"},
	ColPIDNS:    {"pidns", U32, KindPIDNS, 1, "pid namespace"},
	ColMntNS:    {"mntns", U32, KindMntNS, 1, "mount namespace"},
	ColCgroup:   {"cgroup", U64, KindCgroup, 1, "cgroup v2 id"},
	ColABI:      {"abi", U8, KindABI, 1, "syscall table in use: a value of ABI"},
	ColNR:       {"nr", I32, KindSyscall, 1, "syscall number in that table"},
	ColRet:      {"ret", I64, KindRet, 1, "return value, or negative errno"},
	ColArg0:     {"arg0", U64, KindArg, 1, "first raw argument"},
	ColArg1:     {"arg1", U64, KindArg, 1, "second raw argument"},
	ColArg2:     {"arg2", U64, KindArg, 1, "third raw argument"},
	ColArg3:     {"arg3", U64, KindArg, 1, "fourth raw argument"},
	ColArg4:     {"arg4", U64, KindArg, 1, "fifth raw argument"},
	ColArg5:     {"arg5", U64, KindArg, 1, "sixth raw argument"},

	ColAEnter:        {"a_enter", Bytes, KindNone, 1, "first compared argument: user memory at sys_enter"},
	ColAKernel:       {"a_kernel", Bytes, KindNone, 1, "first compared argument: the kernel's copy; null when status says same"},
	ColAExit:         {"a_exit", Bytes, KindNone, 1, "first compared argument: user memory at sys_exit; null when status says same"},
	ColAEnterStatus:  {"a_enter_status", U8, KindViewStatus, 1, "how a_enter was obtained"},
	ColAKernelStatus: {"a_kernel_status", U8, KindViewStatus, 1, "how a_kernel was obtained"},
	ColAExitStatus:   {"a_exit_status", U8, KindViewStatus, 1, "how a_exit was obtained"},
	ColARungs:        {"a_rungs", U8, KindRungs, 1, "which witnesses saw this very kernel view: bits of Rung"},
	ColAVMA:          {"a_vma", U8, KindVMA, 1, "kind of mapping, where the enter view was unreadable"},
	ColACopies:       {"a_copies", U8, KindCount, 1, "how many kernel copies were seen during the call, all rungs"},
	ColALen:          {"a_len", U32, KindSize, 1, "true length in bytes, where a view is truncated"},
	ColBEnter:        {"b_enter", Bytes, KindNone, 1, "second compared argument: user memory at sys_enter"},
	ColBKernel:       {"b_kernel", Bytes, KindNone, 1, "second compared argument: the kernel's copy; null when status says same"},
	ColBExit:         {"b_exit", Bytes, KindNone, 1, "second compared argument: user memory at sys_exit; null when status says same"},
	ColBEnterStatus:  {"b_enter_status", U8, KindViewStatus, 1, "how b_enter was obtained"},
	ColBKernelStatus: {"b_kernel_status", U8, KindViewStatus, 1, "how b_kernel was obtained"},
	ColBExitStatus:   {"b_exit_status", U8, KindViewStatus, 1, "how b_exit was obtained"},
	ColBRungs:        {"b_rungs", U8, KindRungs, 1, "which witnesses saw this very kernel view: bits of Rung"},
	ColBVMA:          {"b_vma", U8, KindVMA, 1, "kind of mapping, where the enter view was unreadable"},
	ColBCopies:       {"b_copies", U8, KindCount, 1, "how many kernel copies were seen during the call, all rungs"},
	ColBLen:          {"b_len", U32, KindSize, 1, "true length in bytes, where a view is truncated"},

	ColDev:  {"dev", U32, KindDev, 1, "device of the object the kernel reached"},
	ColIno:  {"ino", U64, KindInode, 1, "inode number of the object the kernel reached"},
	ColPath: {"path", Bytes, KindPath, 1, "where that object is, from the root of its mount namespace; for a socket, its address"},

	ColCEnter:        {"c_enter", Bytes, KindNone, 1, "third compared argument: user memory at sys_enter"},
	ColCKernel:       {"c_kernel", Bytes, KindNone, 1, "third compared argument: the kernel's copy; null when status says same"},
	ColCExit:         {"c_exit", Bytes, KindNone, 1, "third compared argument: user memory at sys_exit; null when status says same"},
	ColCEnterStatus:  {"c_enter_status", U8, KindViewStatus, 1, "how c_enter was obtained"},
	ColCKernelStatus: {"c_kernel_status", U8, KindViewStatus, 1, "how c_kernel was obtained"},
	ColCExitStatus:   {"c_exit_status", U8, KindViewStatus, 1, "how c_exit was obtained"},
	ColCRungs:        {"c_rungs", U8, KindRungs, 1, "which witnesses saw this very kernel view: bits of Rung"},
	ColCVMA:          {"c_vma", U8, KindVMA, 1, "kind of mapping, where the enter view was unreadable"},
	ColCCopies:       {"c_copies", U8, KindCount, 1, "how many kernel copies were seen during the call, all rungs"},
	ColCLen:          {"c_len", U32, KindSize, 1, "true length in bytes, where a view is truncated"},
	ColDEnter:        {"d_enter", Bytes, KindNone, 1, "fourth compared argument: user memory at sys_enter"},
	ColDKernel:       {"d_kernel", Bytes, KindNone, 1, "fourth compared argument: the kernel's copy; null when status says same"},
	ColDExit:         {"d_exit", Bytes, KindNone, 1, "fourth compared argument: user memory at sys_exit; null when status says same"},
	ColDEnterStatus:  {"d_enter_status", U8, KindViewStatus, 1, "how d_enter was obtained"},
	ColDKernelStatus: {"d_kernel_status", U8, KindViewStatus, 1, "how d_kernel was obtained"},
	ColDExitStatus:   {"d_exit_status", U8, KindViewStatus, 1, "how d_exit was obtained"},
	ColDRungs:        {"d_rungs", U8, KindRungs, 1, "which witnesses saw this very kernel view: bits of Rung"},
	ColDVMA:          {"d_vma", U8, KindVMA, 1, "kind of mapping, where the enter view was unreadable"},
	ColDCopies:       {"d_copies", U8, KindCount, 1, "how many kernel copies were seen during the call, all rungs"},
	ColDLen:          {"d_len", U32, KindSize, 1, "true length in bytes, where a view is truncated"},

	ColHost: {"host", U16, KindHost, 2, "which host of a merged file the row is of: an index into the header's hosts; 0 in other files"},
}

// Slot is one of the compared arguments that a row carries with all views.
type Slot struct {
	Enter, Kernel, Exit                   ColumnID
	EnterStatus, KernelStatus, ExitStatus ColumnID
	Rungs, VMA, Copies, Len               ColumnID
}

// MaxViews is how many arguments of a call can be compared.
const MaxViews = 4

// Slots gives the columns of slots A to D.
var Slots = [MaxViews]Slot{
	{ColAEnter, ColAKernel, ColAExit, ColAEnterStatus, ColAKernelStatus, ColAExitStatus, ColARungs, ColAVMA, ColACopies, ColALen},
	{ColBEnter, ColBKernel, ColBExit, ColBEnterStatus, ColBKernelStatus, ColBExitStatus, ColBRungs, ColBVMA, ColBCopies, ColBLen},
	{ColCEnter, ColCKernel, ColCExit, ColCEnterStatus, ColCKernelStatus, ColCExitStatus, ColCRungs, ColCVMA, ColCCopies, ColCLen},
	{ColDEnter, ColDKernel, ColDExit, ColDEnterStatus, ColDKernelStatus, ColDExitStatus, ColDRungs, ColDVMA, ColDCopies, ColDLen},
}

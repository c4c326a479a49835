package format

// The small enumerations below are shared with the BPF programs: bpf/gen
// writes them into the C header. Their numbers never change meaning.

// ViewStatus says how a view of an argument was obtained.
type ViewStatus uint8

const (
	ViewNone       ViewStatus = iota // no such view: not taken, or no witness fired
	ViewOK                           // complete, in its column
	ViewSame                         // equal, byte for byte, to the enter view; its column is null
	ViewTruncated                    // a prefix; the true length is in the slot's len column
	ViewUnreadable                   // user memory could not be read without faulting a page in
	ViewNull                         // the pointer was NULL
	ViewReplaced                     // exit view of a successful execve: that memory is gone
	ViewLost                         // was taken, but its record was lost on the way
	ViewElsewhere                    // too long for the call's record: follows in a view record (never in a file)
)

// Rung is a bit for each way in which a kernel view can be witnessed.
type Rung uint8

const (
	RungLSM     Rung = 1 << iota // lsm/<hook>
	RungFentry                   // fentry/fexit security_<hook>
	RungKprobe                   // kprobe security_<hook>
	RungPutname                  // kmem_cache_free of names_cache: struct filename at putname()
	RungExec                     // sched_process_exec: bprm->filename, new mm's arguments
	RungCgroup                   // cgroup sock_addr program: family, address and port only
	RungObject                   // reached object: fd -> file or socket at sys_exit
	RungTrace                    // what a tracepoint of the operation itself shows
)

// ABI is the syscall table that a call used.
type ABI uint8

const (
	ABINone  ABI = iota
	ABIAMD64     // x86_64
	ABIIA32      // i386 compat, TS_COMPAT
	ABIX32       // x86_64 with __X32_SYSCALL_BIT, which is removed from nr
	ABIARM64
	ABIARM32 // arm compat
)

// VMAClass is the kind of mapping behind a user pointer that could not be read.
type VMAClass uint8

const (
	VMAUnknown   VMAClass = iota // bpf_find_vma missing, or the mm was locked
	VMAUnmapped                  // no mapping there
	VMAFileRO                    // file-backed, not writable: the benign case
	VMAFileRW                    // file-backed, private or shared, writable
	VMAAnonymous                 // anonymous
	VMAUffd                      // registered with a userfaultfd
	VMAShmem                     // shared memory, memfd, /dev/zero
)

// RowFlags are circumstances of a row.
type RowFlags uint16

const (
	FlagNoEnter     RowFlags = 1 << iota // exit without an enter: seccomp denied it, or recording began inside the call
	FlagNoExit                           // enter without an exit: the task died or the recording ended inside the call
	FlagIOWorker                         // task is an io_uring worker (PF_IO_WORKER) or SQPOLL thread
	FlagKernel                           // kernel thread
	FlagViewsLost                        // records belonging to this call were lost: its verdicts are inconclusive
	FlagInitial                          // state found when the recording began, not an event
	FlagThread                           // fork: shares the thread group (CLONE_THREAD)
	FlagSharedVM                         // fork: shares the address space (CLONE_VM)
	FlagRestarted                        // exit with -ERESTART*: the same call is entered again
	FlagLateArgs                         // arguments that stand in memory (Through) could not be read at enter: these are of the exit
	FlagArgsChanged                      // arguments that stand in memory were others at exit than at enter
)

// Lane is a ring buffer of its own.
type Lane uint8

const (
	LaneWitness Lane = iota // calls with views, witnesses, process life
	LanePlain               // every other syscall
	NumLanes
)

// Class is a kind of ring record, for loss accounting.
type Class uint8

const (
	ClassCall    Class = iota // finished syscall
	ClassView                 // view that did not fit the call's record
	ClassWitness              // LSM or other kernel-side event
	ClassProcess              // fork, exec, exit, state
	NumClasses
)

// Watch is what of its own task a call may change: bits. Such calls are
// compared at sys_exit, and what has changed is an event.
type Watch uint8

const (
	WatchCred Watch = 1 << iota // EventCred, EventCaps
	WatchNS                     // EventNamespace
	WatchFS                     // EventCwd, EventRoot
	WatchIDs                    // ids or namespaces by which it is decided whether the task is recorded
)

// View names one of the three views of an argument.
type View uint8

const (
	ViewEnter View = iota
	ViewKernel
	ViewExit
)

// Limits of what the recorder takes from a process, in bytes.
const (
	InlineMax  = 240  // longest view that is kept in the call's own record
	PathMax    = 4096 // PATH_MAX, with the final NUL
	ArgvMax    = 8192 // argv block; longer ones are truncated and marked
	ArgvCount  = 256  // strings read from argv at sys_enter
	CommMax    = 16   // TASK_COMM_LEN
	SockMax    = 128  // sizeof(struct sockaddr_storage)
	OpenHowMax = 24   // sizeof(struct open_how), version 0
	BytesMax   = 4096 // of a value whose size the caller gives
	RightsMax  = 1012 // 253 descriptors: SCM_MAX_FD
	HandleMax  = 128  // MAX_HANDLE_SZ: bytes of a file handle
	MsgMax     = 8    // messages of one sendmmsg whose addresses are taken
)

package format

// Kinds of what hooks and tracepoints show. They are numbered from the end,
// so that kinds can be appended here and in the other lists.
const (
	KindSigCode     Kind = 224 + iota // siginfo.si_code: SI_USER, SI_TKILL, SI_KERNEL, …
	KindSigResult                     // what became of a generated signal: TRACE_SIGNAL_*
	KindCap                           // number of a capability
	KindCapSet                        // set of capabilities, a bit each
	KindSecurebits                    // SECBIT_*, prctl(2)
	KindIDs                           // eight u32: uid, euid, suid, fsuid, gid, egid, sgid, fsgid
	KindCaps                          // six u64: effective, permitted, inheritable, ambient, bounding; securebits
	KindMay                           // MAY_*, linux/fs.h: what access is checked
	KindAttrs                         // ATTR_*, linux/fs.h: which attributes change
	KindPtraceMode                    // PTRACE_MODE_*, linux/ptrace.h
	KindReadFile                      // enum kernel_read_file_id
	KindKeyNeed                       // enum key_need_perm
	KindLockdown                      // enum lockdown_reason, as 7.3 numbers it
	KindURingOp                       // IORING_OP_*
	KindURingFlags                    // IORING_SETUP_*
	KindNSType                        // CLONE_NEW* flag of a namespace
	KindSockState                     // state of a socket: TCP_*, which other families use too
	KindNameOf                        // what an EventNameOf row names
	KindCapOpt                        // CAP_OPT_*, linux/security.h
	KindBPFMapType                    // enum bpf_map_type, uapi linux/bpf.h
	KindBPFProgType                   // enum bpf_prog_type
	KindFMode                         // FMODE_*, linux/fs.h
	KindPerfAccess                    // PERF_SECURITY_*, linux/perf_event.h
	KindKeyAlloc                      // KEY_ALLOC_*, linux/key.h
	KindFSValue                       // enum fs_value_type, linux/fs_context.h
	KindFSNotify                      // FS_*, linux/fsnotify_backend.h: events that a mark wants
	KindIPCKey                        // key_t of System V IPC: IPC_PRIVATE
	KindSiginfo                       // struct siginfo, of the calls that take one
)

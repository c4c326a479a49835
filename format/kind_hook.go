package format

// Kinds of what hooks and tracepoints show. Numbers from 128 on: those below
// are of columns and of syscall arguments.
const (
	KindSignal      Kind = 128 + iota
	KindSigCode          // siginfo.si_code: SI_USER, SI_TKILL, SI_KERNEL, …
	KindSigResult        // what became of a generated signal: TRACE_SIGNAL_*
	KindCap              // number of a capability
	KindCapSet           // set of capabilities, a bit each
	KindSecurebits       // SECBIT_*, prctl(2)
	KindIDs              // eight u32: uid, euid, suid, fsuid, gid, egid, sgid, fsgid
	KindCaps             // five u64 effective, permitted, inheritable, ambient, bounding; u64 securebits
	KindProt             // PROT_*
	KindMapFlags         // MAP_*, mmap(2)
	KindMay              // MAY_*, linux/fs.h: what access is checked
	KindAttrs            // ATTR_*, linux/fs.h: which attributes change
	KindMountFlags       // MS_*
	KindUmountFlags      // MNT_*
	KindFamily           // AF_*
	KindSockType         // SOCK_*
	KindPtraceMode       // PTRACE_MODE_*, linux/ptrace.h
	KindPrctl            // PR_*
	KindRlimit           // RLIMIT_*
	KindReadFile         // enum kernel_read_file_id
	KindBPFCmd           // enum bpf_cmd
	KindKeyNeed          // enum key_need_perm
	KindLockdown         // enum lockdown_reason, as numbered from 5.11 on
	KindURingOp          // IORING_OP_*
	KindURingFlags       // IORING_SETUP_*
	KindNSType           // CLONE_NEW* flag of a namespace
)

package format

// Kinds of syscall arguments whose values have names, and of numbers with a
// sign. Package show holds the names. They are numbered on their own, so that
// kinds can be appended here and to the list in column.go.
const (
	// Values of arguments that have a sign, or a meaning of their own.
	KindInt     Kind = 64 + iota // signed 32 bits
	KindLong                     // signed, the width of a register
	KindOffset                   // signed 64 bits: two registers in a 32-bit table
	KindPID                      // process, group or thread id as an argument: 0 and negative ones have meanings
	KindSignal                   // signal number
	KindUserDev                  // dev_t as user space writes it: mknod(2)

	// Files and paths.
	KindAccessMode // access(2)
	KindAtFlags
	KindFaccessFlags
	KindUnlinkFlags
	KindHandleFlags
	KindExecFlags
	KindStatxFlags
	KindStatxMask
	KindRenameFlags
	KindXattrFlags
	KindFallocateMode
	KindWhence
	KindFlockOp
	KindFadvise
	KindSyncRange
	KindSpliceFlags
	KindRWFlags // preadv2(2)
	KindInotifyInitFlags
	KindInotifyMask
	KindFanotifyInit
	KindFanotifyMark
	KindFanotifyMask // 64 bits: two registers in a 32-bit table

	// File descriptors.
	KindFDFlags // flags of a new descriptor: O_CLOEXEC, O_NONBLOCK
	KindCloseRangeFlags
	KindEventFDFlags
	KindSignalFDFlags
	KindTimerFDFlags
	KindEpollFlags
	KindEpollOp
	KindFcntlCmd
	KindURingEnter
	KindURingRegister
	KindFcntlArg // what it is, KindFcntlCmd says

	// Sockets.
	KindFamily
	KindSockType
	KindSockProto // of the KindFamily before it
	KindSockFlags
	KindMsgFlags
	KindShutdownHow
	KindSocketCall
	KindSockLevel
	KindSockOpt // of the KindSockLevel before it
	KindIPCFlags
	KindShmCmd
	KindSemCmd
	KindMsgCmd
	KindShmFlags
	KindIPCMsgFlags
	KindIPCCall
	KindShmatFlags
	KindFutexOp
	KindFutex2Flags

	// Processes, memory, signals, time.
	KindNSFlags // clone flags, without a signal
	KindWaitOptions
	KindWaitIDType
	KindRLimit // resource of getrlimit(2)
	KindRUsageWho
	KindPrioWhich
	KindIOPrioWhich
	KindSchedPolicy
	KindPersonality
	KindKcmpType // kcmp(2)
	KindArchPrctl
	KindPrctlOption
	KindPrctlArg // what it is, KindPrctlOption says
	KindPtraceRequest
	KindPidfdFlags
	KindPidfdSignalFlags
	KindSigHow
	KindClock
	KindTimerFlags
	KindITimer
	KindLSMAttr
	KindProt
	KindMmapFlags
	KindMremapFlags
	KindMsyncFlags
	KindMadvise
	KindMlockallFlags
	KindMlock2Flags
	KindMembarrierCmd
	KindMempolicy // mode of set_mempolicy(2)
	KindMbindFlags
	KindGetMempolicyFlags
	KindPkeyRights
	KindMemfdFlags
	KindUffdFlags
	KindShadowStackFlags

	// Mounts, security, the host.
	KindMountFlags
	KindQuotaCmd
	KindUmountFlags
	KindOpenTreeFlags
	KindMoveMountFlags
	KindFsopenFlags
	KindFsmountFlags
	KindFspickFlags
	KindFsconfigCmd
	KindMountAttrs // fsmount(2)
	KindMountSetattrFlags
	KindListmountFlags
	KindSwapFlags
	KindBPFCmd
	KindPerfFlags
	KindSeccompOp
	KindSeccompFlags
	KindLandlockFlags
	KindLandlockRule
	KindLandlockSelfFlags
	KindFinitFlags
	KindDeleteModuleFlags
	KindKexecFlags
	KindKexecFileFlags
	KindKeyring
	KindKeyctlOp
	KindRebootMagic  // first magic number
	KindRebootMagic2 // second
	KindRebootCmd
	KindSyslogCmd
	KindGetrandomFlags
	KindEnv   // an environment: strings NAME=value, each with its final NUL
	KindIoctl // request of ioctl(2)
)

// ArgKindLimit is above the kinds of this list, KindLimit above all.
const ArgKindLimit = KindIoctl + 1
const KindLimit = KindSiginfo + 1

// Strings says whether values of kind k are strings that each have their final NUL.
func (k Kind) Strings() bool { return k == KindArgv || k == KindEnv }

// Wide says whether an argument of kind k has 64 bits in every table.
func (k Kind) Wide() bool { return k == KindOffset || k == KindFanotifyMask }

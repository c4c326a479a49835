package format

// Comparison is how far a witness' value can be compared with the enter view.
type Comparison uint8

const (
	CompareExact    Comparison = iota // byte for byte
	CompareEndpoint                   // family, address and port only
	CompareArgvTail                   // scripts: the interpreter is put before, argv[0] replaced
	CompareSunPath                    // AF_UNIX: the path, up to its NUL
	CompareMessages                   // of each message that was sent, as CompareEndpoint
	CompareHead                       // the first bytes, as many as the witness keeps
	CompareComm                       // the first 15 bytes
	CompareSorted                     // as sets of ids
	CompareOptions                    // mount options, which the kernel has cut apart in place
	CompareShown                      // the fields that the witness sees, byte for byte
	CompareAmong                      // byte for byte, with one of what the kernel made in the call
	CompareObject                     // only the object reached is known
)

// HeadKept is how many bytes the hooks of CompareHead keep.
const HeadKept = 128

// CompareWhy says why a comparison is not byte for byte.
var CompareWhy = map[Comparison]string{
	CompareEndpoint: "the witness sees family, address and port, not the rest of the sockaddr",
	CompareArgvTail: "a script's interpreter and argument are put before argv[1], argv[0] is replaced by the script's name",
	CompareSunPath:  "the witness sees the path that was looked up, not what follows its NUL in the sockaddr",
	CompareMessages: "the witness sees family, address and port of the messages that were sent, at most eight",
	CompareAmong:    "the kernel makes objects of its own in the call too, and the witness sees them all",
	CompareHead:     "the witness keeps the first 128 bytes",
	CompareComm:     "the kernel keeps 15 bytes of a thread's name",
	CompareSorted:   "the kernel has sorted the ids",
	CompareOptions:  "the kernel cuts the options apart where they are: a NUL stands for each separator that it has passed",
	CompareShown:    "the witness sees some fields of the struct (docs/witnesses.md has which), the others are taken as they were shown",
	CompareObject:   "the witness sees the object that was reached, not the name it was reached by",
}

// ArgWitness is a kernel-side event that shows what the kernel used for an
// argument. Order is by preference.
type ArgWitness struct {
	Event   EventID // EventSyscall for what sys_exit itself can see
	Rung    Rung
	Compare Comparison
	Field   string // of the event's own row, where the kernel side does not compare; empty: the one of the view's kind
}

// hookRungs are the three ways to the same security hook.
const hookRungs = RungLSM | RungFentry | RungKprobe

var (
	openPathWitness = []ArgWitness{
		{Event: EventFileOpen, Rung: hookRungs, Compare: CompareExact},
		{Event: EventPutname, Rung: RungPutname, Compare: CompareExact},
		{Event: EventSyscall, Rung: RungObject, Compare: CompareObject},
	}
	pathWitness     = []ArgWitness{{Event: EventPutname, Rung: RungPutname, Compare: CompareExact}}
	execPathWitness = []ArgWitness{
		{Event: EventBprmCheck, Rung: hookRungs, Compare: CompareExact},
		{Event: EventPutname, Rung: RungPutname, Compare: CompareExact},
		{Event: EventExec, Rung: RungExec, Compare: CompareExact},
	}
	// Calls that open the file by name within the kernel. bprm->filename is made up by execveat ("/dev/fd/N/name"), so only the
	// struct filename itself is exact there.
	filePathWitness = []ArgWitness{
		{Event: EventFileOpen, Rung: hookRungs, Compare: CompareExact},
		{Event: EventPutname, Rung: RungPutname, Compare: CompareExact},
	}
	execArgvWitness = []ArgWitness{{Event: EventExec, Rung: RungExec, Compare: CompareArgvTail}}
	execEnv         = ArgWitness{Event: EventExec, Rung: RungExec, Compare: CompareExact}
	connectWitness  = []ArgWitness{
		{Event: EventSocketConnect, Rung: hookRungs, Compare: CompareExact},
		{Event: EventCgroupConnect, Rung: RungCgroup, Compare: CompareEndpoint},
		{Event: EventPutname, Rung: RungPutname, Compare: CompareSunPath},
		{Event: EventSyscall, Rung: RungObject, Compare: CompareObject},
	}
	bindWitness = []ArgWitness{
		{Event: EventSocketBind, Rung: hookRungs, Compare: CompareExact},
		{Event: EventCgroupBind, Rung: RungCgroup, Compare: CompareEndpoint},
		{Event: EventPutname, Rung: RungPutname, Compare: CompareSunPath},
		{Event: EventSyscall, Rung: RungObject, Compare: CompareObject},
	}

	sendWitness = []ArgWitness{
		{Event: EventSocketSendmsg, Rung: hookRungs, Compare: CompareExact, Field: "addr"},
		{Event: EventCgroupSendmsg, Rung: RungCgroup, Compare: CompareEndpoint},
		{Event: EventPutname, Rung: RungPutname, Compare: CompareSunPath},
	}
	sendmmsgWitness = []ArgWitness{
		{Event: EventSocketSendmsg, Rung: hookRungs, Compare: CompareMessages, Field: "addr"},
		{Event: EventCgroupSendmsg, Rung: RungCgroup, Compare: CompareMessages},
	}
	// What a hook's own row shows of an argument is compared with it by analysis.
	symlinkWitness = []ArgWitness{
		{Event: EventPutname, Rung: RungPutname, Compare: CompareExact},
		{Event: EventPathSymlink, Rung: hookRungs, Compare: CompareExact, Field: "target"},
	}
	setxattrName    = ArgWitness{Event: EventInodeSetxattr, Rung: hookRungs, Compare: CompareExact, Field: "name"}
	setxattrValue   = ArgWitness{Event: EventInodeSetxattr, Rung: hookRungs, Compare: CompareHead, Field: "value"}
	removexattrName = ArgWitness{Event: EventInodeRemovexattr, Rung: hookRungs, Compare: CompareExact, Field: "name"}
	mountSource     = ArgWitness{Event: EventSbMount, Rung: hookRungs, Compare: CompareExact, Field: "source"}
	mountType       = ArgWitness{Event: EventSbMount, Rung: hookRungs, Compare: CompareExact, Field: "fstype"}
	keyType         = ArgWitness{Event: EventKeyAlloc, Rung: hookRungs, Compare: CompareAmong, Field: "type"}
	keyDescription  = ArgWitness{Event: EventKeyAlloc, Rung: hookRungs, Compare: CompareAmong, Field: "description"}
	bpfAttr         = ArgWitness{Event: EventBPF, Rung: hookRungs, Compare: CompareHead, Field: "attr"}
	fsParamKey      = ArgWitness{Event: EventFsContextParseParam, Rung: hookRungs, Compare: CompareAmong, Field: "key"}
	fsParamValue    = ArgWitness{Event: EventFsContextParseParam, Rung: hookRungs, Compare: CompareAmong, Field: "value"}
	getxattrName    = ArgWitness{Event: EventInodeGetxattr, Rung: hookRungs, Compare: CompareExact, Field: "name"}
	keyPayload      = ArgWitness{Event: EventKeyPostCreateOrUpdate, Rung: hookRungs, Compare: CompareExact}
	semOps          = ArgWitness{Event: EventSemSemop, Rung: hookRungs, Compare: CompareHead, Field: "sops"}
	moduleImage     = ArgWitness{Event: EventKernelPostLoadData, Rung: hookRungs, Compare: CompareHead, Field: "head"}
	timesHook       = ArgWitness{Event: EventInodeSetattr, Rung: hookRungs, Compare: CompareShown}
	clockHook       = ArgWitness{Event: EventSettime, Rung: hookRungs, Compare: CompareExact}
	forkFlags       = ArgWitness{Event: EventFork, Rung: RungTrace, Compare: CompareShown}
	signalInfo      = ArgWitness{Event: EventSignal, Rung: RungTrace, Compare: CompareShown}
	exitState       = ArgWitness{Event: EventSyscall, Rung: RungTrace, Compare: CompareExact} // of the task, when the call returns
	exitFlags       = ArgWitness{Event: EventSyscall, Rung: RungTrace, Compare: CompareShown}
	exitGroups      = ArgWitness{Event: EventSyscall, Rung: RungTrace, Compare: CompareSorted}
	freedCopy       = ArgWitness{Event: EventKfree, Rung: RungTrace, Compare: CompareExact}
	freedOptions    = ArgWitness{Event: EventKfree, Rung: RungTrace, Compare: CompareOptions}
	threadName      = ArgWitness{Event: EventTaskRename, Rung: RungTrace, Compare: CompareComm, Field: "new"}
)

package format

import "slices"

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

// Arg is one syscall argument.
type Arg struct {
	Name string
	Kind Kind
}

// ArgView says that a pointer argument is recorded with its three views.
type ArgView struct {
	Arg     int  // index of the pointer argument
	Kind    Kind // CaptureOf says how its memory is read
	LenArg  int  // index of the argument with the size, -1 when there is none
	MaxLen  int  // bytes taken at most; where there is no size argument and no NUL, all of them
	Witness []ArgWitness

	Narrow int   // MaxLen of the 32-bit ABIs, where it is another
	Unit   int   // bytes for each one of the size argument, 0 for 1
	Short  int   // Unit of the 32-bit ABIs, where it is another
	When   *When // only for some operations of a call that has several
	Out    bool  // what the kernel writes: only the exit view is taken, of a call that has succeeded; compared with nothing. Such views are the last
	Shape  Shape // the struct, where parts of it are seen elsewhere in the kernel
	// Optional: NULL is no value but the absence of one, and no address is a message of a connected socket.
	Optional bool
}

// Shape is a struct of which witnesses see parts: bpf/c/shapes.h.
type Shape uint8

const (
	ShapeNone       Shape = iota
	ShapeCloneArgs        // flags and exit signal, by task_newtask
	ShapeSiginfo          // all but si_signo, by signal_generate
	ShapeCaps             // the sets that the task has when the call returns
	ShapeGroups           // the groups that it has then
	ShapeHostname         // the name of its uts namespace then
	ShapeDomainname       // its domain name
	ShapeOpenHow          // flags that the open file has
	ShapeTimespec         // by settime
	ShapeTimeval          // by settime
	ShapeTimespecs        // by inode_setattr: those of the two that are set to a value
	ShapeTimevals         // by inode_setattr
	ShapeUtimbuf          // by inode_setattr
	ShapeOptions          // mount options: no struct, but cut apart in place
	ShapePerfAttr         // of the event behind the returned descriptor
	ShapePayload          // of a key: whole, by key_post_create_or_update
)

// atExit says whether the kernel's side is looked up when the call returns.
func (s Shape) atExit() bool { return s >= ShapeCaps && s <= ShapeOpenHow || s == ShapePerfAttr }

// Facts are the other places where the kernel's view of an argument of a call is seen.
type Facts uint8

const (
	FactExit  Facts = 1 << iota // state of the task, when the call returns
	FactFreed                   // copies on the heap, when they are freed
)

// Facts are those of the call.
func (s *Syscall) Facts() (f Facts) {
	for i := range s.Views {
		if s.Views[i].Shape.atExit() {
			f |= FactExit
		}
		if s.Views[i].freed() {
			f |= FactFreed
		}
	}
	return f
}

func (v *ArgView) freed() bool {
	return slices.ContainsFunc(v.Witness, func(w ArgWitness) bool { return w.Event == EventKfree })
}

// FreedArg is an argument whose copy the kfree witness may see.
type FreedArg struct {
	Call *Syscall
	Slot int
}

func (a FreedArg) String() string {
	return a.Call.Name + "." + a.Call.Args[a.Call.Views[a.Slot].Arg].Name
}

// FreedArgs are all of them: an argument's number in the kernel is its index here, + 1.
var FreedArgs = func() (all []FreedArg) {
	for i := range Syscalls {
		for slot := range Syscalls[i].Views {
			if Syscalls[i].Views[slot].freed() {
				all = append(all, FreedArg{&Syscalls[i], slot})
			}
		}
	}
	return all
}()

// When says for which calls a view is taken.
type When struct {
	Arg   int    // index of the argument that names the operation
	Value uint32 // what it is, in its low half
}

// Capture is how the memory behind an argument is read.
type Capture uint8

const (
	CaptureBytes    Capture = iota
	CapturePath             // C string that the kernel copies into a struct filename
	CaptureString           // other C string
	CaptureArgv             // array of C strings
	CaptureSockAddr         // bytes; a unix address holds a path
	CaptureMsgName          // struct msghdr: the address that it points to
	CaptureMsgNames         // struct mmsghdr[]: the address of each
	CaptureHandle           // struct file_handle, which says how long it is
	CaptureRights           // struct msghdr: the descriptors that have arrived with the message
)

// CaptureOf is how an argument of that kind is read.
func CaptureOf(k Kind) Capture {
	switch k {
	case KindPath:
		return CapturePath
	case KindString:
		return CaptureString
	case KindArgv, KindEnv:
		return CaptureArgv
	case KindSockAddr:
		return CaptureSockAddr
	case KindMsgName:
		return CaptureMsgName
	case KindMsgNames:
		return CaptureMsgNames
	case KindFileHandle:
		return CaptureHandle
	case KindRights:
		return CaptureRights
	}
	return CaptureBytes
}

func pathView(arg int, w []ArgWitness) ArgView {
	return ArgView{Arg: arg, Kind: KindPath, LenArg: -1, MaxLen: PathMax, Witness: w}
}

func argvView(arg int, w []ArgWitness) ArgView {
	return ArgView{Arg: arg, Kind: KindArgv, LenArg: -1, MaxLen: ArgvMax, Witness: w}
}

// envView is an environment. It is taken only by `record --env`, and the last of its call's views.
func envView(arg int) ArgView {
	return ArgView{Arg: arg, Kind: KindEnv, LenArg: -1, MaxLen: ArgvMax, Witness: []ArgWitness{execEnv}}
}

func stringView(arg int, w ...ArgWitness) ArgView {
	return ArgView{Arg: arg, Kind: KindString, LenArg: -1, MaxLen: PathMax, Witness: w}
}

// bytesView is memory whose size another argument gives.
func bytesView(arg int, kind Kind, lenArg int, w ...ArgWitness) ArgView {
	return ArgView{Arg: arg, Kind: kind, LenArg: lenArg, MaxLen: BytesMax, Witness: w}
}

// structView is memory of a fixed size, in 64-bit and in 32-bit ABIs.
func structView(arg int, kind Kind, size, narrow int, w ...ArgWitness) ArgView {
	return ArgView{Arg: arg, Kind: kind, LenArg: -1, MaxLen: size, Narrow: narrow, Witness: w}
}

// outView is what the kernel writes for the caller.
func outView(arg int, kind Kind, size int) ArgView {
	return ArgView{Arg: arg, Kind: kind, LenArg: -1, MaxLen: size, Out: true}
}

// rightsView are the descriptors that have arrived with the messages of a struct
// mmsghdr[]: LenArg says that it is an array, the result how many have arrived.
var rightsView = ArgView{Arg: 1, Kind: KindRights, LenArg: 2, MaxLen: RightsMax, Out: true}

// Compared are the views that have an enter view: all but what the kernel writes.
func (s *Syscall) Compared() []ArgView {
	for k := range s.Views {
		if s.Views[k].Out {
			return s.Views[:k]
		}
	}
	return s.Views
}

func with(views []ArgView, more ...ArgView) []ArgView { return append(views, more...) }

// when takes the view only for the operation that argument arg names.
func (v ArgView) when(arg int, value uint32) ArgView {
	v.When = &When{Arg: arg, Value: value}
	return v
}

// shaped is the view of a struct that a witness sees parts of.
func (v ArgView) shaped(s Shape, w ...ArgWitness) ArgView {
	v.Shape, v.Witness = s, append(slices.Clip(v.Witness), w...)
	return v
}

// Operations whose arguments are taken: linux/mount.h, linux/prctl.h, linux/keyctl.h.
const (
	keyctlJoin        = 1
	keyctlUpdate      = 2
	keyctlSearch      = 10
	fsconfigSetString = 1
	fsconfigSetBinary = 2
	fsconfigSetPath   = 3
	prSetName         = 15
)

func optional(v ArgView) ArgView {
	v.Optional = true
	return v
}

func sockAddrView(arg, lenArg int, w []ArgWitness) ArgView {
	return ArgView{Arg: arg, Kind: KindSockAddr, LenArg: lenArg, MaxLen: SockMax, Witness: w}
}

// ArgWitness is a kernel-side event that shows what the kernel used for an
// argument. Order is by preference.
type ArgWitness struct {
	Event   EventID // EventSyscall for what sys_exit itself can see
	Rung    Rung
	Compare Comparison
	Field   string // of the event's own row, where the kernel side does not compare; empty: the one of the view's kind
}

// Object says which object sys_exit looks up for a call.
type Object uint8

const (
	ObjectNone  Object = iota
	ObjectRetFD        // the file of the returned fd
	ObjectPeer         // peer address of the socket in arg0
	ObjectBound        // local address of the socket in arg0
	ObjectSelf         // the caller's own executable
	ObjectSend         // none: the address of a message is looked up where it is sent
	// The file that stat and its kin have described: what the program was told,
	// as it stood in its memory when the call returned.
	ObjectStat   // struct stat
	ObjectStat64 // struct stat64 of 32-bit ABIs
	ObjectStatx  // struct statx
)

// Syscall is a row of the syscall table: a call by its name, in all tables
// that have it. Two rows have one name where its arguments differ by table;
// a table has it in one of them only, but for those with Through.
type Syscall struct {
	Name    string
	NR      [ABIARM32 + 1]int16 // by ABI; noNR where the table does not have the call
	Args    []Arg
	Views   []ArgView // at most MaxViews: slot A and so on
	Object  Object    // needs Views
	Execs   bool      // replaces the program
	Moves   bool      // changes the namespaces that rows name
	Groups  Groups    // by which `record -e` selects it, next to its name
	Default bool      // recorded without -e
	Since   int       // format version; rows that do not say are of version 1
	Doc     string

	Through *Through // the call is made through another, nil for all that have a number of their own
}

// Syscalls is the table of all calls of Linux up to 7.0. Calls beyond it are
// recorded with raw arguments. So are the private calls of arm, 0xf0000 and
// above (cacheflush, set_tls …), which are in no table.
var Syscalls = joinSyscalls(
	pathSyscalls, changeSyscalls, xattrSyscalls, watchSyscalls, descSyscalls, aioSyscalls, netSyscalls, ipcSyscalls,
	processSyscalls, credSyscalls, schedSyscalls, signalSyscalls, timeSyscalls, memorySyscalls, ptraceSyscalls,
	mountSyscalls, moduleSyscalls, keySyscalls, bpfSyscalls, systemSyscalls, unusedSyscalls,
)

func joinSyscalls(families ...[]Syscall) []Syscall {
	all := slices.Concat(families...)
	all = append(all, throughSyscalls(all)...)
	for i := range all {
		all[i].Since = max(all[i].Since, 1)
	}
	return all
}

// MaxSyscall is above all numbers of the table, in every ABI.
const MaxSyscall = 1024

// byNumber is an index of Syscalls, + 1, by ABI and number.
var byNumber = func() (t [ABIARM32 + 1][MaxSyscall]uint16) {
	for i := range Syscalls {
		for abi := ABIAMD64; abi <= ABIARM32; abi++ {
			if nr := Syscalls[i].NR[abi]; nr >= 0 {
				t[abi][nr] = uint16(i + 1)
			}
		}
	}
	return t
}()

// SyscallOf finds the row of a number, nil when the table has none.
func SyscallOf(abi ABI, nr int32) *Syscall {
	if int(abi) >= len(byNumber) || nr < 0 || nr >= MaxSyscall || byNumber[abi][nr] == 0 {
		return nil
	}
	return &Syscalls[byNumber[abi][nr]-1]
}

// Has says whether the call is in the table of abi.
func (s *Syscall) Has(abi ABI) bool { return abi != ABINone && int(abi) < len(s.NR) && s.NR[abi] >= 0 }

// Register is the index of the register with argument arg, or with its lower
// half: in a 32-bit table an argument of 64 bits takes two, on arm an even
// one and the next.
func (s *Syscall) Register(abi ABI, arg int) int {
	if abi != ABIIA32 && abi != ABIARM32 {
		return arg
	}
	reg := 0
	for i := range s.Args {
		wide := s.Args[i].Kind.Wide()
		if wide && abi == ABIARM32 {
			reg += reg & 1
		}
		if i == arg {
			break
		}
		reg++
		if wide {
			reg++
		}
	}
	return reg
}

// StatArg is the argument that stat and its kin write to.
func (s *Syscall) StatArg() int {
	return slices.IndexFunc(s.Args, func(a Arg) bool { return a.Name == "statbuf" || a.Name == "statxbuf" })
}

const noNR = -1

// nr gives the numbers of a call; x32 shares those of x86_64.
func nr(amd64, ia32, arm64, arm32 int16) [ABIARM32 + 1]int16 {
	return [ABIARM32 + 1]int16{ABINone: noNR, ABIAMD64: amd64, ABIIA32: ia32, ABIX32: amd64, ABIARM64: arm64, ABIARM32: arm32}
}

// nr32 is for calls of 32-bit tables only.
func nr32(ia32, arm32 int16) [ABIARM32 + 1]int16 { return nr(noNR, ia32, noNR, arm32) }

// all is for calls that have one number everywhere, as those since Linux 5.1 have.
func all(n int16) [ABIARM32 + 1]int16 { return nr(n, n, n, n) }

// withX32 gives the number that x32 has of its own.
func withX32(nrs [ABIARM32 + 1]int16, x32 int16) [ABIARM32 + 1]int16 {
	nrs[ABIX32] = x32
	return nrs
}

// paths are the views of path arguments that the kernel copies by getname.
func paths(args ...int) (views []ArgView) {
	for _, arg := range args {
		views = append(views, pathView(arg, pathWitness))
	}
	return views
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

	pathArg  = Arg{"pathname", KindPath}
	flagsArg = Arg{"flags", KindOpenFlags}
	modeArg  = Arg{"mode", KindMode}
	dirfdArg = Arg{"dirfd", KindDirFD}
	fdArg    = Arg{"fd", KindFD}
	sockArg  = Arg{"sockfd", KindFD}
)

package format

// Comparison is how far a witness' value can be compared with the enter view.
type Comparison uint8

const (
	CompareExact    Comparison = iota // byte for byte
	CompareEndpoint                   // family, address and port only
	CompareArgvTail                   // scripts: the interpreter is put before, argv[0] replaced
	CompareSunPath                    // AF_UNIX: the path, up to its NUL
	CompareMessages                   // of each message that was sent, as CompareEndpoint
	CompareComm                       // the first 15 bytes
	CompareObject                     // only the object reached is known
)

// CompareWhy says why a comparison is not byte for byte.
var CompareWhy = map[Comparison]string{
	CompareEndpoint: "the witness sees family, address and port, not the rest of the sockaddr",
	CompareArgvTail: "a script's interpreter and argument are put before argv[1], argv[0] is replaced by the script's name",
	CompareSunPath:  "the witness sees the path that was looked up, not what follows its NUL in the sockaddr",
	CompareMessages: "the witness sees family, address and port of the messages that were sent, at most eight",
	CompareComm:     "the kernel keeps 15 bytes of a thread's name",
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
	When   *When // only for some operations of a call that has several
	// Optional: NULL is no value but the absence of one, and no address is a message of a connected socket.
	Optional bool
}

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
)

// CaptureOf is how an argument of that kind is read.
func CaptureOf(k Kind) Capture {
	switch k {
	case KindPath:
		return CapturePath
	case KindString:
		return CaptureString
	case KindArgv:
		return CaptureArgv
	case KindSockAddr:
		return CaptureSockAddr
	case KindMsgName:
		return CaptureMsgName
	case KindMsgNames:
		return CaptureMsgNames
	}
	return CaptureBytes
}

func pathView(arg int, w []ArgWitness) ArgView {
	return ArgView{Arg: arg, Kind: KindPath, LenArg: -1, MaxLen: PathMax, Witness: w}
}

func argvView(arg int, w []ArgWitness) ArgView {
	return ArgView{Arg: arg, Kind: KindArgv, LenArg: -1, MaxLen: ArgvMax, Witness: w}
}

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
)

// Syscall is a row of the syscall table. Calls without a row are recorded
// with raw arguments.
type Syscall struct {
	Name   string
	NR     [ABIARM32 + 1]int16 // by ABI; 0 only where the call has that number (see HasNR)
	Args   []Arg
	Views  []ArgView // at most MaxViews: slot A and so on
	Object Object
	Enter  bool // critical: its enter views are written at once, not at exit
	Groups Groups
	Since  int
	Doc    string
}

const noNR = -1

func nr(amd64, ia32, arm64, arm32 int16) [ABIARM32 + 1]int16 {
	return [ABIARM32 + 1]int16{ABINone: noNR, ABIAMD64: amd64, ABIIA32: ia32, ABIX32: amd64, ABIARM64: arm64, ABIARM32: arm32}
}

// withX32 gives the number that x32 has of its own.
func withX32(nrs [ABIARM32 + 1]int16, x32 int16) [ABIARM32 + 1]int16 {
	nrs[ABIX32] = x32
	return nrs
}

var (
	openPathWitness = []ArgWitness{
		{Event: EventFileOpen, Rung: RungLSM | RungFentry | RungKprobe, Compare: CompareExact},
		{Event: EventPutname, Rung: RungPutname, Compare: CompareExact},
		{Event: EventSyscall, Rung: RungObject, Compare: CompareObject},
	}
	pathWitness     = []ArgWitness{{Event: EventPutname, Rung: RungPutname, Compare: CompareExact}}
	execPathWitness = []ArgWitness{
		{Event: EventBprmCheck, Rung: RungLSM | RungFentry | RungKprobe, Compare: CompareExact},
		{Event: EventPutname, Rung: RungPutname, Compare: CompareExact},
		{Event: EventExec, Rung: RungExec, Compare: CompareExact},
	}
	// bprm->filename is made up by execveat ("/dev/fd/N/name"), so only the
	// struct filename itself is exact there.
	execatPathWitness = []ArgWitness{
		{Event: EventFileOpen, Rung: RungLSM | RungFentry | RungKprobe, Compare: CompareExact},
		{Event: EventPutname, Rung: RungPutname, Compare: CompareExact},
	}
	execArgvWitness = []ArgWitness{{Event: EventExec, Rung: RungExec, Compare: CompareArgvTail}}
	connectWitness  = []ArgWitness{
		{Event: EventSocketConnect, Rung: RungLSM | RungFentry | RungKprobe, Compare: CompareExact},
		{Event: EventCgroupConnect, Rung: RungCgroup, Compare: CompareEndpoint},
		{Event: EventPutname, Rung: RungPutname, Compare: CompareSunPath},
		{Event: EventSyscall, Rung: RungObject, Compare: CompareObject},
	}
	bindWitness = []ArgWitness{
		{Event: EventSocketBind, Rung: RungLSM | RungFentry | RungKprobe, Compare: CompareExact},
		{Event: EventCgroupBind, Rung: RungCgroup, Compare: CompareEndpoint},
		{Event: EventPutname, Rung: RungPutname, Compare: CompareSunPath},
		{Event: EventSyscall, Rung: RungObject, Compare: CompareObject},
	}

	sendWitness = []ArgWitness{
		{Event: EventCgroupSendmsg, Rung: RungCgroup, Compare: CompareEndpoint},
		{Event: EventPutname, Rung: RungPutname, Compare: CompareSunPath},
	}
	sendmmsgWitness = []ArgWitness{
		{Event: EventCgroupSendmsg, Rung: RungCgroup, Compare: CompareMessages},
	}

	pathArg  = Arg{"pathname", KindPath}
	flagsArg = Arg{"flags", KindOpenFlags}
	modeArg  = Arg{"mode", KindMode}
	dirfdArg = Arg{"dirfd", KindDirFD}
)

// Syscalls is the table of calls whose pointer arguments are compared.
var Syscalls = []Syscall{
	{
		Name: "open", NR: nr(2, 5, noNR, 5), Args: []Arg{pathArg, flagsArg, modeArg},
		Views:  []ArgView{pathView(0, openPathWitness)},
		Object: ObjectRetFD, Since: 1, Doc: "open(2)",
	},
	{
		Name: "creat", NR: nr(85, 8, noNR, 8), Args: []Arg{pathArg, modeArg},
		Views:  []ArgView{pathView(0, openPathWitness)},
		Object: ObjectRetFD, Since: 1, Doc: "creat(2)",
	},
	{
		Name: "openat", NR: nr(257, 295, 56, 322), Args: []Arg{dirfdArg, pathArg, flagsArg, modeArg},
		Views:  []ArgView{pathView(1, openPathWitness)},
		Object: ObjectRetFD, Since: 1, Doc: "openat(2)",
	},
	{
		Name: "openat2", NR: nr(437, 437, 437, 437), Args: []Arg{dirfdArg, pathArg, {"how", KindOpenHow}, {"size", KindSize}},
		Views: []ArgView{
			pathView(1, openPathWitness),
			{Arg: 2, Kind: KindOpenHow, LenArg: 3, MaxLen: OpenHowMax},
		},
		Object: ObjectRetFD, Since: 1, Doc: "openat2(2); how is copied before pathname",
	},
	{
		Name: "execve", NR: withX32(nr(59, 11, 221, 11), 520), Args: []Arg{pathArg, {"argv", KindArgv}, {"envp", KindPointer}},
		Views: []ArgView{
			pathView(0, execPathWitness),
			argvView(1, execArgvWitness),
		},
		Object: ObjectSelf, Enter: true, Since: 1, Doc: "execve(2); copied in the order pathname, envp, argv",
	},
	{
		Name: "execveat", NR: withX32(nr(322, 358, 281, 387), 545), Args: []Arg{dirfdArg, pathArg, {"argv", KindArgv}, {"envp", KindPointer}, flagsArg},
		Views: []ArgView{
			pathView(1, execatPathWitness),
			argvView(2, execArgvWitness),
		},
		Object: ObjectSelf, Enter: true, Since: 1, Doc: "execveat(2)",
	},
	{
		Name: "connect", NR: nr(42, 362, 203, 283), Args: []Arg{{"sockfd", KindFD}, {"addr", KindSockAddr}, {"addrlen", KindSize}},
		Views:  []ArgView{sockAddrView(1, 2, connectWitness)},
		Object: ObjectPeer, Since: 1, Doc: "connect(2)",
	},
	{
		Name: "bind", NR: nr(49, 361, 200, 282), Args: []Arg{{"sockfd", KindFD}, {"addr", KindSockAddr}, {"addrlen", KindSize}},
		Views:  []ArgView{sockAddrView(1, 2, bindWitness)},
		Object: ObjectBound, Since: 1, Doc: "bind(2)",
	},
	{
		Name: "rename", NR: nr(82, 38, noNR, 38), Args: []Arg{{"oldpath", KindPath}, {"newpath", KindPath}},
		Views: []ArgView{pathView(0, pathWitness), pathView(1, pathWitness)},
		Since: 1, Doc: "rename(2); the new name is copied first",
	},
	{
		Name: "renameat", NR: nr(264, 302, 38, 329), Args: []Arg{{"olddirfd", KindDirFD}, {"oldpath", KindPath}, {"newdirfd", KindDirFD}, {"newpath", KindPath}},
		Views: []ArgView{pathView(1, pathWitness), pathView(3, pathWitness)},
		Since: 1, Doc: "renameat(2)",
	},
	{
		Name: "renameat2", NR: nr(316, 353, 276, 382), Args: []Arg{{"olddirfd", KindDirFD}, {"oldpath", KindPath}, {"newdirfd", KindDirFD}, {"newpath", KindPath}, {"flags", KindArg}},
		Views: []ArgView{pathView(1, pathWitness), pathView(3, pathWitness)},
		Since: 1, Doc: "renameat2(2)",
	},
	{
		Name: "symlink", NR: nr(88, 83, noNR, 83), Args: []Arg{{"target", KindPath}, {"linkpath", KindPath}},
		Views: []ArgView{pathView(0, pathWitness), pathView(1, pathWitness)},
		Since: 1, Doc: "symlink(2)",
	},
	{
		Name: "symlinkat", NR: nr(266, 304, 36, 331), Args: []Arg{{"target", KindPath}, {"newdirfd", KindDirFD}, {"linkpath", KindPath}},
		Views: []ArgView{pathView(0, pathWitness), pathView(2, pathWitness)},
		Since: 1, Doc: "symlinkat(2)",
	},
	{
		Name: "sendto", NR: nr(44, 369, 206, 290),
		Args:   []Arg{{"sockfd", KindFD}, {"buf", KindPointer}, {"len", KindSize}, {"flags", KindArg}, {"dest_addr", KindSockAddr}, {"addrlen", KindSize}},
		Views:  []ArgView{optional(sockAddrView(4, 5, sendWitness))},
		Object: ObjectSend, Since: 1, Doc: "sendto(2)",
	},
	{
		Name: "sendmsg", NR: withX32(nr(46, 370, 211, 296), 518), Args: []Arg{{"sockfd", KindFD}, {"msg", KindMsgName}, {"flags", KindArg}},
		Views:  []ArgView{{Arg: 1, Kind: KindMsgName, LenArg: -1, MaxLen: SockMax, Witness: sendWitness, Optional: true}},
		Object: ObjectSend, Since: 1, Doc: "sendmsg(2); of the message only its address is compared",
	},
	{
		Name: "sendmmsg", NR: withX32(nr(307, 345, 269, 374), 538), Args: []Arg{{"sockfd", KindFD}, {"msgvec", KindMsgNames}, {"vlen", KindCount}, {"flags", KindArg}},
		Views:  []ArgView{{Arg: 1, Kind: KindMsgNames, LenArg: 2, MaxLen: BytesMax, Witness: sendmmsgWitness}},
		Object: ObjectSend, Since: 1, Doc: "sendmmsg(2); of each message only its address is compared",
	},
}

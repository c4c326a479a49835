package format

// Comparison is how far a witness' value can be compared with the enter view.
type Comparison uint8

const (
	CompareExact    Comparison = iota // byte for byte
	CompareEndpoint                   // family, address and port only
	CompareArgvTail                   // scripts: the interpreter is put before, argv[0] replaced
	CompareSunPath                    // AF_UNIX: the path, up to its NUL
	CompareObject                     // only the object reached is known
)

// CompareWhy says why a comparison is not byte for byte.
var CompareWhy = map[Comparison]string{
	CompareEndpoint: "the witness sees family, address and port, not the rest of the sockaddr",
	CompareArgvTail: "a script's interpreter and argument are put before argv[1], argv[0] is replaced by the script's name",
	CompareSunPath:  "the witness sees the path that was looked up, not what follows its NUL in the sockaddr",
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
	Kind    Kind // KindPath, KindArgv, KindSockAddr or KindOpenHow
	LenArg  int  // index of the argument with its size, -1 when there is none
	MaxLen  int  // bytes taken at most
	Witness []ArgWitness
}

// ArgWitness is a kernel-side event that shows what the kernel used for an
// argument. Order is by preference.
type ArgWitness struct {
	Event   EventID // EventSyscall for what sys_exit itself can see
	Rung    Rung
	Compare Comparison
}

// Object says which object sys_exit looks up for a call.
type Object uint8

const (
	ObjectNone  Object = iota
	ObjectRetFD        // the file of the returned fd
	ObjectPeer         // peer address of the socket in arg0
	ObjectBound        // local address of the socket in arg0
	ObjectSelf         // the caller's own executable
)

// Syscall is a row of the syscall table. Calls without a row are recorded
// with raw arguments.
type Syscall struct {
	Name   string
	NR     [ABIARM32 + 1]int16 // by ABI; 0 only where the call has that number (see HasNR)
	Args   []Arg
	Views  []ArgView // at most two: slot A and slot B
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
		{EventFileOpen, RungLSM | RungFentry | RungKprobe, CompareExact},
		{EventPutname, RungPutname, CompareExact},
		{EventSyscall, RungObject, CompareObject},
	}
	pathWitness     = []ArgWitness{{EventPutname, RungPutname, CompareExact}}
	execPathWitness = []ArgWitness{
		{EventBprmCheck, RungLSM | RungFentry | RungKprobe, CompareExact},
		{EventPutname, RungPutname, CompareExact},
		{EventExec, RungExec, CompareExact},
	}
	// bprm->filename is made up by execveat ("/dev/fd/N/name"), so only the
	// struct filename itself is exact there.
	execatPathWitness = []ArgWitness{
		{EventFileOpen, RungLSM | RungFentry | RungKprobe, CompareExact},
		{EventPutname, RungPutname, CompareExact},
	}
	execArgvWitness = []ArgWitness{{EventExec, RungExec, CompareArgvTail}}
	connectWitness  = []ArgWitness{
		{EventSocketConnect, RungLSM | RungFentry | RungKprobe, CompareExact},
		{EventCgroupConnect, RungCgroup, CompareEndpoint},
		{EventPutname, RungPutname, CompareSunPath},
		{EventSyscall, RungObject, CompareObject},
	}
	bindWitness = []ArgWitness{
		{EventSocketBind, RungLSM | RungFentry | RungKprobe, CompareExact},
		{EventCgroupBind, RungCgroup, CompareEndpoint},
		{EventPutname, RungPutname, CompareSunPath},
		{EventSyscall, RungObject, CompareObject},
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
		Views:  []ArgView{{0, KindPath, -1, PathMax, openPathWitness}},
		Object: ObjectRetFD, Since: 1, Doc: "open(2)",
	},
	{
		Name: "creat", NR: nr(85, 8, noNR, 8), Args: []Arg{pathArg, modeArg},
		Views:  []ArgView{{0, KindPath, -1, PathMax, openPathWitness}},
		Object: ObjectRetFD, Since: 1, Doc: "creat(2)",
	},
	{
		Name: "openat", NR: nr(257, 295, 56, 322), Args: []Arg{dirfdArg, pathArg, flagsArg, modeArg},
		Views:  []ArgView{{1, KindPath, -1, PathMax, openPathWitness}},
		Object: ObjectRetFD, Since: 1, Doc: "openat(2)",
	},
	{
		Name: "openat2", NR: nr(437, 437, 437, 437), Args: []Arg{dirfdArg, pathArg, {"how", KindOpenHow}, {"size", KindSize}},
		Views: []ArgView{
			{1, KindPath, -1, PathMax, openPathWitness},
			{2, KindOpenHow, 3, OpenHowMax, nil},
		},
		Object: ObjectRetFD, Since: 1, Doc: "openat2(2); how is copied before pathname",
	},
	{
		Name: "execve", NR: withX32(nr(59, 11, 221, 11), 520), Args: []Arg{pathArg, {"argv", KindArgv}, {"envp", KindPointer}},
		Views: []ArgView{
			{0, KindPath, -1, PathMax, execPathWitness},
			{1, KindArgv, -1, ArgvMax, execArgvWitness},
		},
		Object: ObjectSelf, Enter: true, Since: 1, Doc: "execve(2); copied in the order pathname, envp, argv",
	},
	{
		Name: "execveat", NR: withX32(nr(322, 358, 281, 387), 545), Args: []Arg{dirfdArg, pathArg, {"argv", KindArgv}, {"envp", KindPointer}, flagsArg},
		Views: []ArgView{
			{1, KindPath, -1, PathMax, execatPathWitness},
			{2, KindArgv, -1, ArgvMax, execArgvWitness},
		},
		Object: ObjectSelf, Enter: true, Since: 1, Doc: "execveat(2)",
	},
	{
		Name: "connect", NR: nr(42, 362, 203, 283), Args: []Arg{{"sockfd", KindFD}, {"addr", KindSockAddr}, {"addrlen", KindSize}},
		Views:  []ArgView{{1, KindSockAddr, 2, SockMax, connectWitness}},
		Object: ObjectPeer, Since: 1, Doc: "connect(2)",
	},
	{
		Name: "bind", NR: nr(49, 361, 200, 282), Args: []Arg{{"sockfd", KindFD}, {"addr", KindSockAddr}, {"addrlen", KindSize}},
		Views:  []ArgView{{1, KindSockAddr, 2, SockMax, bindWitness}},
		Object: ObjectBound, Since: 1, Doc: "bind(2)",
	},
	{
		Name: "rename", NR: nr(82, 38, noNR, 38), Args: []Arg{{"oldpath", KindPath}, {"newpath", KindPath}},
		Views: []ArgView{{0, KindPath, -1, PathMax, pathWitness}, {1, KindPath, -1, PathMax, pathWitness}},
		Since: 1, Doc: "rename(2); the new name is copied first",
	},
	{
		Name: "renameat", NR: nr(264, 302, 38, 329), Args: []Arg{{"olddirfd", KindDirFD}, {"oldpath", KindPath}, {"newdirfd", KindDirFD}, {"newpath", KindPath}},
		Views: []ArgView{{1, KindPath, -1, PathMax, pathWitness}, {3, KindPath, -1, PathMax, pathWitness}},
		Since: 1, Doc: "renameat(2)",
	},
	{
		Name: "renameat2", NR: nr(316, 353, 276, 382), Args: []Arg{{"olddirfd", KindDirFD}, {"oldpath", KindPath}, {"newdirfd", KindDirFD}, {"newpath", KindPath}, {"flags", KindArg}},
		Views: []ArgView{{1, KindPath, -1, PathMax, pathWitness}, {3, KindPath, -1, PathMax, pathWitness}},
		Since: 1, Doc: "renameat2(2)",
	},
	{
		Name: "symlink", NR: nr(88, 83, noNR, 83), Args: []Arg{{"target", KindPath}, {"linkpath", KindPath}},
		Views: []ArgView{{0, KindPath, -1, PathMax, pathWitness}, {1, KindPath, -1, PathMax, pathWitness}},
		Since: 1, Doc: "symlink(2)",
	},
	{
		Name: "symlinkat", NR: nr(266, 304, 36, 331), Args: []Arg{{"target", KindPath}, {"newdirfd", KindDirFD}, {"linkpath", KindPath}},
		Views: []ArgView{{0, KindPath, -1, PathMax, pathWitness}, {2, KindPath, -1, PathMax, pathWitness}},
		Since: 1, Doc: "symlinkat(2)",
	},
}

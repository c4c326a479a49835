package format

import "slices"

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

// Syscall is a row of the syscall table: a call by its name, in all tables
// that have it. Two rows have one name where its arguments differ by table;
// a table has it in one of them only.
type Syscall struct {
	Name    string
	NR      [ABIARM32 + 1]int16 // by ABI; noNR where the table does not have the call
	Args    []Arg
	Views   []ArgView // at most two: slot A and slot B
	Object  Object    // needs Views
	Enter   bool      // critical: its enter views are written at once, not at exit
	Moves   bool      // changes the namespaces that rows name
	Groups  Groups    // by which `record -e` selects it, next to its name
	Default bool      // recorded without -e
	Since   int       // format version; rows that do not say are of version 1
	Doc     string
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
		views = append(views, ArgView{arg, KindPath, -1, PathMax, pathWitness})
	}
	return views
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
	// Calls that open the file by name within the kernel. bprm->filename is made up by execveat ("/dev/fd/N/name"), so only the
	// struct filename itself is exact there.
	filePathWitness = []ArgWitness{
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
	fdArg    = Arg{"fd", KindFD}
	sockArg  = Arg{"sockfd", KindFD}
)

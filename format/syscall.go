package format

import "slices"

// Arg is one syscall argument.
type Arg struct {
	Name string
	Kind Kind
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

// Arguments that many calls have.
var (
	pathArg  = Arg{"pathname", KindPath}
	flagsArg = Arg{"flags", KindOpenFlags}
	modeArg  = Arg{"mode", KindMode}
	dirfdArg = Arg{"dirfd", KindDirFD}
	fdArg    = Arg{"fd", KindFD}
	sockArg  = Arg{"sockfd", KindFD}
)

//go:build linux

package drill

import "time"

// Case is one race, or one control that must not be taken for one.
type Case struct {
	Name          string
	Syscall       string // that the race is about
	Argument      string // of it
	Deterministic bool   // every attempt succeeds, not only the lucky ones
	N             int    // attempts when -n is not given
	Env           bool   // is about an environment, which is recorded on request only
	Needs         []Need
	Expect        []Expect
	Doc           string

	run func(*run) error
}

// Need is what a case cannot do without; Check says whether it is there.
type Need string

const (
	NeedTwoCPUs     Need = "two-cpus"
	NeedUserfaultfd Need = "userfaultfd"
	NeedIOURing     Need = "io_uring"
	NeedOpenat2     Need = "openat2"
	NeedXattr       Need = "xattr"  // a file system that keeps trusted.* attributes
	NeedPtrace      Need = "ptrace" // of a child
	NeedCaps        Need = "capabilities"
	NeedNameFirst   Need = "name-first" // setxattr copies the attribute's name before the path
	NeedFuse        Need = "fuse"       // /dev/fuse, and a mount namespace
	NeedRecopy      Need = "recopy"     // a name is copied again after ESTALE
)

// Quantity is how many of a case's calls an expectation is about.
type Quantity string

const (
	All  Quantity = "all"
	Some Quantity = "some" // at least one; how many is luck
	None Quantity = "none"
)

// Expect is what an analysis must find for an argument of the case's calls.
// Verdicts have the analyzer's names.
type Expect struct {
	Argument string
	Verdict  string
	Quantity Quantity
}

const (
	divergent      = "divergent"
	consistent     = "consistent"
	multipleCopies = "multiple-copies"
	postUseChange  = "post-use-change"
	unreadable     = "unreadable"
	unpaired       = "unpaired"
)

// limit is how long any case may take; a case that is still running then
// ends with a failure.
const limit = 60 * time.Second

// Find returns the case of a name.
func Find(name string) (Case, bool) {
	for _, c := range Cases {
		if c.Name == name {
			return c, true
		}
	}
	return Case{}, false
}

var (
	racy   = []Need{NeedTwoCPUs}
	faults = []Need{NeedUserfaultfd}
)

// Cases are all cases, in the order in which the verb runs them.
var Cases = []Case{
	{
		Name: "open-flip", Syscall: "openat", Argument: "pathname", N: 3000, Needs: racy, run: openFlip,
		Expect: []Expect{{"pathname", divergent, Some}, {"pathname", consistent, Some}},
		Doc:    "a second thread flips the name between two files while openat runs",
	},
	{
		Name: "exec-flip", Syscall: "execve", Argument: "pathname", N: 500, Needs: racy, run: execFlip,
		Expect: []Expect{{"pathname", divergent, Some}, {"pathname", consistent, Some}},
		Doc:    "forked children execve a name in shared memory that their parent flips",
	},
	{
		Name: "exec-flip-thread", Syscall: "execve", Argument: "pathname", N: 60, Needs: racy, run: execFlipThread,
		Expect: []Expect{{"pathname", divergent, Some}},
		Doc:    "as exec-flip, in one process: a thread that is not the leader calls execve while another flips the name",
	},
	{
		Name: "connect-flip-tcp", Syscall: "connect", Argument: "addr", N: 1000, Needs: racy, run: connectFlipTCP,
		Expect: []Expect{{"addr", divergent, Some}, {"addr", consistent, Some}},
		Doc:    "the port in the sockaddr is flipped between two listeners on 127.0.0.1",
	},
	{
		Name: "connect-flip-udp", Syscall: "connect", Argument: "addr", N: 2000, Needs: racy, run: connectFlipUDP,
		Expect: []Expect{{"addr", divergent, Some}, {"addr", consistent, Some}},
		Doc:    "as connect-flip-tcp with one UDP socket; nothing is sent",
	},
	{
		Name: "connect-flip-unix", Syscall: "connect", Argument: "addr", N: 1000, Needs: racy, run: connectFlipUnix,
		Expect: []Expect{{"addr", divergent, Some}, {"addr", consistent, Some}},
		Doc:    "as connect-flip-tcp between two unix sockets in the work directory",
	},
	{
		Name: "bind-flip", Syscall: "bind", Argument: "addr", N: 1000, Needs: racy, run: bindFlip,
		Expect: []Expect{{"addr", divergent, Some}, {"addr", consistent, Some}},
		Doc:    "the port of a UDP bind on 127.0.0.1 is flipped",
	},
	{
		Name: "openat2-swap", Syscall: "openat2", Argument: "pathname", Deterministic: true, N: 20,
		Needs: []Need{NeedUserfaultfd, NeedOpenat2}, run: openat2Swap,
		Expect: []Expect{{"pathname", divergent, All}},
		Doc:    "how is on a missing page: the kernel waits for it before it copies the name, which is swapped meanwhile",
	},
	{
		Name: "exec-argv-swap", Syscall: "execve", Argument: "argv", Deterministic: true, N: 5, Needs: faults, run: execArgvSwap,
		Expect: []Expect{{"argv", divergent, All}, {"pathname", consistent, All}},
		Doc:    "an environment string is on a missing page: it is copied before argv's strings, one of which is swapped meanwhile",
	},
	{
		Name: "exec-name-fault", Syscall: "execve", Argument: "argv", Deterministic: true, N: 5, Needs: faults, run: execNameFault,
		Expect: []Expect{{"argv", divergent, All}, {"pathname", unreadable, All}},
		Doc:    "the name itself is on a missing page and argv is swapped while the kernel waits for it",
	},
	{
		Name: "exec-env-swap", Syscall: "execve", Argument: "envp", Deterministic: true, Env: true, N: 5, Needs: faults, run: execEnvSwap,
		Expect: []Expect{{"envp", divergent, All}, {"pathname", unreadable, All}},
		Doc:    "the name is on a missing page and a string of the environment is swapped while the kernel waits for it",
	},
	{
		Name: "exec-env-steady", Syscall: "execve", Argument: "envp", Deterministic: true, Env: true, N: 5, Needs: faults, run: execEnvSteady,
		Expect: []Expect{{"envp", consistent, All}, {"pathname", consistent, All}},
		Doc:    "as exec-env-swap, but nothing changes",
	},
	{
		Name: "rename-swap", Syscall: "renameat2", Argument: "oldpath", Deterministic: true, N: 20, Needs: faults, run: renameSwap,
		Expect: []Expect{{"oldpath", divergent, All}},
		Doc:    "one name is on a missing page and the other, copied later, is swapped; which one is copied first is found out",
	},
	{
		Name: "symlink-swap", Syscall: "symlinkat", Argument: "target", Deterministic: true, N: 20, Needs: faults, run: symlinkSwap,
		Expect: []Expect{{"target", divergent, All}},
		Doc:    "as rename-swap, for a symbolic link's target and name",
	},
	{
		Name: "setxattr-swap", Syscall: "setxattr", Argument: "pathname", Deterministic: true, N: 20, Needs: faults, run: setxattrSwap,
		Expect: []Expect{{"pathname", divergent, All}},
		Doc:    "the attribute's name is on a missing page: it is copied before the path, which is swapped meanwhile",
	},
	{
		Name: "setxattr-value-swap", Syscall: "setxattr", Argument: "value", Deterministic: true, N: 20, Needs: faults, run: setxattrValueSwap,
		Expect: []Expect{{"value", divergent, All}},
		Doc:    "as setxattr-swap, for the value: every kernel copies it after the name",
	},
	{
		Name: "capset-swap", Syscall: "capset", Argument: "datap", Deterministic: true, N: 5, Needs: faults, run: capsetSwap,
		Expect: []Expect{{"datap", divergent, All}},
		Doc:    "the header is on a missing page; the capabilities, copied after it, are swapped meanwhile",
	},
	{
		Name: "utimensat-swap", Syscall: "utimensat", Argument: "pathname", Deterministic: true, N: 20, Needs: faults, run: utimensatSwap,
		Expect: []Expect{{"pathname", divergent, All}},
		Doc:    "as setxattr-swap: the times are copied before the path",
	},
	{
		Name: "sendmmsg-swap", Syscall: "sendmmsg", Argument: "msgvec", Deterministic: true, N: 20, Needs: faults, run: sendmmsgSwap,
		Expect: []Expect{{"msgvec", divergent, All}},
		Doc:    "the first message's payload is on a missing page; the second one's address is swapped meanwhile",
	},
	{
		Name: "chmod-stale", Syscall: "fchmodat", Argument: "pathname", Deterministic: true, N: 20, Needs: []Need{NeedFuse, NeedRecopy}, run: chmodStale,
		Expect: []Expect{{"pathname", multipleCopies, All}},
		Doc:    "a file system of its own answers ESTALE, so that the kernel copies the name again, which is swapped in between",
	},
	{
		Name: "rename-late", Syscall: "renameat2", Argument: "newpath", Deterministic: true, N: 20, Needs: faults, run: renameLate,
		Expect: []Expect{{"newpath", divergent, None}, {"newpath", postUseChange, All}},
		Doc:    "control: as rename-swap, but the name that was copied already is swapped",
	},
	{
		Name: "symlink-late", Syscall: "symlinkat", Argument: "linkpath", Deterministic: true, N: 20, Needs: faults, run: symlinkLate,
		Expect: []Expect{{"linkpath", divergent, None}, {"linkpath", postUseChange, All}},
		Doc:    "control: as symlink-swap, but the name that was copied already is swapped",
	},
	{
		Name: "ptrace-rewrite", Syscall: "openat", Argument: "pathname", Deterministic: true, N: 20, run: ptraceRewrite,
		Expect: []Expect{{"pathname", divergent, None}, {"pathname", consistent, All}},
		Doc:    "control: a debugger changes the name at the entry of the call, before any tracer looks",
	},
	{
		Name: "open-post-use", Syscall: "openat", Argument: "pathname", Deterministic: true, N: 20, run: openPostUse,
		Expect: []Expect{{"pathname", postUseChange, All}},
		Doc:    "openat waits for a FIFO's other end; the name is changed after the kernel copied it and before it returns",
	},
	{
		Name: "connect-post-use", Syscall: "connect", Argument: "addr", Deterministic: true, N: 20, run: connectPostUse,
		Expect: []Expect{{"addr", postUseChange, All}},
		Doc:    "connect waits for room in a unix listener's queue; the address is changed meanwhile",
	},
	{
		Name: "open-unreadable-fault", Syscall: "openat", Argument: "pathname", Deterministic: true, N: 20, Needs: faults, run: openUnreadableFault,
		Expect: []Expect{{"pathname", unreadable, All}, {"pathname", divergent, None}},
		Doc:    "the name is on an anonymous page that a userfaultfd handler fills only when the kernel asks: suspicious",
	},
	{
		Name: "open-unreadable-file", Syscall: "openat", Argument: "pathname", Deterministic: true, N: 50, run: openUnreadableFile,
		Expect: []Expect{{"pathname", unreadable, All}, {"pathname", divergent, None}},
		Doc:    "the name is in a file mapping that was never touched: benign",
	},
	{
		Name: "uring-open", Syscall: "openat", Argument: "pathname", Deterministic: true, N: 20, Needs: []Need{NeedIOURing}, run: uringOpen,
		Expect: []Expect{{"pathname", unpaired, All}},
		Doc:    "files are opened through io_uring, with no openat that a syscall tracer could see",
	},
	{
		Name: "open-steady", Syscall: "openat", Argument: "pathname", Deterministic: true, N: 1000, Needs: racy, run: openSteady,
		Expect: []Expect{{"pathname", divergent, None}, {"pathname", consistent, All}},
		Doc:    "control: as open-flip, but the second thread stores the same name again and again",
	},
	{
		Name: "exec-steady", Syscall: "execve", Argument: "pathname", Deterministic: true, N: 50, Needs: racy, run: execSteady,
		Expect: []Expect{{"pathname", divergent, None}, {"pathname", consistent, All}},
		Doc:    "control: as exec-flip without a change",
	},
	{
		Name: "connect-steady", Syscall: "connect", Argument: "addr", Deterministic: true, N: 200, Needs: racy, run: connectSteady,
		Expect: []Expect{{"addr", divergent, None}, {"addr", consistent, All}},
		Doc:    "control: as connect-flip-tcp without a change",
	},
	{
		Name: "open-symlink", Syscall: "openat", Argument: "pathname", Deterministic: true, N: 100, run: openSymlink,
		Expect: []Expect{{"pathname", divergent, None}},
		Doc:    "control: the name is a chain of symbolic links, so the file reached has another name",
	},
	{
		Name: "open-relative", Syscall: "openat", Argument: "pathname", Deterministic: true, N: 100, run: openRelative,
		Expect: []Expect{{"pathname", divergent, None}},
		Doc:    "control: relative names, by working directory and by directory descriptor, with dots and slashes",
	},
}

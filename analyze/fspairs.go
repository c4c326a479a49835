package analyze

import "github.com/tracerec/tracerec/format"

// FSPair is a check and a use that programs make of one name (CWE-367): what
// the check said need not be so any more when the name is used.
type FSPair struct {
	Check, Use string // rule: check-use
	Doc        string
}

// FSPairs are all pairs that --fs-race looks for. docs/verdicts.md has this table.
var FSPairs = []FSPair{
	{"access", "open", "may the real user read or write it? then it is opened with the rights of the effective user"},
	{"access", "exec", "may it be run? then it is run"},
	{"access", "change", "may it be written? then owner, mode, size, times or attributes are changed"},
	{"access", "remove", "is it there? then it is removed or renamed"},
	{"access", "enter", "may it be entered? then it becomes working or root directory, or is mounted"},
	{"stat", "open", "is it a regular file, and whose? then it is opened"},
	{"stat", "exec", "is it safe to run? then it is run"},
	{"stat", "change", "whose is it? then owner, mode, size, times or attributes are changed"},
	{"stat", "remove", "is it old, empty, or whose? then it is removed or renamed, as cleaners of /tmp do"},
	{"stat", "enter", "is it a directory? then it is entered or mounted"},
	{"lstat", "open", "is it no link? then it is opened, links followed"},
	{"lstat", "exec", "is it no link? then it is run"},
	{"lstat", "change", "is it no link? then owner, mode, size, times or attributes are changed"},
	{"lstat", "remove", "what is it? then it is removed or renamed"},
	{"lstat", "enter", "is it a directory and no link? then it is entered: recursive removal"},
	{"readlink", "open", "where does it lead? then it is opened"},
	{"readlink", "exec", "where does it lead? then it is run"},
	{"create", "change", "it was made just now; then owner, mode or attributes are changed by its name"},
	{"create", "exec", "it was made just now; then it is run by its name"},
	{"create", "open", "it was made just now; then it is opened again by its name"},
}

// fsOp is what a call does with its names.
type fsOp struct {
	call    *format.Syscall
	check   string // group of FSPairs, "" for none
	use     string
	flags   int  // argument with AT_SYMLINK_NOFOLLOW or its like, -1 for none
	how     int  // slot of a struct open_how, which begins with such flags; -1 for none
	changes bool // what its names lead to
	opens   bool
	args    []pathArg
}

var fsGroups = map[string]struct{ check, use string }{
	"access": {"access", ""}, "faccessat": {"access", ""}, "faccessat2": {"access", ""},
	"stat": {"stat", ""}, "stat64": {"stat", ""}, "oldstat": {"stat", ""}, "newfstatat": {"stat", ""}, "fstatat64": {"stat", ""}, "statx": {"stat", ""},
	"lstat": {"lstat", ""}, "lstat64": {"lstat", ""}, "oldlstat": {"lstat", ""},
	"readlink": {"readlink", ""}, "readlinkat": {"readlink", ""},
	"open": {"", "open"}, "openat": {"", "open"}, "openat2": {"", "open"}, "creat": {"", "open"},
	"execve": {"", "exec"}, "execveat": {"", "exec"},
	"chmod": {"", "change"}, "fchmodat": {"", "change"}, "fchmodat2": {"", "change"}, "chown": {"", "change"}, "chown32": {"", "change"},
	"lchown": {"", "change"}, "fchownat": {"", "change"}, "truncate": {"", "change"}, "truncate64": {"", "change"},
	"utime": {"", "change"}, "utimes": {"", "change"}, "utimensat": {"", "change"}, "setxattr": {"", "change"},
	"unlink": {"", "remove"}, "unlinkat": {"", "remove"}, "rmdir": {"", "remove"},
	"rename": {"", "remove"}, "renameat": {"", "remove"}, "renameat2": {"", "remove"},
	"chdir": {"", "enter"}, "chroot": {"", "enter"}, "mount": {"", "enter"}, "pivot_root": {"", "enter"},
	"mkdir": {"create", ""}, "mkdirat": {"create", ""}, "mknod": {"create", ""}, "mknodat": {"create", ""},
	"link": {"", ""}, "linkat": {"", ""}, "symlink": {"", ""}, "symlinkat": {"", ""},
}

var fsChanges = map[string]bool{
	"rename": true, "renameat": true, "renameat2": true, "link": true, "linkat": true, "symlink": true, "symlinkat": true,
	"unlink": true, "unlinkat": true, "rmdir": true, "mkdir": true, "mkdirat": true, "mknod": true, "mknodat": true, "mount": true,
}

var fsOps = func() (t [format.ABIARM32 + 1][format.MaxSyscall]*fsOp) {
	for i := range format.Syscalls {
		call := &format.Syscalls[i]
		g, ok := fsGroups[call.Name]
		if !ok {
			continue
		}
		for abi, nr := range call.NR {
			if nr < 0 {
				continue
			}
			op := &fsOp{call: call, check: g.check, use: g.use, changes: fsChanges[call.Name], opens: g.use == "open", flags: -1, how: -1, args: pathArgs(call, format.ABI(abi))}
			for k, a := range call.Args {
				switch a.Kind {
				case format.KindAtFlags, format.KindStatxFlags, format.KindFaccessFlags, format.KindOpenFlags:
					op.flags = call.Register(format.ABI(abi), k)
				}
			}
			for slot, v := range call.Views {
				if v.Kind == format.KindOpenHow {
					op.how = slot
				}
			}
			if len(op.args) > 0 {
				t[abi][nr] = op
			}
		}
	}
	return t
}()

func fsPair(check, use string) bool {
	for i := range FSPairs {
		if FSPairs[i].Check == check && FSPairs[i].Use == use {
			return true
		}
	}
	return false
}

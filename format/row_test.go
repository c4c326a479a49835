package format

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// bareCalls take no argument at all. All others must name theirs.
const bareCalls = `inotify_init fork vfork setsid getpid gettid getppid getpgrp getuid getuid32 geteuid geteuid32 getgid getgid32 getegid
getegid32 sched_yield rseq_slice_yield restart_syscall sgetmask rt_sigreturn sigreturn pause munlockall sync uretprobe uprobe vhangup
afs_syscall break ftime getpmsg gtty idle lock mpx prof profil putpmsg security stty tuxcall ulimit vserver`

// witnessed are the kinds of arguments that every kernel has a witness of. Of
// the others, strings and structs that are copied by strndup_user and
// copy_from_user, some have one where security hooks can be attached.
var witnessed = []Kind{KindPath, KindArgv, KindSockAddr, KindMsgName, KindMsgNames}

// missingOf says what a row lacks, in one sentence each.
func missingOf(s *Syscall, doc string) (missing []string) {
	say := func(format string, args ...any) { missing = append(missing, fmt.Sprintf(format, args...)) }
	if s.Name == "" {
		say("has no name")
	}
	if s.Doc == "" {
		say("has no Doc: say in a few words what the call does")
	}
	if s.Groups == 0 {
		say("is in no group: without one -e selects it by its name only")
	}
	if s.Groups>>numGroups != 0 {
		say("is in a group that has no name")
	}
	if bare := slices.Contains(strings.Fields(bareCalls), s.Name); len(s.Args) == 0 && !bare {
		say("has no Args: name them, or add it to bareCalls if it takes none")
	} else if len(s.Args) > 0 && bare {
		say("has Args, but is in bareCalls")
	}
	names := map[string]bool{}
	for n, a := range s.Args {
		switch {
		case a.Name == "":
			say("argument %d has no name", n)
		case names[a.Name]:
			say("two arguments are called %s", a.Name)
		case a.Kind == KindNone:
			say("argument %s has no kind: it would be shown as a bare number; a pointer needs one of its own", a.Name)
		case a.Kind == KindPath && !slices.ContainsFunc(s.Views, func(v ArgView) bool { return v.Arg == n }):
			say("argument %s is a path, but not compared: add Views: paths(%d)", a.Name, n)
		}
		names[a.Name] = true
		for abi := ABIAMD64; abi <= ABIARM32; abi++ {
			last := s.Register(abi, n)
			if a.Kind.Wide() && (abi == ABIIA32 || abi == ABIARM32) {
				last++
			}
			if s.Has(abi) && last > 5 {
				say("argument %s of %s is behind the sixth register", a.Name, abiNames[abi])
			}
		}
	}
	if len(s.Views) > len(Slots) {
		say("compares %d arguments: there are %d slots", len(s.Views), len(Slots))
	}
	for _, v := range s.Views {
		if v.Arg >= len(s.Args) {
			say("compares argument %d of %d", v.Arg, len(s.Args))
			continue
		}
		name := s.Args[v.Arg].Name
		if kind := s.Args[v.Arg].Kind; v.Kind != kind && kind != KindPointer && kind != KindText && kind != KindArg && v.When == nil {
			say("the view of %s is of another kind than the argument", name)
		}
		if v.LenArg >= len(s.Args) {
			say("the size of %s is argument %d of %d", name, v.LenArg, len(s.Args))
		}
		if v.MaxLen <= 0 {
			say("the view of %s takes no bytes: set MaxLen", name)
		}
		if v.Out && v.Witness != nil {
			say("argument %s is written by the kernel, but has a witness", name)
		}
		if len(v.Witness) == 0 && slices.Contains(witnessed, v.Kind) {
			say("argument %s is compared, but has no witness: name one", name)
		}
	}
	if s.Object != ObjectNone && len(s.Views) == 0 {
		say("has an object, but no view: the short record has no room for it")
	}
	if s.Always() && !s.Default {
		say("is always recorded: set Default")
	}
	var args []string
	for _, a := range s.Args {
		args = append(args, a.Name)
	}
	if !strings.Contains(doc, fmt.Sprintf("\n| %s(%s) |", s.Name, strings.Join(args, ", "))) {
		say("is not in docs/events.md: go test ./format -run EventsDoc -update")
	}
	return missing
}

// Every row is complete.
func TestNothingIsMissingOfAnyCall(t *testing.T) {
	text, err := os.ReadFile(eventsDoc)
	if err != nil {
		t.Fatal(err)
	}
	rows, compared := 0, 0
	for i := range Syscalls {
		rows++
		compared += len(Syscalls[i].Views)
		for _, sentence := range missingOf(&Syscalls[i], string(text)) {
			t.Errorf("%s %s", Syscalls[i].Name, sentence)
		}
	}
	if rows != len(Syscalls) || rows < 482 || compared < 159 {
		t.Errorf("only %d rows with %d compared arguments were visited", rows, compared)
	}
	t.Logf("%d rows, %d compared arguments", rows, compared)
}

// The check finds what is left away.
func TestMissingIsFound(t *testing.T) {
	found := 0
	good := Syscall{Name: "fchmodat2", NR: all(452), Args: []Arg{dirfdArg, pathArg, modeArg, {"flags", KindAtFlags}}, Views: paths(1), Groups: GroupFile, Doc: "changes permissions"}
	doc := "\n| fchmodat2(dirfd, pathname, mode, flags) |"
	if m := missingOf(&good, doc); len(m) > 0 {
		t.Errorf("a row without fault: %q", m)
	}
	for want, spoil := range map[string]func(*Syscall){
		"no Doc":         func(s *Syscall) { s.Doc = "" },
		"no group":       func(s *Syscall) { s.Groups = 0 },
		"no Args":        func(s *Syscall) { s.Args, s.Views = nil, nil },
		"has no kind":    func(s *Syscall) { s.Args = []Arg{dirfdArg, pathArg, modeArg, {Name: "flags"}} },
		"has no name":    func(s *Syscall) { s.Args = []Arg{{Kind: KindDirFD}, pathArg, modeArg, {"flags", KindAtFlags}} },
		"not compared":   func(s *Syscall) { s.Views = nil },
		"no witness":     func(s *Syscall) { s.Views = []ArgView{{Arg: 1, Kind: KindPath, LenArg: -1, MaxLen: PathMax}} },
		"another kind":   func(s *Syscall) { s.Views = paths(0) },
		"sixth register": func(s *Syscall) { s.Args = append(s.Args[:4:4], Arg{"a", KindOffset}, Arg{"b", KindOffset}) },
		"not in docs":    func(s *Syscall) { s.Name = "fchmodat3" },
		"no view":        func(s *Syscall) { s.Args, s.Views, s.Object = []Arg{fdArg}, nil, ObjectRetFD },
	} {
		s := good
		spoil(&s)
		if !slices.ContainsFunc(missingOf(&s, doc), func(m string) bool { return strings.Contains(m, want) }) {
			t.Errorf("%q is not said: %q", want, missingOf(&s, doc))
		}
		found++
	}
	if found != 11 {
		t.Errorf("%d faults tried", found)
	}
}

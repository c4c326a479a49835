package format

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/internal/docparts"
)

const eventsDoc = "../docs/events.md"

// TestEventsDoc: the tables of docs/events.md are those of the code. After a
// change: go test ./format -run EventsDoc -update
func TestEventsDoc(t *testing.T) {
	docparts.Check(t, eventsDoc, "./format", map[string]string{"groups": docGroups(), "syscalls": docSyscalls(), "selectable": docSelectable()})
}

func docGroups() string {
	var b strings.Builder
	b.WriteString("| group | calls and events that | by default |\n|---|---|---|\n")
	for _, name := range GroupNames() {
		group := GroupByName(name)
		some, all := 0, 0
		count := func(in Groups, byDefault bool) {
			if in&group != 0 {
				all++
				if byDefault {
					some++
				}
			}
		}
		for i := range Syscalls {
			if Syscalls[i].Through == nil {
				count(Syscalls[i].Groups, Syscalls[i].Default)
			}
		}
		for i := range Events {
			count(Events[i].Groups, Events[i].Default)
		}
		share := fmt.Sprintf("%d of %d", some, all)
		if some == all {
			share = fmt.Sprintf("all %d", all)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", name, GroupDoc(group), share)
	}
	return b.String()
}

func docSyscalls() string {
	var b strings.Builder
	b.WriteString("| call | x86_64 | i386 | x32 | arm64 | arm | groups | default | compared: by | is |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for i := range Syscalls {
		s := &Syscalls[i]
		if s.Through != nil {
			continue // as the call itself
		}
		var args, numbers, views []string
		for _, a := range s.Args {
			args = append(args, a.Name)
		}
		for _, abi := range []ABI{ABIAMD64, ABIIA32, ABIX32, ABIARM64, ABIARM32} {
			if s.Has(abi) {
				numbers = append(numbers, strconv.Itoa(int(s.NR[abi])))
			} else {
				numbers = append(numbers, "")
			}
		}
		for _, v := range s.Views {
			var by []string
			for _, w := range v.Witness {
				name := Events[w.Event].Name
				if w.Event == EventSyscall {
					name = "object"
				}
				if w.Compare != CompareExact {
					name += "*"
				}
				by = append(by, name)
			}
			if by == nil {
				by = []string{"no witness"}
			}
			if v.Out {
				by = []string{"at return only"}
			}
			name := s.Args[v.Arg].Name
			if v.When != nil {
				name += fmt.Sprintf(" (if %s is %d)", s.Args[v.When.Arg].Name, v.When.Value)
			}
			views = append(views, name+": "+strings.Join(by, ", "))
		}
		byDefault := ""
		switch {
		case s.Always():
			byDefault = "always"
		case s.Default:
			byDefault = "yes"
		}
		fmt.Fprintf(&b, "| %s(%s) | %s | %s | %s | %s | %s |\n", s.Name, strings.Join(args, ", "), strings.Join(numbers, " | "),
			strings.ReplaceAll(s.Groups.String(), ",", ", "), byDefault, strings.Join(views, "; "), s.Doc)
	}
	return b.String()
}

func docSelectable() string {
	var b strings.Builder
	b.WriteString("| event | groups | default | is |\n|---|---|---|---|\n")
	for i := range Events {
		e := &Events[i]
		if e.ID == EventNone {
			continue
		}
		groups, byDefault := strings.ReplaceAll(e.Groups.String(), ",", ", "), ""
		switch {
		case e.ID == EventSyscall:
			byDefault = "by call"
		case e.Groups == 0:
			byDefault = "always"
		case e.Default:
			byDefault = "yes"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", e.Name, groups, byDefault, e.Doc)
	}
	return b.String()
}

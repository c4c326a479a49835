package show

import (
	"strings"
	"sync"

	"github.com/tracerec/tracerec/format"
)

// ValueNames are the names that values of a field of rows have: of event, syscall, errno and abi, of
// statuses, mappings, witnesses and flags; nil where any text may stand. Values without
// a name have their number, see Numbered.
func ValueNames(field string) []string { return valueNames()[field] }

// Numbered says whether value stands for one that has no name in this tracerec.
func Numbered(value string) bool {
	for _, prefix := range []string{"event", "syscall_", "errno_", "0x"} {
		value = strings.TrimPrefix(value, prefix)
	}
	return strings.Trim(value, "0123456789abcdef") == ""
}

var valueNames = sync.OnceValue(func() map[string][]string {
	m := map[string][]string{"abi": abiNames[:]}
	for i := range format.Events {
		m["event"] = append(m["event"], format.Events[i].Name)
	}
	for i := range format.Syscalls {
		m["syscall"] = append(m["syscall"], format.Syscalls[i].Name)
	}
	for _, name := range errnos {
		if name != "" {
			m["errno"] = append(m["errno"], name)
		}
	}
	words := func(bits []bit) (names []string) {
		for _, b := range bits {
			names = append(names, b.name)
		}
		return names
	}
	for c := range format.Columns {
		name := format.Columns[c].Name
		switch format.Columns[c].Kind {
		case format.KindViewStatus:
			m[name] = statusNames[:]
		case format.KindVMA:
			m[name] = vmaNames[:]
		case format.KindRungs:
			m[name] = words(rungNames)
		case format.KindRowFlags:
			m[name] = words(rowFlagNames)
		}
	}
	return m
})

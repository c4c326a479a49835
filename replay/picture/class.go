package picture

import "github.com/tracerec/tracerec/format"

// class is what a mark is about: its colour and its place in the legend.
type class uint8

const (
	classLife      class = iota // fork, exit, tasks that were there
	classExec                   // another program
	classNet                    // sockets
	classPrivilege              // ids, namespaces, mounts, keys, modules, BPF, other processes
	classFile                   // names and descriptors
	classMemory                 // address space, signals
	classOther                  // calls of no group above
	classHook                   // what a hook saw as an event of its own
	classGap                    // lost records
	numClasses
)

var classNames = [numClasses]string{"life", "exec", "network", "privilege", "file", "memory", "other", "hook", "lost"}

// groupClasses is searched in order: the first group that a call has decides.
var groupClasses = []struct {
	groups format.Groups
	class  class
}{
	{format.GroupNet, classNet},
	{format.GroupCred | format.GroupNamespace | format.GroupMount | format.GroupBPF | format.GroupIOUring | format.GroupKey |
		format.GroupModule | format.GroupPtrace | format.GroupSystem, classPrivilege},
	{format.GroupFile | format.GroupWatch | format.GroupDesc, classFile},
	{format.GroupMemory | format.GroupSignal, classMemory},
	{format.GroupProcess, classLife},
}

func classOfGroups(g format.Groups, otherwise class) class {
	for _, row := range groupClasses {
		if g&row.groups != 0 {
			return row.class
		}
	}
	return otherwise
}

// eventClasses says the class of the rows of each event; syscalls are told
// apart by their own groups.
var eventClasses = func() []class {
	t := make([]class, len(format.Events))
	for i := range format.Events {
		e := &format.Events[i]
		switch {
		case e.ID == format.EventExec:
			t[i] = classExec
		case e.ID == format.EventLost:
			t[i] = classGap
		case e.Class == format.ClassProcess:
			t[i] = classOfGroups(e.Groups&^format.GroupFile, classLife)
		default:
			t[i] = classHook
		}
	}
	return t
}()

func classOf(b *format.Batch, i int) class {
	id := b.U16[format.ColEvent][i]
	if format.EventID(id) != format.EventSyscall {
		if int(id) < len(eventClasses) {
			return eventClasses[id]
		}
		return classHook
	}
	row := format.SyscallOf(format.ABI(b.U8[format.ColABI][i]), b.I32[format.ColNR][i])
	if row == nil {
		return classOther
	}
	return classOfGroups(row.Groups, classOther)
}

// keep says how early rows of a class are left out when there are too many:
// higher is kept longer.
var keep = [numClasses]uint8{
	classLife: 3, classExec: 3, classNet: 2, classPrivilege: 2, classGap: 3, classHook: 1, classFile: 1, classMemory: 0, classOther: 0,
}

package format

import "slices"

// ArgView says that a pointer argument is recorded with its three views.
type ArgView struct {
	Arg     int  // index of the pointer argument
	Kind    Kind // CaptureOf says how its memory is read
	LenArg  int  // index of the argument with the size, -1 when there is none
	MaxLen  int  // bytes taken at most; where there is no size argument and no NUL, all of them
	Witness []ArgWitness

	Narrow int   // MaxLen of the 32-bit ABIs, where it is another
	Unit   int   // bytes for each one of the size argument, 0 for 1
	Short  int   // Unit of the 32-bit ABIs, where it is another
	When   *When // only for some operations of a call that has several
	Out    bool  // what the kernel writes: only the exit view is taken, of a call that has succeeded; compared with nothing. Such views are the last
	Shape  Shape // the struct, where parts of it are seen elsewhere in the kernel
	// Optional: NULL is no value but the absence of one, and no address is a message of a connected socket.
	Optional bool
}

// Shape is a struct of which witnesses see parts: bpf/c/shapes.h.
type Shape uint8

const (
	ShapeNone       Shape = iota
	ShapeCloneArgs        // flags and exit signal, by task_newtask
	ShapeSiginfo          // all but si_signo, by signal_generate
	ShapeCaps             // the sets that the task has when the call returns
	ShapeGroups           // the groups that it has then
	ShapeHostname         // the name of its uts namespace then
	ShapeDomainname       // its domain name
	ShapeOpenHow          // flags that the open file has
	ShapeTimespec         // by settime
	ShapeTimeval          // by settime
	ShapeTimespecs        // by inode_setattr: those of the two that are set to a value
	ShapeTimevals         // by inode_setattr
	ShapeUtimbuf          // by inode_setattr
	ShapeOptions          // mount options: no struct, but cut apart in place
	ShapePerfAttr         // of the event behind the returned descriptor
	ShapePayload          // of a key: whole, by key_post_create_or_update
)

// atExit says whether the kernel's side is looked up when the call returns.
func (s Shape) atExit() bool { return s >= ShapeCaps && s <= ShapeOpenHow || s == ShapePerfAttr }

// Facts are the other places where the kernel's view of an argument of a call is seen.
type Facts uint8

const (
	FactExit  Facts = 1 << iota // state of the task, when the call returns
	FactFreed                   // copies on the heap, when they are freed
)

// Facts are those of the call.
func (s *Syscall) Facts() (f Facts) {
	for i := range s.Views {
		if s.Views[i].Shape.atExit() {
			f |= FactExit
		}
		if s.Views[i].freed() {
			f |= FactFreed
		}
	}
	return f
}

func (v *ArgView) freed() bool {
	return slices.ContainsFunc(v.Witness, func(w ArgWitness) bool { return w.Event == EventKfree })
}

// FreedArg is an argument whose copy the kfree witness may see.
type FreedArg struct {
	Call *Syscall
	Slot int
}

func (a FreedArg) String() string {
	return a.Call.Name + "." + a.Call.Args[a.Call.Views[a.Slot].Arg].Name
}

// FreedArgs are all of them: an argument's number in the kernel is its index here, + 1.
var FreedArgs = func() (all []FreedArg) {
	for i := range Syscalls {
		for slot := range Syscalls[i].Views {
			if Syscalls[i].Views[slot].freed() {
				all = append(all, FreedArg{&Syscalls[i], slot})
			}
		}
	}
	return all
}()

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
	CaptureHandle           // struct file_handle, which says how long it is
	CaptureRights           // struct msghdr: the descriptors that have arrived with the message
)

// CaptureOf is how an argument of that kind is read.
func CaptureOf(k Kind) Capture {
	switch k {
	case KindPath:
		return CapturePath
	case KindString:
		return CaptureString
	case KindArgv, KindEnv:
		return CaptureArgv
	case KindSockAddr:
		return CaptureSockAddr
	case KindMsgName:
		return CaptureMsgName
	case KindMsgNames:
		return CaptureMsgNames
	case KindFileHandle:
		return CaptureHandle
	case KindRights:
		return CaptureRights
	}
	return CaptureBytes
}

func pathView(arg int, w []ArgWitness) ArgView {
	return ArgView{Arg: arg, Kind: KindPath, LenArg: -1, MaxLen: PathMax, Witness: w}
}

func argvView(arg int, w []ArgWitness) ArgView {
	return ArgView{Arg: arg, Kind: KindArgv, LenArg: -1, MaxLen: ArgvMax, Witness: w}
}

// envView is an environment. It is taken only by `record --env`, and the last of its call's views.
func envView(arg int) ArgView {
	return ArgView{Arg: arg, Kind: KindEnv, LenArg: -1, MaxLen: ArgvMax, Witness: []ArgWitness{execEnv}}
}

func stringView(arg int, w ...ArgWitness) ArgView {
	return ArgView{Arg: arg, Kind: KindString, LenArg: -1, MaxLen: PathMax, Witness: w}
}

// bytesView is memory whose size another argument gives.
func bytesView(arg int, kind Kind, lenArg int, w ...ArgWitness) ArgView {
	return ArgView{Arg: arg, Kind: kind, LenArg: lenArg, MaxLen: BytesMax, Witness: w}
}

// structView is memory of a fixed size, in 64-bit and in 32-bit ABIs.
func structView(arg int, kind Kind, size, narrow int, w ...ArgWitness) ArgView {
	return ArgView{Arg: arg, Kind: kind, LenArg: -1, MaxLen: size, Narrow: narrow, Witness: w}
}

// outView is what the kernel writes for the caller.
func outView(arg int, kind Kind, size int) ArgView {
	return ArgView{Arg: arg, Kind: kind, LenArg: -1, MaxLen: size, Out: true}
}

// rightsView are the descriptors that have arrived with the messages of a struct
// mmsghdr[]: LenArg says that it is an array, the result how many have arrived.
var rightsView = ArgView{Arg: 1, Kind: KindRights, LenArg: 2, MaxLen: RightsMax, Out: true}

// Compared are the views that have an enter view: all but what the kernel writes.
func (s *Syscall) Compared() []ArgView {
	for k := range s.Views {
		if s.Views[k].Out {
			return s.Views[:k]
		}
	}
	return s.Views
}

func with(views []ArgView, more ...ArgView) []ArgView { return append(views, more...) }

// when takes the view only for the operation that argument arg names.
func (v ArgView) when(arg int, value uint32) ArgView {
	v.When = &When{Arg: arg, Value: value}
	return v
}

// shaped is the view of a struct that a witness sees parts of.
func (v ArgView) shaped(s Shape, w ...ArgWitness) ArgView {
	v.Shape, v.Witness = s, append(slices.Clip(v.Witness), w...)
	return v
}

// Operations whose arguments are taken: linux/mount.h, linux/prctl.h, linux/keyctl.h.
const (
	keyctlJoin        = 1
	keyctlUpdate      = 2
	keyctlSearch      = 10
	fsconfigSetString = 1
	fsconfigSetBinary = 2
	fsconfigSetPath   = 3
	prSetName         = 15
)

func optional(v ArgView) ArgView {
	v.Optional = true
	return v
}

func sockAddrView(arg, lenArg int, w []ArgWitness) ArgView {
	return ArgView{Arg: arg, Kind: KindSockAddr, LenArg: lenArg, MaxLen: SockMax, Witness: w}
}

// paths are the views of path arguments that the kernel copies by getname.
func paths(args ...int) (views []ArgView) {
	for _, arg := range args {
		views = append(views, pathView(arg, pathWitness))
	}
	return views
}

package replay

import (
	"slices"
	"strconv"
	"strings"
)

// FileKind is what an open file is.
type FileKind uint8

const (
	FileUnknown FileKind = iota
	FilePath             // has a path: regular file, directory, device, fifo
	FilePipe
	FileSocket
	FileEventfd
	FileSignalfd
	FileTimerfd
	FileEpoll
	FileInotify
	FileFanotify
	FileMemfd
	FileSecretmem
	FileUserfaultfd
	FilePidfd
	FileIOUring
	FilePerf
	FileFscontext
	FileMount
	FileLandlock
	FileBPF
	FileSeccomp
	FileMqueue
	numFileKinds
)

// fileKinds names the kinds as /proc/PID/fd does where it does.
var fileKinds = [numFileKinds]string{
	FileUnknown: "unknown", FilePath: "file", FilePipe: "pipe", FileSocket: "socket", FileEventfd: "eventfd", FileSignalfd: "signalfd",
	FileTimerfd: "timerfd", FileEpoll: "eventpoll", FileInotify: "inotify", FileFanotify: "fanotify", FileMemfd: "memfd",
	FileSecretmem: "secretmem", FileUserfaultfd: "userfaultfd", FilePidfd: "pidfd", FileIOUring: "io_uring", FilePerf: "perf_event",
	FileFscontext: "fscontext", FileMount: "mount", FileLandlock: "landlock-ruleset", FileBPF: "bpf", FileSeccomp: "seccomp", FileMqueue: "mqueue",
}

func (k FileKind) String() string {
	if k < numFileKinds {
		return fileKinds[k]
	}
	return strconv.Itoa(int(k))
}

// File is an open file: the kernel's struct file, which descriptors of
// several processes may refer to.
type File struct {
	Path    string // as recorded where the kernel had it, "" when it has none or is not known
	Ino     uint64
	Opened  int64  // 0: before the recording, or not known
	In, Out uint64 // bytes read and written, as far as the calls were recorded
	Socket  *Socket
	// Pair is the same for both ends of a pipe or socketpair, 0 when there is no other.
	Pair   uint64
	Dev    uint32
	Flags  uint32 // of open(2)
	By     uint32 // pid that opened it, 0 when not known
	Target uint32 // pid, of a pidfd

	refs  int32 // descriptors that refer to it
	fresh int32 // place in State.fresh plus 1; 0: not there

	Kind    FileKind
	ByName  bool // Path is what was asked for, put behind the directory: not where the kernel went
	Deleted bool // its name was removed
	// Received: it came with a message from another process (SCM_RIGHTS).
	Received bool
	// Inferred: no row has its number, which follows from all others.
	Inferred bool
}

// FD is a descriptor.
type FD struct {
	File    *File
	Cloexec bool
	At      int64 // when it came to be known

	// replaced: the call that made it took the number of another file, whose
	// close has not been seen. The row of that close may follow: rows stand in
	// the order in which calls returned.
	replaced bool
	// guessed: it was seen in use; whether it is closed on exec is not known.
	guessed bool
}

// dense is how many descriptors are kept by number; further ones in a map.
const dense = 1024

// table is a process' descriptors. Forks share it until one of them writes.
type table struct {
	low  []FD // by number; File is nil where there is none
	high map[int32]FD
	n    int
	refs int // Files that share it
}

// Files is a files_struct: a table of descriptors that threads, and processes
// made with CLONE_FILES, have in common.
type Files struct {
	t     *table
	users int   // tasks
	Whole bool  // all that was open when it came to be known, is
	Since int64 // when it came to be known
	asOf  int64 // when it was read as initial state: effects of calls that ended before are in it
}

func newFiles(at int64) *Files { return &Files{t: &table{refs: 1}, Since: at} }

// Get finds a descriptor.
func (f *Files) Get(fd int32) (FD, bool) {
	switch {
	case fd < 0:
		return FD{}, false
	case int(fd) < len(f.t.low):
		d := f.t.low[fd]
		return d, d.File != nil
	case fd < dense:
		return FD{}, false
	}
	d, ok := f.t.high[fd]
	return d, ok
}

// Len counts the open descriptors.
func (f *Files) Len() int { return f.t.n }

// All calls yield for each descriptor in order of its number.
func (f *Files) All(yield func(int32, FD) bool) {
	for i, d := range f.t.low {
		if d.File != nil && !yield(int32(i), d) {
			return
		}
	}
	if len(f.t.high) == 0 {
		return
	}
	numbers := make([]int32, 0, len(f.t.high))
	for fd := range f.t.high {
		numbers = append(numbers, fd)
	}
	slices.Sort(numbers)
	for _, fd := range numbers {
		if !yield(fd, f.t.high[fd]) {
			return
		}
	}
}

// own makes the table f's alone before it changes.
func (f *Files) own(s *State) *table {
	old := f.t
	if old.refs == 1 {
		return old
	}
	old.refs--
	t := &table{low: slices.Clone(old.low), n: old.n, refs: 1}
	for i := range t.low {
		if file := t.low[i].File; file != nil {
			file.refs++
		}
	}
	if len(old.high) > 0 {
		t.high = make(map[int32]FD, len(old.high))
		for fd, d := range old.high {
			d.File.refs++
			t.high[fd] = d
		}
	}
	f.t = t
	return t
}

// put makes fd refer to d.File. What it referred to before is closed.
func (s *State) put(f *Files, fd int32, d FD) {
	if fd < 0 || fd > maxFD {
		return
	}
	t := f.own(s)
	if d.File.refs++; d.File.refs == 1 {
		s.named(d.File)
	}
	if fd < dense {
		for int(fd) >= len(t.low) {
			t.low = append(t.low, FD{})
		}
		if old := t.low[fd].File; old != nil {
			s.drop(old)
		} else {
			t.n++
		}
		t.low[fd] = d
		return
	}
	if old, ok := t.high[fd]; ok {
		s.drop(old.File)
	} else {
		t.n++
	}
	if t.high == nil {
		t.high = map[int32]FD{}
	}
	t.high[fd] = d
}

// maxFD is above what fs.nr_open can be: sysctl_nr_byNamemax.
const maxFD = 1 << 30

// set changes a descriptor in place.
func (s *State) set(f *Files, fd int32, change func(*FD)) {
	d, ok := f.Get(fd)
	if !ok {
		return
	}
	t := f.own(s)
	change(&d)
	if fd < dense {
		t.low[fd] = d
	} else {
		t.high[fd] = d
	}
}

// shut closes a descriptor.
func (s *State) shut(f *Files, fd int32) {
	d, ok := f.Get(fd)
	if !ok {
		return
	}
	t := f.own(s)
	if fd < dense {
		t.low[fd] = FD{}
	} else {
		delete(t.high, fd)
	}
	t.n--
	s.drop(d.File)
}

// drop takes a reference from a file.
func (s *State) drop(file *File) {
	if file.refs--; file.refs > 0 || file.Path == "" {
		return
	}
	s.unname(file)
}

// maxFresh is how many files are open before their names are looked up by: most are closed again before
// any name changes.
const maxFresh = 64

// named and unname keep the open files by path, for what becomes of them when
// the name is changed or removed.
func (s *State) named(file *File) {
	if file.Path != "" && file.Kind == FilePath && !file.Deleted {
		if len(s.fresh) == maxFresh {
			s.settle()
		}
		s.fresh = append(s.fresh, file)
		file.fresh = int32(len(s.fresh))
	}
}

// settle makes byName and dirs complete.
func (s *State) settle() {
	for i, file := range s.fresh {
		file.fresh, s.fresh[i] = 0, nil
		file.Path = strings.Clone(file.Path) // see State.name
		s.byName[file.Path] = append(s.byName[file.Path], file)
		s.above(file.Path)
	}
	s.fresh = s.fresh[:0]
}

func (s *State) unname(file *File) {
	if at := file.fresh; at > 0 {
		last := len(s.fresh) - 1
		s.fresh[at-1] = s.fresh[last]
		s.fresh[at-1].fresh = at
		s.fresh[last] = nil
		s.fresh, file.fresh = s.fresh[:last], 0
		return
	}
	list := s.byName[file.Path]
	i := slices.Index(list, file)
	switch {
	case i < 0:
	case len(list) == 1:
		delete(s.byName, file.Path)
	default:
		s.byName[file.Path] = slices.Delete(list, i, i+1)
	}
}

// above remembers the directories that a path is in: what is not among them
// can be renamed without a look at what is open.
func (s *State) above(path string) {
	i := strings.LastIndexByte(path, '/')
	if i <= 0 || path[:i] == s.dir {
		return
	}
	s.dir = path[:i]
	for {
		i := strings.LastIndexByte(path, '/')
		if i <= 0 {
			return
		}
		path = path[:i]
		if s.dirs[path] {
			return
		}
		s.dirs[path] = true
	}
}

// copyFiles is what a child without CLONE_FILES gets.
func copyFiles(f *Files) *Files {
	f.t.refs++
	return &Files{t: f.t, Whole: f.Whole, Since: f.Since, asOf: f.asOf}
}

// leave takes a task off a table; the last one closes all.
func (s *State) leave(f *Files) {
	if f.users--; f.users > 0 {
		return
	}
	if f.t.refs--; f.t.refs > 0 {
		return
	}
	for _, d := range f.t.low {
		if d.File != nil {
			s.drop(d.File)
		}
	}
	for _, d := range f.t.high {
		s.drop(d.File)
	}
	f.t = &table{refs: 1}
}

// filesOf is the table of a task; where its creation was not seen, that of
// its process, and where that is not known either, one of which nothing is known.
func (s *State) filesOf(t *Task, at int64) *Files {
	if t.files == nil {
		for _, other := range t.Process.Tasks {
			if other.files != nil && other.End == EndNone {
				t.files = other.files
				break
			}
		}
		if t.files == nil {
			t.files = newFiles(at)
		}
		t.files.users++
	}
	return t.files
}

func (s *State) unshareFiles(t *Task, at int64) {
	if f := s.filesOf(t, at); f.users > 1 {
		f.users--
		t.files = copyFiles(f)
		t.files.users = 1
	}
}

// inherit gives a child what its creator has, shared or copied as flags say.
func (s *State) inherit(child, from *Task, flags uint64, at int64) {
	if child.files == nil {
		if f := s.filesOf(from, at); flags&cloneFiles != 0 {
			child.files = f
		} else {
			child.files = copyFiles(f)
		}
		child.files.users++
	}
	if child.fs == nil {
		if fs := s.fsOf(from); flags&cloneFS != 0 {
			child.fs = fs
		} else {
			child.fs = &FS{Cwd: fs.Cwd, Root: fs.Root}
		}
		child.fs.users++
	}
}

// pidfdOf is the descriptor that CLONE_PIDFD gives the creator. No row has its
// number: it is the lowest one free, which is known where all others are.
func (s *State) pidfdOf(child, creator *Task, flags uint64, at int64) {
	f := creator.files
	if flags&clonePidfd == 0 || f == nil || !f.Whole {
		return
	}
	free := int32(0)
	for fd := range f.All {
		if fd != free {
			break
		}
		free++
	}
	s.put(f, free, FD{Cloexec: true, At: at, File: &File{Kind: FilePidfd, Opened: at, By: creator.Process.PID, Target: child.TID, Inferred: true}})
}

// release gives up what an ended task had.
func (s *State) release(t *Task) {
	if t.files != nil {
		s.leave(t.files)
		t.files = nil
	}
	if t.fs != nil {
		t.fs.users--
		t.fs = nil
	}
	t.gone = true
}

const (
	cloneFS     = 0x200
	cloneFiles  = 0x400
	clonePidfd  = 0x1000
	cloneParent = 0x8000 // the creator's parent becomes the child's
	cloneNewNS  = 0x20000
)

package analyze

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// Who could have written the memory of a process: rows say so of threads (in
// process.go), shared mappings, userfaultfd, ptrace, process_vm_writev and
// /proc/PID/mem. All of it is evidence and no proof: a descriptor may have come
// over a socket, and what began before the recording is not known.

// writerWindow is how long before and after a call a write into the memory of its
// process by another one is told.
const writerWindow = 10 * time.Millisecond

// writerSlack is by how much rows may stand out of the order of time.
const writerSlack = 100 * time.Millisecond

// bounds of what is remembered.
const (
	maxMappings = 256 // shared ones of one address space
	maxFiles    = 256 // descriptors that could be mapped shared, of one address space
	maxRemote   = 64  // writes into one process
	maxTargets  = 1 << 12
	maxHolders  = 1 << 12
)

// objectID names what a shared mapping is of: a file by device and inode, what
// has no name by the row that made it.
type objectID struct {
	dev uint32
	ino uint64
}

const (
	devAnonymous = ^uint32(0) // ino is the row that mapped it
	devMemfd     = ^uint32(1) // ino is the row of memfd_create
	devSysV      = ^uint32(2) // ino is the shmid
)

// mapping is shared, writable memory.
type mapping struct {
	from, to uint64
	id       objectID // ino 0: not known
	what     string
}

func (m *mapping) holds(p uint64) bool { return m.from <= p && p < m.to }

// remote is a write into another process, or leave to do so.
type remote struct {
	role     Role
	who      Thread
	start    uint64
	what     string
	from, to int64
	seq      uint64
	call     uint64
	syscall  string
}

// writerOp is what a syscall means for who can write where.
type writerOp uint8

const (
	opNone writerOp = iota
	opMmap
	opMunmap
	opMemfd
	opOpen
	opShmat
	opUffd
	opPtrace
	opVMWrite
)

var writerOps = func() (t [format.ABIARM32 + 1][format.MaxSyscall]writerOp) {
	for name, op := range map[string]writerOp{
		"mmap": opMmap, "mmap2": opMmap, "munmap": opMunmap, "memfd_create": opMemfd, "open": opOpen, "openat": opOpen, "openat2": opOpen,
		"creat": opOpen, "shmat": opShmat, "userfaultfd": opUffd, "ptrace": opPtrace, "process_vm_writev": opVMWrite,
	} {
		for i := range format.Syscalls {
			if call := &format.Syscalls[i]; call.Name == name && (op != opMmap || len(call.Args) > 1) {
				for abi, nr := range call.NR {
					if nr >= 0 {
						t[abi][nr] = op
					}
				}
			}
		}
	}
	return t
}()

func writerOpOf(abi uint8, nr int32) writerOp {
	if int(abi) >= len(writerOps) || uint32(nr) >= format.MaxSyscall {
		return opNone
	}
	return writerOps[abi][nr]
}

// writers follows who can write where.
type writers struct {
	p       *processes
	pidns   uint32                       // in which pids are told; 0: not known
	remotes map[uint32][]remote          // by target pid
	holders map[uint32]map[uint32]remote // by target pid and tid of who traces it
	mapped  map[objectID]map[*space]bool // who maps it shared and writable
}

func newWriters(p *processes, pidns uint32) *writers {
	return &writers{p: p, pidns: pidns, remotes: map[uint32][]remote{}, holders: map[uint32]map[uint32]remote{}, mapped: map[objectID]map[*space]bool{}}
}

var writerColumns = []format.ColumnID{
	format.ColTime, format.ColDuration, format.ColTID, format.ColTGID, format.ColStart, format.ColCall, format.ColComm,
	format.ColABI, format.ColNR, format.ColRet, format.ColPIDNS, format.ColPath, format.ColDev, format.ColIno,
	format.ColArg0, format.ColArg1, format.ColArg2, format.ColArg3, format.ColArg4, format.ColAEnter,
}

// linux/mman.h, asm-generic/fcntl.h, linux/ptrace.h.
const (
	mapShared         = 1 // and MAP_SHARED_VALIDATE: its low bits are 3
	mapType           = 0xf
	mapAnonymous      = 0x20
	protWrite         = 2
	oAccMode, oRDWR   = 3, 2
	ptraceTraceme     = 0
	ptracePokeText    = 4
	ptracePokeData    = 5
	ptraceAttach      = 16
	ptraceDetach      = 17
	ptraceSeize       = 0x4206
	ptraceModeAttach  = 2
	pageSize          = 4096
	sizeUnknownShared = 1 << 40 // of a SysV segment: its size is not in shmat
)

// call takes a syscall row of which writerOps has something.
func (w *writers) call(b *format.Batch, i int, op writerOp) {
	ret := b.I64[format.ColRet][i]
	if ret < 0 && op != opVMWrite {
		return
	}
	arg := func(n format.ColumnID) uint64 { return b.U64[format.ColArg0+n][i] }
	switch op {
	case opPtrace:
		w.ptrace(b, i, arg(0), uint32(arg(1)))
		return
	case opVMWrite:
		if ret > 0 {
			w.wrote(b, i, RoleRemote, uint32(arg(0)), fmt.Sprintf("process_vm_writev wrote %s into it", show.Count(uint64(ret), "byte")))
		}
		return
	case opOpen:
		w.open(b, i)
		return
	}
	t := w.p.of(b, i)
	if t == nil {
		return
	}
	s := t.space
	switch op {
	case opMemfd:
		name := b.Value(format.ColAEnter, i)
		s.keepFile(uint32(ret), openFile{objectID{devMemfd, b.Seq + uint64(i) + 1}, "memfd " + quoted(name)})
	case opUffd:
		s.uffd = &remote{
			role: RoleUffd, who: Thread{TID: b.U32[format.ColTID][i], PID: b.U32[format.ColTGID][i], Comm: t.comm}, start: t.start,
			what: "the process made a userfaultfd: whoever holds it decides when and with what a page is filled",
			from: b.I64[format.ColTime][i], seq: b.Seq + uint64(i), call: b.U64[format.ColCall][i], syscall: "userfaultfd",
		}
	case opMmap:
		flags, prot := arg(3), arg(2)
		if flags&mapType == 0 || flags&mapType&mapShared == 0 || prot&protWrite == 0 {
			s.unmap(w, uint64(ret), uint64(ret)+arg(1)) // MAP_FIXED, or memory that was unmapped unseen
			return
		}
		m := mapping{from: uint64(ret), to: uint64(ret) + arg(1)}
		if flags&mapAnonymous != 0 {
			m.id, m.what = objectID{devAnonymous, b.Seq + uint64(i) + 1}, "anonymous memory shared since before a fork"
		} else if f, ok := s.files[uint32(arg(4))]; ok {
			m.id, m.what = f.id, f.what
		}
		s.addMapping(w, m)
	case opShmat:
		s.addMapping(w, mapping{uint64(ret), uint64(ret) + sizeUnknownShared, objectID{devSysV, arg(0) + 1}, fmt.Sprintf("SysV shared memory segment %d", arg(0))})
	case opMunmap:
		s.unmap(w, arg(0), arg(0)+arg(1))
	}
}

// systemDirs are where no program's shared memory is: opens there are not looked at.
var systemDirs = list("/usr/", "/lib/", "/lib64/", "/bin/", "/sbin/", "/etc/", "/sys/", "/proc/sys/")

// mayMatter says whether an open can be one that open remembers, by little.
func (w *writers) mayMatter(b *format.Batch, i int) bool {
	path := b.Value(format.ColPath, i)
	if b.I64[format.ColRet][i] < 0 || path == nil {
		return false
	}
	if w.p.files > 0 {
		return true // its number may have been that of a file
	}
	for _, dir := range systemDirs {
		if bytes.HasPrefix(path, dir) {
			return false
		}
	}
	return string(path) != "/dev/null" // which cannot be mapped, and which everybody opens
}

// open remembers what may be mapped shared later, and who can write the memory of another process through /proc.
func (w *writers) open(b *format.Batch, i int) {
	ret := uint32(b.I64[format.ColRet][i])
	flags := uint64(oRDWR) // openat2 and creat: not known; taken as if
	call := format.SyscallOf(format.ABI(b.U8[format.ColABI][i]), b.I32[format.ColNR][i])
	for k := range call.Args {
		if call.Args[k].Name == "flags" {
			flags = b.U64[format.ColArg0+format.ColumnID(k)][i]
		}
	}
	writes := flags&oAccMode != 0
	if !writes && w.p.files == 0 {
		return
	}
	path := b.Value(format.ColPath, i)
	if writes && bytes.HasSuffix(path, []byte("/mem")) && bytes.HasPrefix(path, []byte("/proc/")) {
		part, _, _ := bytes.Cut(path[len("/proc/"):], []byte("/"))
		if pid, err := strconv.ParseUint(string(part), 10, 32); err == nil {
			w.hold(b, i, uint32(pid), fmt.Sprintf("opened %s for writing", quoted(path)), call.Name)
		}
	}
	t := w.p.of(b, i)
	if t == nil {
		return
	}
	ino := b.U64[format.ColIno][i]
	if flags&oAccMode == oRDWR && ino != 0 {
		t.space.keepFile(ret, openFile{objectID{b.U32[format.ColDev][i], ino}, "the file " + quoted(path)})
		w.p.files++
	} else {
		delete(t.space.files, ret)
	}
}

func (w *writers) ptrace(b *format.Batch, i int, request uint64, target uint32) {
	switch request {
	case ptraceAttach, ptraceSeize:
		w.hold(b, i, target, "traces it: it may write its memory and registers", "ptrace")
	case ptracePokeText, ptracePokeData:
		w.wrote(b, i, RoleTracer, target, "ptrace wrote a word into its memory")
	case ptraceDetach:
		delete(w.holders[target], b.U32[format.ColTID][i])
	case ptraceTraceme:
		pid, ppid := b.U32[format.ColTGID][i], b.U32[format.ColPPID][i]
		if parent := w.p.procs[ppid]; parent != nil {
			w.holdBy(pid, remote{
				role: RoleTracer, who: Thread{TID: ppid, PID: ppid, Comm: parent.Comm}, what: "traces it, by PTRACE_TRACEME",
				from: b.I64[format.ColTime][i], seq: b.Seq + uint64(i), call: b.U64[format.ColCall][i], syscall: "ptrace",
			})
		}
	}
}

// hook takes a row of security_ptrace_access_check.
func (w *writers) hook(b *format.Batch, i int) {
	if mode := b.U64[format.ColArg2][i]; mode&ptraceModeAttach != 0 {
		w.add(uint32(b.U64[format.ColArg1][i]), w.remote(b, i, RoleTracer, "was given access to its memory", "ptrace"))
	}
}

// remote is the row as what its task did.
func (w *writers) remote(b *format.Batch, i int, role Role, what, syscall string) remote {
	from := b.I64[format.ColTime][i]
	return remote{
		role, Thread{TID: b.U32[format.ColTID][i], PID: b.U32[format.ColTGID][i], Comm: string(b.Value(format.ColComm, i))},
		b.U64[format.ColStart][i], what, from, from + b.I64[format.ColDuration][i], b.Seq + uint64(i), b.U64[format.ColCall][i], syscall,
	}
}

// namesPID says whether numbers in the row's arguments are those of the trace.
func (w *writers) namesPID(b *format.Batch, i int) bool {
	ns := uint32(b.Int(format.ColPIDNS, i))
	return w.pidns == 0 || ns == 0 || ns == w.pidns
}

func (w *writers) wrote(b *format.Batch, i int, role Role, target uint32, what string) {
	if w.namesPID(b, i) {
		name := "process_vm_writev"
		if role == RoleTracer {
			name = "ptrace"
		}
		w.add(w.p.pidOf(target), w.remote(b, i, role, what, name))
	}
}

func (w *writers) add(pid uint32, r remote) {
	if len(w.remotes) >= maxTargets && w.remotes[pid] == nil {
		clear(w.remotes)
	}
	list := w.remotes[pid]
	if len(list) >= maxRemote {
		list = slices.Delete(list, 0, maxRemote/2)
	}
	w.remotes[pid] = append(list, r)
}

func (w *writers) hold(b *format.Batch, i int, target uint32, what, syscall string) {
	if w.namesPID(b, i) {
		w.holdBy(w.p.pidOf(target), w.remote(b, i, RoleTracer, what, syscall))
	}
}

func (w *writers) holdBy(pid uint32, r remote) {
	if len(w.holders) >= maxHolders && w.holders[pid] == nil {
		clear(w.holders)
	}
	if w.holders[pid] == nil {
		w.holders[pid] = map[uint32]remote{}
	}
	w.holders[pid][r.who.TID] = r
}

// ended forgets a task as writer and target.
func (w *writers) ended(tid uint32) {
	delete(w.remotes, tid)
	delete(w.holders, tid)
	for _, by := range w.holders {
		delete(by, tid)
	}
}

// atRow is what is known at a finding's own row: mappings, userfaultfd, tracers.
func (w *writers) atRow(f *Finding, s *space) {
	for k := range s.maps {
		m := &s.maps[k]
		if !m.holds(f.pointer) {
			continue
		}
		what := m.what
		if what == "" {
			what = "an object that the trace does not name"
		}
		told := false
		for _, other := range w.sharing(m.id, s) {
			for _, tid := range other.tids() {
				if t := w.p.tasks[tid]; t != nil && len(f.Evidence) < maxThreads {
					told = true
					f.Evidence = append(f.Evidence, Evidence{
						Role: RoleMapping, Who: Thread{TID: tid, PID: t.proc.PID, Comm: t.comm}, Start: t.start,
						What: "maps the memory that the argument is in, shared and writable: " + what,
					})
				}
			}
		}
		if !told {
			f.Evidence = append(f.Evidence, Evidence{Role: RoleMapping, What: "the argument is in a shared, writable mapping of " + what + "; no other process is known to map it"})
		}
	}
	if s.uffd != nil {
		f.Evidence = append(f.Evidence, s.uffd.evidence())
	}
	for _, target := range f.numbers() {
		by := w.holders[target]
		for _, tid := range sortedKeys(by) {
			r := by[tid]
			f.Evidence = append(f.Evidence, r.evidence())
		}
	}
}

// around is what happened in the window around the call.
func (w *writers) around(f *Finding) {
	since, until := f.Boottime-int64(writerWindow), f.Boottime+int64(f.Duration)+int64(writerWindow)
	for _, target := range f.numbers() {
		for _, r := range w.remotes[target] {
			if r.to >= since && r.from <= until && r.to <= until {
				f.Evidence = append(f.Evidence, r.evidence())
			}
		}
	}
}

// numbers are those by which others name the process: also that of its thread,
// as long as nothing told whose thread it is.
func (f *Finding) numbers() []uint32 {
	if f.TID == f.PID {
		return []uint32{f.PID}
	}
	return []uint32{f.PID, f.TID}
}

func (r *remote) evidence() Evidence {
	e := Evidence{Role: r.role, Who: r.who, Start: r.start, What: r.what, Boottime: r.from, Seq: r.seq, Row: true, Call: r.call, Syscall: r.syscall}
	if r.to > r.from {
		e.Duration = time.Duration(r.to - r.from)
	}
	return e
}

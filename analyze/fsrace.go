package analyze

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// fsRace looks for names that led to another object when they were used than
// when they were checked, and for who changed them in between.
type fsRace struct {
	s       *Session
	names   *names
	procs   map[uint32]*fsProc  // by process
	changed map[string][]change // by absolute name, the newest last
	script  map[uint32]uint64   // by thread: the call that ran a script
	buf     []byte
	counts  [numFSWhys]uint64
}

// fsProc is what one process looked at.
type fsProc struct {
	parent uint32
	checks map[string]check
}

type check struct {
	group    string
	follows  bool
	missing  bool // there was nothing by that name
	object   Object
	syscall  string
	who      Thread
	start    uint64
	from, to int64
	seq      uint64
	call     uint64
}

// change of what a name leads to.
type change struct {
	what     string
	syscall  string
	who      Thread
	parents  []uint32 // processes that it came from, the nearest first: it may have ended by the time of a use
	start    uint64
	uid      uint32
	from, to int64
	seq      uint64
	call     uint64
}

const (
	maxChecked  = 128     // names of a process
	maxCheckers = 1 << 14 // processes
	maxChanged  = 1 << 14 // names
	maxChanges  = 4       // of a name
	// checkAge is how long what a check said is taken to matter.
	checkAge   = 10 * time.Second
	oCreat     = 0o100 // on every architecture of the tables
	oExcl      = 0o200
	oTmpfile   = 0o20000000 // __O_TMPFILE: a new file without a name, in the directory that is named
	atNofollow = 0x100
)

// nofollow says whether an open does not follow a link at the end of its name.
// The bit is O_LARGEFILE on the other architecture.
func nofollow(abi format.ABI, flags uint64) bool {
	switch abi {
	case format.ABIARM64, format.ABIARM32:
		return flags&0o100000 != 0
	}
	return flags&0o400000 != 0
}

type fsWhy uint8

const (
	fsSame fsWhy = iota
	fsOwn
	fsChild
	fsUnknown
	fsDevices
	fsLink
	fsRaced
	numFSWhys
)

var fsWhyTexts = [numFSWhys]string{
	fsSame:    "the name led to the same object both times",
	fsOwn:     "the name led to another object, which the process itself had put there",
	fsChild:   "the name led to another object, which a process that it had started had put there",
	fsUnknown: "the recording does not say to which object the name led both times",
	fsDevices: "the two objects are told by device numbers that cannot be compared, and nobody is known to have changed the name",
	fsLink:    "the check looked at the name itself, the use followed it: what it led to is not the same by nature",
	fsRaced:   "the name led to another object when it was used",
}

func newFSRace(s *Session) Analysis {
	return &fsRace{s: s, names: newNames(), procs: map[uint32]*fsProc{}, changed: map[string][]change{}, script: map[uint32]uint64{}}
}

func (r *fsRace) Columns() []format.ColumnID {
	cols := slices.Clone(namesColumns)
	for k := range format.Slots {
		s := &format.Slots[k]
		cols = append(cols, s.Enter, s.Kernel, s.EnterStatus, s.KernelStatus)
	}
	return append(cols, format.ColArg4, format.ColArg5, format.ColAKernelStatus)
}

func (r *fsRace) Fold(b *format.Batch) {
	abis, nrs := b.U8[format.ColABI][:b.N], b.I32[format.ColNR][:b.N]
	for i, event := range b.U16[format.ColEvent][:b.N] {
		if format.EventID(event) != format.EventSyscall {
			r.life(b, i, format.EventID(event))
			continue
		}
		if int(abis[i]) < len(fsOps) && uint32(nrs[i]) < format.MaxSyscall {
			if op := fsOps[abis[i]][nrs[i]]; op != nil {
				r.call(b, i, op)
			}
		}
	}
}

func (r *fsRace) life(b *format.Batch, i int, event format.EventID) {
	r.names.life(b, i, event)
	switch event {
	case format.EventFork:
		if format.RowFlags(b.U16[format.ColFlags][i])&format.FlagThread == 0 {
			r.proc(uint32(b.U64[format.ColArg1][i])).parent = b.U32[format.ColTGID][i]
		}
	case format.EventExit:
		if b.U64[format.ColArg1][i] == 1 {
			delete(r.procs, b.U32[format.ColTGID][i])
		}
	case format.EventExec:
		if interp := b.Value(format.ColAEnter, i); len(interp) > 0 {
			name := b.Value(format.ColAKernel, i)
			if name != nil && !bytes.Equal(name, interp) {
				if len(r.script) >= maxCheckers {
					clear(r.script)
				}
				r.script[b.U32[format.ColTID][i]] = b.U64[format.ColCall][i]
			}
		}
	}
}

func (r *fsRace) proc(pid uint32) *fsProc {
	p := r.procs[pid]
	if p == nil {
		if len(r.procs) >= maxCheckers {
			clear(r.procs)
		}
		p = &fsProc{}
		r.procs[pid] = p
	}
	return p
}

func (r *fsRace) call(b *format.Batch, i int, op *fsOp) {
	ret := b.I64[format.ColRet][i]
	pid := b.U32[format.ColTGID][i]
	if op.opens && ret >= 0 {
		r.names.opens(b, i, op.call)
	}
	flags := uint64(0)
	if op.flags >= 0 {
		flags = b.U64[format.ColArg0+format.ColumnID(op.flags)][i]
	}
	if op.how >= 0 {
		if how := b.Value(format.Slots[op.how].Enter, i); len(how) >= 8 {
			flags = binary.LittleEndian.Uint64(how)
		}
	}
	if op.call.Name == "creat" {
		flags = oCreat
	}
	for k, a := range op.args {
		if op.call.Name == "symlink" || op.call.Name == "symlinkat" {
			if k == 0 {
				continue // what a link holds is not looked up
			}
		}
		path, ok := r.names.absolute(r.buf[:0], pid, a.from(b, i), usedName(b, i, a.slot))
		r.buf = path
		if !ok {
			continue
		}
		if op.use != "" && k == 0 && ret >= 0 && !(op.opens && flags&oTmpfile != 0) {
			r.use(b, i, op, path, flags)
		}
		if op.check != "" && (ret >= 0 || ret == -eNOENT) {
			r.check(b, i, op, path, flags)
		}
		if ret >= 0 && (op.changes || op.opens && flags&oCreat != 0) {
			r.change(b, i, op, path)
		}
	}
}

func (r *fsRace) check(b *format.Batch, i int, op *fsOp, path []byte, flags uint64) {
	p := r.proc(b.U32[format.ColTGID][i])
	if p.checks == nil || len(p.checks) >= maxChecked {
		p.checks = map[string]check{}
	}
	f := Base(b, i)
	c := check{
		group: op.check, follows: op.check != "lstat" && op.check != "readlink", missing: b.I64[format.ColRet][i] < 0,
		object: Object{Dev: f.Object.Dev, Ino: f.Object.Ino}, syscall: op.call.Name, who: Thread{TID: f.TID, PID: f.PID, Comm: f.Comm}, start: f.Start,
		from: f.Boottime, to: f.Boottime + int64(f.Duration), seq: f.Seq, call: f.Call,
	}
	if op.check == "stat" && flags&atNofollow != 0 {
		c.group, c.follows = "lstat", false
	}
	if op.check == "create" {
		c.object = Object{}
	}
	p.checks[string(path)] = c
}

func (r *fsRace) change(b *format.Batch, i int, op *fsOp, path []byte) {
	if len(r.changed) >= maxChanged && r.changed[string(path)] == nil {
		clear(r.changed)
	}
	from := b.I64[format.ColTime][i]
	list := r.changed[string(path)]
	if len(list) >= maxChanges {
		list = slices.Delete(list, 0, 1)
	}
	r.changed[string(path)] = append(list, change{
		what: fmt.Sprintf("%s of %s", op.call.Name, quoted(path)), syscall: op.call.Name,
		who:     Thread{TID: b.U32[format.ColTID][i], PID: b.U32[format.ColTGID][i], Comm: string(b.Value(format.ColComm, i))},
		parents: r.parents(b.U32[format.ColTGID][i]), start: b.U64[format.ColStart][i], uid: b.U32[format.ColUID][i], from: from, to: from + b.I64[format.ColDuration][i],
		seq: b.Seq + uint64(i), call: b.U64[format.ColCall][i],
	})
}

// between are the changes of a name, or of a directory that it goes through, since
// a check and before the end of its use.
func (r *fsRace) between(path []byte, since, until int64) (list []change) {
	for end := len(path); end > 0; end = bytes.LastIndexByte(path[:end], '/') {
		for _, c := range r.changed[string(path[:end])] {
			if c.to >= since && c.from <= until {
				list = append(list, c)
			}
		}
	}
	slices.SortFunc(list, func(a, b change) int { return int(int64(a.seq) - int64(b.seq)) })
	return list
}

func (r *fsRace) use(b *format.Batch, i int, op *fsOp, path []byte, flags uint64) {
	pid := b.U32[format.ColTGID][i]
	p := r.procs[pid]
	if p == nil {
		return
	}
	c, ok := p.checks[string(path)]
	from := b.I64[format.ColTime][i]
	if !ok || from-c.to > int64(checkAge) || !fsPair(c.group, op.use) {
		return
	}
	f := Base(b, i)
	why, changes := r.judge(b, i, op, &c, f, path, flags)
	r.counts[why]++
	if op.use != "open" { // it may be opened again under the same check
		delete(p.checks, string(path))
	}
	if why != fsRaced && (why != fsUnknown || len(changes) == 0) {
		return
	}
	f.Analysis, f.Rule = "fs-race", c.group+"-"+op.use
	f.Syscall, f.Argument, f.Kind = op.call.Name, op.call.Args[op.call.Views[op.args[0].slot].Arg].Name, format.KindPath
	f.Kernel = View{Status: format.ViewOK, Bytes: bytes.Clone(path)}
	f.Ret = b.I64[format.ColRet][i]
	f.Verdict, f.Severity = NameRace, Medium
	f.Reason = fmt.Sprintf("%s looked at this name, and %s used it %s later: it led to another object then (CWE-367)", c.syscall, op.call.Name, show.Duration(from-c.to))
	if c.missing {
		f.Reason = fmt.Sprintf("%s found nothing by this name, and %s used what somebody else put there %s later (CWE-367)", c.syscall, op.call.Name, show.Duration(from-c.to))
	}
	if why == fsUnknown {
		f.Verdict, f.Severity = Inconclusive, Low
		f.Reason = fmt.Sprintf("%s looked at this name, %s used it, and it was changed in between; to which object it led each time is not recorded", c.syscall, op.call.Name)
	}
	looked := "looked at the name"
	if c.object.Ino != 0 {
		looked = fmt.Sprintf("looked at the name: inode %d", c.object.Ino)
	}
	f.Evidence = append(f.Evidence, Evidence{
		Role: RoleCheck, Who: c.who, Start: c.start, What: c.syscall + " " + looked, Boottime: c.from, Duration: time.Duration(c.to - c.from),
		Seq: c.seq, Row: true, Call: c.call, Syscall: c.syscall, Object: c.object,
	})
	for _, ch := range changes {
		if ch.uid != f.UID && why == fsRaced {
			f.Severity = High
		}
		f.Evidence = append(f.Evidence, Evidence{
			Role: RoleChange, Who: ch.who, Start: ch.start, What: fmt.Sprintf("%s, by user %d", ch.what, ch.uid), Boottime: ch.from, Duration: time.Duration(ch.to - ch.from),
			Seq: ch.seq, Row: true, Call: ch.call, Syscall: ch.syscall,
		})
	}
	used := "used it"
	if f.Object.Ino != 0 {
		used = fmt.Sprintf("used it: inode %d", f.Object.Ino)
	}
	f.Evidence = append(f.Evidence, Evidence{
		Role: RoleUse, Who: Thread{TID: f.TID, PID: f.PID, Comm: f.Comm}, Start: f.Start, What: op.call.Name + " " + used, Boottime: f.Boottime, Duration: f.Duration,
		Seq: f.Seq, Row: true, Call: f.Call, Syscall: op.call.Name, Object: f.Object,
	})
	if f.Severity >= Medium && isSensitive(path) {
		f.Severity, f.Raised = min(f.Severity+1, Critical), []string{"sensitive"}
	}
	r.s.Found(b, i, f)
}

// judge compares what check and use reached. changes are those of others.
func (r *fsRace) judge(b *format.Batch, i int, op *fsOp, c *check, f *Finding, path []byte, flags uint64) (why fsWhy, changes []change) {
	var own, child bool
	for _, ch := range r.between(path, c.from, f.Boottime+int64(f.Duration)) {
		switch {
		case ch.seq == f.Seq || ch.call == f.Call && ch.who.TID == f.TID:
		case ch.who.PID == f.PID:
			own = true
		case slices.Contains(ch.parents, f.PID):
			child = true
		default:
			changes = append(changes, ch)
		}
	}
	if c.missing {
		created := op.opens && flags&(oCreat|oExcl) == oCreat|oExcl
		switch {
		case created || len(changes) == 0:
			return fsSame, nil // it was made by the use itself, by the process, or by its children
		}
		return fsRaced, changes
	}
	ino := f.Object.Ino
	if r.script[f.TID] == f.Call && op.use == "exec" {
		ino = 0 // that of the interpreter
	}
	if c.object.Ino == 0 || ino == 0 {
		return fsUnknown, changes
	}
	if c.object.Ino == ino && c.object.Dev == f.Object.Dev {
		return fsSame, nil
	}
	follows := !(op.opens && nofollow(format.ABI(b.U8[format.ColABI][i]), flags))
	switch {
	case len(changes) > 0:
		return fsRaced, changes
	case own:
		return fsOwn, nil
	case child:
		return fsChild, nil
	case c.follows != follows:
		return fsLink, nil
	case c.object.Dev != f.Object.Dev:
		return fsDevices, nil
	}
	return fsRaced, nil
}

// parents are the processes that a process came from.
func (r *fsRace) parents(pid uint32) (list []uint32) {
	for range maxAncestors {
		p := r.procs[pid]
		if p == nil || p.parent == 0 {
			break
		}
		pid = p.parent
		list = append(list, pid)
	}
	return list
}

func (r *fsRace) Finish(c *Coverage) {
	for w, n := range r.counts {
		if n > 0 {
			c.NamePairs = append(c.NamePairs, ReasonCount{NameRace, fsWhyTexts[w], n})
		}
	}
}

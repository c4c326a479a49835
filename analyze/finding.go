package analyze

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"

	"github.com/tracerec/tracerec/format"
)

// View is one view of an argument in a finding.
type View struct {
	Status format.ViewStatus
	Bytes  []byte // nil when there are none
	Len    uint32 // true length, when truncated
}

// Copy is one kernel copy and who saw it.
type Copy struct {
	View
	Rungs format.Rung
}

// Object is what the kernel reached.
type Object struct {
	Dev  uint32
	Ino  uint64
	Path []byte
}

// Proc is a process in a finding's context.
type Proc struct {
	PID  uint32
	Comm string
	Exe  string
}

// Thread is a task that shares the address space with the one of a finding,
// and so could have written there.
type Thread struct {
	TID, PID uint32
	Comm     string
	Ended    bool // or left: while the call ran
}

// Finding is a verdict worth telling, with its evidence.
type Finding struct {
	ID       string
	File     string
	Analysis string
	Rule     string // of the analysis, which was broken; the verdict's name where it has no rules
	Verdict  Verdict
	Severity Severity
	Reason   string
	Raised   []string   // severity rules that raised the severity (SeverityRules)
	Lowered  []string   // and that lowered it
	Evidence []Evidence // what else bears on it, in order of time
	Tags     []string   // of a policy: MITRE ATT&CK ids and the like

	Syscall, Argument string
	Kind              format.Kind
	Comparison        format.Comparison
	Compared          bool // there was something to compare
	Enter, Exit       View
	Kernel            View // the copy that the verdict is about
	Witness           []string
	Rungs             format.Rung
	Copies            []Copy // all, where there is more than one
	VMA               format.VMAClass
	Object            Object
	Request           *Request // of io_uring, where there is no syscall

	TID, PID, PPID, UID, GID uint32
	Comm                     string
	Start, Call, Seq         uint64
	Slot                     int
	Boottime                 int64
	Time                     time.Time
	Since                    time.Duration // the recording began
	Duration                 time.Duration
	Ret                      int64
	NoExit                   bool // the call was not seen to return: Ret means nothing

	Ancestors   []Proc
	Threads     []Thread
	MoreThreads int

	pointer uint64 // the argument
	task    *task  // nil when the stream does not know it
	proc    *process
}

// identify gives a finding the name that every run on every machine gives it. Words of
// the verdict are no part of it, so that a better verdict keeps the name.
func (f *Finding) identify(bootID string) {
	h := sha256.New()
	put := func(b []byte) {
		h.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(b))))
		h.Write(b)
	}
	number := func(n uint64) { put(binary.LittleEndian.AppendUint64(nil, n)) }
	put([]byte(bootID))
	number(uint64(f.TID))
	number(f.Start)
	number(f.Call)
	number(uint64(f.Slot))
	put([]byte(f.Analysis))
	if f.Rule != "" && f.Rule != f.Verdict.String() {
		put([]byte(f.Rule))
	}
	if f.Verdict == Unpaired || f.Verdict == Tampering {
		// Many may have call 0: what happened and when tells them apart.
		number(uint64(f.Boottime))
		put([]byte(f.Argument))
		put(f.Kernel.Bytes)
	}
	f.ID = hex.EncodeToString(h.Sum(nil)[:8])
}

// base fills what every finding has from its row.
func base(b *format.Batch, i int) *Finding {
	return &Finding{
		TID:      b.U32[format.ColTID][i],
		PID:      b.U32[format.ColTGID][i],
		PPID:     uint32(b.Int(format.ColPPID, i)),
		UID:      uint32(b.Int(format.ColUID, i)),
		GID:      uint32(b.Int(format.ColGID, i)),
		Comm:     string(b.Value(format.ColComm, i)),
		Start:    b.U64[format.ColStart][i],
		Call:     b.U64[format.ColCall][i],
		Seq:      b.Seq + uint64(i),
		Boottime: b.I64[format.ColTime][i],
		Duration: time.Duration(b.Int(format.ColDuration, i)),
		Object: Object{
			Dev:  uint32(b.Int(format.ColDev, i)),
			Ino:  uint64(b.Int(format.ColIno, i)),
			Path: bytes.Clone(b.Value(format.ColPath, i)),
		},
	}
}

func (t *toctou) finding(b *format.Batch, i int, e *argViews, out outcome) *Finding {
	f := base(b, i)
	f.Analysis = "toctou"
	f.Verdict, f.Reason = out.verdict, out.why.text(e.ret)
	f.Syscall, f.Argument, f.Kind, f.Slot = e.arg.call.Name, e.arg.name, e.arg.view.Kind, e.arg.slot
	f.Comparison = out.compare
	f.Ret, f.NoExit = e.ret, e.flags&format.FlagNoExit != 0
	f.VMA = e.vma
	f.Enter = view(e.enter, e.length)
	f.Exit = view(e.exit, e.length)
	if len(e.copies) > 0 {
		shown := e.copies[out.shown]
		f.Compared = e.enter.has()
		f.Kernel = view(shown.seen, shown.length)
		f.Rungs = shown.rungs
		f.Witness = e.arg.witnesses(shown.rungs)
	}
	if len(e.copies) > 1 {
		for _, c := range e.copies {
			f.Copies = append(f.Copies, Copy{view(c.seen, c.length), c.rungs})
		}
	}
	return f
}

func view(v seen, length uint32) View {
	if !v.has() {
		return View{Status: v.status}
	}
	out := View{Status: v.status, Bytes: append([]byte{}, v.bytes...)}
	if v.status == format.ViewTruncated {
		out.Len = length
	}
	return out
}

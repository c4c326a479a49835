package analyze

import (
	"encoding/hex"
	"encoding/json"
	"io"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// JSON writes findings and coverage statements as lines of JSON. Text is
// exact where it can be; what cannot be text is beside it in hex. No line
// holds an unprintable character.
type JSON struct{ enc *json.Encoder }

// NewJSON writes to w.
func NewJSON(w io.Writer) *JSON {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return &JSON{enc}
}

type jsonFinding struct {
	Type     string   `json:"type"`
	ID       string   `json:"id"`
	File     safe     `json:"file,omitempty"`
	Analysis string   `json:"analysis"`
	Rule     safe     `json:"rule"`
	Verdict  Verdict  `json:"verdict"`
	Severity Severity `json:"severity"`
	Raised   []string `json:"raised,omitempty"`
	Lowered  []string `json:"lowered,omitempty"`
	Reason   safe     `json:"reason"`
	Tags     []safe   `json:"tags,omitempty"`

	Syscall    string `json:"syscall"`
	Argument   string `json:"argument"`
	Comparison string `json:"comparison,omitempty"`

	Enter        any        `json:"enter"`
	EnterHex     *string    `json:"enter_hex,omitempty"`
	EnterStatus  string     `json:"enter_status"`
	EnterLen     uint32     `json:"enter_len,omitempty"`
	Kernel       any        `json:"kernel"`
	KernelHex    *string    `json:"kernel_hex,omitempty"`
	KernelStatus string     `json:"kernel_status"`
	KernelLen    uint32     `json:"kernel_len,omitempty"`
	Exit         any        `json:"exit"`
	ExitHex      *string    `json:"exit_hex,omitempty"`
	ExitStatus   string     `json:"exit_status"`
	ExitLen      uint32     `json:"exit_len,omitempty"`
	VMA          string     `json:"vma,omitempty"`
	Witness      []string   `json:"witness"`
	Rungs        []string   `json:"rungs"`
	Copies       []jsonCopy `json:"copies,omitempty"`

	Object *jsonObject `json:"object,omitempty"`

	PID        uint32  `json:"pid"`
	TID        uint32  `json:"tid"`
	PPID       uint32  `json:"ppid"`
	Comm       safe    `json:"comm"`
	UID        uint32  `json:"uid"`
	GID        uint32  `json:"gid"`
	Time       string  `json:"time,omitempty"`
	Boottime   int64   `json:"boottime"`
	DurationNS int64   `json:"duration_ns"`
	Start      uint64  `json:"start"`
	Call       uint64  `json:"call"`
	Seq        uint64  `json:"seq"`
	Ret        *int64  `json:"ret"`
	Errno      *string `json:"errno"`

	Ancestors   []jsonProc   `json:"ancestors"`
	Threads     []jsonThread `json:"threads"`
	MoreThreads int          `json:"more_threads,omitempty"`

	Request *jsonRequest `json:"io_uring,omitempty"`

	Evidence []jsonEvidence `json:"evidence,omitempty"`
}

type jsonEvidence struct {
	Role       Role        `json:"role"`
	Who        *jsonThread `json:"who,omitempty"`
	What       safe        `json:"what"`
	Time       string      `json:"time,omitempty"`
	Boottime   int64       `json:"boottime,omitempty"`
	DurationNS int64       `json:"duration_ns,omitempty"`
	Row        *uint64     `json:"row,omitempty"`
	File       safe        `json:"file,omitempty"` // that the row is in, if in another segment than the finding's
	Call       uint64      `json:"call,omitempty"`
	Syscall    string      `json:"syscall,omitempty"`
	Object     *jsonObject `json:"object,omitempty"`
}

const timeLayout = "2006-01-02T15:04:05.000000000Z"

func evidenceJSON(e *Evidence) jsonEvidence {
	out := jsonEvidence{Role: e.Role, What: safe(e.What), Boottime: e.Boottime, DurationNS: int64(e.Duration), Call: e.Call, Syscall: e.Syscall}
	if e.Who.TID != 0 {
		out.Who = &jsonThread{e.Who.TID, e.Who.PID, safe(e.Who.Comm), e.Who.Ended}
	}
	if e.Boottime != 0 {
		out.Time = e.Time.Format(timeLayout)
	}
	if e.Row {
		out.Row, out.File = &e.Seq, safe(e.File)
	}
	out.Object = objectJSON(&e.Object, format.KindPath)
	return out
}

// objectJSON is nil for an object of which nothing is known.
func objectJSON(o *Object, kind format.Kind) *jsonObject {
	if o.Ino == 0 && o.Path == nil {
		return nil
	}
	out := &jsonObject{Dev: string(show.AppendDev(nil, o.Dev)), Ino: o.Ino}
	out.Path, out.PathHex = value(kind, o.Path)
	return out
}

type jsonRequest struct {
	Operation string  `json:"operation"`
	UserData  *uint64 `json:"user_data"`         // null: one of several that wait
	Owner     uint32  `json:"owner"`             // process that submitted it
	Creator   uint32  `json:"creator,omitempty"` // process that created the ring
	SQPoll    bool    `json:"sqpoll,omitempty"`
	Ring      string  `json:"ring"`
}

type jsonCopy struct {
	Kernel any      `json:"kernel"`
	Hex    *string  `json:"kernel_hex,omitempty"`
	Rungs  []string `json:"rungs"`
}

type jsonObject struct {
	Dev     string  `json:"dev"`
	Ino     uint64  `json:"ino"`
	Path    any     `json:"path"`
	PathHex *string `json:"path_hex,omitempty"`
}

type jsonProc struct {
	PID  uint32 `json:"pid"`
	Comm safe   `json:"comm"`
	Exe  safe   `json:"exe,omitempty"`
}

type jsonThread struct {
	TID   uint32 `json:"tid"`
	PID   uint32 `json:"pid"`
	Comm  safe   `json:"comm"`
	Ended bool   `json:"ended,omitempty"` // while the call ran
}

// value gives a view as JSON: null without bytes, a list for argv, text for the rest.
func value(k format.Kind, b []byte) (any, *string) {
	if b == nil {
		return nil, nil
	}
	var inHex *string
	s, exact := text(k, b)
	if !exact {
		h := hex.EncodeToString(b)
		inHex = &h
	}
	if k.Strings() {
		strings := []safe{}
		for _, arg := range splitArgv(b) {
			strings = append(strings, safe(arg))
		}
		return strings, inHex
	}
	return safe(s), inHex
}

// Finding writes one finding.
func (j *JSON) Finding(f *Finding) error {
	out := jsonFinding{
		Type: "finding", ID: f.ID, File: safe(f.File), Analysis: f.Analysis, Verdict: f.Verdict, Severity: f.Severity, Reason: safe(f.Reason),
		Rule: safe(f.Rule), Raised: f.Raised, Lowered: f.Lowered, Tags: safes(f.Tags),
		Syscall: f.Syscall, Argument: f.Argument,
		EnterStatus: show.Status(f.Enter.Status), EnterLen: f.Enter.Len,
		KernelStatus: show.Status(f.Kernel.Status), KernelLen: f.Kernel.Len,
		ExitStatus: show.Status(f.Exit.Status), ExitLen: f.Exit.Len,
		Witness: notNil(f.Witness), Rungs: notNil(rungList(f.Rungs)),
		PID: f.PID, TID: f.TID, PPID: f.PPID, Comm: safe(f.Comm), UID: f.UID, GID: f.GID,
		Time: f.When(), Boottime: f.Boottime, DurationNS: int64(f.Duration),
		Start: f.Start, Call: f.Call, Seq: f.Seq,
		Ancestors: []jsonProc{}, Threads: []jsonThread{}, MoreThreads: f.MoreThreads,
	}
	if r := f.Request; r != nil {
		out.Request = &jsonRequest{
			Operation: show.IntText(format.KindURingOp, int64(r.Opcode), 0), Owner: r.Owner, Creator: r.Creator, SQPoll: r.SQPoll,
			Ring: show.IntText(format.KindPointer, int64(r.Ring), 0),
		}
		if !r.Several {
			out.Request.UserData = &r.UserData
		}
	}
	if f.Compared {
		out.Comparison = comparisonNames[f.Comparison]
	}
	out.Enter, out.EnterHex = value(f.Kind, f.Enter.Bytes)
	out.Kernel, out.KernelHex = value(f.Kind, f.Kernel.Bytes)
	out.Exit, out.ExitHex = value(f.Kind, f.Exit.Bytes)
	if f.Enter.Status == format.ViewUnreadable {
		out.VMA = show.VMA(f.VMA)
	}
	for _, c := range f.Copies {
		v, h := value(f.Kind, c.Bytes)
		out.Copies = append(out.Copies, jsonCopy{v, h, notNil(rungList(c.Rungs))})
	}
	out.Object = objectJSON(&f.Object, f.objectKind())
	for i := range f.Evidence {
		out.Evidence = append(out.Evidence, evidenceJSON(&f.Evidence[i]))
	}
	if !f.NoExit {
		out.Ret = &f.Ret
		if name := errnoName(f.Ret); name != "" {
			out.Errno = &name
		}
	}
	for _, p := range f.Ancestors {
		out.Ancestors = append(out.Ancestors, jsonProc{p.PID, safe(p.Comm), safe(p.Exe)})
	}
	for _, t := range f.Threads {
		out.Threads = append(out.Threads, jsonThread{t.TID, t.PID, safe(t.Comm), t.Ended})
	}
	return j.enc.Encode(out)
}

// objectKind is how the object's path is to be read: a socket's is an address.
func (f *Finding) objectKind() format.Kind {
	if f.Kind == format.KindSockAddr {
		return f.Kind
	}
	return format.KindPath
}

func notNil(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}

var comparisonNames = map[format.Comparison]string{
	format.CompareExact:    "exact",
	format.CompareEndpoint: "endpoint",
	format.CompareArgvTail: "argv",
	format.CompareSunPath:  "sun_path",
	format.CompareMessages: "messages",
	format.CompareHead:     "head",
	format.CompareComm:     "comm",
	format.CompareAmong:    "among",
	format.CompareSorted:   "sorted",
	format.CompareOptions:  "options",
	format.CompareShown:    "shown",
	format.CompareObject:   "object",
}

func safes(in []string) []safe {
	out := []safe{}
	for _, s := range in {
		out = append(out, safe(s))
	}
	return out
}

package analyze

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// IntegrityRules are the signs of interference that --integrity looks for.
// docs/verdicts.md has this table.
var IntegrityRules = []struct {
	Name     string
	Severity Severity
	Doc      string
}{
	{"fell-silent", High, "a witness that was active and saw calls stopped seeing them, while successful calls that it must see went on to the end: its program was detached or its hook patched"},
	{"never-fired", Medium, "a witness that the self-test saw firing saw none of the successful calls that it must see"},
	{"missing-witness", Medium, "a call succeeded without a witness that every success must have, and no loss explains it"},
	{"time-back", High, "rows say that time went back by more than ten seconds: they were reordered or forged"},
	{"clock-step", Low, "the wall clock was set while recording: times before and after cannot be compared with other hosts' by it"},
	{"loss-mismatch", High, "a loss row counts other records than its sequence numbers say"},
	{"row-gap", Medium, "row numbers jump: a block is missing from the file"},
	{"detach", Medium, "a BPF program or link was detached, or another's BPF object taken hold of by its id, while recording"},
	{"skipped-runs", Low, "the kernel skipped runs of the recorder's programs: what they would have seen is unknown"},
	{"totals-mismatch", High, "the file's totals contradict themselves or its rows"},
	{"missing-segment", Medium, "a segment between two given segments of one recording is missing"},
	{"segment-mismatch", High, "a segment does not continue the one before it: one of the two was exchanged"},
}

func integrityRule(name string) (Severity, string) {
	for i := range IntegrityRules {
		if IntegrityRules[i].Name == name {
			return IntegrityRules[i].Severity, IntegrityRules[i].Doc
		}
	}
	panic("no integrity rule " + name)
}

// integrity looks for signs that the recording itself was interfered with.
type integrity struct {
	s       *Session
	watch   []watched // by argSpec.id * len(mandatory)
	last    int64     // when the latest row ended
	seq     uint64    // that the next row should have
	offset  int64     // wall minus boot clock
	known   bool
	missing map[int]*absent // by argSpec.id
	told    map[string]int
}

// watched counts what a witness of one argument saw of the calls that it must see.
type watched struct {
	active      bool
	seen, quiet uint64 // calls seen; calls since then that it must have seen
	lastSeq     uint64 // the last that it saw
	lastTime    int64
	first       *Finding // the first that it did not see since
}

type absent struct {
	f     *Finding
	calls uint64
}

// mandatory are the witnesses of which every success of a call they can see is seen.
var mandatory = []struct {
	name  string
	rungs format.Rung
}{
	{"hook", hookRungs}, {"putname", format.RungPutname}, {"exec", format.RungExec},
}

const (
	quietCalls = 32 // in a row that make a witness silent
	maxBack    = 10 * time.Second
	maxStep    = time.Second
	maxTold    = 16 // findings of one rule that are told one by one
)

func newIntegrity(s *Session) Analysis {
	t := &integrity{s: s, watch: make([]watched, len(argSpecs)*len(mandatory)), missing: map[int]*absent{}, told: map[string]int{}}
	t.offset = s.header.Clock.Realtime - s.header.Clock.Boottime
	t.known = s.header.Clock.Realtime != 0
	for id, a := range argSpecs {
		active := s.activeRungs(a) & a.rungs[format.CompareExact]
		if len(s.header.Manifest) == 0 || a.view.Kind != format.KindPath {
			continue
		}
		for m := range mandatory {
			t.watch[id*len(mandatory)+m].active = active&mandatory[m].rungs != 0
		}
	}
	return t
}

func (t *integrity) Columns() []format.ColumnID {
	cols := []format.ColumnID{
		format.ColTime, format.ColDuration, format.ColEvent, format.ColFlags, format.ColABI, format.ColNR, format.ColRet, format.ColTGID,
		format.ColArg0, format.ColArg1, format.ColArg2, format.ColArg3, format.ColArg4,
	}
	for k := range format.Slots {
		s := &format.Slots[k]
		cols = append(cols, s.Enter, s.EnterStatus, s.KernelStatus, s.Rungs)
	}
	return cols
}

var bpfCall = func() (t [format.ABIARM32 + 1]int32) {
	for i := range format.Syscalls {
		if format.Syscalls[i].Name == "bpf" {
			for abi, nr := range format.Syscalls[i].NR {
				t[abi] = int32(nr)
			}
		}
	}
	return t
}()

func (t *integrity) Fold(b *format.Batch) {
	if b.N == 0 {
		return
	}
	if b.Seq != t.seq {
		t.found(b, 0, "row-gap", fmt.Sprintf("rows %d to %d are missing", t.seq, b.Seq-1))
	}
	t.seq = b.Seq + uint64(b.N)
	abis, nrs, times := b.U8[format.ColABI][:b.N], b.I32[format.ColNR][:b.N], b.I64[format.ColTime][:b.N]
	flags := b.U16[format.ColFlags][:b.N]
	for i, event := range b.U16[format.ColEvent][:b.N] {
		switch format.EventID(event) {
		case format.EventSyscall:
			if spec := lookup(abis[i], nrs[i]); spec != nil {
				t.call(b, i, spec)
			}
			if int(abis[i]) < len(bpfCall) && nrs[i] == bpfCall[abis[i]] && abis[i] != 0 {
				t.bpf(b, i)
			}
		case format.EventClock:
			t.clock(b, i)
			continue
		case format.EventLost:
			t.lost(b, i)
			continue
		default:
			if format.RowFlags(flags[i])&format.FlagInitial != 0 {
				continue
			}
		}
		// A call's time is when it began: only its end is in order.
		end := times[i] + b.I64[format.ColDuration][i]
		if end < t.last-int64(maxBack) {
			t.found(b, i, "time-back", fmt.Sprintf("this row ended %s before one that stands before it", show.Duration(t.last-end)))
		}
		t.last = max(t.last, end)
	}
}

// call counts who saw the arguments of a successful call.
func (t *integrity) call(b *format.Batch, i int, spec *callSpec) {
	if b.I64[format.ColRet][i] < 0 || format.RowFlags(b.U16[format.ColFlags][i])&(doubtFlags|format.FlagIOWorker) != 0 {
		return
	}
	for k := range spec.args {
		a, s := &spec.args[k], &format.Slots[k]
		if a.view.Kind != format.KindPath || format.ViewStatus(b.U8[s.EnterStatus][i]) != format.ViewOK || len(b.Value(s.Enter, i)) == 0 {
			continue
		}
		rungs := format.Rung(b.U8[s.Rungs][i])
		from := b.I64[format.ColTime][i]
		if rungs == 0 && t.s.losses.touches(a.classes, from, from+b.I64[format.ColDuration][i]) {
			continue
		}
		anyActive := false
		for m := range mandatory {
			w := &t.watch[a.id*len(mandatory)+m]
			if !w.active {
				continue
			}
			anyActive = anyActive || mandatory[m].rungs == format.RungPutname
			switch {
			case rungs&mandatory[m].rungs != 0:
				w.seen++
				w.quiet, w.first, w.lastSeq, w.lastTime = 0, nil, b.Seq+uint64(i), from
			case m == 0 && spec.hookMisses(b, i):
			default:
				if w.quiet++; w.quiet == 1 {
					w.first = Base(b, i)
				}
			}
		}
		if anyActive && rungs&^format.RungObject == 0 && format.ViewStatus(b.U8[s.KernelStatus][i]) == format.ViewNone {
			m := t.missing[a.id]
			if m == nil {
				m = &absent{f: Base(b, i)}
				m.f.Ret = b.I64[format.ColRet][i]
				t.missing[a.id] = m
			}
			m.calls++
		}
	}
}

// hookMisses says whether a success passes the hook by: O_PATH opens no file.
func (c *callSpec) hookMisses(b *format.Batch, i int) bool {
	abi := format.ABI(b.U8[format.ColABI][i])
	for k := range c.call.Args {
		switch c.call.Args[k].Kind {
		case format.KindOpenFlags:
			return b.U64[format.ColArg0+format.ColumnID(c.call.Register(abi, k))][i]&oPath != 0
		case format.KindOpenHow:
			return true // its flags are in memory
		}
	}
	return false
}

// linux/bpf.h: commands that take others' objects apart or take hold of them.
var bpfCommands = map[uint64]string{9: "BPF_PROG_DETACH", 34: "BPF_LINK_DETACH", 13: "BPF_PROG_GET_FD_BY_ID", 14: "BPF_MAP_GET_FD_BY_ID", 30: "BPF_LINK_GET_FD_BY_ID"}

func (t *integrity) bpf(b *format.Batch, i int) {
	if name, ok := bpfCommands[b.U64[format.ColArg0][i]]; ok && b.I64[format.ColRet][i] >= 0 {
		t.found(b, i, "detach", name+" by a recorded process")
	}
}

func (t *integrity) clock(b *format.Batch, i int) {
	offset := int64(b.U64[format.ColArg0][i]) - b.I64[format.ColTime][i]
	if step := offset - t.offset; t.known && (step > int64(maxStep) || step < -int64(maxStep)) {
		t.found(b, i, "clock-step", fmt.Sprintf("the wall clock was moved by %s", show.Duration(step)))
	}
	t.offset, t.known = offset, true
}

func (t *integrity) lost(b *format.Batch, i int) {
	count, first, last := b.U64[format.ColArg2][i], b.U64[format.ColArg3][i], b.U64[format.ColArg4][i]
	if !format.Class(b.U64[format.ColArg1][i]).InRing() || first == 0 && last == 0 || count == 0 {
		return
	}
	if last < first || last-first+1 < count {
		t.found(b, i, "loss-mismatch", fmt.Sprintf("%s said to be lost, numbered %d to %d", show.CountOf(count, "record is", "records are"), first, last))
	}
}

func (t *integrity) make(f *Finding, rule, what string) *Finding {
	var doc string
	f.Severity, doc = integrityRule(rule)
	f.Analysis, f.Rule, f.Verdict, f.NoExit = "integrity", rule, Tampering, true
	f.Syscall, f.Argument = "none", rule
	f.Reason = doc
	if what != "" {
		f.Reason += ": " + what
	}
	return f
}

func (t *integrity) found(b *format.Batch, i int, rule, what string) {
	if t.told[rule]++; t.told[rule] <= maxTold {
		t.s.Found(b, i, t.make(Base(b, i), rule, what))
	}
}

func (t *integrity) Finish(c *Coverage) {
	end := func(f *Finding, rule, what string) { t.s.closing(t.make(f, rule, what)) }
	// Runs of a program that the kernel skipped (7.x) leave calls without their
	// witness; more of these than skipped runs they do not explain.
	var skipped, without uint64
	if t.s.totals != nil {
		skipped = t.s.totals.Missed
	}
	for id, a := range argSpecs {
		name := a.call.Name + "." + a.name
		for m := range mandatory {
			w := &t.watch[id*len(mandatory)+m]
			if !w.active || w.quiet < quietCalls {
				continue
			}
			f := w.first
			f.Evidence = append(f.Evidence, Evidence{Role: RoleGap, What: fmt.Sprintf("the first of %s that it did not see", show.Count(uint64(w.quiet), "call")), Boottime: f.Boottime, Row: true, Seq: f.Seq, Call: f.Call, Syscall: a.call.Name})
			switch {
			case w.seen > 0:
				f.Evidence = append([]Evidence{{Role: RoleWitness, What: "the last call that it saw", Boottime: w.lastTime, Row: true, Seq: w.lastSeq, Syscall: a.call.Name}}, f.Evidence...)
				end(f, "fell-silent", fmt.Sprintf("%s of %s saw %s, then none of the last %s", mandatory[m].name, name, show.Count(w.seen, "call"), show.Count(w.quiet, "call")))
			default:
				end(f, "never-fired", fmt.Sprintf("%s of %s saw none of %s", mandatory[m].name, name, show.Count(w.quiet, "call")))
			}
			delete(t.missing, id)
		}
		if m := t.missing[id]; m != nil {
			if without += uint64(m.calls); without <= skipped {
				continue
			}
			m.f.Syscall = a.call.Name
			end(m.f, "missing-witness", fmt.Sprintf("%s of %s; this row is the first", show.Count(m.calls, "call"), name))
		}
	}
	if tt := t.s.totals; tt != nil {
		f := func() *Finding { return &Finding{Boottime: t.last, Seq: t.seq} }
		if tt.Missed > 0 {
			what := show.Count(tt.Missed, "run")
			if without > 0 {
				what += "; " + show.Count(without, "call") + " succeeded without a witness that every success must have"
			}
			end(f(), "skipped-runs", what)
		}
		if tt.Read != 0 && tt.Read+tt.Lost != tt.Seen {
			end(f(), "totals-mismatch", fmt.Sprintf("%s read and %s lost, but the kernel counted %s", show.CountOf(tt.Read, "record was", "records were"), humanize.Comma(int64(tt.Lost)), humanize.Comma(int64(tt.Seen))))
		}
		if tt.Lost < t.s.losses.Total {
			end(f(), "totals-mismatch", fmt.Sprintf("%d lost records are counted in its totals, %d in its rows", tt.Lost, t.s.losses.Total))
		}
	}
	for rule, n := range t.told {
		if n > maxTold {
			c.Notes = append(c.Notes, fmt.Sprintf("integrity: %s of %s not told one by one", show.CountOf(uint64(n-maxTold), "more finding", "more findings"), rule))
		}
	}
}

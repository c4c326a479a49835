//go:build linux

package main

import (
	"fmt"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
)

// hookKey names a rung of an event.
type hookKey struct {
	event string
	rung  format.Rung
}

// recording is a trace that came back, analyzed.
type recording struct {
	header    format.Header
	state     format.State
	why       error
	totals    *format.Totals
	coverage  *analyze.Coverage
	exercised map[hookKey]uint64 // arguments that the rung might have shown
	witnessed map[hookKey]uint64 // of them, those whose kernel value it saw
	findings  []*analyze.Finding // divergent and multiple-copies
	processes map[uint32]string  // tgid → comm, of syscall rows
	tasks     int                // rows of tasks that were there before
	both      uint64             // arguments that a hook and putname saw alike
	hookOnly  uint64             // of arguments that both witness: seen by one alone
	nameOnly  uint64
	differ    uint64 // seen by both, and differently
}

const hookRungs = format.RungLSM | format.RungFentry | format.RungKprobe

var rungNames = map[string]format.Rung{
	"lsm": format.RungLSM, "fentry": format.RungFentry, "kprobe": format.RungKprobe, "putname": format.RungPutname,
	"exec": format.RungExec, "cgroup": format.RungCgroup, "object": format.RungObject, "trace": format.RungTrace,
}

func read(path string) (*recording, error) {
	r, err := format.Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	rec := &recording{header: *r.Header(), exercised: map[hookKey]uint64{}, witnessed: map[hookKey]uint64{}, processes: map[uint32]string{}}
	rec.coverage, err = analyze.Reader(r, analyze.Options{Verdicts: []analyze.Verdict{analyze.Divergent, analyze.MultipleCopies}}, func(f *analyze.Finding) {
		rec.findings = append(rec.findings, f)
	})
	if err != nil {
		return nil, err
	}
	if err := rec.rows(r); err != nil {
		return nil, err
	}
	rec.state, rec.why = r.State()
	rec.totals = r.Totals()
	rec.count()
	return rec, nil
}

// count turns the coverage statement into counts by event and rung.
func (rec *recording) count() {
	for i := range rec.coverage.Arguments {
		a := &rec.coverage.Arguments[i]
		view := viewOf(a.Syscall, a.Argument)
		for _, w := range view.Witness {
			rec.exercised[hookKey{format.Events[w.Event].Name, w.Rung}] += a.Calls
		}
		for _, n := range a.Rungs {
			for _, w := range view.Witness {
				if rung := rungNames[n.Rung]; w.Rung&rung != 0 {
					rec.witnessed[hookKey{format.Events[w.Event].Name, rung}] += n.Calls
				}
			}
		}
	}
}

func viewOf(syscall, argument string) format.ArgView {
	for i := range format.Syscalls {
		c := &format.Syscalls[i]
		for _, v := range c.Views {
			if c.Name == syscall && c.Args[v.Arg].Name == argument {
				return v
			}
		}
	}
	panic(fmt.Sprintf("%s.%s: not in the table that the analysis used", syscall, argument))
}

// callSlot is an argument of a recorded call.
type callSlot struct {
	tid         uint32
	start, call uint64
	slot        uint8
}

// rows counts what the analysis does not tell. It takes the witnesses' word
// for each argument from the rows themselves: the further kernel copies of a
// call stand before its own row.
func (rec *recording) rows(r *format.Reader) error {
	further := map[callSlot]format.Rung{}
	for b, err := range r.Blocks(format.ReadOptions{}) {
		if err != nil {
			return err
		}
		for i := range b.N {
			key := callSlot{tid: b.U32[format.ColTID][i], start: b.U64[format.ColStart][i], call: b.U64[format.ColCall][i]}
			switch format.EventID(b.U16[format.ColEvent][i]) {
			case format.EventTask:
				rec.tasks++
			case format.EventView:
				if b.U64[format.ColArg1][i] == 1 { // a kernel view
					key.slot = uint8(b.U64[format.ColArg0][i])
					further[key] |= format.Rung(b.U8[format.ColARungs][i])
				}
			case format.EventSyscall:
				rec.processes[b.U32[format.ColTGID][i]] = string(b.Value(format.ColComm, i))
				rec.call(b, i, key, further)
			}
		}
	}
	return nil
}

func (rec *recording) call(b *format.Batch, i int, key callSlot, further map[callSlot]format.Rung) {
	abi, nr := format.ABI(b.U8[format.ColABI][i]), b.I32[format.ColNR][i]
	call := syscallOf(abi, nr)
	if call == nil {
		return
	}
	for slot, view := range call.Views {
		var has format.Rung
		for _, w := range view.Witness {
			has |= w.Rung
		}
		if has&hookRungs == 0 || has&format.RungPutname == 0 || view.Kind != format.KindPath {
			continue
		}
		key.slot = uint8(slot)
		rungs, other := format.Rung(b.U8[format.Slots[slot].Rungs][i]), further[key]
		delete(further, key)
		hook, name := rungs&hookRungs != 0, rungs&format.RungPutname != 0
		hook2, name2 := other&hookRungs != 0, other&format.RungPutname != 0
		switch {
		case hook && name:
			rec.both++
		case hook && name2 || name && hook2:
			rec.differ++
		case hook:
			rec.hookOnly++
		case name:
			rec.nameOnly++
		}
	}
}

func syscallOf(abi format.ABI, nr int32) *format.Syscall {
	for i := range format.Syscalls {
		if c := &format.Syscalls[i]; int(abi) < len(c.NR) && c.NR[abi] >= 0 && int32(c.NR[abi]) == nr {
			return c
		}
	}
	return nil
}

package analyze

import (
	"math/bits"
	"slices"

	"github.com/tracerec/tracerec/format"
)

// numComparisons is one more than the last, which must be CompareObject: a
// rung's best comparison is the one with the lowest number.
const numComparisons = format.CompareObject + 1

// callSpec is a row of format.Syscalls, prepared for the fold.
type callSpec struct {
	call *format.Syscall
	args []argSpec
}

// argSpec is one compared argument of a call.
type argSpec struct {
	call *format.Syscall
	view *format.ArgView
	name string
	slot int
	id   int // index into the coverage table
	// which rungs allow which comparison
	rungs [numComparisons]format.Rung
	// comparable are the rungs whose ViewSame proves equality in what they compare
	comparable format.Rung
	classes    uint8 // bits of format.Class whose loss can hide the witness
}

// specs is format.Syscalls; argSpecs holds all their arguments by id.
var (
	specs    []callSpec
	argSpecs []*argSpec
	callByNR [format.ABIARM32 + 1][format.MaxSyscall]uint16 // index into specs + 1
)

func init() {
	for i := range format.Syscalls {
		call := &format.Syscalls[i]
		if len(call.Compared()) == 0 {
			continue
		}
		spec := callSpec{call: call}
		for slot := range call.Compared() {
			spec.args = append(spec.args, newArgSpec(call, slot))
		}
		at := len(specs)
		if call.Through != nil {
			// the call itself, made in another way
			at = slices.IndexFunc(specs, func(s callSpec) bool { return s.call.Name == call.Name })
		} else {
			for slot := range spec.args {
				spec.args[slot].id = len(argSpecs)
				argSpecs = append(argSpecs, &spec.args[slot])
			}
			specs = append(specs, spec)
		}
		for abi, nr := range call.NR {
			if nr >= 0 {
				callByNR[abi][nr] = uint16(at + 1)
			}
		}
	}
}

func newArgSpec(call *format.Syscall, slot int) argSpec {
	view := &call.Views[slot]
	a := argSpec{call: call, view: view, slot: slot, name: call.Args[view.Arg].Name}
	for _, w := range view.Witness {
		a.rungs[w.Compare] |= w.Rung
		if w.Compare != format.CompareObject {
			a.comparable |= w.Rung
			// An equal view only needs the witness to have fired; a different
			// one travels as a view record.
			a.classes |= 1<<format.Events[w.Event].Class | 1<<format.ClassView
		}
	}
	return a
}

// applies says whether the call in row i has that argument at all: not for
// the operation at hand, or left out.
func (a *argSpec) applies(b *format.Batch, i int) bool {
	if w := a.view.When; w != nil {
		register := format.ColumnID(a.call.Register(format.ABI(b.U8[format.ColABI][i]), w.Arg))
		if uint32(b.U64[format.ColArg0+register][i]) != w.Value {
			return false
		}
	}
	s := &format.Slots[a.slot]
	return !a.view.Optional || format.ViewStatus(b.U8[s.EnterStatus][i]) != format.ViewNull || b.U8[s.KernelStatus][i] != uint8(format.ViewNone)
}

// lookup finds the compared call behind a syscall number, nil for others.
func lookup(abi uint8, nr int32) *callSpec {
	if int(abi) >= len(callByNR) || nr < 0 || int(nr) >= len(callByNR[0]) {
		return nil
	}
	if i := callByNR[abi][nr]; i != 0 {
		return &specs[i-1]
	}
	return nil
}

// compares says how a value seen by rungs can be compared: by the best of
// them. ok is false when none of them is a witness of this argument.
func (a *argSpec) compares(rungs format.Rung) (c format.Comparison, ok bool) {
	for c := range a.rungs {
		if a.rungs[c]&rungs != 0 {
			return format.Comparison(c), true
		}
	}
	return 0, false
}

// bestComparison is the best that the table knows for this argument.
func (a *argSpec) bestComparison() format.Comparison {
	c, ok := a.compares(^format.Rung(0))
	if !ok {
		return format.CompareObject
	}
	return c
}

// hasKind says whether the call compares an argument of that kind.
func (c *callSpec) hasKind(k format.Kind) bool {
	for i := range c.args {
		if c.args[i].view.Kind == k {
			return true
		}
	}
	return false
}

var rungNames = []struct {
	rung format.Rung
	name string
}{
	{format.RungLSM, "lsm"},
	{format.RungFentry, "fentry"},
	{format.RungKprobe, "kprobe"},
	{format.RungPutname, "putname"},
	{format.RungExec, "exec"},
	{format.RungCgroup, "cgroup"},
	{format.RungObject, "object"},
	{format.RungTrace, "trace"},
}

func rungList(r format.Rung) []string {
	var names []string
	for _, n := range rungNames {
		if r&n.rung != 0 {
			names = append(names, n.name)
		}
	}
	return names
}

// witnesses names the events through which rungs saw this argument.
func (a *argSpec) witnesses(r format.Rung) []string {
	var names []string
	for _, w := range a.view.Witness {
		if hit := w.Rung & r; hit != 0 {
			for _, rung := range rungList(hit) {
				event := format.Events[w.Event].Name
				if rung != event {
					event += "/" + rung
				}
				names = append(names, event)
			}
		}
	}
	return names
}

// hookRungs see one and the same point of the kernel: several of them are one witness.
const hookRungs = format.RungLSM | format.RungFentry | format.RungKprobe

// independent counts the witnesses in rungs that look at different places.
func independent(r format.Rung) int {
	n := bits.OnesCount8(uint8(r &^ (hookRungs | format.RungObject)))
	if r&hookRungs != 0 {
		n++
	}
	return n
}

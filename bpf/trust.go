package bpf

import (
	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
)

// Distrust makes the current task, where programs only read it, a pointer that
// the verifier does not trust (bpf_rdonly_cast, 6.2, which costs nothing when
// the program runs). For each pointer that is followed from a trusted one the
// verifier asks up to four times whether it can be trusted too, and searches the
// kernel's types by name from the first to the last for the answer
// (btf_nested_type_is_trusted): a third of the time that verifying took. It
// says whether there was anything to change: kernels without the function do
// not ask either.
func Distrust(spec *ebpf.CollectionSpec, kernel *btf.Spec) bool {
	var f *btf.Func
	var task *btf.Struct
	if kernel.TypeByName("bpf_rdonly_cast", &f) != nil || kernel.TypeByName("task_struct", &task) != nil {
		return false
	}
	cast, err := kernel.TypeID(f)
	if err != nil {
		return false
	}
	id, err := kernel.TypeID(task)
	if err != nil {
		return false
	}
	for _, p := range spec.Programs {
		p.Instructions = distrust(p.Instructions, int32(cast), int32(id))
	}
	return true
}

// distrust inserts the cast behind each call of bpf_get_current_task_btf whose
// result is not given to a helper, which wants it trusted.
func distrust(in asm.Instructions, cast, task int32) asm.Instructions {
	kfunc := asm.Instruction{OpCode: asm.OpCode(asm.JumpClass).SetJumpOp(asm.Call), Src: asm.PseudoKfuncCall, Constant: int64(cast)}
	added := asm.Instructions{asm.Mov.Reg(asm.R1, asm.R0), asm.Mov.Imm32(asm.R2, task), kfunc}

	at := make([]int, len(in)+1)    // where each instruction stood, in units of eight bytes
	moved := make([]int, len(in)+1) // by how many of them it moves
	index := make(map[int]int, len(in))
	for i := range in {
		index[at[i]] = i
		at[i+1] = at[i] + int(in[i].Size()/asm.InstructionSize)
		moved[i+1] = moved[i]
		if isCurrent(&in[i]) && onlyRead(in[i+1:]) {
			moved[i+1] += len(added)
		}
	}
	out := make(asm.Instructions, 0, len(in)+moved[len(in)])
	for i, ins := range in {
		op := ins.OpCode.JumpOp()
		if (ins.OpCode.Class() == asm.JumpClass || ins.OpCode.Class() == asm.Jump32Class) && op != asm.Call && op != asm.Exit && ins.Reference() == "" {
			// a jump to where something is inserted comes after it: moved is of the instruction itself
			if to, ok := index[at[i+1]+int(ins.Offset)]; ok {
				ins.Offset += int16(moved[to] - moved[i+1])
			}
		}
		out = append(out, ins)
		if moved[i+1] > moved[i] {
			out = append(out, added...)
		}
	}
	return out
}

func isCurrent(ins *asm.Instruction) bool {
	return ins.IsBuiltinCall() && asm.BuiltinFunc(ins.Constant) == asm.FnGetCurrentTaskBtf
}

// onlyRead says whether the result of a call, which in follows, goes to no helper
// that wants a task: none such is called in the rest of the function.
func onlyRead(in asm.Instructions) bool {
	for i := range in {
		if in[i].Symbol() != "" {
			return true
		}
		if in[i].IsBuiltinCall() {
			switch asm.BuiltinFunc(in[i].Constant) {
			case asm.FnTaskStorageGet, asm.FnTaskStorageDelete, asm.FnFindVma, asm.FnTaskPtRegs:
				return false
			}
		}
	}
	return true
}

package bpf

import (
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

// Kernel is what older kernels may lack of what the programs are compiled
// for. CO-RE settles fields and helpers at load time; these two the kernel
// refuses even where they are never reached.
type Kernel struct {
	Callbacks bool // bpf_find_vma and its callback, 5.17
	Atomics   bool // atomic exchange, 5.12
	Preempt   bool // bpf_preempt_disable, 6.10
	Cast      bool // bpf_rdonly_cast, 6.2
}

// callback is the function that bpf_find_vma calls.
const callback = "classify_vma"

// Fit takes out of spec's programs what kernel k does not know. The programs
// ask constants of their own (have_find_vma) before they get there.
func Fit(spec *ebpf.CollectionSpec, k Kernel) {
	for _, p := range spec.Programs {
		if !k.Callbacks {
			p.Instructions = withoutCallback(p.Instructions)
		}
		if !k.Atomics {
			withoutExchange(p.Instructions)
		}
		if !k.Preempt {
			withoutFunctions(p.Instructions, "bpf_preempt_disable", "bpf_preempt_enable")
		}
		if !k.Cast {
			withoutFunctions(p.Instructions, "bpf_rdonly_cast")
		}
	}
}

// withoutFunctions takes out the calls of functions that the kernel does not
// have. The loader would look for them in the types of every module.
func withoutFunctions(in asm.Instructions, functions ...string) {
	for i := range in {
		if slices.Contains(functions, in[i].Reference()) {
			nothing := asm.Mov.Imm(asm.R0, 0)
			if name := in[i].Symbol(); name != "" {
				nothing = nothing.WithSymbol(name)
			}
			in[i] = nothing
		}
	}
}

// withoutCallback drops the callback function and the reference to it.
func withoutCallback(in asm.Instructions) asm.Instructions {
	out := make(asm.Instructions, 0, len(in))
	inside := false
	for _, ins := range in {
		if name := ins.Symbol(); name != "" {
			inside = name == callback
		}
		if inside {
			continue
		}
		if ins.IsFunctionReference() && ins.Reference() == callback {
			null := asm.LoadImm(ins.Dst, 0, asm.DWord) // as wide, so that no jump moves
			null.Metadata = ins.Metadata
			ins = null.WithReference("")
		}
		out = append(out, ins)
	}
	return out
}

// withoutExchange makes the exchange of the scratch buffer's busy mark answer
// "was free": without it there is no preemption inside a program either. The
// result of an addition is used nowhere: it becomes the older instruction.
func withoutExchange(in asm.Instructions) {
	for i := range in {
		old := in[i]
		switch old.OpCode.AtomicOp() {
		case asm.Xchg:
			in[i] = asm.Mov.Imm32(old.Src, 0)
		case asm.FetchAdd:
			in[i].OpCode, in[i].Constant = asm.AddAtomic.OpCode(old.OpCode.Size()), int64(asm.AddAtomic>>8)
		}
		in[i].Metadata = old.Metadata
	}
}

// ExchangeProbe is a program that loads where the kernel knows the exchange.
func ExchangeProbe() *ebpf.ProgramSpec {
	return &ebpf.ProgramSpec{
		Type: ebpf.SocketFilter, License: "Dual BSD/GPL",
		Instructions: asm.Instructions{
			asm.Mov.Imm(asm.R1, 0),
			asm.StoreMem(asm.RFP, -8, asm.R1, asm.DWord),
			// the operation stands in the constant too: the opcode's copy of it is not written out
			{OpCode: asm.Xchg.OpCode(asm.DWord), Dst: asm.RFP, Src: asm.R1, Offset: -8, Constant: int64(asm.Xchg >> 8)},
			asm.Mov.Imm(asm.R0, 0),
			asm.Return(),
		},
	}
}

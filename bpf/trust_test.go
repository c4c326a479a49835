package bpf

import (
	"testing"

	"github.com/cilium/ebpf/asm"
)

// TestDistrust: the cast stands behind a call whose task is only read, not
// where a helper gets the task, and every jump leads where it led.
func TestDistrust(t *testing.T) {
	wide := asm.LoadImm(asm.R3, 1<<40, asm.DWord) // two units
	in := asm.Instructions{
		asm.Mov.Imm(asm.R6, 0).WithSymbol("f"),
		{OpCode: asm.OpCode(asm.JumpClass).SetJumpOp(asm.JEq).SetSource(asm.ImmSource), Dst: asm.R6, Offset: 4}, // over the call, to R7
		wide,
		asm.FnGetCurrentTaskBtf.Call(), // only read
		asm.LoadMem(asm.R1, asm.R0, 8, asm.DWord),
		asm.Mov.Imm(asm.R7, 7),
		asm.Return(),
		asm.FnGetCurrentTaskBtf.Call().WithSymbol("g"), // for a helper
		asm.Mov.Reg(asm.R2, asm.R0),
		asm.FnTaskStorageGet.Call(),
		{OpCode: asm.OpCode(asm.JumpClass).SetJumpOp(asm.JNE).SetSource(asm.ImmSource), Dst: asm.R0, Offset: -4}, // back to the call
		asm.Return(),
	}
	target := func(in asm.Instructions, jump int) asm.Instruction {
		at, want := 0, 0
		for i := range in {
			if i == jump {
				want = at + 1 + int(in[i].Offset)
			}
			at += int(in[i].Size() / asm.InstructionSize)
		}
		at = 0
		for i := range in {
			if at == want {
				return in[i]
			}
			at += int(in[i].Size() / asm.InstructionSize)
		}
		t.Fatalf("jump %d leads to %d, which is no instruction", jump, want)
		return asm.Instruction{}
	}
	jumps := func(in asm.Instructions) (at []int) {
		for i := range in {
			if op := in[i].OpCode.JumpOp(); op == asm.JEq || op == asm.JNE {
				at = append(at, i)
			}
		}
		return at
	}
	before := jumps(in)
	out := distrust(in, 4711, 42)
	if len(out) != len(in)+3 {
		t.Fatalf("%d instructions of %d, want three more:\n%v", len(out), len(in), out)
	}
	kfunc := out[6]
	if out[3].Constant != in[3].Constant || out[5].Constant != 42 || !kfunc.IsKfuncCall() || kfunc.Constant != 4711 {
		t.Errorf("no cast behind the first call:\n%v", out)
	}
	for i, j := range jumps(out) {
		was, is := target(in, before[i]), target(out, j)
		if was.OpCode != is.OpCode || was.Constant != is.Constant || was.Dst != is.Dst {
			t.Errorf("jump %d led to %v and leads to %v", i, was, is)
		}
	}
}

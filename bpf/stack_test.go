package bpf

import (
	"slices"
	"testing"

	"github.com/cilium/ebpf/asm"
)

// A program and the functions that it calls have 512 bytes of stack together
// before 6.13, and each of them 512 of its own since: what newer kernels load
// an older one may refuse (check_max_stack_depth).
func TestStackFitsOlderKernels(t *testing.T) {
	spec, err := Spec()
	if err != nil {
		t.Fatal(err)
	}
	// how deep each function's frame goes, and what it calls
	depth, calls := map[string]int{}, map[string][]string{}
	for _, p := range spec.Programs {
		function := p.Name
		for _, in := range p.Instructions {
			if s := in.Symbol(); s != "" {
				function = s
			}
			class := in.OpCode.Class()
			switch {
			case class.IsLoad() && in.Src == asm.RFP, class.IsStore() && in.Dst == asm.RFP:
				depth[function] = max(depth[function], -int(in.Offset))
			case class.IsALU() && in.OpCode.ALUOp() == asm.Add && in.OpCode.Source() == asm.ImmSource && in.Constant < 0 && in.Constant >= -512:
				depth[function] = max(depth[function], -int(in.Constant)) // the address of something in the frame
			case in.IsFunctionCall() && !slices.Contains(calls[function], in.Reference()):
				calls[function] = append(calls[function], in.Reference())
			}
		}
	}
	deepest := 0
	for name := range spec.Programs {
		var total func(f string, seen int) int
		total = func(f string, seen int) int {
			if seen > 8 {
				t.Fatalf("%s: functions call each other more than 8 deep", name)
			}
			most := 0
			for _, c := range calls[f] {
				most = max(most, total(c, seen+1))
			}
			return max(32, (depth[f]+31)/32*32) + most
		}
		got := total(name, 0)
		deepest = max(deepest, got)
		if got > 512 {
			t.Errorf("%s and what it calls: %d bytes of stack, want 512 at most", name, got)
		}
	}
	if deepest < 100 {
		t.Errorf("the deepest program has %d bytes of stack: not believable", deepest)
	}
	t.Logf("the deepest program has %d bytes", deepest)
}

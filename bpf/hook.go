package bpf

import (
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// Hook says how one program is attached.
type Hook struct {
	Program string // "lsm_NAME", "fentry_NAME" and "kprobe_NAME" are made from hook_NAME; others stand in the object
	Type    ebpf.ProgramType
	Attach  ebpf.AttachType
	Target  string // LSM hook, kernel function or tracepoint
	Rung    uint32 // what the program writes into its rows
	Index   uint32 // its number in the self-test's counters
}

// Only returns a copy of spec with the one program of hook h, fit to the
// kernel whose types are given: the arguments of a security hook are found by
// name in the prototype of its function there.
//
// The error wraps btf.ErrNotFound where the kernel does not have the hook, or
// an argument of it.
func Only(spec *ebpf.CollectionSpec, h Hook, kernel *btf.Spec) (*ebpf.CollectionSpec, error) {
	name := h.Program
	if spec.Programs[name] == nil {
		_, rest, _ := strings.Cut(name, "_")
		name = "hook_" + rest
	}
	prog := spec.Programs[name]
	if prog == nil {
		return nil, fmt.Errorf("no program %s in the BPF object", h.Program)
	}
	// Copy is of everything that it is given: only the one program.
	one := *spec
	one.Programs = map[string]*ebpf.ProgramSpec{h.Program: prog}
	c := one.Copy()
	prog = c.Programs[h.Program]
	prog.Name = h.Program
	values := map[string]any{"hook_rung": h.Rung, "hook_prog": h.Index}
	switch {
	case name != h.Program:
		prog.Type, prog.AttachType, prog.AttachTo = h.Type, h.Attach, h.Target
		at, n, err := arguments(prog.SectionName, h, kernel)
		if err != nil {
			return nil, err
		}
		values["hook_args"], values["hook_arg_at"] = n, at
	case h.Type == ebpf.Tracing && h.Attach == ebpf.AttachTraceRawTp:
		proto, err := tracepoint(h.Target, kernel)
		if err != nil {
			return nil, err
		}
		values["hook_args"] = uint32(len(proto.Params) - 1)
	}
	for variable, v := range values {
		if err := c.Variables[variable].Set(v); err != nil {
			return nil, fmt.Errorf("set %s in the BPF object: %w", variable, err)
		}
	}
	return c, nil
}

// noArg is HOOK_NO_ARG of c/hooks.h.
const noArg = 0xffff

// maxArgs is the number of elements of hook_arg_at.
const maxArgs = 8

// kernelNames are other names of an argument, where function and LSM hook
// disagree.
var kernelNames = map[string]string{
	"reqprot": "prot", // security_mmap_file asks for prot, its hook has both
}

// registers are where the arguments of a function stand in struct pt_regs
// (arch/x86/include/uapi/asm/ptrace.h; arm64 has x0 to x7 in front).
var registers = map[string][]uint32{
	"amd64": {14 * 8, 13 * 8, 12 * 8, 11 * 8, 9 * 8, 8 * 8},
	"arm64": {0, 8, 16, 24, 32, 40, 48, 56},
}

// arguments finds where the arguments that a body names stand in the context
// of h. section is "hook/NAME/ARG,ARG,": it is written by HOOK in c/hooks.h.
func arguments(section string, h Hook, kernel *btf.Spec) (at [maxArgs]uint32, n uint32, err error) {
	for i := range at {
		at[i] = noArg
	}
	function := h.Target
	if h.Type == ebpf.LSM {
		function = "bpf_lsm_" + h.Target
	}
	var f *btf.Func
	if err := kernel.TypeByName(function, &f); err != nil {
		return at, 0, fmt.Errorf("function %s: %w", function, err)
	}
	proto, ok := f.Type.(*btf.FuncProto)
	if !ok {
		return at, 0, fmt.Errorf("function %s has no prototype in the kernel's type information", function)
	}
	position := func(name string) int {
		for i, p := range proto.Params {
			// the kernel marks arguments by a suffix: file__nullable
			if plain, _, _ := strings.Cut(p.Name, "__"); plain == name {
				return i
			}
		}
		return -1
	}
	parts := strings.Split(section, "/")
	if len(parts) != 3 {
		return at, 0, fmt.Errorf("section %s is not hook/NAME/ARGUMENTS", section)
	}
	for i, name := range strings.Split(strings.TrimSuffix(parts[2], ","), ",") {
		if name == "" {
			break
		}
		if i >= maxArgs {
			return at, 0, fmt.Errorf("section %s names more than %d arguments", section, maxArgs)
		}
		where := position(name)
		if where < 0 && kernelNames[name] != "" {
			where = position(kernelNames[name])
		}
		if where < 0 {
			return at, 0, fmt.Errorf("function %s has no argument %s: %w", function, name, btf.ErrNotFound)
		}
		at[i] = uint32(where) * 8
		if h.Type == ebpf.Kprobe {
			regs := registers[runtime.GOARCH]
			if where >= len(regs) {
				return at, 0, fmt.Errorf("function %s: argument %s is not in a register", function, name)
			}
			at[i] = regs[where]
		}
	}
	return at, uint32(len(proto.Params)), nil
}

// tracepoint is the prototype of a tracepoint's probe: its first parameter is
// the probe's own.
func tracepoint(name string, kernel *btf.Spec) (*btf.FuncProto, error) {
	var t *btf.Typedef
	if err := kernel.TypeByName("btf_trace_"+name, &t); err != nil {
		return nil, fmt.Errorf("tracepoint %s: %w", name, err)
	}
	if p, ok := t.Type.(*btf.Pointer); ok {
		if proto, ok := p.Target.(*btf.FuncProto); ok && len(proto.Params) > 0 {
			return proto, nil
		}
	}
	return nil, errors.New("tracepoint " + name + " has no prototype in the kernel's type information")
}

//go:build linux

package recorder

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf/link"

	"github.com/tracerec/tracerec/format"
)

// spares are second copies of the programs that run for every call, by
// tracepoint; see bpf/c/syscall.h. They cost every call one more lookup, so they are for
// kernels that skip runs.
var spares = []format.Hook{
	{Type: format.HookTPBTF, Target: "sys_enter", Program: "sys_enter_spare"},
	{Type: format.HookTPBTF, Target: "sys_exit", Program: "sys_exit_spare"},
}

// Tests set these: to have spares on any kernel, and to see what is attached.
var (
	forceSpares bool
	onAttached  func(*kernel)
)

func (k *kernel) wantsSpares() bool { return forceSpares || k.features.atLeast(7, 0) }

// attachSpares attaches them behind the programs that they stand in for: the
// kernel calls a tracepoint's programs in the order in which they came.
func (k *kernel) attachSpares() error {
	if !k.wantsSpares() {
		return nil
	}
	var as []Attachment
	for _, h := range spares {
		as = append(as, Attachment{Hook: h})
	}
	k.preload(as)
	var errs []error
	for _, a := range as {
		p, err := k.load(a)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", a.Hook.Program, err))
			continue
		}
		l, err := link.AttachTracing(link.TracingOptions{Program: p})
		if err != nil {
			errs = append(errs, fmt.Errorf("attach %s: %w", a.Hook.Program, err))
			continue
		}
		k.links = append(k.links, l)
	}
	return errors.Join(errs...)
}

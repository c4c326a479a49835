//go:build linux

package recorder

import (
	"fmt"

	"github.com/tracerec/tracerec/format"
)

// syscallPlan mirrors struct syscall_plan of bpf/c/state.h.
type syscallPlan struct {
	Record, Lane, Object, NViews, NArgs, Refresh, Orphans, Watch uint8
	Facts, ObjectArg, Via                                        uint8
	_                                                            uint8
	View                                                         [format.MaxViews]viewPlan
}

// viewPlan mirrors struct view_plan.
type viewPlan struct {
	Arg, Capture, LenArg, Unit uint8
	Max                        uint32
	WhenArg, Shape, Freed, Out uint8
	When                       uint32
}

const noArg = 0xff // NO_ARG of bpf/c/state.h

func planView(sc *format.Syscall, v *format.ArgView, abi format.ABI) viewPlan {
	p := viewPlan{Arg: uint8(sc.Register(abi, v.Arg)), Capture: uint8(format.CaptureOf(v.Kind)), LenArg: noArg, Unit: uint8(max(v.Unit, 1)), Max: uint32(v.MaxLen), WhenArg: noArg, Shape: uint8(v.Shape), Out: uint8(boolVar(v.Out))}
	if v.LenArg >= 0 {
		p.LenArg = uint8(sc.Register(abi, v.LenArg))
	}
	if abi == format.ABIIA32 || abi == format.ABIARM32 {
		if v.Narrow > 0 {
			p.Max = uint32(v.Narrow)
		}
		if v.Short > 0 {
			p.Unit = uint8(v.Short)
		}
	}
	if v.When != nil {
		p.WhenArg, p.When = uint8(sc.Register(abi, v.When.Arg)), v.When.Value
	}
	return p
}

const maxSyscall = format.MaxSyscall // MAX_SYSCALL of bpf/c/state.h

// planSyscalls fills the kernel's table of what is done for each call.
func (k *kernel) planSyscalls(cfg kernelConfig) error {
	record, watch, scope := cfg.record, cfg.watch, cfg.scope
	plans := make([]syscallPlan, (int(format.ABIARM32)+1)*maxSyscall)
	for abi := format.ABINone; abi <= format.ABIARM32; abi++ {
		for nr := range maxSyscall {
			p := &plans[int(abi)*maxSyscall+nr]
			p.Record = uint8(boolVar(record.Syscall(abi, nr)))
			p.Lane, p.NArgs = uint8(format.LanePlain), 6
			if sc := format.SyscallOf(abi, int32(nr)); sc != nil {
				p.NArgs = uint8(sc.Register(abi, len(sc.Args)))
				p.Refresh = uint8(boolVar(sc.Moves))
				// Names that the kernel copies within it are no argument of it.
				p.Orphans = uint8(boolVar(sc.Name == "io_uring_enter"))
				p.Watch = uint8(watched[sc.Name] & watch)
				p.Via = via[sc.Name]
				if watched[sc.Name]&(watchCred|watchNS) != 0 && scope.byIDs() {
					p.Watch |= uint8(format.WatchIDs)
				}
			}
		}
	}
	for i := range format.Syscalls {
		sc := &format.Syscalls[i]
		for abi := format.ABIAMD64; abi <= format.ABIARM32; abi++ {
			if !sc.Has(abi) || len(sc.Views) == 0 {
				continue
			}
			views := sc.Views
			if n := len(views) - 1; views[n].Kind == format.KindEnv && !cfg.env {
				views = views[:n]
			}
			p := &plans[int(abi)*maxSyscall+int(sc.NR[abi])]
			p.Lane, p.Object, p.NViews = uint8(format.LaneWitness), uint8(sc.Object), uint8(len(views))
			for k := range views {
				p.View[k] = planView(sc, &views[k], abi)
			}
			p.Facts = uint8(sc.Facts())
			if sc.Object >= format.ObjectStat {
				p.ObjectArg = uint8(sc.Register(abi, sc.StatArg()))
			}
			if len(sc.Compared()) == 0 {
				p.Lane = uint8(format.LanePlain) // no witness is to be pushed out by what is compared with nothing
			}
		}
	}
	for i, a := range format.FreedArgs {
		for abi := format.ABIAMD64; abi <= format.ABIARM32; abi++ {
			if a.Call.Has(abi) {
				plans[int(abi)*maxSyscall+int(a.Call.NR[abi])].View[a.Slot].Freed = uint8(i + 1)
			}
		}
	}
	if err := k.planThrough(); err != nil {
		return err
	}
	keys := make([]uint32, len(plans))
	for i := range keys {
		keys[i] = uint32(i)
	}
	if _, err := k.maps["syscalls"].BatchUpdate(keys, plans, nil); err != nil {
		for i := range plans {
			if err := k.maps["syscalls"].Put(uint32(i), plans[i]); err != nil {
				return fmt.Errorf("fill the table of syscalls in the kernel: %w", err)
			}
		}
	}
	return nil
}

//go:build linux

package recorder

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/bpf"
	"github.com/tracerec/tracerec/format"
)

// preload verifies programs side by side, so that attaching finds them ready:
// loading is most of the time until a recording begins.
func (k *kernel) preload(as []Attachment) {
	next := make(chan Attachment)
	var wg sync.WaitGroup
	for range min(runtime.NumCPU(), len(as)) {
		wg.Go(func() {
			for a := range next {
				k.load(a) // the outcome is remembered
			}
		})
	}
	for _, a := range as {
		next <- a
	}
	close(next)
	wg.Wait()
}

// withoutCast is for tests: programs do as on kernels without bpf_rdonly_cast.
var withoutCast bool

// tried says whether loading a's program was tried, and whether that went well.
func (k *kernel) tried(a Attachment) (tried, ok bool) {
	k.loading.Lock()
	defer k.loading.Unlock()
	l, tried := k.loads[a.Hook.Program]
	return tried, tried && l.err == nil
}

// load verifies one program by itself, so that what the kernel refuses costs
// one witness. Where the kernel can keep a program from being preempted, it
// is asked to; 6.10 to 6.14 do not allow that around the path walk.
func (k *kernel) load(a Attachment) (*ebpf.Program, error) {
	h := a.Hook
	k.loading.Lock()
	l, done := k.loads[h.Program]
	quiet, distrust, refused := k.quiet && k.preemptible(h.Type), k.distrust, k.refused[h.Type]
	k.loading.Unlock()
	if done {
		return l.program, l.err
	}
	p, err := (*ebpf.Program)(nil), error(unix.EPERM)
	if !refused {
		ask := asked{quiet: quiet, distrust: distrust}
		p, err = k.loadOne(a, ask)
		var verifier *ebpf.VerifierError
		for errors.As(err, &verifier) && ask != (asked{}) {
			if ask.distrust {
				ask.distrust = false
			} else {
				ask.quiet = false
			}
			p, err = k.loadOne(a, ask)
		}
		if err == nil && ask != (asked{quiet, distrust}) { // it was that
			k.loading.Lock()
			k.quiet = k.quiet && ask.quiet == quiet
			k.distrust = k.distrust && ask.distrust == distrust
			k.loading.Unlock()
		}
	}
	k.loading.Lock()
	defer k.loading.Unlock()
	if errors.Is(err, unix.EPERM) {
		k.refused[h.Type] = true // the kernel does not look at such programs at all
	}
	k.loads[h.Program] = loaded{p, err}
	return p, err
}

// preemptible says whether the kernel runs programs of that type with
// preemption on: trampolines always, tracepoints from 7.0 on.
func (k *kernel) preemptible(t format.HookType) bool {
	switch t {
	case format.HookLSM, format.HookFentry:
		return true
	case format.HookTPBTF, format.HookRawTP:
		return k.features.atLeast(7, 0)
	}
	return false
}

// asked is what programs are loaded with that a verifier may refuse.
type asked struct {
	quiet    bool // bpf_preempt_disable
	distrust bool // bpf.Distrust, and use_cast
}

// rarelyWalks are the programs that look up where a file is, but not for every call.
var rarelyWalks = map[string]bool{
	"sys_enter": true, "sys_enter_spare": true, "task_newtask": true, "sched_process_exec": true, "sched_process_exit": true,
	"iter_task": true, "iter_fd": true, "iter_flush": true,
}

// loadOne may run in several goroutines at once. The loader is told to look at
// the kernel's own types only: a module's are decoded into the kernel's
// without a lock (btf.decoder.inflateType), and none of ours is in a module.
// What it would look for in modules because the kernel does not have it, is
// found missing before.
func (k *kernel) loadOne(a Attachment, ask asked) (*ebpf.Program, error) {
	name := a.Hook.Program
	kind := programTypes[a.Hook.Type]
	types, err := k.types.Kernel()
	if err != nil {
		return nil, fmt.Errorf("read the kernel's type information: %w", err)
	}
	one, err := bpf.Only(k.spec, bpf.Hook{
		Program: name, Type: kind.program, Attach: kind.attach, Target: a.Hook.Target, Rung: uint32(a.Hook.Rung), Index: uint32(a.Index),
	}, types)
	if err != nil {
		return nil, err
	}
	if err := one.Variables["use_preempt_disable"].Set(boolVar(ask.quiet)); err != nil {
		return nil, fmt.Errorf("set use_preempt_disable in the BPF object: %w", err)
	}
	if err := one.Variables["use_cast"].Set(boolVar(ask.distrust && k.cast)); err != nil {
		return nil, fmt.Errorf("set use_cast in the BPF object: %w", err)
	}
	if err := one.Variables["use_walk"].Set(boolVar(!rarelyWalks[a.Hook.Program])); err != nil {
		return nil, fmt.Errorf("set use_walk in the BPF object: %w", err)
	}
	if ask.distrust {
		bpf.Distrust(one, types)
	}
	began := time.Now()
	c, err := ebpf.NewCollectionWithOptions(one, ebpf.CollectionOptions{
		MapReplacements: k.maps, Cache: k.types, Programs: ebpf.ProgramOptions{KernelTypes: types},
	})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	k.steps.verified(name, c.Programs[name], began)
	return c.DetachProgram(name), nil
}

// programTypes are what the programs of a hook are to the kernel; those not
// here are as the object says.
var programTypes = map[format.HookType]struct {
	program ebpf.ProgramType
	attach  ebpf.AttachType
}{
	format.HookLSM:    {ebpf.LSM, ebpf.AttachLSMMac},
	format.HookFentry: {ebpf.Tracing, ebpf.AttachTraceFEntry},
	format.HookKprobe: {ebpf.Kprobe, ebpf.AttachNone},
	format.HookTPBTF:  {ebpf.Tracing, ebpf.AttachTraceRawTp},
}

// haveFunction says whether the kernel has a function that programs may call.
func haveFunction(kernel *btf.Spec, name string) bool {
	var f *btf.Func
	return kernel.TypeByName(name, &f) == nil
}

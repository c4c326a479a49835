//go:build linux

package recorder

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"strings"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/bpf"
	"github.com/tracerec/tracerec/format"
)

// kernel is the only part of the recorder that touches the running kernel's
// BPF: maps, programs and links.
type kernel struct {
	spec       *ebpf.CollectionSpec
	maps       map[string]*ebpf.Map
	links      []link.Link
	scan       sync.Mutex // iterators run, or are closed
	iters      map[string]*link.Iter
	features   Features
	modeOffset uint32 // of the mode in a task's state

	steps *phases // of the beginning

	types *btf.Cache // of the running kernel: parsed once, not once for each program

	loading  sync.Mutex // for what follows: programs are loaded side by side
	loads    map[string]loaded
	quiet    bool // programs ask not to be preempted
	cast     bool // the kernel lets programs read memory as any type
	distrust bool // programs read the current task as one that is not trusted
	refused  map[format.HookType]bool
}

// loaded is what became of loading a program.
type loaded struct {
	program *ebpf.Program
	err     error
}

type kernelConfig struct {
	steps       *phases  // nil for not
	parsing     *parsing // nil: begins now
	features    Features
	ringWitness int // bytes, a power of two
	ringPlain   int
	wakeup      uint64
	critical    bool // wake the reader for each witness and each change of a process
	scope       *kernelScope
	record      *format.Selection // which syscalls are recorded
	watch       format.Watch      // which changes of a task are events
	env         bool              // environments of execve are arguments
}

// reserved is which part of the witness lane is kept for processes and hooks:
// calls with compared arguments are refused, and counted as lost, when it is
// all that is left.
const reserved = 4

// parsing reads the BPF object and the kernel's types, side by side.
type parsing struct {
	spec  *ebpf.CollectionSpec
	types *btf.Cache
	both  sync.WaitGroup
	errs  [2]error
}

func parse() *parsing {
	p := &parsing{types: btf.NewCache()}
	p.both.Go(func() { p.spec, p.errs[0] = bpf.Spec() })
	p.both.Go(func() {
		if _, err := p.types.Kernel(); err != nil {
			p.errs[1] = fmt.Errorf("read the kernel's type information: %w", err)
		}
	})
	return p
}

func (p *parsing) wait() (*ebpf.CollectionSpec, *btf.Cache, error) {
	p.both.Wait()
	return p.spec, p.types, errors.Join(p.errs[:]...)
}

func newKernel(cfg kernelConfig) (*kernel, error) {
	if cfg.parsing == nil {
		cfg.parsing = parse()
	}
	spec, cache, err := cfg.parsing.wait()
	if err != nil {
		return nil, err
	}
	k := &kernel{steps: cfg.steps, maps: make(map[string]*ebpf.Map), iters: make(map[string]*link.Iter), loads: make(map[string]loaded), refused: make(map[format.HookType]bool), types: cache, features: cfg.features}
	k.spec = spec
	types, _ := k.types.Kernel()
	k.quiet, k.distrust = haveFunction(types, "bpf_preempt_disable"), true
	k.cast = haveFunction(types, "bpf_rdonly_cast") && !withoutCast
	bpf.Fit(spec, bpf.Kernel{Callbacks: cfg.features.FindVMA, Atomics: cfg.features.Exchange, Preempt: k.quiet, Cast: k.cast})
	vars := map[string]any{
		"use_task_storage": boolVar(cfg.features.TaskStorage), "have_find_vma": boolVar(cfg.features.FindVMA),
		"recorder_tgid": uint32(os.Getpid()), "wakeup_bytes": cfg.wakeup,
		"reserve_bytes": uint64(cfg.ringWitness - cfg.ringWitness/reserved), "wakeup_critical": boolVar(cfg.critical),
	}
	maps.Copy(vars, cfg.scope.variables(uint64(clockNow().Boottime), rand.Uint64()))
	for name, value := range vars {
		if err := spec.Variables[name].Set(value); err != nil {
			return nil, fmt.Errorf("set %s in the BPF object: %w", name, err)
		}
	}
	spec.Maps["ring_witness"].MaxEntries = uint32(cfg.ringWitness)
	spec.Maps["ring_plain"].MaxEntries = uint32(cfg.ringPlain)
	if !cfg.features.TaskStorage {
		// Never looked up then, but every map must exist.
		spec.Maps["tasks"].Type, spec.Maps["tasks"].Flags, spec.Maps["tasks"].MaxEntries = ebpf.Hash, 0, 1
	} else {
		spec.Maps["tasks_hash"].MaxEntries = 1
	}
	for name, m := range spec.Maps {
		if strings.HasPrefix(name, ".") {
			continue // constants and globals: no two programs share one
		}
		if k.maps[name], err = ebpf.NewMap(m); err != nil {
			k.close()
			return nil, explainMap(name, err)
		}
	}
	if err := k.planSyscalls(cfg); err != nil {
		k.close()
		return nil, err
	}
	if err := cfg.scope.fill(k); err != nil {
		k.close()
		return nil, err
	}
	return k, nil
}

func boolVar(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

func explainMap(name string, err error) error {
	if errors.Is(err, unix.EPERM) {
		return fmt.Errorf("%w: the kernel refused to create the BPF map %s: CAP_BPF is missing, or locked memory is too low (ulimit -l) on a kernel before 5.11", ErrCannotRecord, name)
	}
	return fmt.Errorf("create the BPF map %s: %w", name, err)
}

// attach loads and attaches one hook. Iterators are only made ready.
func (k *kernel) attach(a Attachment) (link.Link, error) {
	h := a.Hook
	p, err := k.load(a)
	if err != nil {
		return nil, err
	}
	var l link.Link
	switch h.Type {
	case format.HookLSM:
		l, err = link.AttachLSM(link.LSMOptions{Program: p})
	case format.HookFentry, format.HookTPBTF:
		l, err = link.AttachTracing(link.TracingOptions{Program: p})
	case format.HookRawTP:
		l, err = link.AttachRawTracepoint(link.RawTracepointOptions{Name: h.Target, Program: p})
	case format.HookKprobe:
		l, err = link.Kprobe(h.Target, p, nil)
	case format.HookCgroup:
		l, err = link.AttachCgroup(link.CgroupOptions{Path: k.features.Cgroup2, Attach: cgroupAttach[h.Target], Program: p})
	case format.HookIter:
		var it *link.Iter
		if it, err = link.AttachIter(link.IterOptions{Program: p}); err == nil {
			k.iters[h.Program] = it
			l = it
		}
	}
	if err != nil {
		return nil, err
	}
	k.links = append(k.links, l)
	return l, nil
}

var cgroupAttach = map[string]ebpf.AttachType{
	"connect4": ebpf.AttachCGroupInet4Connect, "connect6": ebpf.AttachCGroupInet6Connect,
	"bind4": ebpf.AttachCGroupInet4Bind, "bind6": ebpf.AttachCGroupInet6Bind,
	"sendmsg4": ebpf.AttachCGroupUDP4Sendmsg, "sendmsg6": ebpf.AttachCGroupUDP6Sendmsg,
}

// iterate runs an iterator program over all tasks once.
func (k *kernel) iterate(program string) error {
	k.scan.Lock()
	defer k.scan.Unlock()
	it := k.iters[program]
	if it == nil {
		return fmt.Errorf("iterator %s is not attached", program)
	}
	r, err := it.Open()
	if err != nil {
		return fmt.Errorf("run the iterator %s: %w", program, err)
	}
	defer r.Close()
	var buf [4096]byte
	for {
		if n, err := r.Read(buf[:]); n == 0 || err != nil {
			return nil
		}
	}
}

// Modes of a task's state, as in bpf/c/state.h.
const (
	modeRecord   = 0
	modeArmed    = 1
	modeSelfTest = 2
)

// mark gives the process behind pidfd a state, so that it is recorded as mode says.
func (k *kernel) mark(pid, pidfd int, mode uint32) error {
	if !k.features.TaskStorage {
		// The task takes it on at its next syscall; see take_mark in bpf/c/state.h.
		if err := k.maps["marks"].Put(uint32(pid), mode); err != nil {
			return fmt.Errorf("mark process %d for recording: %w", pid, err)
		}
		return nil
	}
	value := make([]byte, k.maps["tasks"].ValueSize())
	offset := k.modeOffset
	if k.spec != nil {
		var err error
		if offset, err = k.memberOffset("mode"); err != nil {
			return err
		}
	}
	value[offset] = byte(mode)
	if err := k.maps["tasks"].Put(int32(pidfd), value); err != nil {
		return fmt.Errorf("mark process %d for recording: %w", pid, err)
	}
	return nil
}

// forget gives the memory back that loading needed: the types of the kernel
// and of the programs.
func (k *kernel) forget() {
	k.modeOffset, _ = k.memberOffset("mode")
	k.types, k.spec = nil, nil
}

func (k *kernel) memberOffset(name string) (uint32, error) {
	s, ok := btf.UnderlyingType(k.spec.Maps["tasks"].Value).(*btf.Struct)
	if ok {
		for _, m := range s.Members {
			if m.Name == name {
				return m.Offset.Bytes(), nil
			}
		}
	}
	return 0, fmt.Errorf("struct task_state in the BPF object has no member %s", name)
}

// hits reads the self-test's counters.
func (k *kernel) hits(n int) []uint64 {
	out := make([]uint64, n)
	for i := range out {
		k.maps["hits"].Lookup(uint32(i), &out[i])
	}
	return out
}

func (k *kernel) detach() {
	k.scan.Lock()
	defer k.scan.Unlock()
	for _, l := range k.links {
		l.Close()
	}
	k.links = nil
	clear(k.iters)
}

func (k *kernel) close() {
	k.detach()
	for _, l := range k.loads {
		l.program.Close()
	}
	for _, m := range k.maps {
		m.Close()
	}
}

// misses sums the runs that the kernel skipped because a program was already
// running on that cpu: what it would have seen is not in the trace. Those of
// kmem_cache_free and kfree do not count: they run with preemption off, so only
// an interrupt can run them again, and no interrupt frees a task's copy.
func (k *kernel) misses() map[string]uint64 {
	missed := make(map[string]uint64)
	for name, l := range k.loads {
		if l.program == nil || strings.HasPrefix(name, "kmem_cache_free") || name == "heap_free" {
			continue
		}
		if stats, err := l.program.Stats(); err == nil && stats.RecursionMisses > 0 {
			missed[name] = stats.RecursionMisses
			if spare := k.loads[name+"_spare"].program; spare != nil {
				// missed is who found both occupied: no more than found the spare so
				if s, err := spare.Stats(); err == nil {
					missed[name] = min(missed[name], s.RecursionMisses)
				}
			}
			if missed[name] == 0 || strings.HasSuffix(name, "_spare") {
				delete(missed, name)
			}
		}
	}
	return missed
}

// explainLoad shortens a loader's error to one line for the manifest. Hooks are tried once
// CAP_BPF and CAP_PERFMON are there, which is all that lsm and fentry need: that they are
// refused is the kernel's own doing. Cgroup programs need CAP_NET_ADMIN too.
func explainLoad(err error, rung format.Rung) (format.WitnessState, string) {
	var ve *ebpf.VerifierError
	switch {
	case errors.Is(err, unix.EPERM) && rung&(format.RungLSM|format.RungFentry) != 0:
		return format.WitnessRefused, "the kernel refuses this program type, whatever the privileges (EPERM)"
	case errors.Is(err, unix.EPERM):
		return format.WitnessRefused, "the kernel refuses this program type (EPERM)"
	case errors.Is(err, btf.ErrNotFound), errors.Is(err, ebpf.ErrNotSupported), errors.Is(err, os.ErrNotExist):
		return format.WitnessMissing, "the kernel does not have this hook: " + firstLine(err)
	case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.EBUSY):
		return format.WitnessRefused, firstLine(err)
	case errors.As(err, &ve):
		return format.WitnessRefused, "the verifier rejects it: " + firstLine(err)
	}
	return format.WitnessRefused, firstLine(err)
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	if len(line) > 200 {
		line = line[:200] + "…"
	}
	return line
}

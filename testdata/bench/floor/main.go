// Command floor measures what no recorder that uses the syscall tracepoints and a
// ring can avoid: how much longer a command's calls take with programs that do next
// to nothing.
//
//	floor CALLS ROUNDS CMD ARGS...   CMD makes CALLS system calls
//
// It prints the CPU time of CMD per call, in ns: bare, and what each kind of program
// adds, as the lowest and the median of ROUNDS rounds in which they take turns. The
// programs run for the whole machine, and see and keep nothing: the ring's records
// are zeros, and are given back unread.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

const recordSize = 80 // of a call in brief with three arguments

// use is what is attached in a turn: by tracepoint, what its program does.
type use struct {
	name string
	at   map[string][]part
}

type part int

const (
	clock part = iota
	state
	record
)

var uses = []use{
	{"empty on sys_enter and sys_exit", map[string][]part{"sys_enter": nil, "sys_exit": nil}},
	{"and on kmem_cache_free", map[string][]part{"sys_enter": nil, "sys_exit": nil, "kmem_cache_free": nil}},
	{"sys_enter and sys_exit: the clock", map[string][]part{"sys_enter": {clock}, "sys_exit": {clock}}},
	{"the same: task storage", map[string][]part{"sys_enter": {state}, "sys_exit": {state}}},
	{fmt.Sprintf("sys_exit: a record of %d bytes, sys_enter empty", recordSize), map[string][]part{"sys_enter": nil, "sys_exit": {record}}},
	{"all of it", map[string][]part{"sys_enter": {clock, state}, "sys_exit": {clock, state, record}, "kmem_cache_free": nil}},
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 3 {
		return fmt.Errorf("usage: floor CALLS ROUNDS CMD ARGS...")
	}
	calls, err1 := strconv.Atoi(args[0])
	rounds, err2 := strconv.Atoi(args[1])
	if err1 != nil || err2 != nil || calls < 1 || rounds < 1 {
		return fmt.Errorf("%s calls in %s rounds: want two numbers", args[0], args[1])
	}
	number := &btf.Int{Name: "u64", Size: 8}
	storage, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.TaskStorage, Flags: unix.BPF_F_NO_PREALLOC, KeySize: 4, ValueSize: 8, Key: &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}, Value: number})
	if err != nil {
		return err
	}
	ring, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.RingBuf, MaxEntries: 1 << 23})
	if err != nil {
		return err
	}
	if err := giveBack(ring); err != nil {
		return err
	}
	var bare []float64
	added := make([][]float64, len(uses))
	for range rounds {
		t, err := cpu(calls, args[2:])
		if err != nil {
			return err
		}
		bare = append(bare, t)
		for i, u := range uses {
			detach, err := u.attach(storage, ring)
			if err != nil {
				return fmt.Errorf("%s: %w", u.name, err)
			}
			with, err := cpu(calls, args[2:])
			detach()
			if err != nil {
				return err
			}
			added[i] = append(added[i], with)
		}
	}
	low := func(v []float64) float64 { return slices.Min(v) }
	mid := func(v []float64) float64 {
		s := slices.Sorted(slices.Values(v))
		return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
	}
	fmt.Printf("| bare | %.0f | %.0f |\n", low(bare), mid(bare))
	for i, u := range uses {
		fmt.Printf("| %s | + %.0f | + %.0f |\n", u.name, low(added[i])-low(bare), mid(added[i])-mid(bare))
	}
	return nil
}

// cpu runs the command and returns its CPU time per call, in ns.
func cpu(calls int, args []string) (float64, error) {
	cmd := exec.Command(args[0], args[1:]...)
	if err := cmd.Run(); err != nil {
		return 0, err
	}
	return float64(cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()) / float64(calls), nil
}

func (u use) attach(storage, ring *ebpf.Map) (detach func(), err error) {
	var links []link.Link
	detach = func() {
		for _, l := range links {
			l.Close()
		}
	}
	for tracepoint, parts := range u.at {
		p, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.RawTracepoint, License: "GPL", Instructions: program(parts, storage, ring)})
		if err != nil {
			detach()
			return nil, err
		}
		l, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: tracepoint, Program: p})
		p.Close()
		if err != nil {
			detach()
			return nil, err
		}
		links = append(links, l)
	}
	return detach, nil
}

func program(parts []part, storage, ring *ebpf.Map) (in asm.Instructions) {
	for _, p := range parts {
		switch p {
		case clock:
			in = append(in, asm.FnKtimeGetBootNs.Call())
		case state:
			in = append(in, asm.FnGetCurrentTaskBtf.Call(), asm.Mov.Reg(asm.R2, asm.R0), asm.LoadMapPtr(asm.R1, storage.FD()),
				asm.Mov.Imm(asm.R3, 0), asm.Mov.Imm(asm.R4, 0), asm.FnTaskStorageGet.Call())
		case record:
			in = append(in, asm.Mov.Imm(asm.R1, 0))
			for at := int16(-recordSize); at < 0; at += 8 {
				in = append(in, asm.StoreMem(asm.RFP, at, asm.R1, asm.DWord))
			}
			in = append(in, asm.LoadMapPtr(asm.R1, ring.FD()), asm.Mov.Reg(asm.R2, asm.RFP), asm.Add.Imm(asm.R2, -recordSize),
				asm.Mov.Imm(asm.R3, recordSize), asm.Mov.Imm(asm.R4, 1 /* BPF_RB_NO_WAKEUP */), asm.FnRingbufOutput.Call())
		}
	}
	return append(in, asm.Mov.Imm(asm.R0, 0), asm.Return())
}

// giveBack says every few milliseconds that all records were read.
func giveBack(ring *ebpf.Map) error {
	page := os.Getpagesize()
	consumer, err := unix.Mmap(ring.FD(), 0, page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	producer, err := unix.Mmap(ring.FD(), int64(page), page, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	go func() {
		for {
			atomic.StoreUint64((*uint64)(unsafe.Pointer(&consumer[0])), atomic.LoadUint64((*uint64)(unsafe.Pointer(&producer[0]))))
			time.Sleep(5 * time.Millisecond)
		}
	}()
	return nil
}

//go:build linux

package recorder

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/features"
	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/bpf"
)

const btfPath = "/sys/kernel/btf/vmlinux"

// ProbeFeatures asks the running kernel and this process' privileges.
func ProbeFeatures() Features {
	var f Features
	var uts unix.Utsname
	if unix.Uname(&uts) == nil {
		f.Release = unix.ByteSliceToString(uts.Release[:])
	}
	// Only before 5.11 does locked memory limit BPF; where it cannot be raised
	// and matters, creating the maps fails with its own message.
	unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY})
	_, err := os.Stat(btfPath)
	f.BTF = err == nil
	f.MissingCaps = missingCaps()
	// Without privileges the probes cannot tell; recording then fails anyway.
	f.TaskStorage = haveTaskStorage()
	f.FindVMA = !errors.Is(features.HaveProgramHelper(ebpf.RawTracepoint, asm.FnFindVma), ebpf.ErrNotSupported)
	f.Exchange = haveExchange()
	f.Kprobes = haveKprobes()
	f.LSMList = activeLSMs()
	f.Cgroup2 = cgroup2Mount()
	f.Lockdown = lockdown()
	if f.Lockdown == "" { // unreadable without securityfs: by what it refuses
		// The older helper, which amd64 and arm64 have on every kernel: where
		// the newer is refused the loader puts the older in its place.
		f.NoKernelReads = errors.Is(features.HaveProgramHelper(ebpf.RawTracepoint, asm.FnProbeRead), ebpf.ErrNotSupported)
	}
	return f
}

// The capabilities that recording needs: CAP_BPF to load, CAP_PERFMON to read
// kernel memory, CAP_NET_ADMIN for cgroup programs. CAP_SYS_ADMIN has all.
var neededCaps = []struct {
	name string
	bit  uint
}{{"CAP_BPF", unix.CAP_BPF}, {"CAP_PERFMON", unix.CAP_PERFMON}}

func missingCaps() []string {
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&hdr, &data[0]); err != nil {
		return nil
	}
	has := func(bit uint) bool { return data[bit/32].Effective&(1<<(bit%32)) != 0 }
	if has(unix.CAP_SYS_ADMIN) {
		return nil
	}
	var missing []string
	for _, c := range neededCaps {
		if !has(c.bit) {
			missing = append(missing, c.name)
		}
	}
	return missing
}

// haveTaskStorage asks for a task's storage that is too large: a kernel that has such
// maps says so before it makes one. To make one and have it freed, as package
// features does, is to wait for grace periods of RCU (bpf_local_storage_map_free):
// 20 ms, and 150 while programs of this process keep the processors busy.
func haveTaskStorage() bool {
	integer := &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}
	m, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.TaskStorage, Flags: unix.BPF_F_NO_PREALLOC, KeySize: 4, ValueSize: 1 << 20, Key: integer, Value: integer})
	if err == nil {
		m.Close()
	}
	return err == nil || errors.Is(err, unix.E2BIG) || errors.Is(err, unix.EPERM)
}

// haveExchange tries an atomic exchange.
func haveExchange() bool {
	p, err := ebpf.NewProgram(bpf.ExchangeProbe())
	if err != nil {
		return false
	}
	p.Close()
	return true
}

// haveKprobes tells by the perf event source, which is there with CONFIG_KPROBE_EVENTS.
func haveKprobes() bool {
	_, err := os.Stat("/sys/bus/event_source/devices/kprobe/type")
	return err == nil
}

// activeLSMs reads the list in securityfs; nil when securityfs is not mounted.
func activeLSMs() []string {
	b, err := os.ReadFile("/sys/kernel/security/lsm")
	if err != nil || len(b) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSpace(string(b)), ",")
}

func lockdown() string {
	b, _ := os.ReadFile("/sys/kernel/security/lockdown")
	_, mode, _ := strings.Cut(string(b), "[")
	mode, _, _ = strings.Cut(mode, "]")
	return mode
}

func cgroup2Mount() string {
	f, err := os.Open("/proc/self/mounts")
	if err != nil {
		return ""
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		fields := strings.Fields(sc.Text())
		if len(fields) > 2 && fields[2] == "cgroup2" {
			return fields[1]
		}
	}
	return ""
}

// ErrCannotRecord is what Record fails with, wrapped, when this machine or
// these privileges do not allow recording at all.
var ErrCannotRecord = errors.New("cannot record here")

// refusedByLockdown is what security_locked_down refuses above
// LOCKDOWN_INTEGRITY_MAX of what recording needs (include/linux/security.h).
const refusedByLockdown = "the kernel refuses BPF programs the helpers that read its memory (bpf_probe_read_kernel), and everybody kprobes, perf events and tracefs"

func (f Features) confidential() bool { return f.Lockdown == "confidentiality" || f.NoKernelReads }

// check says in one line what is missing to record at all, and how to get it.
func (f Features) check() error {
	switch {
	case len(f.MissingCaps) > 0:
		return fmt.Errorf("%w: %s missing: run as root, or give the binary the capabilities with setcap", ErrCannotRecord, strings.Join(f.MissingCaps, " and "))
	case !f.BTF:
		return fmt.Errorf("%w: the kernel has no type information (%s): use a kernel built with CONFIG_DEBUG_INFO_BTF", ErrCannotRecord, btfPath)
	case f.confidential():
		return fmt.Errorf("%w: kernel lockdown is in confidentiality mode: %s; boot with lockdown=integrity", ErrCannotRecord, refusedByLockdown)
	}
	if err := features.HaveMapType(ebpf.RingBuf); err != nil {
		return fmt.Errorf("%w: BPF ring buffers are not to be had (5.8 or later, with the bpf syscall allowed): %v", ErrCannotRecord, err)
	}
	return nil
}

//go:build linux

package recorder

import (
	"errors"
	"testing"

	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
)

// The kernel walks every path through a program before a recording begins, and
// gives up after a million steps. One branch in the wrong place has multiplied
// them by five: half a second more until the command runs.
func TestProgramsAreQuicklyVerified(t *testing.T) {
	f := ProbeFeatures()
	if err := f.check(); err != nil {
		t.Skip(err)
	}
	k, err := newKernel(kernelConfig{features: f, ringWitness: 1 << 20, ringPlain: 1 << 20, scope: &kernelScope{only: 0xfe, not: 0xfe, failed: true}})
	if err != nil {
		t.Fatal(err)
	}
	defer k.close()
	const most = 60_000 // with conditions of every kind; without them sys_exit has a third less
	loaded := 0
	for _, a := range planFor(format.Events, f, 0, 1<<scopeCgroup|1<<scopeComm, every(t)).Attachments {
		if a.Skip != "" {
			continue
		}
		p, err := k.load(a)
		if err != nil {
			if a.Needed && !errors.Is(err, unix.EPERM) {
				t.Errorf("%s: %v", a.Hook.Program, err)
			}
			continue
		}
		loaded++
		info, err := p.Info()
		if err != nil {
			t.Fatal(err)
		}
		n, ok := info.VerifiedInstructions()
		if !ok {
			t.Skip("the kernel does not say how many instructions it verified (5.16 and later do)")
		}
		if n > most {
			t.Errorf("%s: %d instructions verified, want at most %d", a.Hook.Program, n, most)
		}
	}
	var cast *btf.Func
	if types, err := k.types.Kernel(); err == nil && types.TypeByName("bpf_rdonly_cast", &cast) == nil && !k.distrust {
		t.Error("the verifier refuses a program that reads its task without trust: it was loaded the slow way")
	}
	if loaded < 10 {
		t.Errorf("only %d programs could be loaded", loaded)
	}
}

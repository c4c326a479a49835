//go:build linux

package matrix

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// arch is what differs between the architectures of guests.
type arch struct {
	qemu    string   // emulator
	debian  string   // the package that it is in
	cc      string   // C compiler, native or cross
	machine []string // emulated
	console string   // tty of the first serial port
	append  string   // to the kernel's command line
	wire    []string // device of the second serial port; wire.Port is its tty
}

// Under emulation the TSC cannot be trusted ("tsc=reliable" made the guest's
// clock jump) and the timer check only costs time. The virt machine has one
// serial port of its own, so the second is on the PCI bus.
var arches = map[string]arch{
	"amd64": {
		qemu: "qemu-system-x86_64", debian: "qemu-system-x86", cc: "x86_64-linux-gnu-gcc",
		machine: []string{"-machine", "q35", "-cpu", "max"},
		console: "ttyS0", append: "tsc=unstable no_timer_check",
		wire: []string{"-serial", "chardev:wire"},
	},
	"arm64": {
		qemu: "qemu-system-aarch64", debian: "qemu-system-arm", cc: "aarch64-linux-gnu-gcc",
		machine: []string{"-machine", "virt,gic-version=3", "-cpu", "neoverse-n1"},
		console: "ttyAMA0",
		wire:    []string{"-device", "pci-serial,chardev=wire"},
	},
}

// Arches are the architectures of guests.
func Arches() []string { return slices.Sorted(maps.Keys(arches)) }

// Compiler is the C compiler for guests of an architecture.
func Compiler(name string) string { return arches[name].cc }

func findArch(name string) (arch, error) {
	if a, ok := arches[name]; ok {
		return a, nil
	}
	return arch{}, fmt.Errorf("architecture %q: not in the matrix, which has %s", name, strings.Join(Arches(), ", "))
}

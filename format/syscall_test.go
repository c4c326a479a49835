package format

import (
	"bufio"
	"bytes"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/elastic/go-seccomp-bpf/arch"
)

var abiNames = map[ABI]string{ABIAMD64: "x86_64", ABIIA32: "i386", ABIX32: "x32", ABIARM64: "arm64", ABIARM32: "arm"}

// named is what a table of somebody else calls the numbers of an ABI.
type named map[int]string

// later are the numbers since Linux 6.16, which no other table here knows.
var later = []int{336, 468, 469, 470, 471}

// compare reports where the table differs from theirs. known are numbers that
// the other table has wrong or by another name, with the reason in the test.
// newest is the last number that it can know.
func compare(t *testing.T, abi ABI, source string, theirs named, known named, newest int) {
	t.Helper()
	for nr, name := range theirs {
		ours := ""
		if row := SyscallOf(abi, int32(nr)); row != nil {
			ours = row.Name
		}
		if ours != name && known[nr] != name {
			t.Errorf("%s %d is %q, %s says %q", abiNames[abi], nr, ours, source, name)
		}
	}
	for i := range Syscalls {
		nr := int(Syscalls[i].NR[abi])
		if nr >= 0 && nr <= newest && theirs[nr] == "" && !slices.Contains(later, nr) {
			t.Errorf("%s %d is %q, %s has no such number", abiNames[abi], nr, Syscalls[i].Name, source)
		}
	}
}

// go-seccomp-bpf makes its tables from the kernel's, of Linux 6.15.
func TestSyscallsAgreeWithSeccompTables(t *testing.T) {
	known := map[ABI]named{
		// asm-generic calls it so before the preprocessor is done; number 244 begins a range, and is no call.
		ABIARM64: {79: "fstatat", 244: "arch_specific_syscall"},
		ABIX32:   {},
	}
	for abi, info := range map[ABI]*arch.Info{
		ABIAMD64: arch.X86_64, ABIIA32: arch.I386, ABIX32: arch.X32, ABIARM64: arch.AARCH64, ABIARM32: arch.ARM,
	} {
		theirs := named{}
		for nr, name := range info.SyscallNumbers {
			if nr &^= info.SeccompMask; nr < MaxSyscall { // above it are only the private calls of arm
				theirs[nr] = name
			}
		}
		if abi == ABIX32 {
			// Their table of x32 holds also the numbers of calls that x32 has under others, or not at all.
			for nr, name := range theirs {
				if row := SyscallOf(ABIAMD64, int32(nr)); row != nil && row.Name == name && row.NR[ABIX32] != int16(nr) {
					known[abi][nr] = name
				}
			}
		}
		if len(theirs) < 300 {
			t.Errorf("%s: only %d numbers", abiNames[abi], len(theirs))
		}
		compare(t, abi, "go-seccomp-bpf", theirs, known[abi], slices.Max(slices.Collect(maps.Keys(theirs))))
	}
	if n := len(known[ABIX32]); n != 47 {
		t.Errorf("%d numbers of x86_64 that x32 does not have, want 47", n)
	}
}

// The C library's own headers, where there are some.
func TestSyscallsAgreeWithHeaders(t *testing.T) {
	define := regexp.MustCompile(`^#define __NR_(\w+) (?:\(__X32_SYSCALL_BIT \+ )?(\d+)\)?$`)
	for file, abi := range map[string]ABI{
		"/usr/include/x86_64-linux-gnu/asm/unistd_64.h": ABIAMD64, "/usr/include/x86_64-linux-gnu/asm/unistd_32.h": ABIIA32,
		"/usr/include/x86_64-linux-gnu/asm/unistd_x32.h": ABIX32, "/usr/arm-linux-gnueabihf/include/asm/unistd-common.h": ABIARM32,
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Logf("not compared: %v", err)
			continue
		}
		theirs := named{}
		for line := range strings.Lines(string(text)) {
			if m := define.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
				nr, _ := strconv.Atoi(m[2])
				theirs[nr] = m[1]
			}
		}
		if len(theirs) < 300 {
			t.Errorf("%s: only %d definitions", file, len(theirs))
		}
		// x32 counts on from 512; what is newer than the header lies between.
		newest := 0
		for nr := range theirs {
			if nr < 512 {
				newest = max(newest, nr)
			}
		}
		known := named{}
		if abi == ABIAMD64 || abi == ABIX32 {
			if theirs[335] == "" {
				theirs[335] = "uretprobe" // may be newer than the header, but is numbered into a gap
			}
		}
		if abi == ABIARM32 {
			known[341] = "sync_file_range2" // the same number by two names
		}
		compare(t, abi, file, theirs, known, newest)
	}
}

func TestSyscallsAgreeWithAusyscall(t *testing.T) {
	if _, err := exec.LookPath("ausyscall"); err != nil {
		t.Skip("no ausyscall: install the package auditd")
	}
	for machine, abi := range map[string]ABI{"x86_64": ABIAMD64, "i386": ABIIA32, "aarch64": ABIARM64, "arm": ABIARM32} {
		out, err := exec.Command("ausyscall", machine, "--dump").Output()
		if err != nil {
			t.Errorf("ausyscall %s --dump: %v", machine, err)
			continue
		}
		theirs := named{}
		for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
			number, name, _ := strings.Cut(lines.Text(), "\t")
			if nr, err := strconv.Atoi(number); err == nil && nr < MaxSyscall {
				theirs[nr] = name
			}
		}
		if len(theirs) < 250 {
			t.Errorf("%s: only %d numbers", machine, len(theirs))
		}
		known := named{}
		if abi == ABIARM32 {
			// It lists calls of the old arm ABI, which no kernel for armhf has, and some by their kernel function.
			known = named{
				13: "time", 22: "umount", 25: "stime", 27: "alarm", 30: "utime", 76: "getrlimit", 82: "select", 89: "readdir", 90: "mmap",
				102: "socketcall", 113: "syscall", 117: "ipc", 140: "llseek", 142: "newselect", 149: "sysctl",
				341: "sync_file_range", 423: "sched_rr_get_interval64",
			}
		}
		compare(t, abi, "ausyscall", theirs, known, -1)
	}
}

// No number has two rows, and rows of one name share no ABI.
func TestSyscallNumbersAreUnique(t *testing.T) {
	numbers, names := map[[2]int]string{}, map[string]int{}
	for i := range Syscalls {
		s := &Syscalls[i]
		if s.Through != nil {
			continue // see TestThrough
		}
		has := 0
		for abi := ABIAMD64; abi <= ABIARM32; abi++ {
			if !s.Has(abi) {
				continue
			}
			has++
			key := [2]int{int(abi), int(s.NR[abi])}
			if other, twice := numbers[key]; twice {
				t.Errorf("%s %d is %s and %s", abiNames[abi], key[1], other, s.Name)
			}
			numbers[key] = s.Name
			if names[s.Name]&(1<<abi) != 0 {
				t.Errorf("%s has two rows for %s", s.Name, abiNames[abi])
			}
			names[s.Name] |= 1 << abi
		}
		if has == 0 {
			t.Errorf("%s has no number", s.Name)
		}
	}
	if len(numbers) < 1991 || len(names) < 479 {
		t.Errorf("only %d numbers of %d calls", len(numbers), len(names))
	}
	t.Logf("%d rows, %d names, %d numbers", len(Syscalls), len(names), len(numbers))
}

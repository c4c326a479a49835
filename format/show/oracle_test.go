//go:build linux

package show

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
)

// The C library's own headers name every call that they know as we do.
func TestSyscallNamesHeaders(t *testing.T) {
	define := regexp.MustCompile(`^#define __NR_(\w+) (?:\(__X32_SYSCALL_BIT \+ )?(\d+)\)?$`)
	for file, abi := range map[string]format.ABI{
		"unistd_64.h": format.ABIAMD64, "unistd_32.h": format.ABIIA32, "unistd_x32.h": format.ABIX32,
	} {
		text, err := os.ReadFile("/usr/include/x86_64-linux-gnu/asm/" + file)
		if err != nil {
			t.Logf("not compared: %v", err)
			continue
		}
		seen := 0
		for line := range strings.Lines(string(text)) {
			m := define.FindStringSubmatch(strings.TrimSpace(line))
			if m == nil {
				continue
			}
			nr, _ := strconv.Atoi(m[2])
			if got := Syscall(abi, int32(nr)); got != m[1] {
				t.Errorf("%s %d is %s, the header says %s", ABI(abi), nr, got, m[1])
			}
			seen++
		}
		if seen < 300 {
			t.Errorf("%s: only %d definitions", file, seen)
		}
	}
}

func TestSyscallNamesAusyscall(t *testing.T) {
	for machine, abi := range map[string]format.ABI{
		"x86_64": format.ABIAMD64, "i386": format.ABIIA32, "aarch64": format.ABIARM64, "arm": format.ABIARM32,
	} {
		out, err := exec.Command("ausyscall", machine, "--dump").Output()
		if err != nil {
			t.Skipf("ausyscall --dump: %v", err)
		}
		for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
			number, name, _ := strings.Cut(lines.Text(), "\t")
			nr, err := strconv.Atoi(number)
			if err != nil {
				continue
			}
			if got := Syscall(abi, int32(nr)); got != name {
				t.Errorf("%s %d is %s, ausyscall says %s", machine, nr, got, name)
			}
		}
	}
}

// The event table and the number tables must mean the same call.
func TestSyscallTable(t *testing.T) {
	seen := 0
	for _, row := range format.Syscalls {
		for abi := format.ABIAMD64; abi <= format.ABIARM32; abi++ {
			if nr := row.NR[abi]; nr >= 0 {
				if got := Syscall(abi, int32(nr)); got != row.Name {
					t.Errorf("%s %d is %s, format.Syscalls says %s", ABI(abi), nr, got, row.Name)
				}
				seen++
			}
		}
	}
	if seen < 5*len(format.Syscalls)-4 {
		t.Errorf("only %d numbers compared", seen)
	}
}

func TestErrnoNames(t *testing.T) {
	seen := 0
	for n := range 134 {
		want := unix.ErrnoName(unix.Errno(n))
		if n == 0 || want == "" {
			continue
		}
		if got := Errno(int64(n)); got != want && !(n == 95 && got == "EOPNOTSUPP") && !(n == 117 && got == "EUCLEAN") {
			t.Errorf("errno %d is %s, x/sys says %s", n, got, want)
		}
		seen++
	}
	if seen != 131 {
		t.Errorf("compared %d errors, want 131", seen)
	}
	for n := 1; n < 32; n++ {
		if got, want := Signal(n), unix.SignalName(unix.Signal(n)); got != want {
			t.Errorf("signal %d is %s, x/sys says %s", n, got, want)
		}
	}
}

// Every signature names a call that exists, and each word a kind.
func TestSignatures(t *testing.T) {
	seen := 0
	for _, text := range strings.FieldsFunc(signatureText, func(r rune) bool { return r == '|' || r == '\n' }) {
		words := strings.Fields(text)
		known := false
		for abi := format.ABIAMD64; abi <= format.ABIARM32; abi++ {
			_, ok := SyscallNR(abi, words[0])
			known = known || ok
		}
		if !known {
			t.Errorf("no table has a call %s", words[0])
		}
		for _, w := range words[1:] {
			if _, ok := signatureKinds[w]; !ok {
				t.Errorf("%s: unknown word %s", words[0], w)
			}
		}
		if len(words) > 7 {
			t.Errorf("%s has %d arguments", words[0], len(words)-1)
		}
		seen++
	}
	if seen < 250 {
		t.Errorf("only %d signatures", seen)
	}
}

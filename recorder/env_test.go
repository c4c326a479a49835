//go:build linux

package recorder

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// execsOf records program and returns the rows of its execve or execveat of "true".
func execsOf(t *testing.T, opt Options, program ...string) (h *format.Header, rows []*format.Batch) {
	t.Helper()
	opt.Output = filepath.Join(t.TempDir(), "t.trc")
	opt.Command = program
	opt.Privileges.Keep = true
	sum, err := Record(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	if sum.Lost != 0 || sum.Corrupt != 0 || *sum.Exit != 0 {
		t.Fatalf("%d rows lost, %d corrupt, exit %d", sum.Lost, sum.Corrupt, *sum.Exit)
	}
	f, err := format.Open(opt.Output)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for n := range f.BlockCount() {
		b, err := f.ReadBlock(n, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.N {
			sc := format.SyscallOf(format.ABI(b.U8[format.ColABI][i]), b.I32[format.ColNR][i])
			if format.EventID(b.U16[format.ColEvent][i]) == format.EventSyscall && sc != nil && sc.Execs &&
				bytes.HasSuffix(b.Value(format.ColAEnter, i), []byte("/true")) && b.I64[format.ColRet][i] == 0 {
				one := format.NewBatch(0)
				new(format.Copier).Append(one, b, span(i, i+1))
				rows = append(rows, one)
			}
		}
	}
	return f.Header(), rows
}

// An environment is recorded on request only, then whole, and what is redacted
// is not in it.
func TestEnvironment(t *testing.T) {
	if err := ProbeFeatures().check(); err != nil {
		t.Skip(err)
	}
	long := "LONG=" + strings.Repeat("x", 3000)
	program := []string{"/usr/bin/env", "-i", "TOKEN=sesame", "EMPTY=", "BYTES=\xff\n", long, "/bin/true"}
	// what the two sides must be, as read in order
	status := func(b *format.Batch) (enter, kernel format.ViewStatus) {
		return format.ViewStatus(b.U8[format.ColCEnterStatus][0]), format.ViewStatus(b.U8[format.ColCKernelStatus][0])
	}

	h, rows := execsOf(t, Options{}, program...)
	if len(rows) != 1 || h.Env {
		t.Fatalf("%d execves of true; header says %v", len(rows), h.Env)
	}
	if enter, kernel := status(rows[0]); enter != format.ViewNone || kernel != format.ViewNone || rows[0].Value(format.ColCEnter, 0) != nil {
		t.Errorf("without --env: enter %v, kernel %v, %q", enter, kernel, rows[0].Value(format.ColCEnter, 0))
	}

	opt := Options{Env: true}
	opt.Patterns = []string{"TOKEN=(.*)"}
	h, rows = execsOf(t, opt, program...)
	if len(rows) != 1 || !h.Env {
		t.Fatalf("%d execves of true; header says %v", len(rows), h.Env)
	}
	b := rows[0]
	enter, kernel := status(b)
	if enter != format.ViewOK || kernel != format.ViewSame || format.Rung(b.U8[format.ColCRungs][0]) != format.RungExec || b.U8[format.ColCCopies][0] != 1 {
		t.Errorf("enter %v, kernel %v by %v, %d copies", enter, kernel, b.U8[format.ColCRungs][0], b.U8[format.ColCCopies][0])
	}
	got := b.Value(format.ColCEnter, 0)
	token, rest, _ := bytes.Cut(got, []byte{0})
	if !bytes.HasPrefix(token, []byte("TOKEN=[redacted:")) || bytes.Contains(got, []byte("sesame")) {
		t.Errorf("redacted: %q", token)
	}
	if want := "EMPTY=\x00BYTES=\xff\n\x00" + long + "\x00"; string(rest) != want {
		t.Errorf("the rest is %q, want %q", rest, want)
	}

	// No environment at all: the kernel has an empty one.
	_, rows = execsOf(t, Options{Env: true}, "/usr/bin/env", "-i", "/bin/true")
	if len(rows) != 1 {
		t.Fatalf("%d execves of true", len(rows))
	}
	if enter, kernel := status(rows[0]); enter != format.ViewOK || kernel != format.ViewSame || len(rows[0].Value(format.ColCEnter, 0)) != 0 {
		t.Errorf("empty: enter %v, kernel %v", enter, kernel)
	}
}

// execByInt80 executes /bin/true as an i386 program would: pointers of four bytes, by the
// number of the other table. It ends with 77 where the kernel has no such calls.
const execByInt80 = `
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
static long call(long nr, long a, long b, long c)
{
	long r;
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(nr), "b"(a), "c"(b), "d"(c) : "memory", "r8", "r9", "r10", "r11");
	return r;
}
static void none(int s) { (void)s; _exit(77); }
int main(void)
{
	char *low = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	unsigned *argv = (void *)(low + 1024), *envp = (void *)(low + 2048);

	signal(SIGSEGV, none);
	if (call(20, 0, 0, 0) != getpid())
		_exit(77);
	strcpy(low, "/bin/true");
	strcpy(low + 64, "true");
	strcpy(low + 128, "A=1");
	strcpy(low + 192, "B=two words");
	argv[0] = (long)low + 64;
	envp[0] = (long)low + 128;
	envp[1] = (long)low + 192;
	call(11, (long)low, (long)argv, (long)envp);
	return 1;
}
`

// The other ways to execute a program have the same environment: execveat, and
// the i386 call, whose pointers have four bytes.
func TestEnvironmentOfOtherCalls(t *testing.T) {
	if err := ProbeFeatures().check(); err != nil {
		t.Skip(err)
	}
	want := "A=1\x00B=two words\x00"
	check := func(t *testing.T, call string, abi format.ABI, program ...string) {
		t.Helper()
		_, rows := execsOf(t, Options{Env: true}, program...)
		if len(rows) != 1 {
			t.Fatalf("%d executions of true", len(rows))
		}
		b := rows[0]
		if got := format.ABI(b.U8[format.ColABI][0]); got != abi || format.SyscallOf(got, b.I32[format.ColNR][0]).Name != call {
			t.Errorf("ABI %v, number %d", got, b.I32[format.ColNR][0])
		}
		enter, kernel := format.ViewStatus(b.U8[format.ColCEnterStatus][0]), format.ViewStatus(b.U8[format.ColCKernelStatus][0])
		if got := string(b.Value(format.ColCEnter, 0)); enter != format.ViewOK || kernel != format.ViewSame || got != want {
			t.Errorf("environment %q: enter %v, kernel %v", got, enter, kernel)
		}
		if got := string(b.Value(format.ColBEnter, 0)); got != "true\x00" || format.ViewStatus(b.U8[format.ColBKernelStatus][0]) != format.ViewSame {
			t.Errorf("argv %q", got)
		}
	}
	t.Run("execveat", func(t *testing.T) {
		if _, err := exec.LookPath("perl"); err != nil {
			t.Skip("perl is not installed")
		}
		nr := "322"
		abi := format.ABIAMD64
		if runtime.GOARCH == "arm64" {
			nr, abi = "281", format.ABIARM64
		}
		check(t, "execveat", abi, "/usr/bin/perl", "-e", `my @s = ("true", "A=1", "B=two words"); my $name = "/bin/true";
			my $argv = pack("pJ", $s[0], 0); my $envp = pack("ppJ", $s[1], $s[2], 0); syscall(`+nr+`, -100, $name, $argv, $envp, 0); exit 1`)
	})
	t.Run("i386", func(t *testing.T) {
		if runtime.GOARCH != "amd64" {
			t.Skip("i386 calls are of amd64 kernels")
		}
		gcc, err := exec.LookPath("gcc")
		if err != nil {
			t.Skip("gcc is not installed")
		}
		dir := t.TempDir()
		source, program := filepath.Join(dir, "int80.c"), filepath.Join(dir, "int80")
		if err := os.WriteFile(source, []byte(execByInt80), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(gcc, "-O1", "-o", program, source).CombinedOutput(); err != nil {
			t.Fatalf("gcc: %v\n%s", err, out)
		}
		if err := exec.Command(program).Run(); err != nil {
			t.Skipf("no i386 calls here: %v", err)
		}
		check(t, "execve", format.ABIIA32, program)
	})
}

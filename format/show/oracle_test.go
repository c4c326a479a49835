//go:build linux

package show

import (
	"go/constant"
	"go/importer"
	"go/token"
	"go/types"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
)

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

// Names that golang.org/x/sys/unix gives another value, with the reason.
var otherValue = map[string]string{
	"F_GETLK64": "those of x86_64: the C library's; ours is the number that 32-bit programs pass", "F_SETLK64": "as F_GETLK64", "F_SETLKW64": "as F_GETLK64",
	"O_DIRECT": "the host's; ours is by ABI", "O_LARGEFILE": "0 where files are large anyway; the kernel's own number is ours",
	"O_SYNC": "", "O_TMPFILE": "", "O_DIRECTORY": "", "O_NOFOLLOW": "",
}

// Every name that golang.org/x/sys/unix has too has the same value there.
func TestWordsAgreeWithHeaders(t *testing.T) {
	pkg, err := importer.ForCompiler(token.NewFileSet(), "source", nil).Import("golang.org/x/sys/unix")
	if err != nil {
		t.Skipf("the sources of golang.org/x/sys/unix cannot be read: %v", err)
	}
	compared, missing := map[string]bool{}, map[string]bool{}
	check := func(b bit) {
		c, ok := pkg.Scope().Lookup(b.name).(*types.Const)
		if !ok || strings.HasPrefix(b.name, "SYS_") { // there the syscalls, here what socketcall takes
			missing[b.name] = true
			return
		}
		want, exact := constant.Uint64Val(constant.ToInt(c.Val()))
		if !exact {
			n, _ := constant.Int64Val(constant.ToInt(c.Val()))
			want = uint64(n)
		}
		if _, other := otherValue[b.name]; !other && uint32(want) != uint32(b.value) {
			t.Errorf("%s is %#x, x/sys says %#x", b.name, b.value, want)
		}
		compared[b.name] = true
	}
	var walk func(w *words)
	walk = func(w *words) {
		for _, b := range w.bits {
			check(b)
		}
		for _, b := range w.enum {
			check(b)
		}
		for _, option := range w.when {
			walk(&option)
		}
	}
	for _, w := range vocabulary {
		if w != nil {
			walk(w)
		}
	}
	if len(compared) < 900 {
		t.Errorf("only %d names compared", len(compared))
	}
	t.Logf("%d names agree, %d are not in x/sys", len(compared), len(missing))
}

// Every kind of an argument has a name for `list`, and every flag or
// enumeration has its words.
func TestKindsAreNamed(t *testing.T) {
	plainKinds := map[format.Kind]bool{
		format.KindInt: true, format.KindLong: true, format.KindOffset: true, format.KindPID: true, format.KindSignal: true, format.KindUserDev: true, format.KindEnv: true,
	}
	seen := map[format.Kind]bool{}
	for i := range format.Syscalls {
		for _, a := range format.Syscalls[i].Args {
			if seen[a.Kind] {
				continue
			}
			seen[a.Kind] = true
			if name := KindName(a.Kind); name == "" || name[0] >= '0' && name[0] <= '9' {
				t.Errorf("%s %s: kind %d has no name in kind.go", format.Syscalls[i].Name, a.Name, a.Kind)
			}
			if a.Kind >= format.KindInt && !plainKinds[a.Kind] && wordsOf(a.Kind) == nil {
				t.Errorf("%s %s: kind %s has no words", format.Syscalls[i].Name, a.Name, KindName(a.Kind))
			}
		}
	}
	if len(seen) < 130 {
		t.Errorf("only %d kinds were visited", len(seen))
	}
	for k := format.KindInt; k < format.ArgKindLimit; k++ {
		if !seen[k] {
			t.Errorf("no argument is of kind %s", KindName(k))
		}
	}
}

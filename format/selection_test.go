package format

import (
	"slices"
	"strings"
	"testing"
)

// selected are the names of the calls that a selection has, in the table of x86_64.
func selected(t *testing.T, exprs ...string) map[string]bool {
	t.Helper()
	s, err := ParseSelection(exprs)
	if err != nil {
		t.Fatalf("%q: %v", exprs, err)
	}
	names := map[string]bool{}
	for i := range Syscalls {
		if nr := Syscalls[i].NR[ABIAMD64]; nr >= 0 && s.Syscall(ABIAMD64, int(nr)) {
			names[Syscalls[i].Name] = true
		}
	}
	return names
}

func TestSelection(t *testing.T) {
	for _, c := range []struct{ expr, with, without string }{
		{"", "openat stat connect execve clone mmap kill setuid mount bpf io_uring_enter close dup2 chmod ptrace", "read write futex poll clock_gettime sched_yield brk getpid getuid munmap rt_sigaction fstat lseek"},
		{"default", "openat", "read"},
		{"all", "openat read futex brk getpid", ""},
		{"read", "read execve execveat unshare setns", "openat write fork"},
		{"!openat", "stat connect", "openat read"},
		{"file,!stat", "openat chmod lstat", "stat connect read"},
		{"!stat,file", "openat chmod lstat", "stat connect read"},
		{"all,!file", "read connect", "openat stat"},
		{"default, read", "openat read", "write"},
		{"!desc", "stat connect", "close openat socket"},
		{"net", "socket connect sendto", "stat"},
	} {
		names := selected(t, strings.Split(c.expr, ";")[0:min(1, len(c.expr))]...)
		for _, n := range strings.Fields(c.with) {
			if !names[n] {
				t.Errorf("-e %q does not have %s", c.expr, n)
			}
		}
		for _, n := range strings.Fields(c.without) {
			if names[n] {
				t.Errorf("-e %q has %s", c.expr, n)
			}
		}
	}
	if a, b := selected(t, "read", "write"), selected(t, "read,write"); len(a) != len(b) || len(a) < 6 {
		t.Errorf("-e twice selects %d calls, with a comma %d", len(a), len(b))
	}
}

// A name selects the call in every table that has it, by every number.
func TestSelectionIsByName(t *testing.T) {
	s, err := ParseSelection([]string{"openat,clone"})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i := range Syscalls {
		for abi := ABIAMD64; abi <= ABIARM32; abi++ {
			c := &Syscalls[i]
			if !c.Has(abi) {
				continue
			}
			want := c.Name == "openat" || c.Name == "clone" || c.Always()
			if got := s.Syscall(abi, int(c.NR[abi])); got != want {
				t.Errorf("%s of %s: %v", c.Name, abiNames[abi], got)
			}
			if want {
				n++
			}
		}
	}
	if n != 6*5 {
		t.Errorf("%d numbers are selected, want 30: openat, clone, execve, execveat, unshare, setns in five tables", n)
	}
}

func TestSelectionOfNothing(t *testing.T) {
	for _, expr := range []string{"all,!all", "!all", "openat,!openat"} {
		if _, err := ParseSelection([]string{expr}); err == nil || !strings.Contains(err.Error(), "leaves everything out") {
			t.Errorf("-e %q: %v", expr, err)
		}
	}
}

func TestSelectionOfWhatTheTableLacks(t *testing.T) {
	for expr, want := range map[string]bool{"": true, "all": true, "!read": true, "net": false, "all,!default": false} {
		s, err := ParseSelection(slices.DeleteFunc([]string{expr}, func(s string) bool { return s == "" }))
		if err != nil {
			t.Fatal(err)
		}
		for _, nr := range []int{500, MaxSyscall, -1} {
			if s.Syscall(ABIAMD64, nr) != want {
				t.Errorf("-e %q: number %d is recorded: %v", expr, nr, !want)
			}
		}
	}
}

func TestSelectionErrors(t *testing.T) {
	for expr, want := range map[string]string{
		"opnat":      `"opnat" (did you mean openat`,
		"!raed":      `"raed" (did you mean read`,
		"netwrok":    `"netwrok"`,
		"nett":       "did you mean net",
		"xyzzyplugh": `no call, event or group is called "xyzzyplugh": see`,
		"read,,":     "empty word",
		"!execve":    "execve is always recorded",
		"putname":    "events putname are always recorded",
	} {
		if _, err := ParseSelection([]string{expr}); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("-e %s: %v, want %q", expr, err, want)
		}
	}
}

// What the header says is what was selected.
func TestSelectionInTheHeader(t *testing.T) {
	for _, expr := range []string{"default", "all", "net,!connect"} {
		s, err := ParseSelection([]string{expr})
		if err != nil {
			t.Fatal(err)
		}
		h := s.Header()
		for i := range Syscalls {
			c := &Syscalls[i]
			for abi := ABIAMD64; abi <= ABIARM32; abi++ {
				if c.Has(abi) && h.Has(c.Name) != s.Syscall(abi, int(c.NR[abi])) {
					t.Errorf("-e %s: %s is in the header: %v", expr, c.Name, h.Has(c.Name))
				}
			}
		}
		if h.Expr != expr || expr == "all" && len(h.LeftOut) > 0 || expr == "default" && len(h.LeftOut) < 100 {
			t.Errorf("%+v", h)
		}
	}
	var none *Selected
	if !none.Has("read") {
		t.Error("a file without a selection lacks read")
	}
}

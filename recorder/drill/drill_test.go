//go:build linux

package drill

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// The test binary is its own drill.
func TestMain(m *testing.M) {
	if code, ok := Dispatch(os.Args); ok {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// runNative runs a case without a recorder and returns its truth.
func runNative(t *testing.T, c Case, n int) Truth {
	t.Helper()
	dir := t.TempDir()
	argv := Argv("/proc/self/exe", c.Name, dir, n)
	cmd := exec.Command(argv[0], argv[1:]...)
	var errb strings.Builder
	cmd.Stderr = &errb
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	truth, terr := ReadTruth(dir)
	if terr != nil {
		t.Fatalf("%v; exit code %d: %s", terr, cmd.ProcessState.ExitCode(), errb.String())
	}
	switch code := cmd.ProcessState.ExitCode(); code {
	case CodeOK:
	case CodeUnavailable:
		t.Skip(truth.Total.Unavailable)
	default:
		t.Fatalf("exit code %d: %s", code, errb.String())
	}
	return truth
}

// What the truth of each case must be, of n attempts.
var truths = map[string]func(t *testing.T, tr Truth, n int){
	"open-flip": both, "exec-flip": both, "exec-flip-thread": both,
	"connect-flip-tcp": both, "connect-flip-udp": both, "connect-flip-unix": both, "bind-flip": both,
	"openat2-swap": allB, "exec-argv-swap": allB, "exec-name-fault": allB, "exec-env-swap": allB, "exec-env-steady": allA, "rename-swap": allB, "symlink-swap": allB,
	"setxattr-swap": allB, "setxattr-value-swap": allB, "capset-swap": allB, "utimensat-swap": allB, "sendmmsg-swap": allB, "chmod-stale": allB, "ptrace-rewrite": allB, "rename-late": allA, "symlink-late": allA,
	"open-post-use": allA, "connect-post-use": allA, "open-unreadable-fault": allA, "open-unreadable-file": allA,
	"open-steady": allA, "exec-steady": allA, "connect-steady": allA, "open-symlink": allA,
	"uring-open":    both,
	"open-relative": func(t *testing.T, tr Truth, n int) { both(t, tr, 2*n) },
}

func both(t *testing.T, tr Truth, n int) {
	if tr.Total.A == 0 || tr.Total.B == 0 || tr.Total.A+tr.Total.B < n {
		t.Errorf("want both of two among at least %d attempts", n)
	}
}

func allA(t *testing.T, tr Truth, n int) {
	if tr.Total.A != n {
		t.Errorf("want a in all of %d attempts", n)
	}
}

func allB(t *testing.T, tr Truth, n int) {
	if tr.Total.B != n {
		t.Errorf("want b in all of %d attempts", n)
	}
}

func TestCasesDoWhatTheySay(t *testing.T) {
	for _, c := range Cases {
		t.Run(c.Name, func(t *testing.T) {
			check := truths[c.Name]
			if check == nil {
				t.Fatal("no expectation for the truth of this case")
			}
			tr := runNative(t, c, 0)
			t.Logf("%s %s: %+v", tr.Setup.Syscall, tr.Setup.Argument, tr.Total)
			if tr.Total.Attempts != len(tr.Attempts) || tr.Total.Failed != 0 || tr.Setup.Case != c.Name {
				t.Errorf("truth disagrees with itself or attempts failed: %d attempts", len(tr.Attempts))
			}
			for _, a := range tr.Attempts {
				want := map[string]*File{"a": tr.Setup.FileA, "b": tr.Setup.FileB}[a.Got]
				if a.File != nil && want != nil && c.Name != "rename-swap" && *a.File != *want {
					t.Fatalf("attempt %d: content says %s, inode says %v", a.I, a.Got, a.File)
				}
			}
			check(t, tr, c.N)
		})
	}
}

func TestCasesAreWellFormed(t *testing.T) {
	verdicts := map[string]bool{divergent: true, consistent: true, multipleCopies: true, postUseChange: true, unreadable: true, unpaired: true}
	seen := map[string]bool{}
	for _, c := range Cases {
		if seen[c.Name] || c.Doc == "" || c.N <= 0 || c.run == nil || len(c.Expect) == 0 {
			t.Errorf("%s: name used twice, or doc, count, function or expectation missing", c.Name)
		}
		seen[c.Name] = true
		for _, e := range c.Expect {
			if !verdicts[e.Verdict] || e.Argument == "" || (e.Quantity != All && e.Quantity != Some && e.Quantity != None) {
				t.Errorf("%s: expectation %+v", c.Name, e)
			}
			if c.Deterministic == (e.Quantity == Some) {
				t.Errorf("%s: some is for races, all and none for the others: %+v", c.Name, e)
			}
		}
	}
	if len(seen) != len(truths) {
		t.Errorf("%d cases, truths of %d", len(seen), len(truths))
	}
}

func TestMainRefuses(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{{}, {"open-flip"}, {"no-such", dir}, {"open-flip", dir, "-n", "0"}, {"open-flip", dir, "extra"}, {"open-flip", dir + "/missing"}} {
		if code := Main(args); code != CodeUsage {
			t.Errorf("Main(%q) = %d, want %d", args, code, CodeUsage)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("a refused case left %v", left)
	}
	if _, ok := Dispatch([]string{"tracerec", "record"}); ok {
		t.Error("Dispatch took a verb that is not its own")
	}
}

func TestReadTruthRefusesACutFile(t *testing.T) {
	dir := t.TempDir()
	tr := Truth{Setup: Setup{Case: "x"}}
	tr.add(Attempt{Got: "a"})
	if err := tr.write(dir); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(dir + "/" + TruthFile)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(data) - 2 { // without the closing brace and newline
		if err := os.WriteFile(dir+"/"+TruthFile, data[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadTruth(dir); err == nil {
			t.Fatalf("cut to %d of %d bytes: no error", n, len(data))
		}
	}
}

func TestUnavailableIsToldApart(t *testing.T) {
	err := error(&Unavailable{NeedUserfaultfd, os.ErrPermission})
	if !errors.Is(err, os.ErrPermission) || !strings.HasPrefix(err.Error(), "unavailable: userfaultfd: ") {
		t.Error(err)
	}
	if runtime.NumCPU() > 1 && NeedTwoCPUs.Check() != nil {
		t.Error("two cpus are here")
	}
}

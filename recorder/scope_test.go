//go:build linux

package recorder

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
)

// TestConditions: of a command's descendants only those that satisfy the
// conditions are recorded; what each opens tells who was.
func TestConditions(t *testing.T) {
	if err := ProbeFeatures().check(); err != nil {
		t.Skip(err)
	}
	if os.Getuid() != 0 {
		t.Skip("changes of user need root")
	}
	var ns unix.Stat_t
	if err := unix.Stat("/proc/self/ns/mnt", &ns); err != nil {
		t.Fatal(err)
	}
	cat, err := exec.LookPath("cat")
	if err != nil {
		t.Skip(err)
	}
	const script = `cat "$0/cat" >/dev/null; head "$0/head" >/dev/null; cat "$0/none" 2>/dev/null; : <"$0/sh"`
	const other = `setpriv --reuid 12345 cat "$0/cat" >/dev/null; : <"$0/sh"`
	const moved = `unshare -m cat "$0/cat" >/dev/null; : <"$0/sh"`
	all := []string{"cat", "head", "none", "sh"}
	for name, c := range map[string]struct {
		scope  Scope
		script string
		want   []string
	}{
		"no condition":       {Scope{}, script, all},
		"comm":               {Scope{Only: Conditions{Comms: []string{"cat"}}}, script, []string{"cat", "none"}},
		"either comm":        {Scope{Only: Conditions{Comms: []string{"head", "sh"}}}, script, []string{"head", "sh"}},
		"not comm":           {Scope{Not: Conditions{Comms: []string{"cat", "sh"}}}, script, []string{"head"}},
		"exe":                {Scope{Only: Conditions{Exes: []string{cat}}}, script, []string{"cat", "none"}},
		"not exe":            {Scope{Not: Conditions{Exes: []string{"cat"}}}, script, []string{"head", "sh"}},
		"user":               {Scope{Only: Conditions{Users: []string{"root"}}}, script, all},
		"other user":         {Scope{Only: Conditions{Users: []string{"12345"}}}, script, nil},
		"user and comm":      {Scope{Only: Conditions{Users: []string{"0"}, Comms: []string{"head"}}}, script, []string{"head"}},
		"comm, but not user": {Scope{Only: Conditions{Comms: []string{"head"}}, Not: Conditions{Users: []string{"0"}}}, script, nil},
		"becomes user":       {Scope{Only: Conditions{Users: []string{"12345"}}}, other, []string{"cat"}},
		"ceases to be user":  {Scope{Only: Conditions{Users: []string{"0"}}}, other, []string{"sh"}},
		"namespace":          {Scope{Only: Conditions{MntNS: []string{strconv.FormatUint(ns.Ino, 10)}}}, moved, []string{"sh"}},
		"not namespace":      {Scope{Not: Conditions{MntNS: []string{strconv.Itoa(os.Getpid())}}}, moved, []string{"cat"}},
		"new":                {Scope{New: true}, script, all},
		"path":               {Scope{Paths: []string{"DIR/he"}}, script, nil}, // not the beginning of a name
		"path whole":         {Scope{Paths: []string{"DIR/head", "DIR/n/"}}, script, []string{"head"}},
		"failed":             {Scope{Failed: true}, script, []string{"none"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of each is loading programs and waiting for the kernel to give them up
			for _, tool := range []string{"setpriv", "unshare", "head"} {
				if _, err := exec.LookPath(tool); err != nil && strings.Contains(c.script, tool) {
					t.Skip(err)
				}
			}
			dir := t.TempDir()
			for _, f := range []string{"cat", "head", "sh"} {
				if err := os.WriteFile(filepath.Join(dir, f), nil, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			for d := dir; strings.HasPrefix(d, os.TempDir()) && d != os.TempDir(); d = filepath.Dir(d) {
				os.Chmod(d, 0o755) // another user reads it
			}
			c.scope.NoState = true
			for i, p := range c.scope.Paths {
				c.scope.Paths[i] = strings.Replace(p, "DIR", dir, 1)
			}
			got := opened(t, dir, Options{Command: []string{"sh", "-c", c.script, dir}, Scope: c.scope})
			if !slices.Equal(got, c.want) {
				t.Errorf("opened by who is recorded: %q, want %q", got, c.want)
			}
		})
	}
}

// opened records, and says which files of dir were opened.
func opened(t *testing.T, dir string, opt Options) (names []string) {
	t.Helper()
	opt.Output, opt.Privileges.Keep = filepath.Join(t.TempDir(), "t.trc"), true
	var err error
	if opt.Select, err = format.ParseSelection([]string{"openat"}); err != nil { // few programs to load
		t.Fatal(err)
	}
	if _, err := Record(t.Context(), opt); err != nil {
		t.Fatal(err)
	}
	r, err := format.Open(opt.Output)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	execs, exits := 0, 0
	for b, err := range r.Blocks(format.ReadOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.N {
			switch format.EventID(b.U16[format.ColEvent][i]) {
			case format.EventExec:
				execs++
			case format.EventExit:
				exits++
			case format.EventSyscall:
				if name, ok := strings.CutPrefix(string(b.Value(format.ColAEnter, i)), dir+"/"); ok && format.SyscallOf(format.ABI(b.U8[format.ColABI][i]), b.I32[format.ColNR][i]).Name == "openat" {
					names = append(names, name)
				}
			}
		}
	}
	if execs == 0 || exits == 0 {
		t.Errorf("%d execs and %d exits: the command's own execve is always recorded, and how it ended", execs, exits)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestCgroupThatIsNotThere(t *testing.T) {
	_, _, err := findCgroup("/the/mount", "no-such-cgroup")
	if want := "no such cgroup: give its directory below /the/mount, its path from there, or its id"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestConditionsThatMakeNoSense(t *testing.T) {
	for want, opt := range map[string]Options{
		"--uid nobody-is-this: no such user":           {Scope: Scope{Only: Conditions{Users: []string{"nobody-is-this"}}}},
		"--exclude-comm 0123456789abcdef: a thread's":  {Scope: Scope{Not: Conditions{Comms: []string{"0123456789abcdef"}}}},
		"--exe ./x: give an absolute path":             {Scope: Scope{Only: Conditions{Exes: []string{"./x"}}}},
		"--exe no-such-program: not found in PATH":     {Scope: Scope{Only: Conditions{Exes: []string{"no-such-program"}}}},
		"--mntns here: give the inode number":          {Scope: Scope{Only: Conditions{MntNS: []string{"here"}}}},
		"--pidns 4194303: no such process":             {Scope: Scope{Only: Conditions{PIDNS: []string{"4194303"}}}},
		"--container abc: cgroup v2 is not mounted":    {Scope: Scope{Only: Conditions{Containers: []string{"abc"}}}},
		"at most 4 prefixes of 1 to 127 bytes":         {Scope: Scope{Paths: []string{strings.Repeat("x", 128)}}},
		fmt.Sprintf("no process %d: nothing", 1<<22-1): {PIDs: []int{1<<22 - 1}},
	} {
		if _, _, err := resolveScope(&opt, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

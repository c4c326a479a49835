package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// Captured recordings of other kernels and another architecture: every view says
// something of them, on whatever machine this is, and none is surprised.
func TestReplayOfOtherMachines(t *testing.T) {
	files := glob(filepath.Join("..", "..", "testdata", "traces", "*.trc"))
	arm := 0
	for _, file := range files {
		if strings.Contains(file, "arm64") {
			arm++
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			picture := filepath.Join(t.TempDir(), "picture.html")
			for _, c := range []struct {
				args  []string
				wants []string
			}{
				{[]string{"replay", "--tree"}, []string{"drill"}},
				{[]string{"replay"}, []string{"openat(", "execve("}},
				{[]string{"replay", "--json"}, []string{`"pid"`}},
				{[]string{"replay", "--filter", `syscall == "execve"`}, []string{"execve("}},
				{[]string{"ps"}, []string{"PID", "drill"}},
				{[]string{"lsof"}, []string{"/"}},
				{[]string{"netstat"}, []string{"PROTO  STATE"}},
				{[]string{"mounts"}, []string{"MNTNS"}},
				{[]string{"rings"}, nil},
				{[]string{"summary"}, []string{"openat"}},
				{[]string{"replay", "--html", picture}, nil},
			} {
				args := []string{"replay", file}
				if c.args[0] == "replay" {
					args = append(args, c.args[1:]...)
				} else {
					args = append(args, c.args...)
					if c.args[0] != "summary" {
						args = append(args, "--at", "0.5s")
					}
				}
				r := finish(t, cli(t, args...))
				if r.code != 0 {
					t.Errorf("%q: exit code %d\n%s", args[2:], r.code, r.talk)
				}
				for _, want := range c.wants {
					if !strings.Contains(r.out, want) {
						t.Errorf("%q does not say %q:\n%.600s%s", args[2:], want, r.out, r.talk)
					}
				}
				for _, bad := range []string{"syscall_", "panic", "unknown syscall"} {
					if strings.Contains(r.out, bad) {
						t.Errorf("%q says %q", args[2:], bad)
					}
				}
			}
		})
	}
	if arm == 0 {
		t.Errorf("no recording of arm64 among %q", files)
	}
}

//go:build linux

package confine

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// A confined thread makes, writes and removes files in its directories, and
// changes none elsewhere, root's user or not.
func TestConfinedToDirectories(t *testing.T) {
	if Landlock() == 0 {
		t.Skip("this kernel has no Landlock")
	}
	in, out := t.TempDir(), t.TempDir()
	there := filepath.Join(out, "there")
	if err := os.WriteFile(there, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	type outcome struct {
		what string
		err  error
		may  bool
	}
	results := make(chan []outcome, 1)
	go func() { // on a thread that ends with it
		runtime.LockOSThread()
		var got []outcome
		defer func() { results <- got }()
		fd, err := ruleset([]string{in})
		if err != nil {
			got = append(got, outcome{"ruleset", err, true})
			return
		}
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			got = append(got, outcome{"no_new_privs", err, true})
		}
		if _, _, errno := unix.RawSyscall(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(fd), 0, 0); errno != 0 {
			got = append(got, outcome{"restrict", errno, true})
			return
		}
		try := func(what string, may bool, path string, flags int) {
			f, err := unix.Open(path, flags, 0o600)
			if err == nil {
				_, err = unix.Write(f, []byte("x"))
				if flags&unix.O_ACCMODE == unix.O_RDONLY {
					err = nil
				}
				unix.Close(f)
			}
			got = append(got, outcome{what, err, may})
		}
		try("make a file", true, filepath.Join(in, "new"), unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY)
		try("write over one", true, filepath.Join(in, "new"), unix.O_TRUNC|unix.O_WRONLY)
		try("make a file elsewhere", false, filepath.Join(out, "new"), unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY)
		try("write a file elsewhere", false, there, unix.O_WRONLY)
		try("read a file elsewhere", true, there, unix.O_RDONLY)
		got = append(got,
			outcome{"remove a file", unix.Unlink(filepath.Join(in, "new")), true},
			outcome{"remove a file elsewhere", unix.Unlink(there), false},
			outcome{"make a directory", unix.Mkdir(filepath.Join(in, "dir"), 0o700), false},
			outcome{"make a link", unix.Symlink("/", filepath.Join(in, "link")), false})
	}()
	got := <-results
	if len(got) != 9 {
		t.Fatalf("%v", got)
	}
	for _, o := range got {
		if o.may && o.err != nil || !o.may && !errors.Is(o.err, unix.EACCES) {
			t.Errorf("%s: %v, allowed: %v", o.what, o.err, o.may)
		}
	}
}

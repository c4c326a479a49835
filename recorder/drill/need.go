//go:build linux

package drill

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// Unavailable says what this system refuses. It is not a failure of the drill.
type Unavailable struct {
	Need Need
	Why  error
}

func (u *Unavailable) Error() string { return fmt.Sprintf("unavailable: %s: %v", u.Need, u.Why) }
func (u *Unavailable) Unwrap() error { return u.Why }

// Check says whether this system has what is needed, nil when it does.
func (n Need) Check() error {
	var err error
	switch n {
	case NeedTwoCPUs:
		if runtime.NumCPU() < 2 {
			err = fmt.Errorf("this process may use %d cpu, a race needs two", runtime.NumCPU())
		}
	case NeedUserfaultfd:
		var u *uffd
		if u, err = newUffd(); err == nil {
			u.close()
		}
	case NeedIOURing:
		var u *uring
		if u, err = newUring(); err == nil {
			u.close()
		}
	case NeedOpenat2:
		_, _, errno := unix.RawSyscall6(unix.SYS_OPENAT2, 0, 0, 0, 0, 0, 0)
		if errno == unix.ENOSYS || errno == unix.EPERM {
			err = errno
		}
	}
	if err != nil {
		return &Unavailable{n, err}
	}
	return nil // xattr, ptrace, name-first, fuse and recopy: found out by the attempt
}

func (c Case) check() error {
	for _, n := range c.Needs {
		if err := n.Check(); err != nil {
			return err
		}
	}
	return nil
}

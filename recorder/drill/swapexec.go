//go:build linux

package drill

import (
	"fmt"

	"golang.org/x/sys/unix"
)

func execArgvSwap(r *run) error  { return r.execSwap("env") }
func execNameFault(r *run) error { return r.execSwap("name") }

// execSwap runs a program that ends with its first argument's last letter.
// execve copies name, then environment strings, then argument strings.
func (r *run) execSwap(blocked string) error {
	if err := writeELF(r.path("showarg"), exitArg()); err != nil {
		return err
	}
	r.truth.Setup.A, r.truth.Setup.B = []byte("showarg\x00"+argA), []byte("showarg\x00"+argB) // argv: strings with their NUL
	for range r.n {
		if err := r.child("exec-swap-child", blocked); err != nil {
			return err
		}
	}
	return nil
}

const (
	argA = "value-a\x00"
	argB = "value-b\x00"
)

func execSwapChild(dir string, args []string) error {
	u, err := newUffd()
	if err != nil {
		return err
	}
	s, err := newSlot(nil, argA, argB, false)
	if err != nil {
		return err
	}
	mem, err := newArena()
	if err != nil {
		return err
	}
	name, env := mem.str(dir+"/showarg"), mem.str("DRILL=1")
	if args[0] == "name" {
		u.fill([]byte(dir + "/showarg\x00"))
		name = u.ptr()
	} else {
		u.fill([]byte("DRILL=1\x00"))
		env = u.ptr()
	}
	argv, envp := mem.ptrs(mem.str("showarg"), s.ptr()), mem.ptrs(env)
	failed := make(chan error)
	offLeader(func() {
		fmt.Println(unix.Gettid())
		var errno unix.Errno
		err := u.during(func() { _, _, errno = unix.Syscall(unix.SYS_EXECVE, name, argv, envp) }, s.setB)
		failed <- fmt.Errorf("execve: %w (%v)", errno, err)
	})
	return <-failed
}

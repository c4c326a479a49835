//go:build linux

package drill

import (
	"fmt"

	"golang.org/x/sys/unix"
)

func execArgvSwap(r *run) error  { return r.execSwap("env") }
func execNameFault(r *run) error { return r.execSwap("name") }
func execEnvSwap(r *run) error   { return r.execSwap("envp") }
func execEnvSteady(r *run) error { return r.execSwap("none") }

// execSwap runs a program that ends with its first argument's last letter, or
// with that of the first string of its environment.
// execve copies name, then environment strings, then argument strings.
func (r *run) execSwap(blocked string) error {
	code, first := exitArg(), "showarg\x00"
	if blocked == "envp" || blocked == "none" {
		code, first = exitEnv(), ""
	}
	if err := writeELF(r.path("showarg"), code); err != nil {
		return err
	}
	r.truth.Setup.A, r.truth.Setup.B = []byte(first+argA), []byte(first+argB) // strings with their NUL
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
	if args[0] == "name" || args[0] == "envp" {
		u.fill([]byte(dir + "/showarg\x00"))
		name = u.ptr()
	} else if args[0] == "env" {
		u.fill([]byte("DRILL=1\x00"))
		env = u.ptr()
	}
	argv, envp := mem.ptrs(mem.str("showarg"), s.ptr()), mem.ptrs(env)
	if args[0] == "envp" || args[0] == "none" {
		argv, envp = mem.ptrs(mem.str("showarg")), mem.ptrs(s.ptr())
	}
	failed := make(chan error)
	offLeader(func() {
		fmt.Println(unix.Gettid())
		var errno unix.Errno
		if args[0] == "none" {
			_, _, errno = unix.Syscall(unix.SYS_EXECVE, name, argv, envp)
			failed <- fmt.Errorf("execve: %w", errno)
			return
		}
		err := u.during(func() { _, _, errno = unix.Syscall(unix.SYS_EXECVE, name, argv, envp) }, s.setB)
		failed <- fmt.Errorf("execve: %w (%v)", errno, err)
	})
	return <-failed
}

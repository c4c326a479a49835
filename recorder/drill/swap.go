//go:build linux

package drill

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// The cases here need no luck. A syscall copies its arguments in a fixed
// order, but a tracer has seen all of them at its entry. The argument copied
// first is on a missing page; while the kernel waits for it, the other one,
// already seen and not yet copied, is swapped.

// swap prepares the page and the slot of a swap case.
func (r *run) swap(do func(u *uffd, s *slot) error, a, b string) error {
	u, err := newUffd()
	if err != nil {
		return err
	}
	defer u.close()
	s, err := newNameSlot(r.dir, a, b, false)
	if err != nil {
		return err
	}
	defer s.free()
	s.describe(&r.truth.Setup)
	if err := r.ownThread(); err != nil {
		return err
	}
	for range r.n {
		s.setA()
		if err := do(u, s); err != nil {
			return err
		}
	}
	return nil
}

func openat2Swap(r *run) error {
	if err := r.twoFiles("file--a", "file--b"); err != nil {
		return err
	}
	return r.swap(func(u *uffd, s *slot) error {
		how := binary.NativeEndian.AppendUint64(nil, unix.O_RDONLY|unix.O_CLOEXEC)
		how = append(how, make([]byte, 16)...) // mode, resolve
		u.fill(how)
		var fd uintptr
		var errno unix.Errno
		err := u.during(func() {
			fd, _, errno = unix.Syscall6(unix.SYS_OPENAT2, at(unix.AT_FDCWD), s.ptr(), u.ptr(), uintptr(len(how)), 0, 0)
		}, s.setB)
		if err != nil {
			return err
		}
		return r.note(fd, errno)
	}, "file--a", "file--b")
}

// twoNames is a call with two names. Kernels differ in which they copy first
// (the compiler or the source decides), so the first attempt finds it out.
type twoNames struct {
	syscall     string
	first       bool                                            // swap the name that is copied first, while the kernel waits for the other: too late
	names       [2]string                                       // of the arguments
	alternative [2][2]string                                    // for each: a and b
	prepare     func() error                                    // before each attempt
	call        func(p [2]uintptr) unix.Errno                   // with the two addresses
	used        func(arg int) (letter string, f *File, e error) // which alternative of arg was used
}

func (r *run) swapTwoNames(t twoNames) error {
	r.truth.Setup.Syscall = t.syscall
	for swapped := range 2 {
		blocked := 1 - swapped
		page := []byte(r.path(t.alternative[blocked][0]) + "\x00")
		r.truth.Setup.Argument = t.names[swapped]
		wrongOrder := errors.New("the kernel copies the names in the other order")
		wrong := "a"
		if t.first {
			wrong = "b"
		}
		err := r.swap(func(u *uffd, s *slot) error {
			if err := t.prepare(); err != nil {
				return err
			}
			u.fill(page)
			p := [2]uintptr{s.ptr(), s.ptr()}
			p[blocked] = u.ptr()
			var errno unix.Errno
			if err := u.during(func() { errno = t.call(p) }, s.setB); err != nil {
				return err
			}
			if errno != 0 {
				return fmt.Errorf("%s: %w", t.syscall, errno)
			}
			letter, f, err := t.used(swapped)
			if err != nil {
				return err
			}
			if letter == wrong && swapped == 0 && len(r.truth.Attempts) == 0 {
				return wrongOrder
			}
			r.truth.add(Attempt{Got: letter, File: f})
			return nil
		}, t.alternative[swapped][0], t.alternative[swapped][1])
		if err != wrongOrder {
			return err
		}
	}
	return nil
}

func renameSwap(r *run) error { return r.renameTwo(false) }
func renameLate(r *run) error { return r.renameTwo(true) }

func (r *run) renameTwo(first bool) error {
	names := [2][2]string{{"old---a", "old---b"}, {"new---a", "new---b"}}
	return r.swapTwoNames(twoNames{
		syscall: "renameat2", first: first, names: [2]string{"oldpath", "newpath"}, alternative: names,
		prepare: func() error {
			for _, n := range names[1] {
				os.Remove(r.path(n))
			}
			return r.twoFiles(names[0][0], names[0][1])
		},
		call: func(p [2]uintptr) unix.Errno {
			_, _, errno := unix.Syscall6(unix.SYS_RENAMEAT2, at(unix.AT_FDCWD), p[0], at(unix.AT_FDCWD), p[1], 0, 0)
			return errno
		},
		used: func(arg int) (string, *File, error) {
			if arg == 1 {
				return r.present(names[1])
			}
			b, err := os.ReadFile(r.path(names[1][0])) // the file's content is its letter
			if err != nil {
				return "", nil, err
			}
			f, err := fileOf(r.path(names[1][0]))
			return string(b), f, err
		},
	})
}

func symlinkSwap(r *run) error { return r.symlinkTwo(false) }
func symlinkLate(r *run) error { return r.symlinkTwo(true) }

func (r *run) symlinkTwo(first bool) error {
	names := [2][2]string{{"goal--a", "goal--b"}, {"link--a", "link--b"}}
	return r.swapTwoNames(twoNames{
		syscall: "symlinkat", first: first, names: [2]string{"target", "linkpath"}, alternative: names,
		prepare: func() error {
			for _, n := range names[1] {
				os.Remove(r.path(n))
			}
			return nil
		},
		call: func(p [2]uintptr) unix.Errno {
			_, _, errno := unix.Syscall(unix.SYS_SYMLINKAT, p[0], at(unix.AT_FDCWD), p[1])
			return errno
		},
		used: func(arg int) (string, *File, error) {
			if arg == 1 {
				return r.present(names[1])
			}
			goal, err := os.Readlink(r.path(names[1][0]))
			if err != nil {
				return "", nil, err
			}
			return map[string]string{r.path(names[0][0]): "a", r.path(names[0][1]): "b"}[goal], nil, nil
		},
	})
}

// present says which of two names is there.
func (r *run) present(names [2]string) (string, *File, error) {
	for i, letter := range []string{"a", "b"} {
		if f, err := fileOf(r.path(names[i])); err == nil {
			return letter, f, nil
		}
	}
	return "", nil, fmt.Errorf("neither %s nor %s is there", names[0], names[1])
}

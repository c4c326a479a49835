//go:build linux

package drill

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// twoFiles makes two files whose content is their letter.
func (r *run) twoFiles(a, b string) error {
	for name, content := range map[string]string{a: "a", b: "b"} {
		if err := os.WriteFile(r.path(name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	var err error
	if r.truth.Setup.FileA, err = fileOf(r.path(a)); err != nil {
		return err
	}
	r.truth.Setup.FileB, err = fileOf(r.path(b))
	return err
}

func fileOf(path string) (*File, error) {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return nil, fmt.Errorf("stat %s: %w", path, err)
	}
	return &File{uint64(st.Dev), st.Ino}, nil
}

// opened reads what an open really gave and closes it.
func opened(fd int) (Attempt, error) {
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return Attempt{}, err
	}
	a := Attempt{File: &File{uint64(st.Dev), st.Ino}}
	if st.Mode&unix.S_IFMT == unix.S_IFREG {
		var b [1]byte
		if _, err := unix.Read(fd, b[:]); err != nil {
			return a, err
		}
		a.Got = string(b[:])
	}
	return a, nil
}

// open makes one raw openat and notes what it gave.
func (r *run) open(dirfd int, name uintptr, flags int) error {
	fd, _, errno := unix.RawSyscall6(unix.SYS_OPENAT, at(dirfd), name, uintptr(flags|unix.O_CLOEXEC), 0, 0, 0)
	return r.note(fd, errno)
}

func (r *run) note(fd uintptr, errno unix.Errno) error {
	if errno != 0 {
		r.truth.add(Attempt{Errno: int(errno)})
		return nil
	}
	a, err := opened(int(fd))
	if err == nil {
		r.truth.add(a)
	}
	return err
}

func openFlip(r *run) error   { return r.openRace(false) }
func openSteady(r *run) error { return r.openRace(true) }

func (r *run) openRace(steady bool) error {
	if err := r.twoFiles("file--a", "file--b"); err != nil {
		return err
	}
	s, err := newNameSlot(r.dir, "file--a", "file--b", false)
	if err != nil {
		return err
	}
	defer s.free()
	s.describe(&r.truth.Setup)
	if err := r.ownThread(); err != nil {
		return err
	}
	f := startFlipper(s, steady)
	defer f.close()
	for i := 0; r.more(i, steady); i++ {
		if err := r.open(unix.AT_FDCWD, s.ptr(), unix.O_RDONLY); err != nil {
			return err
		}
	}
	return nil
}

// openNames opens names in turn, relative to dirfd. They all stand in one
// buffer, so that its address tells these calls from the runtime's own.
func (r *run) openNames(buf *nameBuffer, dirfd int, names ...string) error {
	if err := r.ownThread(); err != nil {
		return err
	}
	r.truth.Setup.Buffer = uint64(buf.ptr())
	for i := range r.n {
		name := names[i%len(names)]
		buf.set(name)
		if err := r.open(dirfd, buf.ptr(), unix.O_RDONLY); err != nil {
			return err
		}
		r.truth.Attempts[len(r.truth.Attempts)-1].Value = []byte(name)
	}
	return nil
}

// nameBuffer holds one name at a time, always at the same address.
type nameBuffer struct{ mem *arena }

func newNameBuffer() (*nameBuffer, error) {
	mem, err := newArena()
	return &nameBuffer{mem}, err
}

func (b *nameBuffer) ptr() uintptr { return uintptr(unsafe.Pointer(&b.mem.mem[0])) }
func (b *nameBuffer) free()        { b.mem.free() }

func (b *nameBuffer) set(name string) {
	b.mem.n = 0
	b.mem.str(name)
}

func openSymlink(r *run) error {
	if err := r.twoFiles("file--a", "file--b"); err != nil {
		return err
	}
	err := errors.Join(
		os.Symlink("file--a", r.path("link-1")),
		os.Symlink(r.path("link-1"), r.path("link-2")),
		os.Symlink(".", r.path("here")),
	)
	if err != nil {
		return err
	}
	buf, err := newNameBuffer()
	if err != nil {
		return err
	}
	defer buf.free()
	return r.openNames(buf, unix.AT_FDCWD, r.path("link-1"), r.path("link-2"), r.path("here/here/link-2"))
}

func openRelative(r *run) error {
	if err := r.twoFiles("file--a", "file--b"); err != nil {
		return err
	}
	if err := os.Mkdir(r.path("sub"), 0o700); err != nil {
		return err
	}
	back, err := os.Getwd()
	if err != nil {
		return err
	}
	defer os.Chdir(back)
	if err := os.Chdir(r.dir); err != nil {
		return err
	}
	buf, err := newNameBuffer()
	if err != nil {
		return err
	}
	defer buf.free()
	if err := r.openNames(buf, unix.AT_FDCWD, "file--a", "./file--a", "sub/../file--a", "sub/.//..//file--a"); err != nil {
		return err
	}
	dir, err := unix.Open(r.dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	return r.openNames(buf, dir, "file--b", "sub/../file--b")
}

//go:build linux

package recorder

import (
	"os"

	"golang.org/x/sys/unix"
)

// spareBytes are what sealing a file takes: a block with one row, an index of
// some thousand blocks, totals.
const spareBytes = 1 << 20

// spare is disk space put by, so that a file can be sealed, and say why it
// ended, when the file system is full. It has no name: whatever becomes of the
// recorder, the space is free again.
type spare struct{ fd int }

// newSpare returns nil where the file system has no files without a name, or
// no space to give.
func newSpare(dir *os.Root) *spare {
	d, err := dir.Open(".")
	if err != nil {
		return nil
	}
	defer d.Close()
	fd, err := unix.Openat(int(d.Fd()), ".", unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil
	}
	for size := int64(spareBytes); size >= 32<<10; size /= 2 {
		// Not more than a hundredth of what there is.
		var st unix.Statfs_t
		if unix.Fstatfs(fd, &st) == nil && size > 32<<10 && uint64(size) > st.Bavail*uint64(st.Bsize)/100 {
			continue
		}
		if unix.Fallocate(fd, 0, 0, size) == nil {
			return &spare{fd}
		}
	}
	unix.Close(fd)
	return nil
}

func (s *spare) release() {
	if s != nil && s.fd >= 0 {
		unix.Close(s.fd)
		s.fd = -1
	}
}

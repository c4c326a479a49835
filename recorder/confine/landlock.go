//go:build linux

package confine

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What a recorder that is confined to directories may do to files: in them
// write, make, truncate and remove plain files, elsewhere none of it. Reading
// is left to the permissions: it needs all of /proc and the cgroup tree.
const (
	dirAccess    = unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE
	handledFirst = dirAccess | unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_DIR |
		unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK | unix.LANDLOCK_ACCESS_FS_MAKE_SYM
)

// Landlock is the version of Landlock's interface (landlock(7)); 0 where
// the kernel has none, or it was not enabled at boot.
func Landlock() int {
	v, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(v)
}

// ruleset makes the set of rules by which files can be changed beneath dirs
// only. The caller closes it.
func ruleset(dirs []string) (fd int, err error) {
	handled, inDir := uint64(handledFirst), uint64(dirAccess)
	version := Landlock()
	if version >= 2 {
		handled |= unix.LANDLOCK_ACCESS_FS_REFER
	}
	if version >= 3 {
		handled |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
		inDir |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	// The struct's first member only: what later kernels have behind it is not known to the first.
	attr := unix.LandlockRulesetAttr{Handled_access_fs: handled}
	r, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr.Handled_access_fs), 0)
	if errno != 0 {
		return -1, fmt.Errorf("landlock: %w", errno)
	}
	fd = int(r)
	allow := func(path string, access uint64) error {
		dir, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("landlock: open %s: %w", path, err)
		}
		defer unix.Close(dir)
		rule := unix.LandlockPathBeneathAttr{Allowed_access: access, Parent_fd: int32(dir)}
		if _, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, r, unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0); errno != 0 {
			return fmt.Errorf("landlock: allow %s: %w", path, errno)
		}
		return nil
	}
	for _, dir := range dirs {
		if err := allow(dir, inDir); err != nil {
			unix.Close(fd)
			return -1, err
		}
	}
	allow("/dev/tty", unix.LANDLOCK_ACCESS_FS_WRITE_FILE) // whether it is still there; not where there is no /dev
	return fd, nil
}

// Files lets every thread change files beneath dirs only. It needs NoNewPrivs.
func Files(dirs []string) error {
	fd, err := ruleset(dirs)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := everyThread(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(fd), 0, 0); err != nil {
		return fmt.Errorf("landlock: %w", err)
	}
	return nil
}

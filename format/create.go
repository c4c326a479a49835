package format

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// CreateFile opens path for writing as a new file of mode 0600. With force a
// regular file in its place is removed first, rather than truncated, so that
// nobody who holds it open or linked sees the new contents; a device or pipe
// is written to. A symbolic link is never followed. regular says that the
// file can be removed when writing fails.
func CreateFile(path string, force bool) (f *os.File, regular bool, err error) {
	if force {
		switch info, err := os.Lstat(path); {
		case err != nil:
		case info.Mode().IsRegular():
			if err := os.Remove(path); err != nil {
				return nil, false, fmt.Errorf("replace the file: %w", err)
			}
		case info.Mode()&(fs.ModeDevice|fs.ModeNamedPipe) != 0:
			f, err := os.OpenFile(path, os.O_WRONLY|noFollow, 0)
			return f, false, err
		default:
			return nil, false, fmt.Errorf("create %s: it is not a regular file (%s): choose another name", path, info.Mode().Type())
		}
	}
	f, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|noFollow, 0o600)
	if os.IsExist(err) {
		return nil, false, fmt.Errorf("create %s: %w: choose another name or replace it by force", path, fs.ErrExist)
	}
	return f, true, err
}

// syncDir puts the directory entry of path on disk, where the system can.
func syncDir(path string) {
	if d, err := os.Open(filepath.Dir(path)); err == nil {
		d.Sync()
		d.Close()
	}
}

package format

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// CreateFile opens path for writing as a new file of mode 0600. With force a
// regular file in its place is removed first, rather than truncated, so that
// nobody who holds it open or linked sees the new contents; a disk is written to.
// Into a named pipe or a character device (/dev/null) one writes without force:
// nothing is replaced. A symbolic link is never followed. regular says that the
// file can be removed when writing fails.
func CreateFile(path string, force bool) (f *os.File, regular bool, err error) {
	return createFile(here{}, path, path, force)
}

// CreateIn is CreateFile for a name in an open directory: it is found also
// when the directory was moved, or can no longer be reached by its path.
func CreateIn(dir *os.Root, name string, force bool) (f *os.File, regular bool, err error) {
	return createFile(dir, name, filepath.Join(dir.Name(), name), force)
}

// directory is what createFile needs of an *os.Root.
type directory interface {
	Lstat(name string) (fs.FileInfo, error)
	Remove(name string) error
	OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error)
}

// here is the directory in which paths begin.
type here struct{}

func (here) Lstat(name string) (fs.FileInfo, error) { return os.Lstat(name) }
func (here) Remove(name string) error               { return os.Remove(name) }
func (here) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	return os.OpenFile(name, flag, perm)
}

func createFile(dir directory, name, path string, force bool) (f *os.File, regular bool, err error) {
	info, lerr := dir.Lstat(name)
	if lerr == nil && flows(info) {
		return openFlow(dir, name, path)
	}
	if lerr == nil {
		if err := Occupied(path, info, force); err != nil {
			return nil, false, err
		}
		if info.Mode()&fs.ModeDevice != 0 {
			f, err := dir.OpenFile(name, os.O_WRONLY|noFollow, 0)
			return f, false, err
		}
		if err := dir.Remove(name); err != nil {
			return nil, false, fmt.Errorf("replace the file: %w", err)
		}
	}
	// Readable too: who writes a recording may have to read it again, when neither its name nor its rights are what they were.
	f, err = dir.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL|noFollow, 0o600)
	if os.IsExist(err) {
		err = fmt.Errorf("create %s: it was made by somebody else meanwhile: try again", path)
	}
	return f, true, err
}

// Occupied is why CreateFile will not write to path, of which info is there already: nil where it will.
func Occupied(path string, info fs.FileInfo, force bool) error {
	switch mode := info.Mode(); {
	case flows(info):
		return nil
	case mode.IsDir():
		return fmt.Errorf("create %s: it is a directory: give the name of a file", path)
	case mode&fs.ModeSymlink != 0:
		return fmt.Errorf("create %s: it is a symbolic link, which is never followed: choose another name", path)
	case !mode.IsRegular() && mode&fs.ModeDevice == 0:
		return fmt.Errorf("create %s: it is not a regular file (%s): choose another name", path, mode.Type())
	case !force:
		return fmt.Errorf("create %s: %w: choose another name, or give --force to replace it", path, fs.ErrExist)
	}
	return nil
}

// flows says whether what is written there goes away: nothing is kept that could be lost.
func flows(info fs.FileInfo) bool {
	return info.Mode()&(fs.ModeCharDevice|fs.ModeNamedPipe) != 0
}

// openFlow opens what flows, and nothing that took its place meanwhile.
func openFlow(dir directory, name, path string) (*os.File, bool, error) {
	f, err := dir.OpenFile(name, os.O_WRONLY|noFollow, 0)
	if err != nil {
		return nil, false, err
	}
	if info, err := f.Stat(); err != nil || !flows(info) {
		f.Close()
		return nil, false, fmt.Errorf("create %s: it became another file meanwhile: try again", path)
	}
	return f, false, nil
}

// syncDir puts the directory entry of path on disk, where the system can.
func syncDir(path string) {
	if d, err := os.Open(filepath.Dir(path)); err == nil {
		d.Sync()
		d.Close()
	}
}

package fleet

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/tracerec/tracerec/format"
)

// Expand gives the trace files that arguments name: files as they are, of directories every
// *.trc below, and globs in which ** is any directory. several says that some
// argument was no plain file. The order is that of names, each file once.
func Expand(args []string) (files []string, several bool, err error) {
	for _, arg := range args {
		info, err := os.Stat(arg)
		switch {
		case err == nil && info.IsDir():
			several = true
			err := filepath.WalkDir(arg+string(filepath.Separator), func(path string, e fs.DirEntry, err error) error {
				if err == nil && e.Type().IsRegular() && strings.HasSuffix(path, ".trc") {
					files = append(files, filepath.Clean(path))
				}
				if err != nil && path != arg {
					return nil // what cannot be looked into is reported by its parent's reader
				}
				return err
			})
			if err != nil {
				return nil, true, err
			}
		case err != nil && strings.ContainsAny(arg, "*?[{"):
			several = true
			found, err := doublestar.FilepathGlob(arg, doublestar.WithFilesOnly())
			if err != nil {
				return nil, true, fmt.Errorf("%s: %w", arg, err)
			}
			if len(found) == 0 {
				return nil, true, fmt.Errorf("%s: no file is called so", arg)
			}
			files = append(files, found...)
		default:
			files = append(files, arg)
		}
	}
	if several {
		slices.Sort(files)
		files = slices.Compact(files)
		if len(files) == 0 {
			return nil, true, fmt.Errorf("no *.trc in %s", strings.Join(args, ", "))
		}
	}
	return files, several, nil
}

// Identify tells a file's version: the recording's id and its size. Empty if it cannot be opened.
func Identify(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	r, err := format.Open(path)
	if err != nil {
		return ""
	}
	defer r.Close()
	id := r.ID()
	return fmt.Sprintf("%x-%d-%d", id[:], info.Size(), info.ModTime().UnixNano())
}

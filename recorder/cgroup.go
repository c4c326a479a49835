//go:build linux

package recorder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/recorder/cgname"
)

// cgroupID is the id of a cgroup by its directory.
func cgroupID(path string) (uint64, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(path, &fs); err != nil {
		return 0, fmt.Errorf("cgroup %s: %w", path, err)
	}
	if fs.Type != unix.CGROUP2_SUPER_MAGIC {
		return 0, fmt.Errorf("%s is not a cgroup v2 directory: give one below the cgroup2 mount", path)
	}
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return 0, fmt.Errorf("cgroup %s: %w", path, err)
	}
	return st.Ino, nil
}

// findCgroup looks a cgroup up: by its directory, by its path from the root of
// the hierarchy, which is mounted at mount, or by its id. It returns the path.
func findCgroup(mount, v string) (uint64, string, error) {
	if mount == "" {
		return 0, "", errors.New("cgroup v2 is not mounted")
	}
	below := func(dir string) string {
		if dir == mount {
			return "/"
		}
		return strings.TrimPrefix(dir, mount)
	}
	if id, err := strconv.ParseUint(v, 10, 64); err == nil && id > 0 {
		found := ""
		eachCgroup(mount, func(dir string, ino uint64) {
			if ino == id {
				found = dir
			}
		})
		if found == "" {
			return 0, "", errors.New("no cgroup has this id")
		}
		return id, below(found), nil
	}
	direct, err := cgroupID(v)
	if err == nil {
		if abs, aerr := filepath.Abs(v); aerr == nil {
			if real, rerr := filepath.EvalSymlinks(abs); rerr == nil {
				abs = real
			}
			return direct, below(abs), nil
		}
	}
	dir := filepath.Join(mount, filepath.Clean("/"+v))
	if id, jerr := cgroupID(dir); jerr == nil {
		return id, below(dir), nil
	}
	if errors.Is(err, os.ErrNotExist) {
		return 0, "", fmt.Errorf("no such cgroup: give its directory below %s, its path from there, or its id", mount)
	}
	return 0, "", err
}

// findContainer is the cgroups of the container whose id, or name, begins with
// prefix; with what it is called.
func findContainer(mount, prefix string) (ids []uint64, name string, err error) {
	if mount == "" {
		return nil, "", errors.New("cgroup v2 is not mounted")
	}
	if prefix == "" {
		return nil, "", errors.New("give an id, or the beginning of one")
	}
	found := map[string][]uint64{}
	var inside []string // their directories: cgroups below are theirs already
	eachCgroup(mount, func(dir string, ino uint64) {
		if slices.ContainsFunc(inside, func(d string) bool { return strings.HasPrefix(dir, d+"/") }) {
			return
		}
		c := cgname.Of(strings.TrimPrefix(dir, mount))
		if c.Container == "" || !strings.HasPrefix(c.Container, prefix) {
			return
		}
		found[c.Container] = append(found[c.Container], ino)
		inside = append(inside, dir)
	})
	if _, exact := found[prefix]; exact {
		return found[prefix], prefix, nil
	}
	var names []string
	for n := range found {
		names = append(names, n)
	}
	slices.Sort(names)
	switch len(names) {
	case 0:
		return nil, "", errors.New("no running container has this id (by its cgroup's name)")
	case 1:
		return found[names[0]], names[0], nil
	}
	return nil, "", fmt.Errorf("%d containers begin like this: %s", len(names), strings.Join(names, ", "))
}

// eachCgroup visits every cgroup below mount, parents first.
func eachCgroup(mount string, visit func(dir string, ino uint64)) {
	filepath.WalkDir(mount, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			if err != nil && errors.Is(err, os.ErrNotExist) {
				return fs.SkipDir // it is gone
			}
			return nil
		}
		var st unix.Stat_t
		if unix.Stat(path, &st) == nil {
			visit(path, st.Ino)
		}
		return nil
	})
}

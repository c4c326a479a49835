//go:build linux

package matrix

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tracerec/tracerec/recorder/matrix/wire"
)

const initPackage = "github.com/tracerec/tracerec/recorder/matrix/init"

// BuildInit builds the guest's pid 1. It needs a working directory inside the
// module, which go test and go run both have.
func BuildInit(ctx context.Context, arch, out string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, initPackage)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if msg, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the guest's init: %w: %s", err, msg)
	}
	return nil
}

// writeInitramfs writes init, the job and its files as one cpio archive.
func writeInitramfs(ctx context.Context, name, initPath string, k Kernel, job Job) error {
	out, err := os.Create(name)
	if err != nil {
		return err
	}
	defer out.Close()
	t := tree{c: newCPIO(out), dirs: map[string]bool{}}
	for _, d := range []string{"dev", "proc", "sys", "tmp", "run", "etc", "matrix/modules"} {
		t.mkdir(d)
	}
	t.c.char("dev/console", 5, 1) // the kernel opens it for pid 1 before devtmpfs is there
	t.c.char("dev/null", 1, 3)
	t.put("etc/passwd", 0o644, []byte("root:x:0:0:root:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"))
	t.put("etc/group", 0o644, []byte("root:x:0:\nnogroup:x:65534:\n"))
	if err := t.add("init", initPath); err != nil {
		return err
	}
	guest := wire.Job{Cmd: job.Cmd, Env: job.Env, Out: job.Out}
	for _, m := range job.Modules {
		data, err := k.module(ctx, m)
		if err != nil {
			return err
		}
		t.put(path.Join(wire.ModuleDir, m+".ko"), 0o644, data)
		guest.Modules = append(guest.Modules, m+".ko")
	}
	data, err := json.Marshal(guest)
	if err != nil {
		return err
	}
	t.put(wire.JobPath, 0o644, data)
	for _, to := range slices.Sorted(maps.Keys(job.Files)) {
		if err := t.add(to, job.Files[to]); err != nil {
			return fmt.Errorf("guest file %s: %w", to, err)
		}
	}
	if err := t.c.close(); err != nil {
		return err
	}
	return out.Close()
}

// tree adds files and the directories above them.
type tree struct {
	c    *cpioWriter
	dirs map[string]bool
}

func (t tree) mkdir(name string) {
	name = strings.Trim(path.Clean(name), "/")
	if name == "." || name == "" || t.dirs[name] {
		return
	}
	t.mkdir(path.Dir(name))
	t.dirs[name] = true
	t.c.dir(name)
}

func (t tree) put(name string, perm uint32, data []byte) {
	name = strings.Trim(path.Clean(name), "/")
	t.mkdir(path.Dir(name))
	t.c.file(name, perm, data)
}

func (t tree) add(to, from string) error {
	return filepath.WalkDir(from, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, p)
		if err != nil {
			return err
		}
		name := path.Join(to, filepath.ToSlash(rel))
		if d.IsDir() {
			t.mkdir(name)
			return nil
		}
		if d.Type()&fs.ModeSymlink != 0 && rel != "." {
			target, err := os.Readlink(p)
			if err == nil {
				t.mkdir(path.Dir(name))
				t.c.link(strings.Trim(name, "/"), target)
			}
			return err
		}
		fi, err := os.Stat(p)
		if err != nil || !fi.Mode().IsRegular() {
			return err
		}
		data, err := os.ReadFile(p)
		if err == nil {
			t.put(name, uint32(fi.Mode().Perm()), data)
		}
		return err
	})
}

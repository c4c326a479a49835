//go:build linux

package matrix

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// Kernel is an unpacked kernel package.
type Kernel struct {
	Line    string
	Arch    string
	Package string // name=version
	Dir     string // unpacked package
	Image   string // vmlinuz
}

func cacheDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("kernel cache: %w; set XDG_CACHE_HOME or HOME", err)
	}
	dir := filepath.Join(base, "tracerec", "matrix")
	return dir, os.MkdirAll(dir, 0o755)
}

// lock keeps two runners from fetching or building the same thing at a time.
func lock(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return func() { f.Close() }, nil
}

// Fetch returns the newest kernel of a line for an architecture, from the
// cache when it is there.
func Fetch(ctx context.Context, name, arch string) (Kernel, error) {
	l, ok := findLine(name)
	if !ok {
		return Kernel{}, fmt.Errorf("kernel line %q: not in the matrix, which has %s", name, strings.Join(Lines(), ", "))
	}
	dir, err := cacheDir()
	if err != nil {
		return Kernel{}, err
	}
	unlock, err := lock(dir)
	if err != nil {
		return Kernel{}, err
	}
	defer unlock()
	k, err := fetch(ctx, dir, l, arch)
	if err != nil {
		return Kernel{}, fmt.Errorf("kernel line %s for %s: %w", name, arch, err)
	}
	return k, nil
}

// Prefetch fetches a line's kernel and the packages of modules that a job will
// ask for, so that no boot waits for them.
func Prefetch(ctx context.Context, name, arch string, modules ...string) (Kernel, error) {
	k, err := Fetch(ctx, name, arch)
	if err != nil {
		return k, err
	}
	for _, m := range modules {
		if _, err := k.module(ctx, m); err != nil {
			return k, fmt.Errorf("kernel line %s for %s: %w", name, arch, err)
		}
	}
	return k, nil
}

func fetch(ctx context.Context, dir string, l line, arch string) (Kernel, error) {
	a := aptOf(dir, arch)
	if err := a.update(ctx); err != nil {
		return Kernel{}, err
	}
	name, version, err := a.newest(ctx, l)
	if err != nil {
		return Kernel{}, err
	}
	place := l.name
	if arch != "amd64" {
		place += "-" + arch
	}
	k := Kernel{Line: l.name, Arch: arch, Package: name + "=" + version, Dir: filepath.Join(dir, "kernels", place, name+"_"+version)}
	if _, err := os.Stat(k.Dir); err == nil {
		return k, k.findImage()
	}
	os.RemoveAll(filepath.Dir(k.Dir)) // an older package of the line
	if err := a.unpack(ctx, name, version, k.Dir); err != nil {
		return Kernel{}, err
	}
	return k, k.findImage()
}

// unpack downloads a package and unpacks it to a directory, which is there
// only when it is complete.
func (a apt) unpack(ctx context.Context, name, version, to string) error {
	parent := filepath.Dir(to)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(parent, ".unpack-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	root := filepath.Join(tmp, "root")
	if err := os.Mkdir(root, 0o755); err != nil {
		return err
	}
	if _, err := a.run(ctx, tmp, "apt-get", "download", name+"="+version); err != nil {
		return err
	}
	debs, _ := filepath.Glob(filepath.Join(tmp, "*.deb"))
	if len(debs) != 1 {
		return fmt.Errorf("apt-get download %s: %d packages arrived, want 1", name, len(debs))
	}
	if out, err := exec.CommandContext(ctx, "dpkg", "-x", debs[0], root).CombinedOutput(); err != nil {
		return fmt.Errorf("dpkg -x %s: %w: %s", filepath.Base(debs[0]), err, out)
	}
	return os.Rename(root, to)
}

// findImage looks where packages up to 7.1 and from 7.2 on have the image.
func (k *Kernel) findImage() error {
	for _, pattern := range []string{"boot/vmlinuz-*", "usr/lib/modules/*/vmlinuz", "lib/modules/*/vmlinuz"} {
		if m, _ := filepath.Glob(filepath.Join(k.Dir, pattern)); len(m) == 1 {
			k.Image = m[0]
			return nil
		}
	}
	return fmt.Errorf("%s: no vmlinuz in the package", k.Package)
}

// module finds a module by name, unpacked. Where the image has a package of
// its own, the modules are in another, which is fetched when first needed.
func (k Kernel) module(ctx context.Context, name string) ([]byte, error) {
	if path := findModule(k.Dir, name); path != "" {
		return readModule(ctx, path)
	}
	pkg, version, _ := strings.Cut(k.Package, "=")
	flavour, ok := strings.CutPrefix(pkg, "linux-binary-")
	if ok {
		pkg = "linux-modules-" + flavour
		dir := filepath.Join(filepath.Dir(k.Dir), pkg+"_"+version)
		if err := k.fetchModules(ctx, pkg, version, dir); err != nil {
			return nil, err
		}
		if path := findModule(dir, name); path != "" {
			return readModule(ctx, path)
		}
	}
	return nil, fmt.Errorf("module %s: not in %s", name, pkg)
}

func (k Kernel) fetchModules(ctx context.Context, pkg, version, dir string) error {
	cache, err := cacheDir()
	if err != nil {
		return err
	}
	unlock, err := lock(cache)
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	return aptOf(cache, k.Arch).unpack(ctx, pkg, version, dir)
}

func findModule(dir, name string) (path string) {
	for _, modules := range []string{"lib/modules", "usr/lib/modules"} {
		filepath.WalkDir(filepath.Join(dir, modules), func(p string, _ os.DirEntry, err error) error {
			base := filepath.Base(p)
			if err == nil && (base == name+".ko" || base == name+".ko.xz") {
				path = p
				return filepath.SkipAll
			}
			return nil
		})
	}
	return path
}

func readModule(ctx context.Context, path string) ([]byte, error) {
	if !strings.HasSuffix(path, ".xz") {
		return os.ReadFile(path)
	}
	data, err := exec.CommandContext(ctx, "xz", "-dc", path).Output()
	if err != nil {
		return nil, fmt.Errorf("xz -dc %s: %w; install xz-utils", filepath.Base(path), err)
	}
	return data, nil
}

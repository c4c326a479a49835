//go:build linux

package matrix

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// apt is an apt of our own: its lists and sources are in our cache, so that
// other suites can be read without touching the machine's.
type apt struct {
	dir, arch string
}

func aptOf(cache, arch string) apt {
	if arch == "amd64" {
		return apt{filepath.Join(cache, "apt"), arch}
	}
	return apt{filepath.Join(cache, "apt-"+arch), arch}
}

// listsFresh is how long package lists are used before they are fetched again.
const listsFresh = 24 * time.Hour

func (a apt) options() []string {
	return []string{
		"-o", "Dir::Etc::sourcelist=" + filepath.Join(a.dir, "sources.list"),
		"-o", "Dir::Etc::sourceparts=/dev/null",
		"-o", "Dir::State::lists=" + filepath.Join(a.dir, "lists"),
		"-o", "Dir::State=" + filepath.Join(a.dir, "state"),
		"-o", "Dir::State::status=" + filepath.Join(a.dir, "state/status"),
		"-o", "Dir::Cache=" + filepath.Join(a.dir, "cache"),
		"-o", "APT::Architecture=" + a.arch,
		"-o", "APT::Architectures::=" + a.arch,
		"-o", "APT::Sandbox::User=root", // the cache belongs to the user, not to _apt
		"-o", "Acquire::Languages=none",
		"-o", "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
		"-q",
	}
}

func (a apt) run(ctx context.Context, dir, tool string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, tool, append(a.options(), args...)...)
	cmd.Dir = dir
	var errb strings.Builder
	cmd.Stderr = &errb
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", tool, args[0], err, strings.TrimSpace(errb.String()))
	}
	return string(out), nil
}

// update fetches the package lists of every suite, unless they are fresh.
func (a apt) update(ctx context.Context) error {
	stamp := filepath.Join(a.dir, "updated")
	if fi, err := os.Stat(stamp); err == nil && time.Since(fi.ModTime()) < listsFresh {
		return nil
	}
	for _, d := range []string{"lists/partial", "state", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(a.dir, d), 0o755); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(a.dir, "state/status"), nil, 0o644); err != nil {
		return err
	}
	m, err := findMirrors(ctx)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(a.dir, "sources.list"), []byte(m.sources(a.arch)), 0o644); err != nil {
		return err
	}
	if _, err := a.run(ctx, "", "apt-get", "update"); err != nil {
		return err
	}
	for _, l := range lines { // what was newest before
		if err := os.Remove(filepath.Join(a.dir, "newest-"+l.name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return os.WriteFile(stamp, nil, 0o644)
}

// newest is the newest package of a line, as name and version.
// It is asked of apt once for each update: apt reads all lists each time.
func (a apt) newest(ctx context.Context, l line) (name, version string, err error) {
	known := filepath.Join(a.dir, "newest-"+l.name)
	if text, err := os.ReadFile(known); err == nil && len(strings.Fields(string(text))) == 2 {
		f := strings.Fields(string(text))
		return f[0], f[1], nil
	}
	if name, version, err = a.findNewest(ctx, l); err == nil {
		err = os.WriteFile(known, []byte(name+" "+version+"\n"), 0o644)
	}
	return name, version, err
}

func (a apt) findNewest(ctx context.Context, l line) (name, version string, err error) {
	out, err := a.run(ctx, "", "apt-cache", "pkgnames", "linux-")
	if err != nil {
		return "", "", err
	}
	names := slices.DeleteFunc(strings.Fields(out), func(n string) bool { return !l.matches(n, a.arch) })
	if len(names) == 0 {
		return "", "", fmt.Errorf("kernel line %s: no package for %s matches %s in %s", l.name, a.arch, l.re, l.suite.name)
	}
	out, err = a.run(ctx, "", "apt-cache", append([]string{"show", "--no-all-versions"}, names...)...)
	if err != nil {
		return "", "", err
	}
	pkg := ""
	for l := range strings.Lines(out) { // stanzas, in which the package stands before its version
		if n, ok := strings.CutPrefix(l, "Package: "); ok {
			pkg = strings.TrimSpace(n)
		}
		if v, ok := strings.CutPrefix(l, "Version: "); ok {
			if v = strings.TrimSpace(v); version == "" || newer(ctx, v, version) {
				name, version = pkg, v
			}
		}
	}
	if name == "" || version == "" {
		return "", "", fmt.Errorf("apt-cache show %s: no version in its answer", strings.Join(names, " "))
	}
	return name, version, nil
}

func newer(ctx context.Context, a, b string) bool {
	return exec.CommandContext(ctx, "dpkg", "--compare-versions", a, "gt", b).Run() == nil
}

// mirrors are where this machine gets Debian from; they are asked of apt each
// time and stand nowhere else.
type mirrors struct {
	main, security, keyring string
}

func findMirrors(ctx context.Context) (mirrors, error) {
	const format = "$(ORIGIN) $(COMPONENT) $(RELEASE) $(REPO_URI)"
	out, err := exec.CommandContext(ctx, "apt-get", "indextargets", "--format", format, "Created-By: Packages").Output()
	if err != nil {
		return mirrors{}, fmt.Errorf("apt-get indextargets: %w (the matrix takes its kernels from a Debian mirror that apt knows)", err)
	}
	m := mirrors{keyring: "/usr/share/keyrings/debian-archive-keyring.gpg"}
	for l := range strings.Lines(string(out)) {
		f := strings.Fields(l)
		if len(f) != 4 || f[0] != "Debian" || f[1] != "main" {
			continue
		}
		if strings.HasSuffix(f[2], "-security") {
			m.security = f[3]
		} else if m.main == "" {
			m.main = f[3]
		}
	}
	if m.main == "" || m.security == "" {
		return mirrors{}, errors.New("apt sources: no Debian main and security mirror among them; add both and run apt-get update")
	}
	if _, err := os.Stat(m.keyring); err != nil {
		return mirrors{}, fmt.Errorf("debian keyring: %w; install debian-archive-keyring", err)
	}
	return m, nil
}

func (m mirrors) sources(arch string) string {
	var b strings.Builder
	for _, s := range suites {
		uri := m.main
		if s.security {
			uri = m.security
		}
		fmt.Fprintf(&b, "deb [arch=%s signed-by=%s] %s %s main\n", arch, m.keyring, uri, s.name)
	}
	return b.String()
}

// Command package makes a .deb and a .rpm of a built tracerec. It is a module
// of its own so that what it needs is no dependency of the recorder.
//
// The same input gives the same bytes: all times in the packages are the one given.
package main

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb"
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

func main() {
	var p pack
	var date int64
	flag.StringVar(&p.root, "root", ".", "checkout that the documents are taken from")
	flag.StringVar(&p.binary, "binary", "bin/tracerec", "the tracerec to pack")
	flag.StringVar(&p.reference, "reference", "bin/reference", "folder with man1/ and completions/, as `tracerec reference` writes it")
	flag.StringVar(&p.version, "version", "0.0.0", "of the packages")
	flag.StringVar(&p.arch, "arch", "amd64", "GOARCH of the binary")
	flag.StringVar(&p.out, "o", "bin/packages", "folder to write to")
	flag.Int64Var(&date, "date", 0, "time of everything in the packages, seconds since 1970")
	flag.Parse()
	p.when = time.Unix(date, 0).UTC()
	if err := p.run(); err != nil {
		fmt.Fprintln(os.Stderr, "package: "+err.Error())
		os.Exit(1)
	}
}

// pack is what a package is made of.
type pack struct {
	root, binary, reference, version, arch, out string

	when time.Time
}

func (p *pack) run() error {
	contents, err := p.contents()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(p.out, 0o755); err != nil {
		return err
	}
	for _, format := range []string{"deb", "rpm"} {
		if err := p.write(format, contents); err != nil {
			return fmt.Errorf("%s: %w", format, err)
		}
	}
	return nil
}

// write makes one package.
func (p *pack) write(format string, contents files.Contents) error {
	packager, err := nfpm.Get(format)
	if err != nil {
		return err
	}
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: "tracerec", Arch: p.arch, Platform: "linux", Version: p.version, Release: "1", Section: "admin", Priority: "optional",
		Maintainer: "The tracerec authors <maintainers@tracerec.example>", Homepage: "https://github.com/tracerec/tracerec", License: "Apache-2.0", MTime: p.when,
		Description: "forensic flight recorder for syscalls and what the kernel made of them\n" +
			"tracerec records syscalls, security hooks and other events by BPF into\n" +
			"compressed columnar files, and compares offline, without privileges, what\n" +
			"programs showed with what the kernel used.",
		Overridables: nfpm.Overridables{Contents: contents},
	})
	if err := nfpm.PrepareForPackager(info, format); err != nil {
		return err
	}
	path := filepath.Join(p.out, packager.ConventionalFileName(info))
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := packager.Package(info, f); err != nil {
		f.Close()
		os.Remove(path)
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	fmt.Println(path)
	return nil
}

// contents lists every file with its place.
func (p *pack) contents() (files.Contents, error) {
	var c files.Contents
	add := func(src, dst string, mode fs.FileMode) {
		c = append(c, &files.Content{Source: src, Destination: dst, FileInfo: &files.ContentFileInfo{Mode: mode, MTime: p.when, Owner: "root", Group: "root"}})
	}
	add(p.binary, "/usr/bin/tracerec", 0o755)
	// Documents lie to each other as in the checkout: their links are relative.
	for _, pattern := range []string{"README.md", "LICENSE", "SECURITY.md", "CONTRIBUTING.md", "docs/*.md", "docs/sql/*", "docs/examples/*.service", "docs/examples/ship/*", "format/FORMAT.md"} {
		found, err := filepath.Glob(filepath.Join(p.root, pattern))
		if err != nil || len(found) == 0 {
			return nil, fmt.Errorf("nothing at %s: run this in a checkout", filepath.Join(p.root, pattern))
		}
		for _, f := range found {
			add(f, path.Join("/usr/share/doc/tracerec", path.Dir(pattern), filepath.Base(f)), 0o644)
		}
	}
	for from, to := range map[string]string{
		"tracerec.bash": "/usr/share/bash-completion/completions/tracerec",
		"_tracerec":     "/usr/share/zsh/vendor-completions/_tracerec",
		"tracerec.fish": "/usr/share/fish/vendor_completions.d/tracerec.fish",
	} {
		add(filepath.Join(p.reference, "completions", from), to, 0o644)
	}
	// The unit with the binary's place, from make package.
	add(filepath.Join(p.reference, "tracerec.service"), "/usr/lib/systemd/system/tracerec.service", 0o644)
	// What Debian wants compressed has been compressed by make package.
	for dir, dst := range map[string]string{"man1": "/usr/share/man/man1/", "doc": "/usr/share/doc/tracerec/"} {
		entries, err := os.ReadDir(filepath.Join(p.reference, dir))
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), ".") {
				continue
			}
			add(filepath.Join(p.reference, dir, e.Name()), dst+e.Name(), 0o644)
		}
	}
	return c, nil
}

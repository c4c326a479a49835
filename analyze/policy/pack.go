package policy

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

//go:embed pack/*.yaml
var pack embed.FS

// shipped are the policies of the pack, by file name.
var shipped = sync.OnceValue(func() []*Policy {
	var list []*Policy
	files, _ := fs.Glob(pack, "pack/*.yaml")
	for _, file := range files {
		text, err := pack.ReadFile(file)
		if err != nil {
			panic(err)
		}
		policies, problems := Parse(file, text)
		if err := problems.Err(); err != nil {
			panic(err)
		}
		list = append(list, policies...)
	}
	return list
})

// Shipped are the policies that come with tracerec.
func Shipped() []*Policy { return slices.Clone(shipped()) }

// Source is a shipped policy as it was written.
func Source(name string) (string, bool) {
	text, err := pack.ReadFile("pack/" + name + ".yaml")
	return string(text), err == nil
}

// shippedSet is made once: policies do not change.
var shippedSet = sync.OnceValue(func() *Set {
	set, problems := NewSet(Shipped())
	if err := problems.Err(); err != nil {
		panic(err)
	}
	return set
})

// ShippedSet is the pack, compiled.
func ShippedSet() *Set { return shippedSet() }

// Load reads policies: files, directories of *.yaml and *.yml, and names of
// shipped policies; "shipped" is all of those.
func Load(args []string) (*Set, Problems, error) {
	var (
		policies []*Policy
		problems Problems
	)
	if len(args) == 1 && args[0] == "shipped" {
		return ShippedSet(), nil, nil
	}
	for _, arg := range args {
		if arg == "shipped" {
			policies = append(policies, Shipped()...)
			continue
		}
		if i := slices.IndexFunc(shipped(), func(p *Policy) bool { return p.Name == arg }); i >= 0 {
			policies = append(policies, shipped()[i])
			continue
		}
		files, err := filesOf(arg)
		if err != nil {
			return nil, nil, err
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, nil, err
			}
			list, wrong := Parse(file, text)
			policies, problems = append(policies, list...), append(problems, wrong...)
		}
	}
	set, wrong := NewSet(policies)
	return set, append(problems, wrong...), nil
}

func filesOf(arg string) ([]string, error) {
	info, err := os.Stat(arg)
	if err != nil {
		if !strings.ContainsAny(arg, "./\\") {
			return nil, fmt.Errorf("no policy %q: neither a file nor shipped (tracerec policy list)", arg)
		}
		return nil, err
	}
	if !info.IsDir() {
		return []string{arg}, nil
	}
	var files []string
	for _, pattern := range []string{"*.yaml", "*.yml"} {
		found, err := filepath.Glob(filepath.Join(arg, pattern))
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no *.yaml or *.yml in this directory", arg)
	}
	return files, nil
}

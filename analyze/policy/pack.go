package policy

import (
	"embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/tracerec/tracerec/format"
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

// Names are those of the shipped policies.
func Names() (names []string) {
	for _, p := range shipped() {
		names = append(names, p.Name)
	}
	return names
}

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
// shipped policies; "shipped" is all of those. What cannot be read is a problem
// as others are: it does not hide those of other files.
func Load(args []string) (*Set, Problems) {
	var (
		policies []*Policy
		problems Problems
		read     []string
	)
	if len(args) == 1 && args[0] == "shipped" {
		return ShippedSet(), nil
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
			problems, read = append(problems, Problem{File: arg, Text: err.Error()}), append(read, arg)
		}
		for _, file := range files {
			if file = filepath.Clean(file); slices.Contains(read, file) {
				continue // named twice
			}
			read = append(read, file)
			text, err := os.ReadFile(file)
			if err != nil {
				problems = append(problems, Problem{File: file, Text: bare(err)})
				continue
			}
			list, wrong := Parse(file, text)
			policies, problems = append(policies, list...), append(problems, wrong...)
		}
	}
	set, wrong := NewSet(policies)
	return set, append(problems, wrong...).sorted(read...)
}

// bare is an error without the path, which stands before it.
func bare(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

func filesOf(arg string) ([]string, error) {
	info, err := os.Stat(arg)
	if err != nil {
		if !strings.ContainsAny(arg, "./\\") {
			return nil, errors.New("neither a file nor a policy that comes with tracerec (tracerec policy list)" + format.Suggest(arg, Names()))
		}
		return nil, errors.New(bare(err))
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
		return nil, errors.New("no *.yaml or *.yml in this directory")
	}
	return files, nil
}

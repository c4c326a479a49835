package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/analyze"
)

// TestBenignWorkHasNoFindings: everyday work, and programs made to look like
// lies, must pass without a single divergent or multiple-copies verdict and
// without anything at or above the severity at which analyze exits with 1.
func TestBenignWorkHasNoFindings(t *testing.T) {
	needRecorder(t)
	sh := func(script string) []string { return []string{"sh", "-ec", script} }
	var compared, calls uint64
	for _, w := range []struct {
		name    string
		needs   []string
		prepare func(t *testing.T, dir string)
		command []string
	}{
		{"a C build", []string{"gcc"}, cProject, sh(`gcc -O1 -c *.c; gcc -o all *.o; ./all`)},
		{"git", []string{"git"}, cProject, sh(`export HOME=$PWD GIT_CONFIG_NOSYSTEM=1; git init -q .; git config user.name x; git config user.email x@y
			git add .; git commit -qm first; echo >>f0.c; git commit -qam second; git log -p; git status --short; git gc -q`)},
		{"find and xargs", nil, cProject, sh(`find . -type f -print0 | xargs -0 -n 4 cat >/dev/null; find / -xdev -maxdepth 2 -name '*.d' >/dev/null 2>&1 || true`)},
		{"tar", []string{"tar"}, cProject, sh(`ln -s f0.c link; tar cf a.tar *.c link; mkdir x; tar xf a.tar -C x; cmp f1.c x/f1.c`)},
		{"a shell's loops", nil, nil, sh(`i=0; while [ $i -lt 40 ]; do echo $i >f$i; cat f$i >/dev/null; (cd /; ls >/dev/null); rm f$i; i=$((i+1)); done; for d in /usr/*; do [ -d "$d" ]; done`)},
		{"a script of a script", nil, scripts, sh(`./outer one 'two three' ''; PATH=$PWD:$PATH; outer x`)},
		{"apt-get --simulate", []string{"apt-get"}, nil, []string{"apt-get", "--simulate", "-o", "Debug::NoLocking=1", "install", "apt"}},
		{"a Go build", []string{"go"}, goModule, sh(`export HOME=$PWD GOCACHE=$PWD/cache GOPATH=$PWD/gopath GOFLAGS=-mod=mod GOPROXY=off GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0; go build -o x . && ./x`)},
		{"lookalikes", []string{"gcc"}, program("-o", "lookalikes", "lookalikes/*.c"), sh(`./lookalikes all work`)},
		{"a deterministic program", []string{"gcc"}, program("-o", "deterministic", "deterministic.c"), sh(`cd work; ../deterministic 3`)},
	} {
		t.Run(w.name, func(t *testing.T) {
			need(t, w.needs...)
			dir := t.TempDir()
			if w.prepare != nil {
				w.prepare(t, dir)
			}
			path := record(t, dir, nil, w.command...)
			nothingLost(t, path)
			for a := range lies(t, path) {
				t.Errorf("call %+v: its views differ", a)
			}
			found, coverage := judged(t, path)
			for a, v := range found {
				if v == analyze.Divergent || v == analyze.MultipleCopies || v == analyze.PostUseChange {
					t.Errorf("call %+v: %v", a, v)
				}
			}
			if n := coverage.At(analyze.Medium); n > 0 {
				t.Errorf("%d findings at or above medium: %v", n, coverage.Rated)
			}
			n := coverage.Compared()
			if n == 0 {
				t.Error("no argument was compared")
			}
			compared, calls = compared+n, calls+coverage.Calls
			t.Logf("%d calls, %d arguments compared, none divergent", coverage.Calls, n)
		})
	}
	t.Logf("in all: %d calls, %d arguments compared, none divergent", calls, compared)
}

func write(t testing.TB, dir, name, content string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}

// cProject is a few C files that call each other.
func cProject(t *testing.T, dir string) {
	const n = 6
	for i := range n {
		write(t, dir, fmt.Sprintf("f%d.h", i), fmt.Sprintf("int f%d(int);\n", i), 0o600)
		write(t, dir, fmt.Sprintf("f%d.c", i), fmt.Sprintf("#include <stdio.h>\n#include \"f%d.h\"\nint f%d(int x) { return x < 0 ? 0 : f%d(x - 1) + printf(\".\"); }\n", (i+1)%n, i, (i+1)%n), 0o600)
	}
	write(t, dir, "main.c", "#include \"f0.h\"\nint main(void) { return f0(9) == 10 ? 0 : 1; }\n", 0o600)
}

func scripts(t *testing.T, dir string) {
	write(t, dir, "inner", "#!/bin/sh -e\necho \"$#\"\n", 0o700)
	write(t, dir, "outer", "#!"+dir+"/inner an argument\n", 0o700)
}

func goModule(t *testing.T, dir string) {
	write(t, dir, "go.mod", "module example.org/x\n\ngo 1.21\n", 0o600)
	write(t, dir, "main.go", "package main\n\nfunc main() { println(f()) }\n", 0o600)
	write(t, dir, "f.go", "package main\n\nfunc f() int { return 42 }\n", 0o600)
}

// program compiles one of testdata/programs and makes an empty directory work
// beside it. Static where the C library allows it: then nothing else is opened.
func program(args ...string) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		if runtime.GOOS != "linux" {
			t.Skip("its programs are for Linux")
		}
		args := append([]string{}, args...)
		args[1] = filepath.Join(dir, args[1])
		sources, err := filepath.Glob(filepath.Join("..", "..", "testdata", "programs", args[2]))
		if err != nil || len(sources) == 0 {
			t.Fatalf("%s: %d files, %v", args[2], len(sources), err)
		}
		args = append([]string{"-pthread", "-O1", "-o", args[1]}, sources...)
		if out, err := exec.Command("gcc", append([]string{"-static"}, args...)...).CombinedOutput(); err != nil {
			t.Logf("no static build: %s", firstLineOf(out))
			if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
				t.Fatalf("gcc: %v\n%s", err, out)
			}
		}
		if err := os.Mkdir(filepath.Join(dir, "work"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

func firstLineOf(b []byte) string {
	line, _, _ := strings.Cut(string(b), "\n")
	return line
}

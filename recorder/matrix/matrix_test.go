//go:build linux

package matrix

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tracerec/tracerec/recorder/matrix/wire"
)

func TestLinesMatchTheirPackagesOnly(t *testing.T) {
	packages := map[string]string{
		"linux-image-5.10.0-46-cloud-amd64":          "5.10",
		"linux-image-5.10.0-46-cloud-amd64-unsigned": "",
		"linux-image-6.1.0-56-cloud-amd64":           "6.1",
		"linux-image-6.1.0-0.deb11.52-cloud-amd64":   "",
		"linux-image-6.12.117+deb12-cloud-amd64":     "6.12",
		"linux-image-6.12-cloud-amd64":               "",
		"linux-image-6.18.15+deb13-cloud-amd64":      "6.18",
		"linux-image-6.18.15+deb13-cloud-amd64-dbg":  "",
		"linux-image-7.3.4+deb13-cloud-amd64":        "", // only depends on the next
		"linux-binary-7.3.4+deb13-cloud-amd64":       "7.3",
		"linux-binary-7.3.4+deb13-amd64":             "",
		"linux-image-6.12.117+deb12-cloud-arm64":     "6.12 arm64",
		"linux-image-6.12.117+deb12-rt-arm64":        "",
	}
	for name, want := range packages {
		got := ""
		for _, l := range lines {
			if l.matches(name, "amd64") {
				got += l.name
			}
			if l.matches(name, "arm64") {
				got += l.name + " arm64"
			}
		}
		if got != want {
			t.Errorf("%s: line %q, want %q", name, got, want)
		}
	}
}

func TestUnknownLineIsNamed(t *testing.T) {
	for name, job := range map[string]Job{`"6.99"`: {Line: "6.99"}, `"sparc"`: {Line: "6.12", Arch: "sparc"}} {
		res, err := Run(context.Background(), job)
		if err == nil || !strings.Contains(err.Error(), name) || res.Code != CodeLost {
			t.Errorf("code %d, error %v", res.Code, err)
		}
	}
}

func TestKernelCommandLine(t *testing.T) {
	k := Kernel{Image: "/k"}
	lsm := func(arch string, on bool) string {
		args := qemuArgs(Job{LSM: on, Append: "extra=1"}, arches[arch], k, "/i", "/c")
		line := args[slices.Index(args, "-append")+1]
		for f := range strings.FieldsSeq(line) {
			if v, ok := strings.CutPrefix(f, "lsm="); ok {
				return v
			}
		}
		t.Fatalf("no lsm= in %q", line)
		return ""
	}
	for _, arch := range Arches() {
		if on, off := lsm(arch, true), lsm(arch, false); on != off+",bpf" || strings.Contains(off, "bpf") {
			t.Errorf("%s: lsm=%s with bpf, lsm=%s without", arch, on, off)
		}
		if arches[arch].debian == "" || arches[arch].cc == "" || wire.Port[arch] == "" {
			t.Errorf("%s: package, compiler or port missing", arch)
		}
	}
}

func TestReceive(t *testing.T) {
	var b []byte
	b = wire.Append(b, wire.Ready, []byte("6.12.1"))
	b = wire.Append(b, wire.Stdout, []byte("out"))
	b = wire.Append(b, wire.End, wire.AppendEnd(nil, 3, time.Second))
	b = wire.Append(b, wire.File, []byte("/tmp/t"))
	b = wire.Append(b, wire.Data, []byte("ab"))
	b = wire.Append(b, wire.Data, []byte("c"))
	b = wire.Append(b, wire.File, []byte("/tmp/empty"))
	whole := wire.Append(b, wire.Done, []byte{3, 0, 0, 0})

	var out bytes.Buffer
	res := Result{Code: CodeLost, Files: map[string][]byte{}}
	if err := receive(bytes.NewReader(whole), &res, Job{Stdout: &out}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if res.Code != 3 || res.Kernel != "6.12.1" || out.String() != "out" || string(res.Files["/tmp/t"]) != "abc" || len(res.Files) != 2 || len(res.Cmd) != 1 || res.Cmd[0].Code != 3 {
		t.Errorf("%+v, output %q", res, out.String())
	}
	for n := range len(whole) {
		res := Result{Code: CodeLost, Files: map[string][]byte{}}
		if err := receive(bytes.NewReader(whole[:n]), &res, Job{}, time.Now()); err == nil || res.Code != CodeLost {
			t.Fatalf("cut to %d of %d bytes: code %d, error %v", n, len(whole), res.Code, err)
		}
	}
}

// The archive is checked with cpio itself where that is installed.
func TestInitramfsIsACpioArchive(t *testing.T) {
	dir := t.TempDir()
	tree := filepath.Join(dir, "tree")
	if err := os.MkdirAll(filepath.Join(tree, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"sub/file": "content", "empty": ""} {
		if err := os.WriteFile(filepath.Join(tree, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("sub/file", filepath.Join(tree, "link")); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "ramfs")
	job := Job{Files: map[string]string{"/data": tree, "/bin/x": filepath.Join(tree, "sub/file")}, Cmd: [][]string{{"/bin/x"}}}
	if err := writeInitramfs(context.Background(), out, filepath.Join(tree, "sub/file"), Kernel{}, job); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(data)%4 != 0 || !bytes.HasPrefix(data, []byte("070701")) || !bytes.Contains(data, []byte("TRAILER!!!")) {
		t.Errorf("%d bytes: not a newc archive", len(data))
	}
	for _, name := range []string{"init", "dev/console", "matrix/job.json", "data/sub/file", "data/empty", "data/link", "bin/x"} {
		if !bytes.Contains(data, []byte(name+"\x00")) {
			t.Errorf("%s is not in it", name)
		}
	}
	if _, err := exec.LookPath("cpio"); err != nil {
		t.Log("cpio is not installed: names checked, archive not listed")
		return
	}
	cmd := exec.Command("cpio", "-t", "--quiet")
	cmd.Stdin = bytes.NewReader(data)
	list, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(list), "data/sub/file\n") {
		t.Errorf("cpio -t: %v: %s", err, list)
	}
}

func TestMissingModuleIsNamed(t *testing.T) {
	_, err := Kernel{Dir: t.TempDir(), Package: "linux-image-x=1"}.module(context.Background(), "overlay")
	if err == nil || !strings.Contains(err.Error(), "overlay") {
		t.Error(err)
	}
}

// Boots a kernel: needs qemu and a mirror, so only when asked for.
func TestBoot(t *testing.T) {
	line := os.Getenv("TRACEREC_MATRIX")
	if line == "" {
		t.Skip("set TRACEREC_MATRIX to a kernel line to boot it")
	}
	res, err := Run(context.Background(), Job{Line: line, LSM: true, Cmd: [][]string{{"/bin/none"}}, Out: []string{"/proc/version"}})
	if err != nil || res.Code != 127 || !strings.Contains(string(res.Files["/proc/version"]), res.Kernel) {
		t.Errorf("a command that is not there: code %d, %v, version %q", res.Code, err, res.Files["/proc/version"])
	}
	start := time.Now()
	res, err = Run(context.Background(), Job{Line: line, Cmd: [][]string{{"/bin/none"}}, Timeout: time.Second})
	if err == nil || res.Code != CodeLost || time.Since(start) > time.Minute {
		t.Errorf("no time to boot: code %d, %v", res.Code, err)
	}
}

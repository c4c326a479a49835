package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// wrapped starts a companion that opens what it is told by a program that
// executes, or forks, it; pids are those of the wrappers that wait and, last, the
// companion's own, as the host numbers them.
func wrapped(t *testing.T, dir string, wrapper ...string) (c *companion, pids []string) {
	t.Helper()
	c = launch(t, append(wrapper, self(t), subjectVerb, "leaf", dir)...)
	line, err := c.out.ReadString('\n')
	if err != nil || line != "ready\n" {
		c.in.Close()
		c.cmd.Wait()
		t.Skipf("%v cannot be run here: %q, %v", wrapper, line, err)
	}
	// wrappers that fork have one child
	for pid := strconv.Itoa(c.cmd.Process.Pid); ; {
		pids = append(pids, pid)
		children, err := os.ReadFile("/proc/" + pid + "/task/" + pid + "/children")
		if err != nil {
			t.Fatal(err)
		}
		child := strings.TrimSpace(string(children))
		if child == "" {
			return c, pids
		}
		pid = child
	}
}

// others are companions, each with the name under which it opens a file.
type others struct {
	list map[string]*companion
	pid  map[string]string
	all  map[string][]string // with those of the wrappers
}

func (o *others) start(t *testing.T, dir, name string, wrapper ...string) {
	t.Helper()
	if o.list == nil {
		o.list, o.pid, o.all = map[string]*companion{}, map[string]string{}, map[string][]string{}
	}
	o.list[name], o.all[name] = wrapped(t, dir+"/"+name, wrapper...)
	o.pid[name] = o.all[name][len(o.all[name])-1]
}

// justThese records with each of the flags, side by side, while every companion
// opens a file, and fails unless the traces have those of who is wanted, and no
// other process.
func (o *others) justThese(t *testing.T, dir string, cases map[string][]string) (paths map[string]string) {
	t.Helper()
	recordings := map[string]*background{}
	paths = map[string]string{}
	for flags := range cases {
		recordings[flags] = startRecording(t, append([]string{"-e", "openat"}, strings.Fields(flags)...)...)
		paths[flags] = recordings[flags].path
	}
	for _, c := range o.list {
		c.tell(t, "/x") // DIR/NAME/x-child
	}
	for flags, want := range cases {
		recordings[flags].interrupt(t)
		pids, _, opened := who(t, recordings[flags].path, dir)
		var got []string
		for name := range opened {
			got = append(got, strings.Split(name, "/")[0])
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: opened by %q, want %q", flags, got, want)
		}
		may := map[uint32]bool{}
		for name, all := range o.all {
			for i, pid := range all { // wrappers may be in scope: what nsenter has started is
				if n, _ := strconv.ParseUint(pid, 10, 32); i < len(all)-1 || slices.Contains(want, name) {
					may[uint32(n)] = true
				}
			}
		}
		maps.DeleteFunc(pids, func(pid uint32, _ bool) bool { return may[pid] })
		if len(pids) > 0 {
			t.Errorf("%s: processes %v are in the trace too", flags, slices.Sorted(maps.Keys(pids)))
		}
	}
	return paths
}

// namespace is the inode number of a process' namespace.
func namespace(t *testing.T, pid, kind string) string {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat("/proc/"+pid+"/ns/"+kind, &st); err != nil {
		t.Fatal(err)
	}
	return strconv.FormatUint(st.Ino, 10)
}

// What is in a pid or mount namespace of its own is recorded, with the pid
// namespaces below, and alone; conditions of several kinds, of several values, and
// exclusions go together.
func TestNamespacesAreRecorded(t *testing.T) {
	needRecorder(t)
	t.Parallel()
	need(t, "unshare", "nsenter")
	if os.Getuid() != 0 {
		t.Skip("namespaces of one's own need root")
	}
	dir := t.TempDir()
	var o others
	o.start(t, dir, "plain")
	o.start(t, dir, "mnt", "unshare", "-m")
	o.start(t, dir, "pid", "unshare", "-fp", "--kill-child")
	o.start(t, dir, "both", "unshare", "-fpm", "--kill-child")
	o.start(t, dir, "below", "nsenter", "-t", o.pid["pid"], "-p", "unshare", "-fp", "--kill-child")
	for _, name := range []string{"plain", "mnt"} {
		if namespace(t, o.pid[name], "pid") != namespace(t, "self", "pid") {
			t.Fatalf("%s is in a pid namespace of its own", name)
		}
	}
	pidns, mntns := namespace(t, o.pid["pid"], "pid"), namespace(t, o.pid["mnt"], "mnt")
	o.justThese(t, dir, map[string][]string{
		"--pidns " + o.pid["pid"]: {"pid", "below"},
		"--mntns " + mntns:        {"mnt"},
		"--pidns " + pidns + " --exclude-pidns " + o.pid["below"]:                           {"pid"},
		"--pidns " + pidns + " --pidns " + o.pid["both"]:                                    {"pid", "below", "both"},
		"--mntns " + o.pid["both"] + " --mntns " + mntns + " --pidns " + o.pid["both"]:      {"both"},
		"-p " + o.pid["plain"] + " -p " + o.pid["mnt"] + " --exclude-mntns " + o.pid["mnt"]: {"plain"},
	})
}

// Cgroups as container runtimes and systemd make them: a container is recorded by the
// beginning of its id, with the cgroups in it; the recording says whose they are.
func TestContainersAreRecorded(t *testing.T) {
	needRecorder(t)
	t.Parallel()
	base, dir := ownCgroup(t), t.TempDir()
	hex := func(digit string) string {
		return strings.Repeat(digit, 8) + strings.Repeat("0123456789abcdef", 4)[:56]
	}
	pod := "8d3a1b2c-0f1e-4d5c-9b8a-7c6d5e4f3a2b"
	kube := "kubepods.slice/kubepods-pod" + strings.ReplaceAll(pod, "-", "_") + ".slice/"
	places := map[string]struct{ path, says string }{
		"docker":     {"system.slice/docker-" + hex("a") + ".scope", "docker " + hex("a")},
		"inner":      {"system.slice/docker-" + hex("a") + ".scope/nested", "docker " + hex("a")},
		"containerd": {kube + "cri-containerd-" + hex("b") + ".scope", "containerd " + hex("b") + ", pod " + pod},
		"crio":       {kube + "crio-" + hex("c") + ".scope", "cri-o " + hex("c") + ", pod " + pod},
		"podman":     {"machine.slice/libpod-" + hex("d") + ".scope/container", "podman " + hex("d")},
		"unit":       {"system.slice/nginx.service", "unit nginx.service"},
		"nothing":    {"app", ""},
	}
	var o others
	var made []string
	t.Cleanup(func() { // the deepest first, when the companions have ended
		for _, d := range slices.Backward(made) {
			eventually(t, "cgroup "+d+" cannot be removed", time.Minute, func() bool { return os.Remove(d) == nil || !exists(d) })
		}
	})
	for _, name := range slices.Sorted(maps.Keys(places)) {
		at := base
		for part := range strings.SplitSeq(places[name].path, "/") {
			at = filepath.Join(at, part)
			if exists(at) {
				continue
			}
			if err := os.Mkdir(at, 0o755); err != nil {
				t.Fatal(err)
			}
			made = append(made, at)
		}
	}
	for name, p := range places {
		// the shell puts itself there before it becomes the companion
		o.start(t, dir, name, "sh", "-c", `echo $$ >"$0/cgroup.procs" || exit; exec "$@"`, filepath.Join(base, p.path))
	}
	within := "--cgroup " + base
	paths := o.justThese(t, dir, map[string][]string{
		"--container " + hex("a")[:12]:                                                       {"docker", "inner"},
		"--container " + hex("b")[:12] + " --container " + hex("d"):                          {"containerd", "podman"},
		"--cgroup " + base + "/kubepods.slice":                                               {"containerd", "crio"},
		within + " --exclude-container " + hex("a"):                                          {"containerd", "crio", "podman", "unit", "nothing"},
		"--container " + hex("a") + " --exclude-cgroup " + base + "/" + places["inner"].path: {"docker"},
		within: {"docker", "inner", "containerd", "crio", "podman", "unit", "nothing"},
	})
	// The file of all of them names whose each is.
	r := finish(t, cli(t, "info", paths[within]))
	for name, p := range places {
		want := fmt.Sprintf("%s  %q", p.says, strings.TrimPrefix(base, filepath.Dir(base))+"/"+p.path)
		if p.says != "" && !strings.Contains(unfold(r.out), unfold(want)) {
			t.Errorf("info does not say %s (%s)", want, name)
		}
	}
	if t.Failed() {
		t.Log(r.out)
	}
	if r := finish(t, cli(t, "record", "-o", dir+"/none.trc", "--container", hex("e"))); r.code != exitUsage || !strings.Contains(r.talk, "no running container has this id") {
		t.Errorf("a container that is not there: exit code %d, %s", r.code, r.talk)
	}
}

// unfold is text without its line breaks and indentation.
func unfold(text string) string { return strings.Join(strings.Fields(text), "") }

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

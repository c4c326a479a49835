package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// -p with --exclude-cgroup: a process that moves into the cgroup leaves the
// recording, with its threads, and comes back when it leaves the cgroup.
func TestLeavesByCgroup(t *testing.T) {
	needRecorder(t)
	cgroup, dir := ownCgroup(t), t.TempDir()
	tree := startCompanion(t, "tree", dir)
	move := func(into string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(into, "cgroup.procs"), []byte(strconv.Itoa(tree.cmd.Process.Pid)), 0); err != nil {
			t.Skipf("processes cannot be moved into a cgroup: %v", err)
		}
	}
	rec := startRecording(t, "-p", strconv.Itoa(tree.cmd.Process.Pid), "--exclude-cgroup", cgroup)
	tree.tell(t, "before")
	// Its other threads are looked for once its leader was read, and a call under
	// way when it moved is still recorded.
	move(cgroup)
	rec.settles(t, tree, dir, "leaving", "child")
	tree.tell(t, "within")
	move(filepath.Dir(cgroup))
	rec.settles(t, tree, dir, "returning", "leader", "thread", "child")
	tree.tell(t, "back")
	rec.interrupt(t)

	_, _, opened := who(t, rec.path, dir)
	for _, name := range []string{"before-leader", "before-thread", "before-child", "before-born", "within-child", "back-leader", "back-thread", "back-child", "back-born"} {
		if len(opened[name]) != 1 {
			t.Errorf("%s was opened by %v in the trace", name, opened[name])
		}
	}
	for name := range opened {
		if strings.HasPrefix(name, "within") && !strings.HasSuffix(name, "-child") {
			t.Errorf("%s, opened in the cgroup, is in the trace", name)
		}
	}
}

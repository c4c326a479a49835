package analyze

import (
	"fmt"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// TestWalk: opens of which only the object is known, on a host where no exact
// witness was active.
func TestWalk(t *testing.T) {
	open := func(t *trace, name, object string) {
		dirfd := int64(atFDCWD)
		t.begin().call("openat", 3).enter(0, name).exitIs(0, same).object(object).set(format.ColArg0, uint64(dirfd))
	}
	link := func(t *trace, target, name string) {
		t.begin().call("symlink", 0).enter(0, target).exitIs(0, same).enter(1, name).exitIs(1, same)
	}
	agrees, walked, elsewhere := "unwitnessed "+whyTexts[whyObjectAgrees], "redirected "+whyTexts[whyWalkedLink], "inconclusive "+whyTexts[whyWalkedElsewhere]
	for name, c := range map[string]struct {
		make func(*trace)
		want string // of the last open
	}{
		"absolute": {func(t *trace) { open(t, "/tmp//./f", "/tmp/f") }, agrees},
		"relative": {func(t *trace) { t.row(format.EventTask).bytes(format.ColAKernel, "/tmp"); open(t, "d/f", "/tmp/d/f") }, agrees},
		"relative, up": {func(t *trace) {
			t.row(format.EventTask).bytes(format.ColAKernel, "/tmp")
			open(t, "../etc/f", "/etc/f")
		}, agrees},
		"after chdir":   {func(t *trace) { t.row(format.EventCwd).bytes(format.ColPath, "/srv"); open(t, "f", "/srv/f") }, agrees},
		"cwd not known": {func(t *trace) { open(t, "f", "/srv/f") }, "unwitnessed " + whyTexts[whyObjectUnjudged]},
		"in a new root": {func(t *trace) { t.row(format.EventRoot).bytes(format.ColPath, "/jail"); open(t, "/f", "/jail/f") }, agrees},
		"out of a root": {func(t *trace) { t.row(format.EventRoot).bytes(format.ColPath, "/jail"); open(t, "/../../f", "/jail/f") }, agrees},
		"a link":        {func(t *trace) { link(t, "f", "/tmp/l"); open(t, "/tmp/l", "/tmp/f") }, walked},
		"links on links": {func(t *trace) {
			link(t, "/tmp/b", "/tmp/a")
			link(t, "../srv", "/tmp/b")
			open(t, "/tmp/a/f", "/srv/f")
		}, walked},
		"a renamed link": {func(t *trace) {
			link(t, "/etc/f", "/tmp/l")
			t.begin().call("rename", 0).enter(0, "/tmp/l").exitIs(0, same).enter(1, "/tmp/m").exitIs(1, same)
			open(t, "/tmp/m", "/etc/f")
		}, walked},
		"a removed link": {func(t *trace) {
			link(t, "/etc/f", "/tmp/l")
			t.begin().call("unlink", 0).enter(0, "/tmp/l").exitIs(0, same)
			open(t, "/tmp/l", "/etc/f")
		}, elsewhere},
		"a ring of links": {func(t *trace) { link(t, "/tmp/b", "/tmp/a"); link(t, "/tmp/a", "/tmp/b"); open(t, "/tmp/a", "/etc/f") }, "inconclusive " + whyTexts[whyObjectOther]},
		"elsewhere":       {func(t *trace) { open(t, "/tmp/f", "/etc/shadow") }, elsewhere},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTrace()
			tr.header.Manifest = []format.Witness{{Event: "syscall", Hook: "tp_btf/sys_exit", Rung: format.RungObject, State: format.WitnessActive}}
			c.make(tr)
			for _, size := range []int{1, 100} {
				found, _ := tr.run(t, Options{Analyses: []string{"toctou"}, Verdicts: allVerdicts}, size)
				last := found[len(found)-1]
				if got := fmt.Sprint(last.Verdict, " ", last.Reason); got != c.want || last.Severity != Info {
					t.Errorf("%s %s, want %s", last.Severity, got, c.want)
				}
			}
		})
	}
}

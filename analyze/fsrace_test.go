package analyze

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

var atCWD = func() uint64 { fd := int64(atFDCWD); return uint64(fd) }()

// at is a call on a name that reached an inode; 0: not recorded.
func (t *trace) at(call, path string, ino uint64, ret int64) row {
	r := t.begin().call(call, ret).enter(0, path).same(0, putname)
	if strings.HasSuffix(call, "at") {
		r.set(format.ColArg0, atCWD)
	}
	if ino != 0 {
		r.set(format.ColDev, 8<<20|1).set(format.ColIno, ino)
	}
	return r
}

func (t *trace) swap(path string) row {
	r := t.begin().call("rename", 0).enter(0, "/tmp/evil").same(0, putname).enter(1, path).same(1, putname)
	return r.other(500)
}

func TestFSRace(t *testing.T) {
	for name, c := range map[string]struct {
		make func(*trace)
		want string // "" for none
	}{
		"access, swap, open": {func(t *trace) {
			t.at("access", "/tmp/x", 10, 0)
			t.swap("/tmp/x").set(format.ColUID, 77)
			t.at("open", "/tmp/x", 11, 3)
		}, "access-open name-race high"},
		"by the same user": {func(t *trace) {
			t.at("stat", "/tmp/x", 10, 0)
			t.swap("/tmp/x")
			t.at("openat", "/tmp/x", 11, 3)
		}, "stat-open name-race medium"},
		"sensitive": {func(t *trace) {
			t.at("access", "/etc/cron.d/x", 10, 0)
			t.swap("/etc/cron.d/x").set(format.ColUID, 77)
			t.at("open", "/etc/cron.d/x", 11, 3)
		}, "access-open name-race critical"},
		"nobody is known to have": {func(t *trace) {
			t.at("access", "/tmp/x", 10, 0)
			t.at("open", "/tmp/x", 11, 3)
		}, "access-open name-race medium"},
		"a directory on the way": {func(t *trace) {
			t.at("stat", "/tmp/d/e/x", 10, 0)
			t.swap("/tmp/d")
			t.at("open", "/tmp/d/e/x", 11, 3)
		}, "stat-open name-race medium"},
		"relative, other spelling": {func(t *trace) {
			t.row(format.EventTask).bytes(format.ColAKernel, "/tmp")
			t.at("access", "x", 10, 0)
			t.swap("/tmp/x")
			t.at("open", "/tmp/.//x", 11, 3)
		}, "access-open name-race medium"},
		"by descriptor of a directory": {func(t *trace) {
			t.at("open", "/srv", 5, 7).set(format.ColArg1, oDirectory).bytes(format.ColPath, "/srv")
			t.at("lstat", "/srv/x", 10, 0)
			t.swap("/srv/x")
			t.at("unlinkat", "x", 0, 0).set(format.ColArg0, 7)
		}, "lstat-remove inconclusive low"},
		"nothing there, then planted": {func(t *trace) {
			t.at("access", "/tmp/x", 0, -2)
			t.begin().call("symlink", 0).enter(0, "/etc/passwd").same(0, putname).enter(1, "/tmp/x").same(1, putname).other(500)
			t.at("open", "/tmp/x", 11, 3).set(format.ColArg1, oCreat)
		}, "access-open name-race medium"},
		"nothing there, then created": {func(t *trace) {
			t.at("access", "/tmp/x", 0, -2)
			t.at("open", "/tmp/x", 11, 3).set(format.ColArg1, oCreat)
		}, ""},
		"nothing there, planted, but O_EXCL": {func(t *trace) {
			t.at("access", "/tmp/x", 0, -2)
			t.begin().call("symlink", 0).enter(0, "/etc/passwd").same(0, putname).enter(1, "/tmp/x").same(1, putname).other(500)
			t.at("open", "/tmp/x", 11, 3).set(format.ColArg1, oCreat|oExcl)
		}, ""},
		"same object": {func(t *trace) {
			t.at("access", "/tmp/x", 10, 0)
			t.swap("/tmp/x")
			t.at("open", "/tmp/x", 10, 3)
		}, ""},
		"replaced by itself": {func(t *trace) {
			t.at("stat", "/tmp/x", 10, 0)
			t.swap("/tmp/x").task(testTID, testPID, testStart)
			t.at("open", "/tmp/x", 11, 3)
		}, ""},
		"replaced by its child": {func(t *trace) {
			t.row(format.EventFork).set(format.ColArg0, 500).set(format.ColArg1, 500)
			t.at("stat", "/tmp/x", 10, 0)
			t.swap("/tmp/x")
			t.at("open", "/tmp/x", 11, 3)
		}, ""},
		"replaced by its child's child, both gone": {func(t *trace) {
			t.row(format.EventFork).set(format.ColArg0, 400).set(format.ColArg1, 400)
			t.row(format.EventFork).task(400, 400, 400).set(format.ColArg0, 500).set(format.ColArg1, 500)
			t.at("stat", "/tmp/x", 10, 0)
			t.swap("/tmp/x")
			t.row(format.EventExit).task(400, 400, 400).set(format.ColArg1, 1)
			t.row(format.EventExit).task(500, 500, 500).set(format.ColArg1, 1)
			t.at("open", "/tmp/x", 11, 3)
		}, ""},
		"a file without a name, in a directory": {func(t *trace) {
			t.at("stat", "/tmp", 10, 0)
			t.at("open", "/tmp", 11, 3).set(format.ColArg1, oTmpfile|oDirectory|2)
		}, ""},
		"such a file, by openat2": {func(t *trace) {
			t.at("stat", "/tmp", 10, 0)
			t.at("openat2", "/tmp", 11, 3).set(format.ColArg0, atCWD).enter(1, "\x02\x00\x41\x00\x00\x00\x00\x00")
		}, ""},
		"lstat of a link, then followed": {func(t *trace) {
			t.at("lstat", "/tmp/x", 10, 0)
			t.at("open", "/tmp/x", 11, 3)
		}, ""},
		"devices that cannot be compared": {func(t *trace) {
			t.at("stat", "/tmp/x", 10, 0).set(format.ColDev, 7)
			t.at("open", "/tmp/x", 11, 3)
		}, ""},
		"another process' check": {func(t *trace) {
			t.at("access", "/tmp/x", 10, 0).other(600)
			t.swap("/tmp/x")
			t.at("open", "/tmp/x", 11, 3)
		}, ""},
		"long ago": {func(t *trace) {
			t.at("access", "/tmp/x", 10, 0)
			t.now += 2 * int64(checkAge)
			t.at("open", "/tmp/x", 11, 3)
		}, ""},
		"objects unknown, changed": {func(t *trace) {
			t.at("access", "/tmp/x", 0, 0)
			t.swap("/tmp/x")
			t.at("chmod", "/tmp/x", 0, 0)
		}, "access-change inconclusive low"},
		"objects unknown, not changed": {func(t *trace) {
			t.at("access", "/tmp/x", 0, 0)
			t.at("chmod", "/tmp/x", 0, 0)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTrace()
			c.make(tr)
			for _, size := range []int{1, 2, 100} {
				found, cov := tr.run(t, Options{Analyses: []string{"fs-race"}}, size)
				got := ""
				for _, f := range found {
					got += fmt.Sprintf("%s %s %s", f.Rule, f.Verdict, f.Severity)
					if e := f.Evidence; len(e) < 2 || e[0].Role != RoleCheck || e[len(e)-1].Role != RoleUse {
						t.Errorf("evidence %v", e)
					}
				}
				if got != c.want {
					t.Errorf("batches of %d: %q, want %q (%v)", size, got, c.want, cov.NamePairs)
				}
			}
		})
	}
}

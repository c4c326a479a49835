package replay

import (
	"bytes"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

func fold(t *testing.T, r *rec) *State {
	t.Helper()
	s, err := Fold(source(r.batch, 7))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func one(t *testing.T, s *State, pid uint32) *Process {
	t.Helper()
	list := s.Holders(pid)
	if len(list) != 1 {
		t.Fatalf("pid %d: %d processes, want 1", pid, len(list))
	}
	return list[0]
}

var shell = who{tid: 10, pid: 10, ppid: 1, start: t0 - 50*second, comm: "bash"}

func (r *rec) initial(w who, argv, path string) {
	r.row(format.EventTask, t0, w, cells{
		format.ColFlags: format.FlagInitial, format.ColBKernel: argv, format.ColPath: path, format.ColAKernel: "/root",
		format.ColDev: 254<<20 | 1, format.ColIno: 7,
	})
}

func TestForkExecExit(t *testing.T) {
	r := newRec()
	r.initial(shell, "bash\x00", "/usr/bin/bash")
	child := who{tid: 11, pid: 11, ppid: 10, start: ms(10), comm: "bash"}
	r.fork(ms(10), shell, child, 0x1200000)
	r.open(ms(11), child, "/etc/passwd", 3)
	child.comm = "ls"
	r.exec(ms(12), child, 5, "/bin/ls", "ls\x00-l\x00", "/usr/bin/ls", nil)
	r.execve(ms(11.5), child, 5, "/bin/ls", "ls\x00-l\x00", nil)
	r.open(ms(13), child, "/nope", -2)
	r.exit(ms(20), child, 3<<8, true)

	s := fold(t, r)
	p := one(t, s, 11)
	if p.Parent != one(t, s, 10) || p.Origin != OriginForked || p.Start != ms(10) || p.Ended != ms(20) || p.Status != 3<<8 {
		t.Errorf("%+v", p)
	}
	if d := s.Doubts(p); d != 0 {
		t.Errorf("doubts %b", d)
	}
	if len(p.Images) != 2 || p.Images[0].Origin != ImageInherited || p.Images[0].Path != "/usr/bin/bash" {
		t.Fatalf("images %+v", p.Images)
	}
	im := p.Images[1]
	if im.Asked.Value != "/bin/ls" || im.Ran.Value != "/bin/ls" || im.Path != "/usr/bin/ls" || im.PathDiffers || im.ArgvDiffers ||
		im.Argv() != "ls\x00-l\x00" {
		t.Errorf("image %+v", im)
	}
	if c := p.Counts(); c.Calls != 3 || c.Opens != 2 || c.Failed != 1 || c.Execs != 1 {
		t.Errorf("counts %+v", c)
	}
	if p.CommAt(ms(11)) != "bash" || p.CommAt(ms(15)) != "ls" || p.ImageAt(ms(11)).Path != "/usr/bin/bash" || p.ImageAt(ms(15)) != im {
		t.Error("history at a moment")
	}
	if !p.AliveAt(ms(15)) || p.AliveAt(ms(20)) || p.AliveAt(ms(9)) {
		t.Error("alive")
	}
	if one(t, s, 10).Origin != OriginInitial {
		t.Error("the shell was there before")
	}
}

// The thread that calls execve takes over tid and start of the leader.
func TestExecByThread(t *testing.T) {
	r := newRec()
	leader := who{tid: 20, pid: 20, ppid: 10, start: ms(1), comm: "app"}
	a := who{tid: 21, pid: 20, ppid: 10, start: ms(2), comm: "app"}
	b := who{tid: 22, pid: 20, ppid: 10, start: ms(3), comm: "app"}
	r.initial(shell, "bash\x00", "/usr/bin/bash")
	r.fork(ms(1), shell, leader, 0)
	r.fork(ms(2), leader, a, 0x10f00)
	r.fork(ms(3), leader, b, 0x10f00)
	r.plain(ms(4), a, 39, 20, 100)
	r.exit(ms(5), b, 0, false)
	r.exit(ms(5), leader, 0, false)
	after := leader
	after.comm = "sh"
	r.exec(ms(6), after, 9, "/bin/sh", "sh\x00", "/usr/bin/dash", cells{format.ColArg0: 21})
	r.execve(ms(4.5), after, 9, "/bin/sh", "sh\x00", nil)
	r.plain(ms(7), after, 39, 20, 100)
	r.exit(ms(8), after, 0, true)

	s := fold(t, r)
	p := one(t, s, 20)
	if len(p.Tasks) != 3 || p.Ended != ms(8) || p.End != EndExit || p.Start != ms(1) {
		t.Fatalf("%+v", p)
	}
	old := s.Task(21, uint64(ms(2)))
	if old.End != EndExec || old.Ended != ms(6) {
		t.Errorf("caller %+v", old)
	}
	if l := s.Task(20, uint64(ms(1))); l.End != EndExit || l.Ended != ms(8) || l.Counts.Calls != 2 {
		t.Errorf("leader %+v", l)
	}
	if x := s.Task(22, uint64(ms(3))); x.End != EndExit || x.Ended != ms(5) {
		t.Errorf("other %+v", x)
	}
	if im := p.ImageAt(ms(7)); im.Asked.Value != "/bin/sh" || im.Path != "/usr/bin/dash" {
		t.Errorf("image %+v", im)
	}
}

// The recorder names the caller by its old tid in the exec row and the
// call's, and by the pid with the caller's own start from then on.
func TestExecByThreadOldIdentity(t *testing.T) {
	leader := who{tid: 20, pid: 20, ppid: 10, start: ms(1), comm: "app"}
	a := who{tid: 21, pid: 20, ppid: 10, start: ms(2), comm: "app"}
	after := who{tid: 20, pid: 20, ppid: 10, start: ms(2), comm: "echo"}
	for name, c := range map[string]struct{ leaderSeen, execSeen bool }{
		"all": {true, true}, "no row of the leader": {false, true}, "exec row lost": {true, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRec()
			r.initial(shell, "bash\x00", "/usr/bin/bash")
			if c.leaderSeen {
				r.fork(ms(1), shell, leader, 0)
				r.fork(ms(2), leader, a, 0x10f00)
				r.exit(ms(5), leader, 0, false)
			} else {
				r.plain(ms(3), a, 39, 20, 100)
			}
			if c.execSeen {
				ran := a
				ran.comm = "echo" // as the kernel has it by then
				r.exec(ms(6), ran, 9, "/bin/echo", "echo\x00", "/usr/bin/echo", cells{format.ColArg0: 21})
				r.execve(ms(4.5), a, 9, "/bin/echo", "echo\x00", nil)
			}
			r.plain(ms(7), after, 39, 20, 100)
			r.exit(ms(8), after, 0, true)
			s := fold(t, r)
			p := one(t, s, 20)
			if len(p.Tasks) != 2 || p.End != EndExit || p.Ended != ms(8) || p.CommAt(ms(9)) != "echo" {
				t.Fatalf("%+v", p)
			}
			if now := p.CommAt(ms(6.5)); c.execSeen && now != "echo" {
				t.Errorf("called %q right behind the execve", now)
			}
			if old := s.Task(21, uint64(ms(2))); old.End != EndExec {
				t.Errorf("caller %+v", old)
			}
			if l := s.Task(20, uint64(ms(2))); l != p.leader || l.End != EndExit || l.Ended != ms(8) {
				t.Errorf("leader %+v", l)
			}
			if im := p.ImageAt(ms(7)); c.execSeen && (im.Asked.Value != "/bin/echo" || im.Path != "/usr/bin/echo" || im.ExecLost) {
				t.Errorf("image %+v", im)
			}
		})
	}
}

func TestExecDiffers(t *testing.T) {
	w := who{tid: 30, pid: 30, ppid: 10, start: ms(1), comm: "x"}
	for name, c := range map[string]struct {
		rows       func(r *rec)
		path, argv bool
		asked, ran string
	}{
		"witness says other": {func(r *rec) {
			r.exec(ms(2), w, 1, "/bin/bash", "ls\x00", "/usr/bin/bash", nil)
			r.execve(ms(2), w, 1, "/bin/ls", "ls\x00", cells{format.ColAKernel: "/bin/bash", format.ColAKernelStatus: format.ViewOK})
		}, true, false, "/bin/ls", "/bin/bash"},
		"no witness, exec row says other": {func(r *rec) {
			r.exec(ms(2), w, 1, "/bin/bash", "ls\x00", "/usr/bin/bash", nil)
			r.execve(ms(2), w, 1, "/bin/ls", "ls\x00", cells{format.ColAKernelStatus: format.ViewNone})
		}, true, false, "/bin/ls", "/bin/bash"},
		"a script": {func(r *rec) {
			r.exec(ms(2), w, 1, "./s.sh", "/bin/sh\x00-e\x00./s.sh\x00a\x00", "/usr/bin/dash", cells{format.ColAEnter: "/bin/sh"})
			r.execve(ms(2), w, 1, "./s.sh", "s.sh\x00a\x00", cells{format.ColBKernelStatus: format.ViewOK, format.ColBKernel: "/bin/sh\x00-e\x00./s.sh\x00a\x00"})
		}, false, false, "./s.sh", "./s.sh"},
		"a script, other argument": {func(r *rec) {
			r.exec(ms(2), w, 1, "./s.sh", "/bin/sh\x00./s.sh\x00b\x00", "/usr/bin/dash", cells{format.ColAEnter: "/bin/sh"})
			r.execve(ms(2), w, 1, "./s.sh", "s.sh\x00a\x00", cells{format.ColBKernelStatus: format.ViewNone})
		}, false, true, "./s.sh", "./s.sh"},
		"other argv": {func(r *rec) {
			r.exec(ms(2), w, 1, "/bin/rm", "rm\x00-rf\x00", "/usr/bin/rm", nil)
			r.execve(ms(2), w, 1, "/bin/rm", "rm\x00-i\x00", cells{format.ColBKernelStatus: format.ViewNone})
		}, false, true, "/bin/rm", "/bin/rm"},
		"a cut argv": {func(r *rec) {
			r.exec(ms(2), w, 1, "/bin/rm", "rm\x00-rf\x00aaaa\x00bbbb", "/usr/bin/rm", cells{format.ColBKernelStatus: format.ViewTruncated})
			r.execve(ms(2), w, 1, "/bin/rm", "rm\x00-rf\x00aa", cells{format.ColBKernelStatus: format.ViewNone, format.ColBEnterStatus: format.ViewTruncated})
		}, false, false, "/bin/rm", "/bin/rm"},
		"execveat's made-up name": {func(r *rec) {
			r.exec(ms(2), w, 1, "/dev/fd/3", "x\x00", "/memfd:x", nil)
			r.execve(ms(2), w, 1, "", "x\x00", cells{format.ColNR: 322, format.ColAKernelStatus: format.ViewNone})
		}, false, false, "", "/dev/fd/3"},
		"unreadable": {func(r *rec) {
			r.exec(ms(2), w, 1, "/bin/id", "id\x00", "/usr/bin/id", nil)
			r.execve(ms(2), w, 1, "", "id\x00", cells{format.ColAEnter: nil, format.ColAEnterStatus: format.ViewUnreadable, format.ColAKernelStatus: format.ViewNone})
		}, false, false, "", "/bin/id"},
		"another call's": {func(r *rec) {
			r.exec(ms(2), w, 1, "/bin/id", "id\x00", "/usr/bin/id", nil)
			r.execve(ms(2), w, 2, "/bin/ls", "ls\x00", cells{format.ColRet: -2})
		}, false, false, "", "/bin/id"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRec()
			c.rows(r)
			p := one(t, fold(t, r), 30)
			im := p.Images[len(p.Images)-1]
			if len(p.Images) != 1 || im.PathDiffers != c.path || im.ArgvDiffers != c.argv || im.Asked.Value != c.asked || im.Ran.Value != c.ran {
				t.Errorf("%d images, %+v", len(p.Images), im)
			}
		})
	}
}

func TestMissing(t *testing.T) {
	t.Run("fork", func(t *testing.T) {
		r := newRec()
		thread := who{tid: 41, pid: 40, ppid: 10, start: ms(2), comm: "w"}
		r.plain(ms(5), thread, 39, 1, 0)
		s := fold(t, r)
		p := one(t, s, 40)
		if p.Start != 0 || p.Origin != OriginSeen || p.Begin() != ms(5) || s.Doubts(p) != DoubtOrigin|DoubtStart {
			t.Errorf("%+v, doubts %b", p, s.Doubts(p))
		}
		// Later the leader shows: it is the same process.
		r.plain(ms(6), who{tid: 40, pid: 40, ppid: 10, start: ms(1), comm: "l"}, 39, 1, 0)
		s = fold(t, r)
		p = one(t, s, 40)
		if p.Start != ms(1) || len(p.Tasks) != 2 || p.CommAt(ms(7)) != "l" {
			t.Errorf("%+v", p)
		}
	})
	t.Run("exit, then the pid is used again", func(t *testing.T) {
		r := newRec()
		a := who{tid: 50, pid: 50, ppid: 10, start: ms(1), comm: "a"}
		b := who{tid: 50, pid: 50, ppid: 10, start: ms(9), comm: "b"}
		r.plain(ms(5), a, 39, 1, 0)
		r.plain(ms(10), b, 39, 1, 0)
		r.exit(ms(11), b, 9, true)
		s := fold(t, r)
		list := s.Holders(50)
		if len(list) != 2 || list[0].End != EndReused || list[0].Ended != ms(9) || list[1].Status != 9 {
			t.Fatalf("%+v", list)
		}
		if s.Process(50, ms(5)) != list[0] || s.Process(50, ms(10)) != list[1] || s.Process(50, ms(12)) != nil {
			t.Error("lookup by time")
		}
	})
	t.Run("exec row", func(t *testing.T) {
		r := newRec()
		a := who{tid: 51, pid: 51, ppid: 10, start: ms(1), comm: "a"}
		r.execve(ms(5), a, 4, "/bin/ls", "ls\x00", nil)
		s := fold(t, r)
		p := one(t, s, 51)
		if len(p.Images) != 1 || !p.Images[0].ExecLost || p.Images[0].Ran.Value != "/bin/ls" || s.Doubts(p)&DoubtExec == 0 {
			t.Errorf("%+v", p.Images)
		}
	})
	t.Run("records of processes", func(t *testing.T) {
		r := newRec()
		r.initial(shell, "bash\x00", "/usr/bin/bash")
		r.plain(ms(1), shell, 39, 1, 0)
		r.lost(ms(2), ms(3), format.ClassProcess, 5)
		s := fold(t, r)
		if s.Lost() != 5 || len(s.Gaps()) != 1 || s.Doubts(one(t, s, 10)) != DoubtGap {
			t.Errorf("%+v", s.Gaps())
		}
	})
	t.Run("start of a task", func(t *testing.T) {
		r := newRec()
		a := who{tid: 52, pid: 52, comm: "a"}
		r.plain(ms(5), a, 39, 1, 0)
		a.start = ms(1)
		r.plain(ms(6), a, 39, 1, 0)
		a.start = 0
		r.plain(ms(7), a, 39, 1, 0)
		p := one(t, fold(t, r), 52)
		if len(p.Tasks) != 1 || p.Start != ms(1) || p.Counts().Calls != 3 {
			t.Errorf("%+v", p)
		}
	})
}

func TestExitStatus(t *testing.T) {
	leader := who{tid: 60, pid: 60, ppid: 10, start: ms(1)}
	thread := who{tid: 61, pid: 60, ppid: 10, start: ms(2)}
	for name, c := range map[string]struct{ leader, last, want int }{
		"pthread_exit of the leader": {3 << 8, 0, 3 << 8},
		"exit_group by the last":     {0, 4 << 8, 4 << 8},
		"killed":                     {9, 9, 9},
	} {
		r := newRec()
		r.plain(ms(3), leader, 39, 1, 0)
		r.plain(ms(3), thread, 39, 1, 0)
		r.exit(ms(4), leader, c.leader, false)
		r.exit(ms(5), thread, c.last, true)
		if p := one(t, fold(t, r), 60); int(p.Status) != c.want || p.Ended != ms(5) {
			t.Errorf("%s: status %#x", name, p.Status)
		}
	}
}

func TestReparentAndRestart(t *testing.T) {
	r := newRec()
	r.initial(shell, "bash\x00", "/usr/bin/bash")
	w := who{tid: 70, pid: 70, ppid: 10, start: ms(1), comm: "d"}
	r.fork(ms(1), shell, w, 0)
	r.row(format.EventSyscall, ms(2), w, cells{format.ColABI: amd64, format.ColNR: 0, format.ColRet: -512, format.ColFlags: format.FlagRestarted})
	r.plain(ms(3), w, 0, 4, 0)
	r.exit(ms(4), shell, 0, true)
	w.ppid = 1
	r.plain(ms(5), w, 0, 4, 0)
	s := fold(t, r)
	p := one(t, s, 70)
	if p.ParentAt(ms(3)) != 10 || p.ParentAt(ms(6)) != 1 || p.Parent.PID != 10 {
		t.Errorf("parents %+v", p.Parents)
	}
	if c := p.Counts(); c.Calls != 2 || c.Failed != 0 {
		t.Errorf("counts %+v", c)
	}
	tree := s.TreeOf(s.Processes())
	if len(tree.Roots) != 1 || len(tree.Children[tree.Roots[0]]) != 1 {
		t.Errorf("tree %+v", tree)
	}
}

// Forks that name each other's creators cannot make the tree endless.
func TestRingOfParents(t *testing.T) {
	r := newRec()
	a := who{tid: 80, pid: 80, ppid: 81, start: ms(1)}
	b := who{tid: 81, pid: 81, ppid: 80, start: ms(1)}
	r.plain(ms(1), a, 0, 0, 0)
	r.plain(ms(1), b, 0, 0, 0)
	r.fork(ms(2), a, b, 0)
	r.fork(ms(2), b, a, 0)
	r.fork(ms(2), a, a, 0)
	s := fold(t, r)
	tree := s.TreeOf(s.Processes())
	if n := len(tree.Roots) + len(tree.Children[one(t, s, 80)]) + len(tree.Children[one(t, s, 81)]); n != 2 || len(tree.Roots) != 1 {
		t.Errorf("%d in the tree, roots %v", n, tree.Roots)
	}
}

// What a hole in the file may have held, the exit of a process say, makes
// everything that lived then uncertain, and nothing else.
func TestHole(t *testing.T) {
	r := newRec()
	r.initial(shell, "bash\x00", "/usr/bin/bash")
	before := who{tid: 20, pid: 20, ppid: 10, start: ms(1), comm: "before"}
	across := who{tid: 21, pid: 21, ppid: 10, start: ms(3), comm: "across"}
	after := who{tid: 22, pid: 22, ppid: 10, start: ms(20), comm: "after"}
	r.fork(ms(1), shell, before, 0)
	r.exit(ms(2), before, 0, true)
	r.fork(ms(3), shell, across, 0)
	n := r.batch.N
	r.plain(ms(10), shell, 39, 0, 10)
	r.fork(ms(20), shell, after, 0)
	r.plain(ms(21), after, 39, 0, 10)
	damage := errors.New("corrupt at offset 7")
	src := Source{Header: header(), Blocks: func([]format.ColumnID, int64, int64) iter.Seq2[*format.Batch, error] {
		return func(yield func(*format.Batch, error) bool) {
			_ = yield(rows(r.batch, 0, n), nil) && yield(nil, damage) && yield(rows(r.batch, n, r.batch.N), nil)
		}
	}}
	s, err := Fold(src)
	if !errors.Is(err, damage) {
		t.Fatalf("folding: %v", err)
	}
	for pid, want := range map[uint32]bool{10: true, 20: false, 21: true, 22: false} {
		if got := s.Doubts(s.Holders(pid)[0])&DoubtHole != 0; got != want {
			t.Errorf("%d in doubt: %v, want %v", pid, got, want)
		}
	}
	for _, o := range []Options{{Width: 80}, {JSON: true}} {
		var out bytes.Buffer
		o.Show = show.For(src.Header)
		if err := Print(&out, src, o); !errors.Is(err, damage) {
			t.Errorf("printing: %v", err)
		}
		for _, want := range []string{"the file is damaged", map[bool]string{false: "21? bash", true: `"doubts":["unreadable rows in its lifetime"]`}[o.JSON]} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("no %q in\n%s", want, out.String())
			}
		}
		if n := strings.Count(out.String(), "not seen"); !o.JSON && n != 2 {
			t.Errorf("%d ends not seen, want 2:\n%s", n, out.String())
		}
	}
}

// A command that could not be run leaves its launcher, a thread of which is
// recorded: it is not the last one to go, or never has an exit row.
func TestCommandThatNeverRan(t *testing.T) {
	code := 127
	for name, c := range map[string]struct {
		calls bool
		want  string
	}{"not found": {false, "never ran, exit code 127"}, "not a program": {true, "exit 126"}} {
		r := newRec()
		r.initial(shell, "", "/usr/bin/tracerec")
		if c.calls {
			r.row(format.EventSyscall, ms(1), shell, cells{format.ColABI: amd64, format.ColNR: 231, format.ColFlags: format.FlagNoExit})
			r.exit(ms(2), shell, 126<<8, false)
		}
		src := source(r.batch, 3)
		src.Header.Scope.Kind = "command"
		src.Totals = &format.Totals{Ended: format.Clock{Boottime: ms(5)}, Reason: "command ended", Exit: &code}
		out := string(printed(t, src, Options{Width: 80, Tree: true}))
		if !strings.Contains(out, c.want) || strings.Contains(out, "running") || strings.Contains(out, "before") {
			t.Errorf("%s: no %q in\n%s", name, c.want, out)
		}
		if j := string(printed(t, src, Options{JSON: true, Tree: true})); !strings.Contains(j, `"running":false`) {
			t.Errorf("%s: %s", name, j)
		}
	}
	// A thread that leaves while others go on ends nothing.
	r := newRec()
	r.initial(shell, "", "/usr/bin/x")
	r.exit(ms(2), shell, 0, false)
	if p := fold(t, r).Holders(10)[0]; p.End != EndNone {
		t.Errorf("a leader that left: its process ended, %v", p.End)
	}
}

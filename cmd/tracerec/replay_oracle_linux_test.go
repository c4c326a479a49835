package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/replay"
)

// What replay says of a moment is what /proc said then.
func TestReplayAgreesWithProc(t *testing.T) {
	needRecorder(t)
	dir := t.TempDir()
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	path := record(t, "", nil, self(t), subjectVerb, "scene", dir)
	if keep := os.Getenv("TRACEREC_KEEP"); keep != "" {
		text, _ := os.ReadFile(path)
		os.WriteFile(keep, text, 0o600)
		text, _ = os.ReadFile(filepath.Join(dir, "moments.jsonl"))
		os.WriteFile(keep+".moments", text, 0o600)
	}
	nothingLost(t, path)
	r, err := format.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f, err := os.Open(filepath.Join(dir, "moments.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := comparison{T: t, dir: dir}
	moments := 0
	for lines := json.NewDecoder(bufio.NewReader(f)); ; moments++ {
		var m moment
		if err := lines.Decode(&m); err != nil {
			break
		}
		s, err := replay.FoldTo(replaySource(r), m.End, nil)
		if err != nil {
			t.Fatal(err)
		}
		c.moment(&m, s)
	}
	if moments < 20 || c.facts < 1000 {
		t.Errorf("only %d facts at %d moments were compared", c.facts, moments)
	}
	t.Logf("%d facts at %d moments agree with /proc; of %d descriptors replay says only that they are not known", c.facts, moments, c.unknown)
}

type comparison struct {
	*testing.T
	dir     string
	facts   int
	unknown int
}

func (c *comparison) is(ok bool, where, what string, got, want any) {
	c.facts++
	if !ok {
		c.Errorf("%s: %s is %v, /proc has %v", where, what, got, want)
	}
}

func (c *comparison) moment(m *moment, s *replay.State) {
	var want, got []uint32
	for i := range m.Processes {
		want = append(want, m.Processes[i].PID)
		c.process(m, &m.Processes[i], s)
	}
	for p := range s.Alive {
		got = append(got, p.PID)
	}
	slices.Sort(want)
	slices.Sort(got)
	for _, pid := range want {
		c.is(slices.Contains(got, pid), m.Name, fmt.Sprint("process ", pid), "not there", "it")
	}
	for _, pid := range got {
		if !slices.Contains(want, pid) {
			c.Errorf("%s: process %d lives, in /proc it does not", m.Name, pid)
		}
	}
}

func (c *comparison) process(m *moment, f *procFacts, s *replay.State) {
	p := s.Process(f.PID, math.MaxInt64)
	if p == nil {
		return // told by moment
	}
	where := fmt.Sprintf("%s: %d (%s)", m.Name, f.PID, f.Comm)
	c.is(p.ParentAt(math.MaxInt64) == f.PPID, where, "parent", p.ParentAt(math.MaxInt64), f.PPID)
	threads, before := 0, 0 // a runtime may start one while the moment is taken
	for _, t := range p.Tasks {
		if t.End == replay.EndNone {
			threads++
			if t.Begin() < m.Begin {
				before++
			}
		}
	}
	c.is(before <= f.Threads && f.Threads <= threads, where, "threads", threads, f.Threads)
	if im := p.ImageAt(math.MaxInt64); im == nil {
		c.is(false, where, "exe", nil, f.Exe)
	} else {
		c.is(im.Path == f.Exe, where, "exe", im.Path, f.Exe)
	}
	c.is(p.CommAt(math.MaxInt64) == f.Comm, where, "name", p.CommAt(math.MaxInt64), f.Comm)
	if cred, ok := p.CredAt(math.MaxInt64); ok {
		c.is(cred.UID == f.UID, where, "uid", cred.UID, f.UID)
	}
	if p.IDs != nil {
		c.is(p.IDs.EUID == f.EUID, where, "euid", p.IDs.EUID, f.EUID)
	}
	if fs := p.FS(); fs == nil {
		c.is(false, where, "cwd", nil, f.Cwd)
	} else {
		c.is(fs.Cwd.Path == f.Cwd, where, "cwd", fs.Cwd.Path, f.Cwd)
		if fs.Root.Path != "" || f.Root != "/" {
			c.is(fs.Root.Path == f.Root, where, "root", fs.Root.Path, f.Root)
		}
	}
	c.descriptors(where, f, p)
	if in := p.Spaces; len(in) > 0 && len(f.Mounts) > 0 {
		var got []string
		if m := s.MountsOf(in[len(in)-1].MntNS); m != nil {
			for _, x := range m.List {
				if strings.HasPrefix(x.Point, c.dir) {
					got = append(got, x.Point)
				}
			}
		}
		c.is(slices.Equal(got, f.Mounts), where, "mounts", got, f.Mounts)
	}
}

func (c *comparison) descriptors(where string, f *procFacts, p *replay.Process) {
	files := p.Files()
	if files == nil {
		c.Errorf("%s: nothing is known of its descriptors", where)
		return
	}
	for fd, want := range f.FDs {
		d, ok := files.Get(fd)
		what := fmt.Sprint("descriptor ", fd)
		if !ok || d.File.Kind == replay.FileUnknown {
			if !files.Whole || ok && d.File.Received {
				c.unknown++ // it was there before the recording, or came with a message: only its number is known
				continue
			}
			c.is(false, where, what, "not known", want)
			continue
		}
		c.is(sameFile(d.File, want), where, what, d.File.Name(), want)
		c.is(d.Cloexec == f.Cloexec[fd], where, what+" closed on exec", d.Cloexec, f.Cloexec[fd])
	}
	for fd, d := range files.All {
		if f.FDs[fd] == "" && !strings.HasPrefix(d.File.Path, "/proc/") {
			c.is(false, where, fmt.Sprint("descriptor ", fd), d.File.Name(), "none")
		}
	}
}

// sameFile compares with the target of /proc/PID/fd/N.
func sameFile(f *replay.File, link string) bool {
	switch f.Kind {
	case replay.FilePath:
		return f.Name() == link
	case replay.FileMemfd:
		return f.Path+" (deleted)" == link
	case replay.FileSocket, replay.FilePipe:
		if f.Ino != 0 {
			return link == fmt.Sprintf("%s:[%d]", f.Kind, f.Ino)
		}
		return strings.HasPrefix(link, f.Kind.String()+":[")
	}
	return link == "anon_inode:["+f.Kind.String()+"]" || link == "anon_inode:"+f.Kind.String()
}

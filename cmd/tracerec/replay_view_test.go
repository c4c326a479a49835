package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/replay"
)

// story writes a recording of a server and a client in which everything has a
// place: what they opened, where they are, and whom they talk to.
func story(t *testing.T) string {
	t.Helper()
	const begin, ms = int64(5_000_000_000), int64(1_000_000)
	path := filepath.Join(t.TempDir(), "s.trc")
	w, err := format.Create(path, &format.Header{
		Host: "web-1", Kernel: "6.18.5", Machine: "x86_64", Clock: format.Clock{Boottime: begin, Realtime: 1_790_000_000e9}, Scope: format.Scope{Kind: "host"},
	}, format.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	b := format.NewBatch(32)
	row := func(id format.EventID, at, took int64, pid int, set func(i int)) {
		i := b.Append()
		b.Set(format.ColEvent, i, uint64(id))
		b.Set(format.ColTime, i, uint64(begin+at))
		b.Set(format.ColDuration, i, uint64(took))
		b.Set(format.ColTID, i, uint64(pid))
		b.Set(format.ColTGID, i, uint64(pid))
		b.Set(format.ColPPID, i, 1)
		b.Set(format.ColStart, i, uint64(begin-int64(pid)))
		b.Set(format.ColMntNS, i, 7)
		b.SetBytes(format.ColComm, i, []byte("server\x1b"))
		if id == format.EventSyscall {
			b.Set(format.ColABI, i, uint64(format.ABIAMD64))
		}
		set(i)
	}
	call := func(at, took int64, pid, nr, ret int, name string, args ...uint64) {
		row(format.EventSyscall, at, took, pid, func(i int) {
			b.Set(format.ColNR, i, uint64(nr))
			b.Set(format.ColRet, i, uint64(int64(ret)))
			for k, a := range args {
				b.Set(format.ColArg0+format.ColumnID(k), i, a)
			}
			if name != "" {
				b.SetBytes(format.ColAEnter, i, []byte(name))
				b.Set(format.ColAEnterStatus, i, uint64(format.ViewOK))
				b.Set(format.ColAKernelStatus, i, uint64(format.ViewSame))
			}
		})
	}
	row(format.EventTask, 0, 0, 100, func(i int) {
		b.Set(format.ColFlags, i, uint64(format.FlagInitial))
		b.SetBytes(format.ColPath, i, []byte("/usr/bin/server"))
		b.SetBytes(format.ColAKernel, i, []byte("/srv"))
	})
	row(format.EventMount, 0, 0, 100, func(i int) {
		b.SetBytes(format.ColPath, i, []byte("/"))
		b.SetBytes(format.ColAKernel, i, []byte("ext4"))
		b.SetBytes(format.ColBKernel, i, []byte("/dev/vda"))
		b.Set(format.ColArg0, i, 20)
	})
	row(format.EventState, 0, 0, 0, func(i int) { b.Set(format.ColTGID, i, 0) })
	const sockaddr = "\x02\x00\x00\x50\x7f\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00"
	call(10*ms, ms, 100, 257, 3, "log", 0xffffff9c, 0, 0o2101) // openat: O_CREAT|O_WRONLY|O_CLOEXEC
	call(20*ms, ms, 100, 41, 4, "", 2, 1, 0)                   // socket
	call(30*ms, ms, 100, 42, 0, sockaddr, 4, 0, 16)            // connect
	call(40*ms, ms, 100, 44, 500, "", 4, 0, 500)               // sendto
	call(50*ms, ms, 100, 165, 0, "/mnt", 0, 0, 0, 0)           // mount
	call(60*ms, 100*ms, 100, 3, 0, "", 3)                      // close, which takes 100 ms
	if err := w.Write(b, format.Clock{Boottime: begin}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(&format.Totals{Ended: format.Clock{Boottime: begin + 1000*ms}}); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReplayViews(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	path := story(t)
	for _, c := range []struct {
		args []string
		code int
		has  []string
		not  []string
	}{
		{[]string{"ps"}, 0, []string{"100", "/srv", "/usr/bin/server"}, []string{"\x1b", "note:"}},
		{[]string{"lsof", "--at", "5ms"}, 0, []string{"cwd", "/srv"}, []string{"/srv/log"}},
		{[]string{"lsof", "--at", "15ms"}, 0, []string{"3w", "/srv/log"}, nil},
		{[]string{"lsof", "--at", "100ms"}, 0, []string{"/srv/log"}, nil}, // its close has begun, and has not returned
		{[]string{"lsof", "--at", "200ms"}, 0, []string{"127.0.0.1:80"}, []string{"/srv/log"}},
		{[]string{"netstat", "--at", "35ms"}, 0, []string{"tcp", "connected", "127.0.0.1:80"}, []string{"500"}},
		{[]string{"netstat"}, 0, []string{"tcp", "500"}, nil},
		{[]string{"mounts", "--at", "1ms"}, 0, []string{"ext4", "/dev/vda"}, []string{"/mnt"}},
		{[]string{"mounts"}, 0, []string{"ext4", "/mnt"}, []string{"not known"}},
		{[]string{"rings"}, 0, []string{"SUBMITTED"}, nil},
		{[]string{"summary"}, 0, []string{"openat", "sendto", "% time"}, nil},
		{[]string{"summary", "--from", "55ms"}, 0, []string{"close"}, []string{"openat"}},
		{[]string{"summary", "--pid", "9"}, exitUsage, []string{"no call"}, nil},
		{[]string{"lsof", "--pid", "9"}, exitUsage, []string{"no process or thread 9"}, nil},
		{[]string{"summary", "--from", "100s"}, exitUsage, []string{"--from is at 100.000000s, behind the end"}, nil},
		{[]string{"--follow-fd", "100:3", "--to=-1s"}, exitUsage, []string{"--to is at -1.000000s, before the beginning"}, nil},
		{[]string{"lsof", "--at", "100s"}, exitUsage, []string{"behind the end"}, nil},
		{[]string{"nonsense"}, exitUsage, []string{`"nonsense" is no view`}, nil},
		{[]string{"--follow-fd", "100:3"}, 0, []string{"openat", "is /srv/log", "close", "is closed"}, []string{"socket(", "connect("}},
		{[]string{"--follow-fd", "100:4"}, 0, []string{"socket(", "connect(", "sendto("}, []string{"openat"}},
		{[]string{"--follow-fd", "100:77"}, exitUsage, []string{"occurs in no row"}, nil},
		{[]string{"--follow-fd", "x"}, exitUsage, []string{"use PID:FD"}, nil},
		{[]string{"--filter", `syscall == "connect"`}, 0, []string{"connect("}, []string{"openat("}},
		{[]string{"--filter", "nonsense =="}, exitUsage, []string{"filter"}, nil},
		{[]string{"--speed", "fast"}, exitUsage, []string{"--speed"}, nil},
		{[]string{"--speed", "100x", "--findings", "always"}, 0, []string{"openat("}, nil},
		{[]string{"--around", "nonsense"}, exitUsage, []string{"no such finding"}, nil},
		{[]string{"--findings", "perhaps"}, exitUsage, []string{"--findings"}, nil},
		{[]string{"--at", "35ms", "--index"}, 0, []string{"as of 0.035000: 1 process", "no index made: the file has 9 rows"}, nil},
		{[]string{"lsof", "--at", "15ms", "--index"}, 0, []string{"/srv/log", "no index made"}, nil},
	} {
		code, out, talk := tracerec(append([]string{"replay", path}, c.args...)...)
		if code != c.code {
			t.Errorf("%q: code %d, want %d\n%s%s", c.args, code, c.code, out, talk)
		}
		said(t, c.args, out+talk, c.has, c.not)
		if code != 0 && out != "" {
			t.Errorf("%q failed, but wrote %q", c.args, out)
		}
		if code != 0 || strings.HasPrefix(c.args[0], "--f") || strings.HasPrefix(c.args[0], "--s") {
			continue
		}
		_, out, _ = tracerec(append([]string{"replay", path, "--json"}, c.args...)...)
		for line := range strings.Lines(out) {
			if !json.Valid([]byte(line)) {
				t.Errorf("%q --json: %s", c.args, line)
			}
		}
	}
	if _, err := os.Stat(replay.IndexPath(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an index that saves nothing: %v", err)
	}
	defer func(every uint64) { replay.IndexEvery = every }(replay.IndexEvery)
	replay.IndexEvery = 2
	for _, want := range []string{".trx made, with ", ".trx is there already, with "} {
		for _, args := range [][]string{{"lsof", "--at", "15ms"}, {"--tree"}, {"summary"}} {
			code, out, talk := tracerec(append([]string{"replay", path, "--index"}, args...)...)
			if code != 0 || out == "" || !strings.Contains(talk, want) {
				t.Errorf("%q --index: code %d\n%s%s, want %q", args, code, out, talk, want)
			}
			want = ".trx is there already, with "
		}
	}
	// An index that is of another file is made again.
	other := story(t)
	text, err := os.ReadFile(replay.IndexPath(path))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(replay.IndexPath(other), text, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"making it again", ""} {
		code, out, talk := tracerec("replay", other, "lsof", "--at", "15ms")
		if code != 0 || !strings.Contains(out, "/srv/log") || !strings.Contains(talk, want) || want == "" && talk != "" {
			t.Errorf("run %d with an index of another file: code %d\n%s%s", i, code, out, talk)
		}
	}
}

func TestReplayDiff(t *testing.T) {
	a, b := story(t), story(t)
	if code, out, talk := tracerec("replay", "diff", a, b); code != 0 || !strings.HasPrefix(out, "no difference: 6 calls of 1 thread") {
		t.Errorf("two equal recordings: code %d\n%s%s", code, out, talk)
	}
	short := filepath.Join(t.TempDir(), "short.trc")
	if code, _, talk := tracerec("filter", "-o", short, `syscall != "connect"`, a); code != 0 {
		t.Fatalf("filter: %s", talk)
	}
	code, out, talk := tracerec("replay", "diff", a, short)
	for _, want := range []string{"after 2 equal calls", "A  ", "connect(4, ", "B  ", "only A  127.0.0.1:80 (connect)", "connect              A 1, B 0"} {
		if code != exitFindings || !strings.Contains(out, want) {
			t.Errorf("code %d, %q is missing:\n%s%s", code, want, out, talk)
		}
	}
	code, out, _ = tracerec("replay", "diff", "--json", a, short)
	if code != exitFindings || !json.Valid([]byte(out)) || !strings.Contains(out, `"name":"127.0.0.1:80","a":"connect","b":""`) {
		t.Errorf("--json: code %d: %s", code, out)
	}
}

// TestEmptyViews: a view that lists nothing says nothing of what it lists, but why, and a moment
// at which there is something.
func TestEmptyViews(t *testing.T) {
	tried := 0
	for _, name := range []string{"incident", "addresses", "policies", "io-uring", "exec"} {
		file := "../../testdata/captures/" + name + ".trc"
		for _, view := range []string{"ps", "lsof", "netstat"} {
			_, out, talk := tracerec("replay", file, view)
			if strings.Count(out, "\n") > 1 {
				continue
			}
			m := regexp.MustCompile(`its (\d+) processes had ended, so there was nothing of that at the end of the recording: --at ([\d.]+s) shows (all|\d+) of them\n`).FindStringSubmatch(talk)
			if m == nil || strings.Contains(talk, "IN and OUT") || strings.Contains(talk, "listed") {
				t.Errorf("%s %s:\n%s", name, view, talk)
				continue
			}
			tried++
			if _, out, _ := tracerec("replay", file, "ps", "--at", m[2]); fmt.Sprint(strings.Count(out, "\n")-1) != strings.Replace(m[3], "all", m[1], 1) {
				t.Errorf("%s at %s: want %s processes\n%s", name, m[2], m[3], out)
			}
			if _, out, talk := tracerec("replay", file, "lsof", "--at", m[2]); strings.Count(out, "\n") < 3 || !strings.Contains(talk, "IN and OUT") {
				t.Errorf("%s at %s:\n%s%s", name, m[2], out, talk)
			}
		}
	}
	if tried < 9 {
		t.Errorf("%d views were empty", tried)
	}
	const note = "the kernel chooses the LOCAL address of a socket that connects without bind, which is not recorded"
	if _, out, talk := tracerec("replay", story(t), "netstat", "--at", "35ms"); !strings.Contains(out, "connected  -") || !strings.Contains(talk, note) || strings.Contains(talk, "accept") {
		t.Errorf("a socket that has connected:\n%s%s", out, talk)
	}
}

// TestJSONTypes: what verbs write as one object says what it is, and a list without entries is one.
func TestJSONTypes(t *testing.T) {
	const file = "../../testdata/captures/incident.trc"
	for kind, args := range map[string][]string{
		"diff": {"replay", "diff", file, file}, "version": {"version"}, "recording": {"info", file}, "verification": {"verify", file},
		"repair": {"repair", "-o", filepath.Join(t.TempDir(), "r.trc"), file},
	} {
		_, out, talk := tracerec(append(args, "--json")...)
		var v struct{ Type string }
		if err := json.Unmarshal([]byte(out), &v); err != nil || v.Type != kind || strings.Contains(out, `_a":null`) || strings.Contains(out, `s":null`) {
			t.Errorf("%q: %v, %.300s%s", args, err, out, talk)
		}
	}
}

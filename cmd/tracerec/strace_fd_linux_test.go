package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/replay"
)

// straceFDs is a shell at work: redirections, pipelines, descriptors that are
// copied, moved and closed, files that are renamed and removed while they are
// open, programs that inherit some of it and have others closed by execve,
// children that outlive their parents.
const straceFDs = `exec 5<"$1/in" 6>"$1/out" 7>>"$1/log"
cat <&5 >&6; echo one >&7
mv "$1/out" "$1/moved"; echo two >&6
rm "$1/log"; echo three >&7
exec 8>&7 7>&-; echo four >&8
exec 5<"$1"; exec 5<&-
echo here | sed s/h/H/ | cat >"$1/sed" 2>&1
cat <<END | tr a-z A-Z >&6
words
END
( exec 9<"$1/in" 6>&-; cd "$1"; read x <&9; cat <"in" >"./sub"; exec 9<&- ) 8>&-
( sh -c 'cat <&6 2>/dev/null; exec cat "$1/in" >/dev/null 2>&1' sh "$1" ) 6<"$1/in" &
wait
x=$(cat "$1/in"; exec 6<&-; echo y >&6 2>/dev/null)
exec 3<"$1/in" 4<&3 3<&-; read y <&4
exec sh -c 'read z <&4; cat <&4 >&6'
`

// What strace -f -y says a descriptor is, at each use of it, replay says too. Both
// see the same run.
func TestDescriptorsAgreeWithStrace(t *testing.T) {
	needRecorder(t)
	need(t, "strace", "gcc")
	for _, c := range []struct {
		name  string
		least int
		make  func(t *testing.T, dir string) []string
	}{
		{"shell", 1000, func(t *testing.T, dir string) []string {
			write(t, dir, "in", "one\ntwo\nthree\n", 0o600)
			return []string{"sh", "-c", straceFDs, "sh", dir}
		}},
		{"threads, files and sockets", 200, func(t *testing.T, dir string) []string {
			program("-o", "deterministic", "deterministic.c")(t, dir)
			return []string{filepath.Join(dir, "deterministic"), "4"}
		}},
		{"calls that are begun again", 20, func(t *testing.T, dir string) []string {
			program("-o", "restart", "restart.c")(t, dir)
			return []string{filepath.Join(dir, "restart")}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			command := c.make(t, dir)
			log := filepath.Join(t.TempDir(), "strace")
			tool := []string{"strace", "-ff", "-y", "-o", log}
			trial := cli(t)
			trial.Path, _ = lookPath("strace")
			trial.Args = append(slices.Clone(tool), "true")
			if r := finish(t, trial); r.code != 0 {
				t.Skipf("strace cannot trace here: %s", firstLineOf([]byte(r.talk)))
			}
			for _, file := range glob(log + ".*") {
				os.Remove(file)
			}
			work := filepath.Join(dir, "work")
			os.Mkdir(work, 0o700)
			path := record(t, work, nil, append(tool, command...)...)
			nothingLost(t, path)
			said := compareDescriptors(t, path, readStrace(t, log))
			if said < c.least {
				t.Errorf("only %d uses of descriptors were compared", said)
			}
			t.Logf("%d uses of descriptors agree with strace -f -y", said)
		})
	}
}

var (
	straceString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	straceFD     = regexp.MustCompile(`(?:^|[^\w<>/])(\d+)<([^<>]*)>(\(deleted\))?`)
)

// inFDs are those of the arguments of a line, by number; out is what it returned.
func fdsOf(line string) (in map[int32]string, out map[int32]string) {
	line = straceString.ReplaceAllString(line, `""`)
	args, ret := line, ""
	if i := strings.LastIndex(line, " = "); i >= 0 {
		args, ret = line[:i], line[i+3:]
	}
	find := func(text string) map[int32]string {
		all := map[int32]string{}
		for _, m := range straceFD.FindAllStringSubmatch(text, -1) {
			n, _ := strconv.Atoi(m[1])
			name, err := strconv.Unquote(`"` + m[2] + `"`)
			if err != nil {
				name = m[2]
			}
			if m[3] != "" {
				name += " (deleted)"
			}
			all[int32(n)] = name
		}
		return all
	}
	return find(args), find(ret)
}

// filledAtExit are calls that give descriptors by their arguments: strace reads
// these when the call has returned.
var filledAtExit = []string{"pipe", "pipe2", "socketpair", "recvmsg", "recvmmsg"}

// compareDescriptors folds the trace call by call, and before and behind each
// asks replay for the descriptors that strace names. It counts them.
func compareDescriptors(t *testing.T, path string, threads map[uint32][]straced) (n int) {
	t.Helper()
	skip := map[uint32]int{} // strace's first child was strace itself before its first execve
	for tid, got := range recordedCalls(t, path) {
		if want := threads[tid]; len(want) > 0 && want[0].name == "execve" {
			skip[tid] = len(got) - len(want)
		}
	}
	r, err := format.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	state := replay.New()
	at := map[uint32]int{}
	check := func(task *replay.Task, want map[int32]string, line, when string) {
		for fd, link := range want {
			var d replay.FD
			var known bool
			if task != nil && task.Files() != nil {
				d, known = task.Files().Get(fd)
			}
			switch {
			case !known:
				t.Errorf("thread %d: strace has %s\n  %s replay knows no descriptor %d", task.TID, line, when, fd)
			case !sameFile(d.File, link):
				t.Errorf("thread %d: strace has %s\n  %s descriptor %d is %q by replay", task.TID, line, when, fd, d.File.Name())
			}
			n++
		}
	}
	for b, err := range r.Blocks(format.ReadOptions{Columns: replay.Columns}) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.N {
			tid := b.U32[format.ColTID][i]
			lines := threads[tid]
			if format.EventID(b.U16[format.ColEvent][i]) == format.EventSyscall && len(lines) > 0 {
				if at[tid]++; at[tid] > skip[tid] && at[tid]-skip[tid] <= len(lines) {
					s := lines[at[tid]-skip[tid]-1]
					if name := show.Syscall(format.ABI(b.U8[format.ColABI][i]), b.I32[format.ColNR][i]); name != s.name {
						t.Fatalf("thread %d, call %d: strace has %s, the trace %s", tid, at[tid], s.line, name)
					}
					in, out := fdsOf(s.line)
					task := state.Task(tid, b.U64[format.ColStart][i])
					if slices.Contains(filledAtExit, s.name) {
						in, out = nil, in
					}
					check(task, in, s.line, "before it")
					if err := state.ApplyRows(b, i, i+1); err != nil {
						t.Fatal(err)
					}
					check(state.Task(tid, b.U64[format.ColStart][i]), out, s.line, "behind it")
					continue
				}
			}
			if err := state.ApplyRows(b, i, i+1); err != nil {
				t.Fatal(err)
			}
		}
	}
	for tid, lines := range threads {
		if at[tid]-skip[tid] != len(lines) {
			t.Errorf("thread %d: strace has %d calls, the trace %d", tid, len(lines), at[tid]-skip[tid])
		}
	}
	if t.Failed() && os.Getenv("TRACEREC_KEEP") != "" {
		text, _ := os.ReadFile(path)
		os.WriteFile(os.Getenv("TRACEREC_KEEP"), text, 0o600)
	}
	return n
}

// A line of strace is taken apart as it is meant.
func TestStraceLines(t *testing.T) {
	for line, want := range map[string]string{
		`dup2(3</a b>, 4<pipe:[77]>) = 4</a b>`:                         `map[3:/a b 4:pipe:[77]] map[4:/a b]`,
		`openat(AT_FDCWD</w>, "5</x>", O_RDONLY) = 3</w/5>(deleted)`:    `map[] map[3:/w/5 (deleted)]`,
		`pipe2([3<pipe:[8]>, 4<pipe:[8]>], 0) = 0`:                      `map[3:pipe:[8] 4:pipe:[8]] map[]`,
		`ppoll([{fd=1</o>, events=POLLIN}], 1, NULL, NULL, 0) = 1 ([])`: `map[1:/o] map[]`,
		`close(4</n\303\251\n>) = 0`:                                    "map[4:/né\n] map[]",
		`write(1, "2</y>", 5) = -1 EBADF (Bad file descriptor)`:         `map[] map[]`,
	} {
		in, out := fdsOf(line)
		if got := fmt.Sprint(in, out); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}

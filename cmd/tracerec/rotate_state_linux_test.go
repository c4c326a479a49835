package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/recorder/confine"
	"github.com/tracerec/tracerec/replay"
)

// rotating is a shell that works on for many files: descriptors that stay open
// all the time, others that come and go, children that hold pipes, names that are
// changed and removed under open files, directories and umasks of their own.
const rotating = `exec 5<"$1/in" 6>"$1/out" 8>>"$1/gone"
rm "$1/gone"; mkdir "$1/a"
mkfifo "$1/fifo"
( cd "$1/a"; exec 7<"$1/in"; exec sleep 600 ) & one=$!
sh -c 'exec 9<>"$1/fifo"; read x <&9' sh "$1" & two=$!
i=0
while [ $i -lt 150 ]; do
	i=$((i+1))
	exec 7>"$1/new-$i" 9<&5
	echo $i >&7
	mv "$1/new-$i" "$1/moved-$i"
	cat <"$1/in" | tr a-z A-Z >&7
	(cd "$1/a" && exec 5>"$1/x-$i" 6<&-; cat "$1/in" >&5)
	[ $((i%3)) = 0 ] && exec 9<&-
	[ $((i%5)) = 0 ] && rm "$1/moved-$i"
	[ $((i%7)) = 0 ] && exec 4<"$1/a"
done
kill $one $two
wait
`

// Files that follow each other: each, read alone, begins with what replay says of
// all files before, and ends as all files do. So do parts that split makes.
func TestSegmentsBeginWithTheState(t *testing.T) {
	needRecorder(t)
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "in", "one\ntwo\n", 0o600)
	path := filepath.Join(t.TempDir(), "t.trc")
	r := finish(t, cli(t, "record", "-e", "all", "-o", path, "-C", "120KB", "--", "sh", "-c", rotating, "sh", dir))
	if r.code != 0 {
		t.Fatalf("exit code %d\n%s", r.code, r.talk)
	}
	files := glob(strings.TrimSuffix(path, ".trc") + "-*.trc")
	if len(files) < 4 {
		t.Fatalf("files %q\n%s", files, r.talk)
	}
	compareSegments(t, files)
	merged, part := path+".all.trc", filepath.Join(t.TempDir(), "p.trc")
	if r := finish(t, cli(t, append([]string{"merge", "-o", merged}, files...)...)); r.code != 0 {
		t.Fatal(r.talk)
	}
	if r := finish(t, cli(t, "split", "--rows", "7000", "-o", part, merged)); r.code != 0 {
		t.Fatal(r.talk)
	}
	parts := glob(strings.TrimSuffix(part, ".trc") + "-*.trc")
	if len(parts) < 3 {
		t.Fatalf("parts %q", parts)
	}
	compareSegments(t, parts)
	if r := finish(t, cli(t, append([]string{"verify"}, parts...)...)); r.code != 0 {
		t.Errorf("verify: exit code %d\n%s%s", r.code, r.out, r.talk)
	}
	// As a user asks: without the files before, nothing is said to be missing.
	if r := finish(t, cli(t, "replay", files[1], "lsof", "--at", "0s")); r.code != 0 || !strings.Contains(r.out, dir+"/out") || strings.Contains(r.out+r.talk, "not known") {
		t.Errorf("lsof of the second file alone: exit code %d\n%s%s", r.code, r.out, r.talk)
	}
}

// So does a file that SIGHUP begins where no replay runs along: what was written is
// read again then.
func TestRequestedSegmentsBeginWithTheState(t *testing.T) {
	needRecorder(t)
	t.Parallel()
	if os.Getuid() == 0 && (!landlock() || !confine.EveryThread) {
		t.Skip("the recorder does not stay root where it cannot be confined to the directory")
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "in", "one\ntwo\n", 0o600)
	path := filepath.Join(t.TempDir(), "t.trc")
	cmd := cli(t, "record", "-v", "-e", "all", "-o", path, "--", "sh", "-c", rotating, "sh", dir)
	said := talkOf(t, cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	files := []string{path}
	for i := range 2 {
		eventually(t, "no rows of the file's own", time.Minute, func() bool { return rowsIn(path) > 20_000 })
		aside := fmt.Sprintf("%s.%d", path, i)
		if err := os.Rename(path, aside); err != nil {
			t.Fatal(err)
		}
		files[i] = aside
		files = append(files, path)
		cmd.Process.Signal(unix.SIGHUP)
		eventually(t, "no next file", time.Minute, func() bool { return rowsIn(path) > 0 })
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, said())
	}
	if n := strings.Count(said(), "was read again"); n != 2 {
		t.Errorf("the file was read again %d times, want 2\n%s", n, said())
	}
	compareSegments(t, files)
	if r := finish(t, cli(t, append([]string{"verify"}, files...)...)); r.code != 0 {
		t.Errorf("verify: exit code %d\n%s%s", r.code, r.out, r.talk)
	}
}

func compareSegments(t *testing.T, files []string) {
	t.Helper()
	whole := replay.New()
	facts := 0
	for n, file := range files {
		r, err := format.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		alone := replay.New()
		var repeated uint64
		if s := r.Header().Segment; s != nil {
			repeated = s.Repeated
		}
		if n > 0 && repeated == 0 {
			t.Errorf("%s repeats nothing", file)
		}
		seen := uint64(0)
		for b, err := range r.Blocks(format.ReadOptions{Columns: replay.Columns}) {
			if err != nil {
				t.Fatal(err)
			}
			first := int(min(uint64(b.N), repeated-min(repeated, seen)))
			if err := alone.ApplyRows(b, 0, first); err != nil {
				t.Fatal(err)
			}
			if seen += uint64(b.N); seen >= repeated && seen-uint64(b.N) < repeated {
				facts += sameState(t, filepath.Base(file)+" begins", alone, whole)
			}
			for _, s := range []*replay.State{alone, whole} {
				if err := s.ApplyRows(b, first, b.N); err != nil {
					t.Fatal(err)
				}
			}
		}
		facts += sameState(t, filepath.Base(file)+" ends", alone, whole)
	}
	if facts < 60*len(files) {
		t.Errorf("only %d facts were compared", facts)
	}
	t.Logf("%d facts at the beginning and end of %d files", facts, len(files))
}

// sameState fails the test where got says something else than want of what
// lives. It counts what it compares.
func sameState(t *testing.T, where string, got, want *replay.State) int {
	t.Helper()
	if t.Failed() {
		return 0
	}
	a, b := livingText(got), livingText(want)
	for _, line := range a {
		if !slices.Contains(b, line) {
			t.Errorf("%s: alone it has\n  %s", where, line)
		}
	}
	for _, line := range b {
		if !slices.Contains(a, line) {
			t.Errorf("%s: alone it lacks\n  %s", where, line)
		}
	}
	return len(b)
}

// livingText is what a state says of what lives, a fact a line.
func livingText(s *replay.State) (lines []string) {
	same := map[*replay.File]string{} // the first descriptor that refers to it
	spaces, pairs := map[uint32]bool{}, map[uint64]string{}
	living := slices.Collect(s.Alive)
	slices.SortFunc(living, func(a, b *replay.Process) int { return int(a.PID) - int(b.PID) })
	for _, p := range living {
		line := func(text string, args ...any) {
			lines = append(lines, fmt.Sprintf("%d "+text, append([]any{p.PID}, args...)...))
		}
		cred, _ := p.CredAt(math.MaxInt64)
		line("parent %d name %q uid %d", p.ParentAt(math.MaxInt64), p.CommAt(math.MaxInt64), cred.UID)
		if im := p.ImageAt(math.MaxInt64); im != nil {
			line("runs %s %q", im.Path, im.Argv())
		}
		if fs := p.FS(); fs != nil {
			line("in %s below %s", fs.Cwd.Path, fs.Root.Path)
		}
		if f := p.Files(); f != nil {
			line("%d descriptors, all of them: %v", f.Len(), f.Whole)
			for fd, d := range f.All {
				if same[d.File] == "" {
					same[d.File] = fmt.Sprintf("%d:%d", p.PID, fd)
				}
				name := d.File.Name()
				if n := d.File.Pair; n != 0 { // numbered as they come
					if pairs[n] == "" {
						pairs[n] = same[d.File]
					}
					name = "one of " + pairs[n]
				}
				line("fd %d is %v %q %d:%d flags %#o cloexec %v deleted %v, as %s", fd, d.File.Kind, name, d.File.Dev, d.File.Ino, d.File.Flags&^unix.O_CLOEXEC, d.Cloexec, d.File.Deleted, same[d.File])
				if k := d.File.Socket; k != nil {
					line("fd %d is socket %d %d %d %v %x %x", fd, k.Family, k.Type, k.Protocol, k.State, k.Local, k.Peer)
				}
			}
		}
		if n := len(p.Spaces); n > 0 {
			ns := p.Spaces[n-1].MntNS
			if m := s.MountsOf(ns); m != nil && !spaces[ns] {
				spaces[ns] = true
				for _, x := range m.List {
					lines = append(lines, fmt.Sprintf("namespace %d %s %s %s %s %s %s %s", ns, x.Point, x.Source, x.Type, x.Root, x.Options, x.Super, x.Propagation))
				}
			}
		}
	}
	return lines
}

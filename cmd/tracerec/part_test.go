package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tracerec/tracerec/format"
)

// extentOf is what a file covers, ns after boot.
func extentOf(t *testing.T, path string) (begin, end int64) {
	t.Helper()
	r, err := format.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	return r.Extent()
}

// A part of a recording says what it covers, not what the whole does: parts follow each
// other without a gap, and moments that are in another part are refused.
func TestPartsCoverTheirTime(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	whole := story(t)
	dir := t.TempDir()
	if code, _, talk := tracerec("split", "--rows", "4", "-o", filepath.Join(dir, "p.trc"), whole); code != 0 {
		t.Fatal(talk)
	}
	parts, _ := filepath.Glob(filepath.Join(dir, "p-*.trc"))
	if len(parts) != 3 {
		t.Fatalf("parts: %q", parts)
	}
	begin, end := extentOf(t, whole)
	until := begin
	for _, part := range parts {
		from, to := extentOf(t, part)
		if from != until || to <= from {
			t.Errorf("%s covers %d to %d, the one before ended at %d", part, from, to, until)
		}
		until = to
		_, out, _ := tracerec("info", "--json", part)
		var info struct {
			Begin, End time.Time
			Duration   int64
		}
		if err := json.Unmarshal([]byte(out), &info); err != nil {
			t.Fatal(err)
		}
		if got := info.End.Sub(info.Begin); int64(got) != to-from || info.Duration != to-from {
			t.Errorf("info of %s: %s to %s, duration %d, want %d", part, info.Begin, info.End, info.Duration, to-from)
		}
	}
	if until != end {
		t.Errorf("the last part ends at %d, the recording at %d", until, end)
	}
	// The second part begins when sendto, its repeated rows aside, had not been called yet.
	second := parts[1]
	for _, c := range []struct {
		args []string
		code int
		has  string
	}{
		{[]string{"ps", "--at", "500ms"}, exitUsage, "behind the end of this part of the recording, which covers"},
		{[]string{"--at", "500ms"}, exitUsage, "other parts have other times"},
		{[]string{"--at=-1ms"}, exitUsage, "before the beginning of this part"},
		{[]string{"ps"}, 0, "note: segment 1 of a recording, covers "},
		{[]string{"ps"}, 0, "  before  "},
		{[]string{"--tree"}, 0, "  before  "},
		{[]string{"--tree"}, 0, "note: segment 1 of a recording, covers "},
	} {
		code, out, talk := tracerec(append([]string{"replay", second}, c.args...)...)
		if code != c.code || !strings.Contains(out+talk, c.has) {
			t.Errorf("%q: code %d, %q is missing\n%s%s", c.args, code, c.has, out, talk)
		}
	}
	if _, out, _ := tracerec("analyze", second); !strings.Contains(out, "segment 1 of a recording, covers ") {
		t.Errorf("analyze does not tell what it read of\n%s", out)
	}
	if _, out, talk := tracerec("replay", "--tree", parts[0]); strings.Contains(out+talk, "segment") {
		t.Errorf("the first part has its beginning\n%s%s", out, talk)
	}

	// Parts without the first, in any order, begin where the earliest of them does.
	merged := filepath.Join(dir, "m.trc")
	if code, _, talk := tracerec("merge", "-o", merged, parts[2], parts[1]); code != 0 {
		t.Fatal(talk)
	}
	from, _ := extentOf(t, second)
	if got, to := extentOf(t, merged); got != from || to != end {
		t.Errorf("merged of parts 1 and 2: %d to %d, want %d to %d", got, to, from, end)
	}
	if _, out, _ := tracerec("replay", "--tree", merged); !strings.Contains(out, "note: parts of a recording, without the first, covers ") {
		t.Errorf("%s", out)
	}
	slices.Reverse(parts)
	if code, _, talk := tracerec(append([]string{"merge", "--force", "-o", merged}, parts...)...); code != 0 {
		t.Fatal(talk)
	}
	if got, to := extentOf(t, merged); got != begin || to != end {
		t.Errorf("merged of all parts: %d to %d, want %d to %d", got, to, begin, end)
	}
}

// Before the first row nothing is known, and that is what is said; not that there are no rows.
func TestBeforeTheFirstRow(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	path := filepath.Join(t.TempDir(), "late.trc")
	w, err := format.Create(path, &format.Header{Clock: format.Clock{Boottime: 5e9, Realtime: 1e18}, Scope: format.Scope{Kind: "host"}}, format.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	b := format.NewBatch(1)
	i := b.Append()
	b.Set(format.ColEvent, i, uint64(format.EventTask))
	b.Set(format.ColFlags, i, uint64(format.FlagInitial))
	b.Set(format.ColTime, i, 7e9)
	b.Set(format.ColTID, i, 9)
	b.Set(format.ColTGID, i, 9)
	b.Set(format.ColStart, i, 6e9)
	if err := w.Write(b, format.Clock{Boottime: 7e9}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(&format.Totals{Ended: format.Clock{Boottime: 9e9}}); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"ps", "--at", "1s"}, {"--at", "1s"}} {
		code, out, talk := tracerec(append([]string{"replay", path}, args...)...)
		if said := out + talk; code != 0 || !strings.Contains(said, "the first row is from 2s after the beginning, the last moment 4s after it") || strings.Contains(said, "no rows") {
			t.Errorf("%q: code %d\n%s", args, code, said)
		}
	}
}

// A file that has not every call lists descriptors with a mark, and no zeros for what was not counted.
func TestViewsOfExtracts(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	whole := story(t)
	path := filepath.Join(t.TempDir(), "opens.trc")
	if code, _, talk := tracerec("filter", "-o", path, `syscall == "openat" || syscall == "socket"`, whole); code != 0 {
		t.Fatal(talk)
	}
	if _, out, _ := tracerec("info", path); !strings.Contains(out, "calls      from 2026-09-21 14:13:20.010 UTC to 2026-09-21 14:13:20.021 UTC") || !strings.Contains(out, "it is an extract, by") {
		t.Errorf("info does not tell of when its calls are\n%s", out)
	}
	for _, c := range []struct {
		args []string
		has  []string
		not  []string
	}{
		{[]string{path, "lsof"}, []string{"3w?", "-   -    /srv/log", "note: the file does not have every call, it is an extract, by filter "}, []string{"IN and OUT"}},
		{[]string{path, "netstat"}, []string{"4?", "note: the file does not have every call"}, nil},
		{[]string{path, "--follow-fd", "100:3"}, []string{"rows about the descriptor may be missing"}, nil},
		{[]string{path, "ps"}, []string{"/srv"}, []string{"note:"}},
		{[]string{path, "lsof", "--json"}, []string{`"doubt":true`}, []string{`"in":`, `"out":`}},
		{[]string{whole, "lsof", "--at", "15ms"}, []string{"3w ", "0   0    /srv/log"}, []string{"?", "note:"}},
		{[]string{whole, "lsof", "--at", "45ms", "--json"}, []string{`"in":0,"out":500`}, []string{"at_least", "doubt"}},
	} {
		code, out, talk := tracerec(append([]string{"replay"}, c.args...)...)
		if code != 0 {
			t.Errorf("%q: code %d\n%s", c.args, code, talk)
		}
		said(t, c.args, out+talk, c.has, c.not)
	}
}

// What a damaged block held is said to have been in one: it was on no processor and in no lane of the recorder's.
func TestDamagedIsNotLostByTheRecorder(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	dir := t.TempDir()
	path := filepath.Join(dir, "t.trc")
	w, err := format.Create(path, &format.Header{Clock: format.Clock{Boottime: 1, Realtime: 1e18}, Scope: format.Scope{Kind: "host"}}, format.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for at := int64(1); at < 4; at++ {
		b := format.NewBatch(1)
		i := b.Append()
		b.Set(format.ColEvent, i, uint64(format.EventTask))
		b.Set(format.ColTime, i, uint64(at*1e9))
		b.Set(format.ColTID, i, uint64(at))
		b.Set(format.ColTGID, i, uint64(at))
		if err := w.Write(b, format.Clock{Boottime: at * 1e9}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(&format.Totals{}); err != nil {
		t.Fatal(err)
	}
	damageBlock(t, path, 1)
	repaired := filepath.Join(dir, "repaired.trc")
	tracerec("repair", "-o", repaired, path)
	for _, c := range []struct {
		args []string
		has  string
	}{
		{[]string{"replay", repaired}, "[file]"},
		{[]string{"replay", repaired}, "lost class=damaged count=1"},
		{[]string{"replay", repaired}, "1 record was lost while recording, or in blocks that were damaged"},
		{[]string{"replay", "--json", repaired}, `"class":"damaged","count":1`},
		{[]string{"analyze", repaired}, "lost      1 record that was in blocks that were damaged or not written"},
		{[]string{"analyze", "--json", repaired}, `"lost":[{"class":"damaged","count":1}]`},
		{[]string{"info", repaired}, "1 record, with those in blocks that were damaged"},
	} {
		_, out, talk := tracerec(c.args...)
		said := out + talk
		if !strings.Contains(said, c.has) {
			t.Errorf("%q: %q is missing\n%s", c.args, c.has, said)
		}
		for _, bad := range []string{"class-255", "witness lane", `"lane"`, "lane=", "[cpu"} {
			if strings.Contains(said, bad) {
				t.Errorf("%q: %q must not be there\n%s", c.args, bad, said)
			}
		}
	}
}

// A merged file is described as what it is: the states of all its recordings, the times between
// them, and only the calls that all of them have.
func TestInfoOfMerged(t *testing.T) {
	dir := t.TempDir()
	make := func(name string, begin int64, expr string) string {
		selected, err := format.ParseSelection([]string{expr})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		w, err := format.Create(path, &format.Header{Clock: format.Clock{Boottime: begin, Realtime: 1e18 + begin}, Scope: format.Scope{Kind: "pid"},
			Args: []string{"record", name}, Selection: selected.Header()}, format.WriterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		b := format.NewBatch(2)
		for n, id := range []format.EventID{format.EventTask, format.EventState} {
			i := b.Append()
			b.Set(format.ColEvent, i, uint64(id))
			b.Set(format.ColTime, i, uint64(begin+int64(n)))
			if id == format.EventTask {
				b.Set(format.ColTID, i, uint64(begin/1e9))
				b.Set(format.ColTGID, i, uint64(begin/1e9))
				continue
			}
			b.Set(format.ColArg0, i, 1)
			b.Set(format.ColArg1, i, uint64(begin/1e9))
		}
		if err := w.Write(b, format.Clock{Boottime: begin + 1e9}); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(&format.Totals{Ended: format.Clock{Boottime: begin + 1e9}}); err != nil {
			t.Fatal(err)
		}
		return path
	}
	merged := filepath.Join(dir, "m.trc")
	if code, _, talk := tracerec("merge", "-o", merged, make("b.trc", 20e9, "all,!close"), make("a.trc", 10e9, "all,!openat")); code != 0 {
		t.Fatal(talk)
	}
	_, out, _ := tracerec("info", merged)
	for _, want := range []string{
		"recording 1 of 2 begins with 1 task, 10 descriptors", "recording 2 of 2 begins with 1 task, 20 descriptors",
		"1 gap between its recordings, 9s in all", "left out: 2 names", "all,!close; all,!openat", "begin      2001-09-09 01:46:50.000",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing\n%s", want, out)
		}
	}
	if strings.Contains(out, "record b.trc") {
		t.Errorf("the command line of one recording is given as that of all\n%s", out)
	}
	_, out, _ = tracerec("info", "--json", merged)
	var info struct {
		Begins struct{ Fds int } `json:"state_at_start"`
		States []struct{ Fds int }
		Header struct{ Selection format.Selected }
	}
	if err := json.Unmarshal([]byte(out), &info); err != nil || info.Begins.Fds != 30 || len(info.States) != 2 {
		t.Errorf("%v, %+v", err, info)
	}
	if s := &info.Header.Selection; s.Has("close") || s.Has("openat") || !s.Has("read") {
		t.Errorf("left out: %q", s.LeftOut)
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// recording writes a small file: two blocks of a shell and its child.
func recording(t *testing.T, seal bool) string {
	t.Helper()
	const begin = 5_000_000_000
	path := filepath.Join(t.TempDir(), "x.trc")
	w, err := format.Create(path, &format.Header{
		Host: "web-1", Kernel: "6.18.5", Machine: "x86_64", Clock: format.Clock{Boottime: begin, Realtime: 1_790_000_000e9},
		Command: []string{"sh", "-c", "true \x1b[31m"}, Scope: format.Scope{Kind: "command"},
		Manifest: []format.Witness{{Event: "file_open", Hook: "lsm/file_open", State: format.WitnessRefused, Why: "no permission"}},
	}, format.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for block := range 2 {
		b := format.NewBatch(8)
		for n := range 4 {
			i := b.Append()
			b.Set(format.ColEvent, i, uint64(format.EventSyscall))
			b.Set(format.ColTime, i, uint64(begin+block*1_000_000_000+n*1_000_000))
			b.Set(format.ColTID, i, uint64(100+n))
			b.Set(format.ColTGID, i, uint64(100+n))
			b.Set(format.ColStart, i, begin)
			b.SetBytes(format.ColComm, i, []byte("sh"))
			b.Set(format.ColABI, i, uint64(format.ABIAMD64))
			b.Set(format.ColNR, i, 39)
		}
		if err := w.Write(b, format.Clock{Boottime: begin}); err != nil {
			t.Fatal(err)
		}
	}
	if seal {
		err = w.Close(&format.Totals{Reason: "done", Seen: 8})
	} else {
		err = w.Abort()
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// tracerec runs a command line as main would.
func tracerec(args ...string) (code int, out, talk string) {
	root := newRoot()
	var stdout, stderr bytes.Buffer
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	root.SetArgs(args)
	err := root.Execute()
	if err != nil {
		code = exitUsage
		var exit *exitError
		if errors.As(err, &exit) {
			code = exit.code
		}
		stderr.WriteString(err.Error())
	}
	return code, stdout.String(), stderr.String()
}

// said holds what a command line printed to what must be in it and what must not.
func said(t *testing.T, args []string, text string, has, not []string) {
	t.Helper()
	for _, want := range has {
		if !strings.Contains(text, want) {
			t.Errorf("%q: %q is missing\n%s", args, want, text)
		}
	}
	for _, bad := range not {
		if strings.Contains(text, bad) {
			t.Errorf("%q: %q must not be there\n%s", args, bad, text)
		}
	}
}

// damageBlock flips a bit in the middle of a block.
func damageBlock(t *testing.T, path string, block int) {
	t.Helper()
	r, err := format.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	hit := r.BlockInfo(block)
	r.Close()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[hit.Offset+hit.Size/2] ^= 0x10
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestReplayStates(t *testing.T) {
	sealed, unsealed := recording(t, true), recording(t, false)
	corrupt := recording(t, true)
	damageBlock(t, corrupt, 1)
	for name, c := range map[string]struct {
		path string
		code int
		rows string
		talk string
	}{
		"sealed":   {sealed, 0, "8 rows", ""},
		"unsealed": {unsealed, 0, "8 rows", "still being written or cut off"},
		"corrupt":  {corrupt, exitUsage, "4 rows", "corrupt at offset"},
	} {
		code, out, talk := tracerec("replay", c.path)
		if code != c.code || !strings.Contains(out, c.rows) || !strings.Contains(talk, c.talk) || c.talk == "" && talk != "" {
			t.Errorf("replay %s: code %d, talk %q\n%s", name, code, talk, out)
		}
		code, out, talk = tracerec("info", c.path)
		if code != c.code || !strings.Contains(out, "web-1") || !strings.Contains(talk, c.talk) {
			t.Errorf("info %s: code %d, talk %q\n%s", name, code, talk, out)
		}
		lost := "nothing that the readable part knows of"
		if name == "sealed" {
			lost = "lost       nothing\n"
		}
		if !strings.Contains(out, lost) || strings.Contains(out, "missing    4 rows of 8 cannot be read") != (name == "corrupt") ||
			strings.Contains(out, "4 in 1 block,") != (name == "corrupt") {
			t.Errorf("info %s on what is missing:\n%s", name, out)
		}
		_, object, _ := tracerec("info", "--json", c.path)
		if strings.Contains(object, `"complete":true`) != (name == "sealed") || strings.Contains(object, `"missing":4`) != (name == "corrupt") {
			t.Errorf("info --json %s on what is missing: %s", name, object)
		}
		if strings.Contains(out, "\x1b") {
			t.Errorf("info %s: an escape sequence reached the terminal", name)
		}
	}
}

func TestReplayFlags(t *testing.T) {
	path, captured := recording(t, true), "../../testdata/captures/incident.trc"
	for _, c := range []struct {
		args []string
		code int
		has  string
	}{
		{[]string{"replay", path, "--pid", "101"}, 0, "1 process"},
		{[]string{"replay", path, "--tree"}, 0, "4 processes"},
		{[]string{"replay", path, "--at", "0.5s"}, 0, "as of 0.500000"},
		{[]string{"replay", path, "--from", "0.9s"}, 0, "  1.000000 [100/100 sh]"},
		{[]string{"replay", path, "--limit", "2"}, 0, "more rows follow: raise --limit"},
		{[]string{"replay", captured, "--limit", "3", "--from", "0"}, 0, "raise --limit\n"}, // rows of one time: --from would show them again
		{[]string{"replay", captured, "--limit", "30", "--from", "0"}, 0, "go on with --from 0.170564s\n"},
		{[]string{"replay", path, "--time", "utc"}, 0, "14:13:20.000000Z [100/100"},
		{[]string{"replay", path, "--pid", "9"}, exitUsage, "no process or thread 9"},
		{[]string{"replay", path, "--from", "soon"}, exitUsage, "--from"},
		{[]string{"replay", path, "--from", "2s", "--to", "1s"}, exitUsage, "after --to"},
		{[]string{"replay", path, "--at", "0"}, 0, "as of 0.000000: 4 processes"},
		{[]string{"replay", path, "--at", "5500000000ns@boot"}, 0, "as of 0.500000"},
		{[]string{"replay", path, "--at", "100"}, exitUsage, "behind the end of the recording, which lasts 1s"},
		{[]string{"replay", path, "--at", "-1s"}, exitUsage, "before the begin"},
		{[]string{"replay", path, "--from", "100s"}, exitUsage, "behind the end"},
		{[]string{"replay", path, "--to", "5ns@boot"}, exitUsage, "before the begin"},
		{[]string{"replay", path, "--time", "x"}, exitUsage, "--time"},
		{[]string{"replay", path, "--color", "x"}, exitUsage, "--color"},
		{[]string{"replay", path + "x"}, exitUsage, "no such file"},
		{[]string{"replay"}, exitUsage, "arg"},
		{[]string{"list", "events"}, 0, "sched_process_exec"},
		{[]string{"list", "fields"}, 0, "a_kernel_status"},
		{[]string{"list", "syscalls"}, 0, "execveat"},
		{[]string{"version"}, 0, "format    2"},
	} {
		code, out, talk := tracerec(c.args...)
		if code != c.code || !strings.Contains(out+talk, c.has) {
			t.Errorf("%q: code %d, want %d and %q\n%s%s", c.args, code, c.code, c.has, out, talk)
		}
		if c.code != 0 && out != "" {
			t.Errorf("%q failed, but wrote %q", c.args, out)
		}
	}
	// --to is inclusive, --from too.
	_, out, _ := tracerec("replay", path, "--json", "--from", "0.001s", "--to", "0.002s")
	if n := strings.Count(out, `"type":"event"`); n != 2 {
		t.Errorf("%d events from 1 to 2 ms, want 2:\n%s", n, out)
	}
}

func TestJSONOutput(t *testing.T) {
	path := recording(t, true)
	for _, args := range [][]string{
		{"replay", path, "--json"}, {"info", path, "--json"}, {"list", "events", "--json"}, {"list", "fields", "--json"},
		{"list", "syscalls", "--json"}, {"version", "--json"},
	} {
		code, out, talk := tracerec(args...)
		lines := 0
		for line := range strings.Lines(out) {
			if !json.Valid([]byte(line)) {
				t.Errorf("%q: not JSON: %s", args, line)
			}
			lines++
		}
		if code != 0 || talk != "" || lines == 0 {
			t.Errorf("%q: code %d, %d lines, talk %q", args, code, lines, talk)
		}
	}
	_, out, _ := tracerec("list", "events", "--json")
	if n := strings.Count(out, "\n"); n != len(format.Events)-1 {
		t.Errorf("list events: %d of %d", n, len(format.Events)-1)
	}
}

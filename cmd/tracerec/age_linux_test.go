package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// TestOneAge wants every view to say the same of when the recorded command began and how long
// it has lived: the time in which it was the recorder's launcher is none of it.
func TestOneAge(t *testing.T) {
	needRecorder(t)
	t.Parallel()
	path := record(t, "", nil, "sleep", "0.4")
	var tree struct {
		Begin int64
	}
	for line := range strings.Lines(finish(t, cli(t, "replay", "--tree", "--json", path)).out) {
		if strings.HasPrefix(line, `{"type":"process"`) {
			if err := json.Unmarshal([]byte(line), &tree); err != nil {
				t.Fatal(err)
			}
		}
	}
	began := ""
	for line := range strings.Lines(finish(t, cli(t, "replay", "--tree", path)).out) {
		if before, _, ok := strings.Cut(line, "exit 0"); ok {
			began = strings.Fields(before)[0]
		}
	}
	ps := strings.Fields(lastLine(finish(t, cli(t, "replay", path, "ps", "--at", "0.3")).out))
	at := finish(t, cli(t, "replay", path, "--at", "0.3")).out
	if len(ps) < 7 || began == "" || ps[5] != began || !strings.Contains(at, "up "+ps[6]+"  ") || tree.Begin == 0 {
		t.Errorf("the tree has it begin at %q (%d), ps says %q; --at:\n%s", began, tree.Begin, ps, at)
	}
}

// TestOneLength wants record and info to give a recording one length.
func TestOneLength(t *testing.T) {
	needRecorder(t)
	t.Parallel()
	path := filepath.Join(t.TempDir(), "t.trc")
	said := finish(t, cli(t, "record", "-o", path, "--", "sleep", "0.1")).talk
	_, length, _ := strings.Cut(strings.TrimSpace(said), " in ")
	if info := finish(t, cli(t, "info", path)).out; length == "" || !strings.Contains(info, ", after "+length+"\n") {
		t.Errorf("record said %q, info\n%s", said, info)
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

package text

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// TestStateExample: the example of a recording's beginning has every event of
// it, in the order that is promised, and nothing of it is lost in a file.
func TestStateExample(t *testing.T) {
	text, err := os.ReadFile("../../testdata/state/start.txt")
	if err != nil {
		t.Fatal(err)
	}
	file, err := build(string(text))
	if err != nil {
		t.Fatal(err)
	}
	got, want := strings.Split(dumpFile(t, file, false), "\n"), strings.Split(string(text), "\n")
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] && !strings.HasPrefix(got[i], "header ") {
			t.Errorf("line %d is %s\nwant %s", i+1, got[i], want[i])
		}
	}
	r, err := format.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	missing := map[format.EventID]bool{format.EventFD: true, format.EventMount: true, format.EventGroups: true, format.EventCgroup: true, format.EventNameOf: true, format.EventState: true}
	closed := false
	for b, err := range r.Blocks(format.ReadOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.N {
			e := format.EventID(b.U16[format.ColEvent][i])
			delete(missing, e)
			if initial := b.U16[format.ColFlags][i]&uint16(format.FlagInitial) != 0; initial && closed {
				t.Errorf("row %d is initial behind the state row", i)
			}
			closed = closed || e == format.EventState
		}
	}
	if len(missing) > 0 {
		t.Errorf("events without an example: %v", missing)
	}
}

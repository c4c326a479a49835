package main

import (
	"bytes"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// At follows a reading to the end of the blocks; the bar is for terminals only.
func TestWatchReading(t *testing.T) {
	r, err := format.Open(openTrace(t, "/tmp/a", "/tmp/a"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var talk bytes.Buffer
	done := watchReading(&talk, r)
	if r.At() != 0 {
		t.Errorf("at %d before anything was read", r.At())
	}
	for _, err := range r.Blocks(format.ReadOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if last := r.BlockInfo(r.BlockCount() - 1); r.At() <= 0 || r.At() > last.Offset+last.Size {
			t.Errorf("at %d, the last block ends at %d", r.At(), last.Offset+last.Size)
		}
	}
	if last := r.BlockInfo(r.BlockCount() - 1); r.At() != last.Offset+last.Size {
		t.Errorf("at %d in the end, the last block ends at %d", r.At(), last.Offset+last.Size)
	}
	done()
	if talk.Len() > 0 {
		t.Errorf("drawn to no terminal: %q", talk.String())
	}
}

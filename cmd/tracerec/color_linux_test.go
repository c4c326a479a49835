package main

import (
	"os"
	"testing"
)

func TestColorIsForTerminalsThatHaveIt(t *testing.T) {
	tty, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	defer tty.Close()
	for _, c := range []struct {
		term, no string
		want     bool
	}{{"xterm", "", true}, {"dumb", "", false}, {"xterm", "1", false}} {
		t.Setenv("TERM", c.term)
		t.Setenv("NO_COLOR", c.no)
		if got, err := wantsColor("auto", tty); err != nil || got != c.want {
			t.Errorf("TERM=%s NO_COLOR=%s: %v, %v", c.term, c.no, got, err)
		}
	}
}

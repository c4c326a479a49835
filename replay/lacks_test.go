package replay

import (
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// What a file was not asked to have is said, and what depends on it is uncertain.
func TestLacks(t *testing.T) {
	selected := func(expr ...string) *format.Header {
		s, err := format.ParseSelection(expr)
		if err != nil {
			t.Fatal(err)
		}
		return &format.Header{Selection: s.Header()}
	}
	for _, c := range []struct {
		what   string
		h      *format.Header
		view   string
		closed bool
		has    []string // what each note begins with
	}{
		{"all calls", selected("all"), "lsof", false, nil},
		{"a file that does not say", &format.Header{}, "lsof", false, nil},
		{"the default", selected("default"), "lsof", false, []string{"copy_file_range, pread64, preadv and "}},
		{"only openat", selected("openat"), "lsof", true, []string{"close, close_range, dup2, dup3 are not recorded: what is listed may be closed", "accept, accept4, bpf and ", "copy_file_range, "}},
		{"all but close", selected("all", "!close"), "netstat", true, []string{"close is not recorded: what is listed may be closed"}},
		{"all but close, who lived", selected("all", "!close"), "ps", true, nil},
		{"all but umount2, mounts", selected("all", "!umount2"), "mounts", false, []string{"umount2 is not recorded: what is listed may not be mounted any more"}},
		{"a filter", &format.Header{Origin: []format.Origin{{By: "filter pid == 1\x1b"}}}, "lsof", true, []string{`the file does not have every call, it is an extract, by filter pid == 1\x1b: what is listed may be closed`}},
		{"a process", &format.Header{Origin: []format.Origin{{By: "split", Args: []string{"--by-process"}}}}, "lsof", true, []string{"the file does not have every call, it is an extract, by split"}},
		{"parts", &format.Header{Origin: []format.Origin{{By: "split", Args: []string{"--every", "1s"}}}}, "lsof", false, nil},
		{"calls that failed", &format.Header{Scope: format.Scope{Calls: []format.Condition{{Kind: "failed"}}}}, "lsof", true, []string{"the file does not have every call, it has calls that failed only"}},
	} {
		l := lacksOf(c.h)
		notes := l.notes(c.view, false)
		if l.closed() != c.closed || len(notes) != len(c.has) {
			t.Errorf("%s: closed %v, notes %q", c.what, l.closed(), notes)
			continue
		}
		for i, want := range c.has {
			if !strings.HasPrefix(notes[i], want) {
				t.Errorf("%s: %q does not begin with %q", c.what, notes[i], want)
			}
		}
	}
}

package replay

import (
	"testing"

	"github.com/tracerec/tracerec/format"
)

// The signal by which a process that has ended tells its parent comes behind its
// exit. In a file that begins in between it makes no process; any other signal of
// one that is not known does, and so does that one when it is the target's row.
func TestPartingSignal(t *testing.T) {
	gone := who{tid: 20, pid: 20, ppid: 10, start: t0 - second, comm: "cat"}
	for name, c := range map[string]struct {
		sig, code, target int
		lives             bool
	}{
		"exited":                  {17, 1, 10, false},
		"killed":                  {17, 2, 10, false},
		"stopped, not ended":      {17, 5, 10, true},
		"SIGCHLD by kill":         {17, 0, 10, true},
		"another signal":          {15, 1, 10, true},
		"a child of it has ended": {17, 1, 20, true},
	} {
		r := newRec()
		r.initial(shell, "bash\x00", "/bin/bash")
		r.row(format.EventSignal, ms(1), gone, cells{format.ColArg0: c.sig, format.ColArg1: c.code, format.ColArg2: c.target, format.ColArg3: c.target, format.ColArg4: 20})
		r.plain(ms(2), shell, 39, 10, 100)
		s := fold(t, r)
		if got := len(s.Holders(20)); (got > 0) != c.lives {
			t.Errorf("%s: %d processes have pid 20", name, got)
		}
		if one(t, s, 10).Ended != 0 {
			t.Errorf("%s: the parent has ended", name)
		}
	}
}

package main

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/recorder/drill"
)

// score is what the analyzer made of the calls of a case.
type score struct {
	attempts, recorded int
	lied               int // shown was one value, used another: by the program's own log
	found              int // of them, divergent or multiple-copies
	open               int // of them, said to be unwitnessed or inconclusive
	missed             int // of them, neither
	unread             int // nothing was shown
	honest, alarms     int // shown was what was used; of them, said to be divergent
	changed            int // honest, and changed after use: said so
}

func (s *score) add(o score) {
	s.attempts, s.recorded, s.lied, s.found = s.attempts+o.attempts, s.recorded+o.recorded, s.lied+o.lied, s.found+o.found
	s.open, s.missed, s.unread, s.honest = s.open+o.open, s.missed+o.missed, s.unread+o.unread, s.honest+o.honest
	s.alarms, s.changed = s.alarms+o.alarms, s.changed+o.changed
}

func (s score) String() string {
	return fmt.Sprintf("%5d attempts, %5d recorded: %5d lied about (%d found, %d said to be open, %d missed), %5d honest (%d false alarms, %d changed after use), %d unread",
		s.attempts, s.recorded, s.lied, s.found, s.open, s.missed, s.honest, s.alarms, s.changed, s.unread)
}

// quick are the cases that every run of the tests scores; make proof scores all.
var quick = map[string]int{"connect-flip-unix": 200, "bind-flip": 200, "rename-swap": 5, "sendmmsg-swap": 5, "chmod-stale": 5, "open-relative": 20}

// TestProofByAttack scores the analyzer against what the races themselves log:
// for each call what the kernel used. A lie that is witnessed must be found, one
// that is not must be said to be open, and an honest call must not be accused.
func TestProofByAttack(t *testing.T) {
	needExact(t)
	var sum score
	cases, certain, won := 0, 0, 0
	for _, c := range drill.Cases {
		n, short := quick[c.Name]
		if proof() {
			n = c.N
		} else if !short {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			s := attack(t, c, n)
			t.Logf("%-22s %v", c.Name, s)
			sum.add(s)
			cases++
			if c.Deterministic {
				certain++
			}
			if s.lied > 0 {
				won++
			}
		})
	}
	t.Logf("attacks: %d cases, %d of them certain, %d with lies: %v", cases, certain, won, sum)
	if want := len(drill.Cases) * 3 / 4; proof() && cases < want { // the others need what the machine may not have
		t.Errorf("only %d cases could be run, at least %d wanted", cases, want)
	}
}

func attack(t *testing.T, c drill.Case, n int) (s score) {
	dir := t.TempDir()
	var flags []string
	if c.Env {
		flags = []string{"--env"}
	}
	path := record(t, "", flags, drill.Argv(self(t), c.Name, dir, n)...)
	truth, err := drill.ReadTruth(dir)
	if err != nil {
		t.Fatal(err)
	}
	if truth.Total.Unavailable != "" {
		t.Skip(truth.Total.Unavailable)
	}
	if truth.Total.Error != "" {
		t.Fatal(truth.Total.Error)
	}
	r, err := format.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	lost := totals(t, path).Lost
	s.attempts = len(truth.Attempts)
	for _, e := range c.Expect {
		if e.Verdict == "unpaired" { // no call of their own to be judged
			found, _ := everything(t, path, analyze.Low)
			for _, f := range found {
				if f.Verdict == analyze.Unpaired && f.Analysis == "io-uring" {
					s.found++
				}
			}
			s.recorded, s.lied = s.attempts, s.attempts
			if s.found != s.attempts {
				t.Errorf("%d files opened without a call, %d found", s.attempts, s.found)
			}
			return s
		}
	}
	calls, err := drill.Match(r, &truth)
	if err != nil {
		t.Fatal(err)
	}
	s.recorded = len(calls)
	if s.recorded < s.attempts && lost == 0 {
		t.Errorf("%d attempts, %d in the recording, and nothing was lost", s.attempts, s.recorded)
	}
	verdicts, _ := judged(t, path)
	mine := map[argument]bool{}
	for i := range calls {
		call := &calls[i]
		if !call.Known(&truth) {
			continue
		}
		at := argument{call.Key, call.Slot}
		mine[at] = true
		v, used := verdicts[at], call.Used(&truth)
		switch {
		case call.Witnessed && !call.Agrees(&truth):
			t.Errorf("attempt %d: the kernel used %q, the recording says %q", call.Attempt.I, used, call.Kernel)
		case call.Enter == nil:
			s.unread++
			if v == analyze.Consistent {
				t.Errorf("attempt %d: nothing was shown, yet %v", call.Attempt.I, v)
			}
		case bytes.Equal(call.Enter, used):
			s.honest++
			switch v {
			case analyze.Divergent, analyze.MultipleCopies:
				s.alarms++
				t.Errorf("attempt %d: shown and used are both %q, yet %v", call.Attempt.I, used, v)
			case analyze.PostUseChange:
				s.changed++
			}
		default:
			s.lied++
			switch v {
			case analyze.Divergent, analyze.MultipleCopies:
				s.found++
			case analyze.Unwitnessed, analyze.Inconclusive:
				s.open++
				if call.Witnessed && lost == 0 {
					t.Errorf("attempt %d: shown %q, used %q, witnessed: %v", call.Attempt.I, call.Enter, used, v)
				}
			default:
				s.missed++
				t.Errorf("attempt %d: shown %q, used %q: %v", call.Attempt.I, call.Enter, used, v)
			}
		}
	}
	// Nothing else of the recording may be accused, unless its views differ.
	oracle := lies(t, path)
	for a, v := range verdicts {
		if (v == analyze.Divergent || v == analyze.MultipleCopies) && !mine[a] && !oracle[a] {
			s.alarms++
			t.Errorf("call %+v is no part of the race, yet %v", a, v)
		}
	}
	return s
}

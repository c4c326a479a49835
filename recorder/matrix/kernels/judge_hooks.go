//go:build linux

package main

import (
	"fmt"
	"strings"

	"github.com/tracerec/tracerec/format"
)

// cell is what is known of a rung of an event on a boot.
type cell struct {
	state status
	calls uint64 // arguments that it saw
	why   string
}

// judgeHooks says of each rung of each event whether it works. It does when
// in some recording it was active and saw arguments there. A rung that saw
// none where it was active and there were some, or some where it was not
// active, is broken.
func (b *boot) judgeHooks() {
	b.hooks = map[hookKey]cell{}
	for _, key := range hookKeys() {
		var c cell
		var problems, absent []string
		tried := false
		for _, name := range []string{"drill", "hooks", "fentry", "kprobe", "benign"} {
			rec := b.traces[name]
			if rec == nil {
				continue
			}
			calls, active := rec.witnessed[key], false
			for _, m := range rec.header.Manifest {
				bySide := m.Rung == 0 && key.rung == format.RungTrace // shows arguments in passing
				if m.Event != key.event || m.Rung&key.rung == 0 && !bySide {
					continue
				}
				switch m.State {
				case format.WitnessActive, format.WitnessUntried:
					active, tried = true, true
				case format.WitnessMissing, format.WitnessRefused, format.WitnessSilent:
					tried = true
					absent = append(absent, fmt.Sprintf("%s %s: %s", m.Hook, m.State, m.Why))
				}
			}
			switch {
			case key.rung == format.RungTrace && name != "drill":
				// elsewhere kfree is not selected, and calls may all fail, of which nothing is seen
			case active && calls == 0 && rec.exercised[key] > 0:
				problems = append(problems, fmt.Sprintf("active in %s and saw none of %d arguments", name, rec.exercised[key]))
			case !active && calls > 0:
				problems = append(problems, fmt.Sprintf("not active in %s and saw %d arguments", name, calls))
			}
			c.calls += calls
		}
		why, designed := b.designed("hook "+name(key.rung), "hook "+key.event+"/"+name(key.rung))
		switch {
		case len(problems) > 0:
			c.state, c.why = failed, strings.Join(problems, "; ")
		case c.calls > 0:
			c.state = passed
		case designed:
			c.state, c.why = skipped, why
		case !tried:
			c.state, c.why = failed, "not tried"
		case len(absent) == 0:
			c.state, c.why = failed, "active, but no call in any recording was for it"
		default:
			c.state, c.why = failed, absent[0]
		}
		b.hooks[key] = c
		b.checks = append(b.checks, check{"witness " + key.event + "/" + name(key.rung), c.state, c.why})
	}
}

// hookKeys are all rungs of all events that are always recorded and witness
// something, and what shows arguments in passing or on request: copies on the
// heap, forks, and the state of a task when a call returns.
func hookKeys() (keys []hookKey) {
	seen := map[hookKey]bool{}
	for _, event := range []format.EventID{format.EventKfree, format.EventFork, format.EventSyscall} {
		keys = append(keys, hookKey{format.Events[event].Name, format.RungTrace})
	}
	for _, e := range format.Events {
		for _, h := range e.Hooks {
			key := hookKey{e.Name, h.Rung}
			if h.Rung != 0 && e.Groups == 0 && !seen[key] {
				seen[key] = true
				keys = append(keys, key)
			}
		}
	}
	return keys
}

func name(r format.Rung) string {
	for n, rung := range rungNames {
		if rung == r {
			return n
		}
	}
	return "?"
}

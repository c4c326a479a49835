package policy

import (
	"slices"
	"strings"

	"github.com/tracerec/tracerec/format"
)

// target is a call or an event that a word of "on" stands for.
type target struct {
	call  *format.Syscall
	event format.EventID
}

// targets finds what a word stands for: a call, an event, both where they share
// a name, or all of a group. syscall:NAME and event:NAME say which.
func targets(word string) (out []target) {
	kind, name, ok := strings.Cut(word, ":")
	if !ok {
		kind, name = "", word
	}
	group := format.Groups(0)
	if kind == "" {
		group = format.GroupByName(name)
	}
	if kind == "" || kind == "syscall" {
		for i := range format.Syscalls {
			if call := &format.Syscalls[i]; call.Name == name || call.Groups&group != 0 {
				out = append(out, target{call: call})
			}
		}
	}
	if kind == "" || kind == "event" {
		for i := range format.Events {
			e := &format.Events[i]
			if e.ID != format.EventNone && e.ID != format.EventSyscall && (e.Name == name || e.Groups&group != 0) {
				out = append(out, target{event: e.ID})
			}
		}
	}
	return out
}

func (c *compiler) checkNames(s *Step) {
	for _, n := range s.On {
		if n.Text != "any" && len(targets(n.Text)) == 0 {
			c.problem(n.At, "on: no call, event or group is called %q%s", n.Text, near(n.Text))
		}
	}
}

// near suggests a name that holds the word, or that the word holds.
func near(word string) string {
	if len(word) < 3 {
		return ""
	}
	best := ""
	take := func(name string) {
		if (strings.Contains(name, word) || strings.Contains(word, name) && len(name) > 3) && (best == "" || len(name) < len(best)) {
			best = name
		}
	}
	for i := range format.Syscalls {
		take(format.Syscalls[i].Name)
	}
	for i := range format.Events {
		take(format.Events[i].Name)
	}
	if best == "" {
		return ""
	}
	return ": is it " + best + "?"
}

// dispatch notes which rows each step of a rule looks at.
func (c *compiler) dispatch(r *rule) {
	s := c.set
	for k := range r.steps {
		ref := stepRef{r, k}
		on := c.policy.Steps[k].On
		if len(on) == 0 || slices.ContainsFunc(on, func(n Name) bool { return n.Text == "any" }) {
			s.anyRow = append(s.anyRow, ref)
			continue
		}
		for _, name := range on {
			for _, t := range targets(name.Text) {
				if t.call != nil {
					if !slices.Contains(s.byCall[t.call.Name], ref) {
						s.byCall[t.call.Name] = append(s.byCall[t.call.Name], ref)
					}
				} else if !slices.Contains(s.byEvent[t.event], ref) {
					s.byEvent[t.event] = append(s.byEvent[t.event], ref)
				}
			}
		}
	}
}

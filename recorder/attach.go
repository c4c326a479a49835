//go:build linux

package recorder

import (
	"fmt"

	"github.com/cilium/ebpf/link"

	"github.com/tracerec/tracerec/format"
)

// attachAll carries out the plan: of each ladder the best rung that loads,
// attaches and is then seen to fire when provoke is called; of all other
// events every hook. The result is the attach manifest.
func attachAll(k *kernel, p *Plan, provoke func() error) ([]format.Witness, error) {
	links := make([]link.Link, len(p.Attachments))
	for {
		preload(k, p)
		k.steps.done("load")
		tried := false
		for i := range p.Attachments {
			a := &p.Attachments[i]
			if a.State != "" || a.Ladder && better(p, i) {
				continue
			}
			l, err := k.attach(*a)
			if err != nil {
				a.State, a.Skip = explainLoad(err, a.Hook.Rung)
				if a.Needed {
					return manifest(p, nil), fmt.Errorf("%w: %s: %s", ErrCannotRecord, hookName(a.Hook), a.Skip)
				}
				// the next rung is tried in the same pass, as it comes later
				continue
			}
			links[i], a.State, tried = l, format.WitnessUntried, true
		}
		if !tried {
			break
		}
		k.steps.done("attach")
		if err := provoke(); err != nil {
			return manifest(p, nil), err
		}
		k.steps.done("test")
		hits := k.hits(p.Programs)
		silent := false
		siblings := make(map[format.HookType]int) // programs of a type that fire
		for _, a := range p.Attachments {
			if hits[a.Index] > 0 && (a.State == format.WitnessUntried || a.State == format.WitnessActive) {
				siblings[a.Hook.Type]++
			}
		}
		for i := range p.Attachments {
			a := &p.Attachments[i]
			switch {
			case a.State != format.WitnessUntried || a.Event == format.EventTask || a.Hook.Type == format.HookIter:
				// nothing a launcher does can provoke these
			case hits[a.Index] > 0:
				a.State = format.WitnessActive
				if a.Event == format.EventKfree {
					a.Skip = k.learned()
				}
			case a.Needed:
				return manifest(p, hits), fmt.Errorf("%w: %s attaches but does not fire", ErrCannotRecord, hookName(a.Hook))
			case a.Choice && siblings[a.Hook.Type] > 0 && a.Event != format.EventKfree:
				a.Skip = fmt.Sprintf("the self-test does not provoke it; of this rung %d other hooks fire", siblings[a.Hook.Type])
			case a.Hook.Type == format.HookCgroup:
				a.Skip = "the self-test could not provoke it: no such address family here"
			default:
				a.State, a.Skip = format.WitnessSilent, "attached without an error, but did not show the self-test's own value"
				links[i].Close()
				silent = true
			}
		}
		if !silent {
			break
		}
	}
	for i := range p.Attachments {
		if a := &p.Attachments[i]; a.State == "" {
			a.State, a.Skip = format.WitnessUnused, "a better rung is active"
		}
	}
	return manifest(p, k.hits(p.Programs)), nil
}

// preload loads what the next round is going to attach: every hook that is
// not on a ladder, and of each ladder the best rung that loads.
func preload(k *kernel, p *Plan) {
	for {
		var next []Attachment
		for i := 0; i < len(p.Attachments); i++ {
			a := p.Attachments[i]
			tried, ok := k.tried(a)
			usable := a.State == format.WitnessActive || a.State == format.WitnessUntried || a.State == "" && (ok || !tried)
			if a.State == "" && !tried {
				next = append(next, a)
			}
			for a.Ladder && usable && i+1 < len(p.Attachments) && p.Attachments[i+1].Event == a.Event {
				i++ // its worse rungs wait
			}
		}
		if len(next) == 0 {
			return
		}
		k.preload(next)
	}
}

// better says whether a better rung of attachment i's event is attached.
func better(p *Plan, i int) bool {
	for j := i - 1; j >= 0 && p.Attachments[j].Event == p.Attachments[i].Event; j-- {
		switch p.Attachments[j].State {
		case format.WitnessActive, format.WitnessUntried:
			return true
		}
	}
	return false
}

// manifest is what became of every hook. Of an event that was selected only
// the rung in use is told, or else why there is none.
func manifest(p *Plan, hits []uint64) []format.Witness {
	var m []format.Witness
	for i, a := range p.Attachments {
		if a.Choice && a.Ladder && i != told(p, i) {
			continue
		}
		if a.State == "" { // the attempt ended before it
			a.State = format.WitnessUntried
		}
		w := format.Witness{Event: format.Events[a.Event].Name, Hook: hookName(a.Hook), Rung: a.Hook.Rung, State: a.State, Why: a.Skip}
		if hits != nil {
			w.Hits = hits[a.Index]
		}
		if a.Hook.Type == format.HookIter && w.State == format.WitnessUntried {
			w.State = format.WitnessActive // run by the recorder itself, with its own error
		}
		m = append(m, w)
	}
	return m
}

// told is the attachment that the manifest has for the event of attachment i:
// the one in use, or the last that failed in a way of its own.
func told(p *Plan, i int) int {
	last := -1
	for j, a := range p.Attachments {
		if a.Event != p.Attachments[i].Event {
			continue
		}
		switch a.State {
		case format.WitnessActive, format.WitnessUntried:
			return j
		case format.WitnessForbid:
			if last < 0 {
				last = j
			}
		default:
			if last < 0 || p.Attachments[last].State == format.WitnessForbid || p.Attachments[last].State == format.WitnessMissing {
				last = j
			}
		}
	}
	return last
}

//go:build linux

package recorder

import (
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/tracerec/tracerec/format"
)

// fewHooks is how many are named in one line.
const fewHooks = 12

// logWitnesses says what became of the hooks: those of one rung that are in one
// state for one reason in one line, each by itself on Debug.
func logWitnesses(log *slog.Logger, witnesses []format.Witness) {
	type key struct {
		state     format.WitnessState
		rung, why string
	}
	var order []key
	hooks := make(map[key][]string)
	for _, w := range witnesses {
		log.Debug("witness", "event", w.Event, "hook", w.Hook, "state", w.State, "why", w.Why)
		rung, hook, _ := strings.Cut(w.Hook, "/")
		k := key{w.State, rung, w.Why}
		if hooks[k] == nil {
			order = append(order, k)
		}
		if !slices.Contains(hooks[k], hook) { // one hook may be of several events
			hooks[k] = append(hooks[k], hook)
		}
	}
	for _, k := range order {
		names := hooks[k]
		text := strings.Join(names, " ")
		if len(names) > fewHooks {
			text = strings.Join(names[:fewHooks/2], " ") + " … (" + strconv.Itoa(len(names)) + " in all)"
		}
		log.Info("witnesses "+string(k.state), "rung", k.rung, "hooks", text, "why", k.why)
	}
}

package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// TestDoctorSpeaksAsInfo wants what doctor says of a hook to be what the recording's manifest
// does, and a reason for everything that is not there.
func TestDoctorSpeaksAsInfo(t *testing.T) {
	needRecorder(t)
	t.Parallel()
	path := record(t, "", []string{"-e", "default"}, "true")
	r, err := format.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	type key struct{ event, hook string }
	recorded := map[key]format.Witness{}
	for _, w := range r.Header().Manifest {
		recorded[key{w.Event, w.Hook}] = w
	}
	compared := 0
	for _, args := range [][]string{{"doctor", "--json"}, {"doctor", "--json", "--witness", "lsm"}} {
		var d struct{ Witnesses []format.Witness }
		if err := json.Unmarshal([]byte(finish(t, cli(t, args...)).out), &d); err != nil || len(d.Witnesses) == 0 {
			t.Fatalf("%q: %v", args, err)
		}
		for _, w := range d.Witnesses {
			if w.State != format.WitnessActive && w.Why == "" {
				t.Errorf("%q: %s %s is %s, and no reason is given", args, w.Event, w.Hook, w.State)
			}
			in, ok := recorded[key{w.Event, w.Hook}]
			if ok && in.State == w.State && (w.State == format.WitnessRefused || w.State == format.WitnessMissing) {
				compared++
				if in.Why != w.Why {
					t.Errorf("%s: doctor says %q, the recording %q", w.Hook, w.Why, in.Why)
				}
			}
		}
	}
	if compared == 0 {
		t.Log("every hook is active here: no reasons to compare")
	}
	if out := finish(t, cli(t, "doctor", "--witness", "lsm")).out; strings.Contains(out, " ; ") || !strings.Contains(out, "--witness leaves it out") {
		t.Errorf("%s", out)
	}
}

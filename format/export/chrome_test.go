package export

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// Every arrow begins within the call that made a task, and ends at the
// beginning of the first call that the task made.
func TestChromeForks(t *testing.T) {
	r, err := format.Open("../../testdata/traces/drill.trc")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out bytes.Buffer
	shown := show.For(r.Header())
	o := Options{Header: r.Header(), Show: &shown}
	w, err := newChrome(&out, &o)
	if err != nil {
		t.Fatal(err)
	}
	for b, err := range r.Blocks(format.ReadOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		rows := make([]int, b.N)
		for i := range rows {
			rows[i] = i
		}
		if err := w.Write(b, rows); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	type event struct {
		Name, Ph string
		TS, Dur  float64
		ID       int
		PID, TID int
	}
	var file struct{ TraceEvents []event }
	if err := json.Unmarshal(out.Bytes(), &file); err != nil {
		t.Fatal(err)
	}
	begins, calls, ends := map[int]event{}, map[int][]event{}, 0
	for _, e := range file.TraceEvents {
		switch e.Ph {
		case "X":
			calls[e.TID] = append(calls[e.TID], e)
		case "s":
			begins[e.ID] = e
		}
	}
	for _, e := range file.TraceEvents {
		if e.Ph != "f" {
			continue
		}
		ends++
		from, ok := begins[e.ID]
		if !ok || from.TS > e.TS+1e6 {
			t.Fatalf("arrow %+v begins at %+v", e, from)
		}
		within := false
		for _, c := range calls[from.TID] {
			within = within || c.TS <= from.TS && from.TS <= c.TS+c.Dur+0.001
		}
		if !within {
			t.Errorf("arrow %+v begins outside of any call", from)
		}
		first := false
		for _, c := range calls[e.TID] {
			first = first || c.TS == e.TS
		}
		if !first {
			t.Errorf("arrow %+v ends at no call", e)
		}
	}
	if ends < 20 || len(begins) < ends {
		t.Errorf("%d arrows begin and %d end", len(begins), ends)
	}
}

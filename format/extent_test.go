package format

import "testing"

func TestExtent(t *testing.T) {
	ended := func(at int64) *Totals { return &Totals{Ended: Clock{Boottime: at}} }
	for _, c := range []struct {
		what        string
		clock       int64
		totals      *Totals
		first, last int64
		begin, end  int64
	}{
		{"sealed: from the header's clock to the recorder's end", 100, ended(900), 150, 800, 100, 900},
		{"a ring's rows are older than its header", 100, ended(900), 50, 800, 50, 900},
		{"a last call that returned after the end", 100, ended(900), 150, 950, 100, 950},
		{"not sealed: to the last row", 100, nil, 150, 800, 100, 800},
		{"no rows", 100, ended(900), 1, 0, 100, 900},
		{"no rows, not sealed", 100, nil, 1, 0, 100, 100},
		{"no clock, as of text that was built", 0, nil, 150, 800, 150, 800},
		{"no clock, no end", 0, ended(0), 150, 800, 150, 800},
		{"nothing at all", 0, nil, 1, 0, 0, 0},
	} {
		h := &Header{Clock: Clock{Boottime: c.clock}}
		if begin, end := Extent(h, c.totals, c.first, c.last); begin != c.begin || end != c.end {
			t.Errorf("%s: %d to %d, want %d to %d", c.what, begin, end, c.begin, c.end)
		}
	}
	// Parts repeat rows that are older than they are.
	for what, h := range map[string]*Header{
		"a segment":         {Clock: Clock{Boottime: 500}, Segment: &Segment{Number: 2, Repeated: 3}},
		"parts as one file": {Clock: Clock{Boottime: 500}, Begins: 500},
	} {
		if begin, end := Extent(h, ended(900), 150, 800); begin != 500 || end != 900 || !h.IsPart() {
			t.Errorf("%s: %d to %d, part: %v, want 500 to 900, a part", what, begin, end, h.IsPart())
		}
	}
	if h := (&Header{Clock: Clock{Boottime: 500}, Segment: &Segment{}}); h.IsPart() {
		t.Error("the first segment is taken for one without its beginning")
	}
}

package policy

import (
	"reflect"
	"slices"
)

// waiting is an unfinished match.
type waiting struct {
	first int64 // time of its first row
	proc  *process
	tid   uint32
	start uint64
	rows  []*Row
	kept  []map[string]any
	left  int
	key   any
	stage int
	gone  bool
}

// shelves hold the unfinished matches of a policy, by the step that they wait for.
type shelves struct {
	list  [][]*waiting // in the order in which they came
	byKey []map[any][]*waiting
	n     int
}

func newShelves(steps int) *shelves {
	s := &shelves{list: make([][]*waiting, steps), byKey: make([]map[any][]*waiting, steps)}
	for i := range s.byKey {
		s.byKey[i] = map[any][]*waiting{}
	}
	return s
}

// candidates are the matches that wait for a step with that key, oldest first.
// Those whose time is over are dropped.
func (s *shelves) candidates(stage int, key any, now, within int64) []*waiting {
	found := s.byKey[stage][key]
	if len(found) == 0 {
		return nil
	}
	var live []*waiting
	for _, w := range slices.Clone(found) {
		if now-w.first > within {
			s.remove(w)
			continue
		}
		live = append(live, w)
	}
	return live
}

// put adds a match; one of the same process with the same values begins anew. It returns
// how many were dropped that might still have come true.
func (s *shelves) put(stage int, w *waiting, now, within int64) (dropped uint64) {
	again := *w // the list of the stage before keeps what is gone
	w = &again
	w.stage = stage
	for _, old := range s.byKey[stage][w.key] {
		if old.proc == w.proc && old.tid == w.tid && old.left == w.left && reflect.DeepEqual(old.kept, w.kept) {
			old.first, old.rows = w.first, w.rows
			return 0
		}
	}
	for list := s.list[stage]; len(list) > 0 && (list[0].gone || now-list[0].first > within); list = s.list[stage] {
		s.list[stage] = list[1:]
		s.remove(list[0])
	}
	for s.n >= maxWaiting {
		oldest := -1
		for k, list := range s.list {
			for len(list) > 0 && list[0].gone {
				list = list[1:]
			}
			s.list[k] = list
			if len(list) > 0 && (oldest < 0 || list[0].first < s.list[oldest][0].first) {
				oldest = k
			}
		}
		if oldest < 0 {
			break
		}
		if now-s.list[oldest][0].first <= within {
			dropped++
		}
		s.remove(s.list[oldest][0])
	}
	s.list[stage] = append(s.list[stage], w)
	s.byKey[stage][w.key] = append(s.byKey[stage][w.key], w)
	w.gone = false
	s.n++
	return dropped
}

func (s *shelves) remove(w *waiting) {
	if w.gone {
		return
	}
	w.gone = true
	s.n--
	m := s.byKey[w.stage]
	if rest := slices.DeleteFunc(m[w.key], func(x *waiting) bool { return x == w }); len(rest) > 0 {
		m[w.key] = rest
	} else {
		delete(m, w.key)
	}
	// Their list gives up those that are gone from its head; a list of many that are gone is made anew.
	if len(s.list[w.stage]) > 2*maxWaiting {
		s.list[w.stage] = slices.DeleteFunc(s.list[w.stage], func(x *waiting) bool { return x.gone })
	}
}

package format

import (
	"fmt"
	"slices"
	"strings"
)

// Selection says which calls, and which events that are not always recorded,
// a recording holds.
type Selection struct {
	expr   string
	calls  []bool // by index into Syscalls
	events []bool // by EventID
	beyond bool   // calls that the table does not have
}

// Selected is a Selection as the header of a file keeps it: by what is
// missing, so that it can be read with another table.
type Selected struct {
	Expr string `json:"expr"` // what was asked for
	// names of calls and events that were not recorded
	LeftOut []string `json:"left_out,omitempty"`
	// calls that the recorder's table does not have were recorded
	Beyond bool `json:"beyond"`

	Unknown Unknown `json:"-"`
}

// Always says whether a call is recorded whatever is selected: those that
// replace a program, which with the fork and exit events are a process' life,
// and those that change the namespaces which every row names.
func (s *Syscall) Always() bool { return s.Execs || s.Moves }

// ParseSelection reads the values of `record -e`: words that are joined by
// commas, each the name of a call, an event or a group, or all, or default.
// Selected is what the words name, without what words with a ! before them
// name; where there are none but those, it is the default without them. No
// words at all select the default.
func ParseSelection(exprs []string) (*Selection, error) {
	var with, without *Selection
	var text []string
	for _, expr := range exprs {
		for word := range strings.SplitSeq(expr, ",") {
			if word = strings.TrimSpace(word); word == "" {
				return nil, fmt.Errorf("-e %q has an empty word: give names of calls, events or groups, joined by commas", expr)
			}
			text = append(text, word)
			name, negated := strings.CutPrefix(word, "!")
			set := &with
			if negated {
				set = &without
			}
			if *set == nil {
				*set = newSelection()
			}
			if err := (*set).add(name, negated); err != nil {
				return nil, err
			}
		}
	}
	if with == nil {
		with = newSelection()
		with.add("default", false)
	}
	if without != nil {
		for i := range with.calls {
			with.calls[i] = with.calls[i] && !without.calls[i]
		}
		for i := range with.events {
			with.events[i] = with.events[i] && !without.events[i]
		}
		with.beyond = with.beyond && !without.beyond
	}
	if !slices.Contains(with.calls, true) && !slices.Contains(with.events, true) && !with.beyond {
		return nil, fmt.Errorf("-e %s leaves everything out: nothing would be recorded", strings.Join(text, ","))
	}
	for i := range Syscalls {
		with.calls[i] = with.calls[i] || Syscalls[i].Always()
	}
	with.expr = strings.Join(text, ",")
	if with.expr == "" {
		with.expr = "default"
	}
	return with, nil
}

func newSelection() *Selection {
	return &Selection{calls: make([]bool, len(Syscalls)), events: make([]bool, len(Events))}
}

// add adds what a word names.
func (s *Selection) add(word string, negated bool) error {
	group := GroupByName(word)
	found := group != 0 || word == "all" || word == "default"
	s.beyond = s.beyond || word == "all" || word == "default"
	for i := range Syscalls {
		c := &Syscalls[i]
		if c.Name == word || c.Through != nil && c.Through.Call == word || c.Groups&group != 0 || word == "all" || word == "default" && c.Default {
			s.calls[i], found = true, true
		}
		if negated && c.Name == word && c.Always() {
			return fmt.Errorf("-e !%s: %s is always recorded: without it the rows after it could not be told apart by program and namespace", word, word)
		}
	}
	for i := range Events {
		e := &Events[i]
		switch {
		case e.Groups == 0:
			if e.Name == word && !found && e.ID != EventNone {
				return fmt.Errorf("-e %s: events %s are always recorded: leave the word away", word, word)
			}
		case e.Name == word || e.Groups&group != 0 || word == "all" || word == "default" && e.Default:
			s.events[i], found = true, true
		}
	}
	if !found {
		return fmt.Errorf("-e: no call, event or group is called %q%s: see tracerec list syscalls, list events, list groups", word, suggest(word))
	}
	return nil
}

// Syscall says whether a call is recorded. A nil selection is of all calls, and
// of the events that are on by default.
func (s *Selection) Syscall(abi ABI, nr int) bool {
	if s == nil {
		return true
	}
	if nr < 0 || nr >= MaxSyscall || int(abi) >= len(byNumber) || byNumber[abi][nr] == 0 {
		return s.beyond
	}
	return s.calls[byNumber[abi][nr]-1]
}

// Event says whether an event is recorded; those without groups always are.
func (s *Selection) Event(id EventID) bool {
	e := &Events[id]
	return e.Groups == 0 || s == nil && e.Default || s != nil && s.events[id]
}

// Header is the selection as it is kept in a file.
func (s *Selection) Header() *Selected {
	h := &Selected{Expr: "all", Beyond: true}
	if s != nil {
		h.Expr, h.Beyond = s.expr, s.beyond
	}
	for i := range Syscalls {
		if s != nil && !s.calls[i] && Syscalls[i].Through == nil && !slices.Contains(h.LeftOut, Syscalls[i].Name) {
			h.LeftOut = append(h.LeftOut, Syscalls[i].Name)
		}
	}
	for i := range Events {
		if !s.Event(EventID(i)) {
			h.LeftOut = append(h.LeftOut, Events[i].Name)
		}
	}
	return h
}

// Has says whether a call or event of that name was recorded. A file that
// says nothing of it holds everything.
func (h *Selected) Has(name string) bool { return h == nil || !slices.Contains(h.LeftOut, name) }

// suggest names the words of a selection that are most like word.
func suggest(word string) string {
	names := append(GroupNames()[:numGroups:numGroups], "all", "default")
	for i := range Events {
		if Events[i].Groups != 0 {
			names = append(names, Events[i].Name)
		}
	}
	for i := range Syscalls {
		names = append(names, Syscalls[i].Name)
	}
	return Suggest(word, names)
}

// Suggest says which of names are most like word: " (did you mean a, b?)", or "" where none is.
func Suggest(word string, names []string) string {
	type near struct {
		name string
		far  int
	}
	var best []near
	for _, name := range names {
		far := distance(word, name)
		if len(word) > 2 && (strings.Contains(name, word) || strings.Contains(word, name) && len(name) > 3) {
			far = min(far, 2)
		}
		if far <= max(1, min(2, len(word)/2)) && !slices.ContainsFunc(best, func(n near) bool { return n.name == name }) {
			best = append(best, near{name, far})
		}
	}
	if len(best) == 0 {
		return ""
	}
	slices.SortStableFunc(best, func(a, b near) int { return a.far - b.far })
	words := make([]string, 0, 4)
	for _, n := range best[:min(len(best), 4)] {
		words = append(words, n.name)
	}
	return " (did you mean " + strings.Join(words, ", ") + "?)"
}

// distance is how many characters must be inserted, removed, replaced or
// swapped with the next to make a into b.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range b {
		rows[0][j+1] = j + 1
	}
	for i := range len(a) {
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			d := min(rows[i][j]+cost, rows[i][j+1]+1, rows[i+1][j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				d = min(d, rows[i-1][j-1]+1)
			}
			rows[i+1][j+1] = d
		}
	}
	return rows[len(a)][len(b)]
}

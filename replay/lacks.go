package replay

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tracerec/tracerec/format"
)

// lacks is what a file has no rows of by what it was asked to have: what a state
// says in spite of it is uncertain.
type lacks struct {
	extract string // which rows it has, where that is no question of names of calls; "" for all

	closes, opens   []string // calls that close descriptors, that make them
	reads, writes   []string // that count bytes
	mounts, unmount []string
}

// lacksOf finds out what is missing from a file by its header.
func lacksOf(h *format.Header) (l lacks) {
	for _, c := range h.Scope.Calls {
		switch c.Kind {
		case "failed":
			l.extract = "it has calls that failed only (record --failed)"
		default:
			l.extract = "it has some calls only (record --" + escape(c.Kind) + ")"
		}
	}
	for _, o := range h.Origin {
		if o.Extract() {
			l.extract = "it is an extract, by " + escape(o.By)
		}
	}
	for i := range effects {
		e := &effects[i]
		if h.Selection.Has(e.Call) {
			continue
		}
		add := func(list *[]string) { *list = append(*list, e.Call) }
		switch e.Op {
		case opClose, opCloseRange:
			add(&l.closes)
		case opDupTo:
			add(&l.closes)
			add(&l.opens)
		case opOpen, opNew, opDup, opFcntl, opPair, opAccept:
			add(&l.opens)
		case opRead, opReceive:
			add(&l.reads)
		case opWrite:
			add(&l.writes)
		case opCopy:
			add(&l.reads)
			add(&l.writes)
		case opMount, opMoveMount, opPivot:
			add(&l.mounts)
		case opUmount:
			add(&l.unmount)
		}
	}
	return l
}

// Extract says why a file has not every call that was made of those it was asked to
// have; "" of one that has.
func Extract(h *format.Header) string {
	l := lacksOf(h)
	return l.extract
}

// closed says whether what is listed as open may have been closed without a row.
func (l *lacks) closed() bool { return l.extract != "" || len(l.closes) > 0 }

// in and out say whether bytes were moved that no row tells of.
func (l *lacks) in() bool  { return l.extract != "" || len(l.reads) > 0 }
func (l *lacks) out() bool { return l.extract != "" || len(l.writes) > 0 }

// callNames are the first of some calls, and how many more there are.
func callNames(calls []string) string {
	const most = 3
	calls = slices.Sorted(slices.Values(calls))
	if len(calls) <= most+1 {
		return strings.Join(calls, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(calls[:most], ", "), len(calls)-most)
}

// are is what comes behind a number of calls.
func are(calls []string) string {
	if len(calls) == 1 {
		return " is not recorded"
	}
	return " are not recorded"
}

// notes says in sentences what a view cannot know; empty: of one that lists nothing, so
// that there is nothing to say of what it lists.
func (l *lacks) notes(view string, empty bool) (notes []string) {
	say := func(calls []string, what string) {
		if len(calls) > 0 && l.extract == "" {
			notes = append(notes, callNames(calls)+are(calls)+": "+what)
		}
	}
	switch view {
	case "lsof", "netstat":
		switch {
		case l.extract != "" && empty:
			notes = append(notes, "the file does not have every call, "+l.extract+": something may be open")
		case l.extract != "":
			notes = append(notes, "the file does not have every call, "+l.extract+": what is listed may be closed, more may be open, and more bytes may have been moved")
		}
		if empty {
			say(l.opens, "something may be open")
			break
		}
		say(l.closes, "what is listed may be closed")
		say(l.opens, "more may be open than is listed")
		say(union(l.reads, l.writes), "IN and OUT count what other calls moved, and are - where these moved nothing")
	case "follow": // one descriptor through the rows
		if l.extract != "" {
			notes = append(notes, "the file does not have every call, "+l.extract+": rows about the descriptor may be missing")
		}
		say(l.closes, "where the descriptor ends may be missing")
		say(l.opens, "copies of the descriptor may be missing")
	case "mounts":
		if l.extract != "" {
			notes = append(notes, "the file does not have every call, "+l.extract+": what is listed may not be mounted any more, and more may be")
		}
		say(l.unmount, "what is listed may not be mounted any more")
		say(l.mounts, "more may be mounted than is listed")
	}
	return notes
}

// Lacking says in sentences what a view (Views) cannot know of a file because it was not
// asked to have every call.
func Lacking(h *format.Header, view string) []string {
	l := lacksOf(h)
	return l.notes(view, false)
}

// union is a with what of b is not in it.
func union(a, b []string) []string {
	all := slices.Clone(a)
	for _, name := range b {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

func init() { verbs = append(verbs, newList) }

func newList() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list events, fields, syscalls or groups that recordings are made of",
		Long: `List names what recordings are made of: events, fields, syscalls and the groups
that record -e selects, all of them or those that are asked for.`,
		Example: `  tracerec list syscalls openat2
  tracerec list groups`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, what := range []struct {
		name, short, example string
		rows                 func() []listRow
	}{
		{"events", "what can be recorded, and by which hooks", "exec socket_connect", listEvents},
		{"fields", "the columns of a recording", "path ret", listFields},
		{"syscalls", "the calls by name: arguments, groups, and which arguments are compared with what the kernel used", "openat2", listSyscalls},
		{"groups", "what record -e selects by one word", "file net", listGroups},
	} {
		var asJSON bool
		sub := &cobra.Command{
			Use:     what.name + " [NAME...]",
			Short:   what.short,
			Long:    strings.ToUpper(what.short[:1]) + what.short[1:] + ": all of them, or those with a NAME.",
			Example: "  tracerec list " + what.name + "\n  tracerec list " + what.name + " --json " + what.example,
			RunE: func(cmd *cobra.Command, names []string) error {
				rows, err := rowsNamed(what.rows(), names)
				if err != nil {
					return err
				}
				return printList(cmd.OutOrStdout(), rows, asJSON)
			},
			ValidArgsFunction: func(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
				for _, row := range what.rows() {
					names = append(names, row.name)
				}
				return names, cobra.ShellCompDirectiveNoFileComp
			},
		}
		sub.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
		cmd.AddCommand(sub)
	}
	return cmd
}

// listRow is one thing that list names: as an object, and for people a name
// with a few short words, what it means, and what belongs to it.
type listRow struct {
	object any
	name   string
	words  string
	doc    string
	more   []string
}

// rowsNamed are the rows with these names, in the order of the list; all without names.
func rowsNamed(rows []listRow, names []string) (chosen []listRow, err error) {
	if len(names) == 0 {
		return rows, nil
	}
	all := make([]string, len(rows))
	for i, row := range rows {
		all[i] = row.name
		if slices.Contains(names, row.name) {
			chosen = append(chosen, row)
		}
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			return nil, fmt.Errorf("nothing in the list is called %q%s", name, format.Suggest(name, all))
		}
	}
	return chosen, nil
}

func printList(out io.Writer, rows []listRow, asJSON bool) error {
	name, words := 0, 0
	for _, row := range rows {
		name, words = max(name, len(row.name)), max(words, len(row.words))
	}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for _, row := range rows {
		if asJSON {
			if err := enc.Encode(row.object); err != nil {
				return err
			}
			continue
		}
		lead := fmt.Sprintf("%-*s  %-*s  ", name, row.name, words, row.words)
		for i, line := range wrap(row.doc, 80-len(lead)) {
			if i > 0 {
				lead = strings.Repeat(" ", len(lead))
			}
			if _, err := fmt.Fprintln(out, strings.TrimRight(lead+line, " ")); err != nil {
				return err
			}
		}
		for _, more := range row.more {
			for i, line := range wrap(more, 72) {
				indent := "    "
				if i > 0 {
					indent = "      "
				}
				if _, err := fmt.Fprintln(out, indent+line); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// wrap is show.Wrap, with room for a word or two however narrow the column.
func wrap(text string, width int) []string { return show.Wrap(text, max(width, 20)) }

type jsonHook struct {
	Hook string `json:"hook"`
	Rung string `json:"rung,omitempty"`
}

type jsonEvent struct {
	Event     string      `json:"event"`
	ID        int         `json:"id"`
	Class     string      `json:"class"`
	Hooks     []jsonHook  `json:"hooks"`
	Fields    []jsonField `json:"fields"`
	Since     int         `json:"since"`
	MinKernel string      `json:"min_kernel"`
	Doc       string      `json:"doc"`
}

type jsonField struct {
	Field  string `json:"field"`
	Column string `json:"column,omitempty"`
	Type   string `json:"type,omitempty"`
	Kind   string `json:"kind,omitempty"`
	Since  int    `json:"since,omitempty"`
	Doc    string `json:"doc,omitempty"`
}

// hookName is how a hook is written in the manifest: "lsm/file_open".
func hookName(h format.Hook) string {
	kinds := [...]string{
		format.HookLSM: "lsm", format.HookFentry: "fentry", format.HookKprobe: "kprobe", format.HookRawTP: "raw_tp",
		format.HookTPBTF: "tp_btf", format.HookCgroup: "cgroup", format.HookIter: "iter", format.HookUser: "recorder",
	}
	kind := "?"
	if int(h.Type) < len(kinds) {
		kind = kinds[h.Type]
	}
	if h.Target == "" {
		return kind
	}
	return kind + "/" + h.Target
}

func listEvents() (rows []listRow) {
	for _, e := range format.Events {
		if e.ID == format.EventNone {
			continue
		}
		object := jsonEvent{
			Event: e.Name, ID: int(e.ID), Class: show.IntText(format.KindClass, int64(e.Class), 0), Hooks: []jsonHook{},
			Since: e.Since, MinKernel: e.MinKernel, Doc: e.Doc,
		}
		var hooks, fields []string
		for _, h := range e.Hooks {
			hook := jsonHook{Hook: hookName(h)}
			if h.Rung != 0 {
				hook.Rung = show.Rungs(h.Rung)
			}
			object.Hooks = append(object.Hooks, hook)
			hooks = append(hooks, hook.Hook)
		}
		for _, f := range e.Fields {
			object.Fields = append(object.Fields, jsonField{
				Field: f.Name, Column: format.Columns[f.Col].Name, Kind: show.KindName(show.KindOf(f)), Doc: f.Doc,
			})
			fields = append(fields, f.Name)
		}
		row := listRow{object: object, name: e.Name, doc: e.Doc}
		if len(hooks) > 0 {
			row.more = append(row.more, "hooks: "+strings.Join(hooks, ", "))
		}
		row.more = append(row.more, "fields: "+strings.Join(fields, " "))
		rows = append(rows, row)
	}
	return rows
}

func listFields() (rows []listRow) {
	types := [...]string{format.U8: "u8", format.U16: "u16", format.U32: "u32", format.U64: "u64", format.I32: "i32", format.I64: "i64", format.Bytes: "bytes"}
	for _, c := range format.Columns {
		kind := show.KindName(c.Kind)
		rows = append(rows, listRow{
			object: jsonField{Field: c.Name, Type: types[c.Type], Kind: kind, Since: c.Since, Doc: c.Doc},
			name:   c.Name, words: fmt.Sprintf("%-5s  %s", types[c.Type], kind), doc: c.Doc,
		})
	}
	return rows
}

type jsonSyscall struct {
	Syscall string         `json:"syscall"`
	NR      map[string]int `json:"nr"`
	Args    []jsonArg      `json:"args"`
	Groups  []string       `json:"groups"`
	Default bool           `json:"default"` // recorded without -e
	Since   int            `json:"since"`
	Doc     string         `json:"doc"`
}

type jsonArg struct {
	Arg       string        `json:"arg"`
	Kind      string        `json:"kind"`
	Compared  bool          `json:"compared"`
	MaxLen    int           `json:"max_len,omitempty"`
	Witnesses []jsonWitness `json:"witnesses,omitempty"`
}

type jsonWitness struct {
	Event string `json:"event"`
	Rung  string `json:"rung"`
	Exact bool   `json:"exact"`
	Why   string `json:"why,omitempty"` // it is not exact
}

func listSyscalls() (rows []listRow) {
	for _, s := range format.Syscalls {
		if s.Through != nil {
			continue // as the call itself
		}
		object := jsonSyscall{
			Syscall: s.Name, NR: map[string]int{}, Args: []jsonArg{}, Groups: strings.Split(s.Groups.String(), ","), Default: s.Default,
			Since: s.Since, Doc: s.Doc,
		}
		for abi := format.ABIAMD64; abi <= format.ABIARM32; abi++ {
			if nr := s.NR[abi]; nr >= 0 {
				object.NR[show.ABI(abi)] = int(nr)
			}
		}
		names := make([]string, 0, len(s.Args))
		for _, a := range s.Args {
			names = append(names, a.Name)
			object.Args = append(object.Args, jsonArg{Arg: a.Name, Kind: show.KindName(a.Kind)})
		}
		row := listRow{name: s.Name, words: s.Groups.String(), doc: s.Doc}
		note := ""
		if !s.Default {
			note = "; not recorded by default"
		}
		row.more = append(row.more, "("+strings.Join(names, ", ")+")"+note)
		for _, v := range s.Views {
			arg := &object.Args[v.Arg]
			arg.Compared, arg.MaxLen = !v.Out, v.MaxLen
			var by []string
			for _, w := range v.Witness {
				witness := jsonWitness{show.EventName(w.Event), show.Rungs(w.Rung), w.Compare == format.CompareExact, format.CompareWhy[w.Compare]}
				arg.Witnesses = append(arg.Witnesses, witness)
				note := ""
				if !witness.Exact {
					note = " (not exact)"
				}
				by = append(by, fmt.Sprintf("%s by %s%s", witness.Event, witness.Rung, note))
			}
			if by == nil {
				by = []string{"no witness"}
			}
			if v.Out {
				by = []string{"as the kernel has written it, when the call returns"}
			}
			row.more = append(row.more, arg.Arg+": "+strings.Join(by, "; "))
		}
		row.object = object
		rows = append(rows, row)
	}
	return rows
}

type jsonGroup struct {
	Group   string   `json:"group"`
	Doc     string   `json:"doc"`
	Names   []string `json:"names"`   // of calls and events
	Default []string `json:"default"` // those recorded without -e
}

func listGroups() (rows []listRow) {
	for _, name := range format.GroupNames() {
		group := format.GroupByName(name)
		object := jsonGroup{Group: name, Doc: format.GroupDoc(group), Names: []string{}, Default: []string{}}
		add := func(name string, in format.Groups, byDefault bool) {
			if in&group == 0 || slices.Contains(object.Names, name) {
				return
			}
			object.Names = append(object.Names, name)
			if byDefault {
				object.Default = append(object.Default, name)
			}
		}
		for i := range format.Syscalls {
			if format.Syscalls[i].Through != nil {
				continue
			}
			add(format.Syscalls[i].Name, format.Syscalls[i].Groups, format.Syscalls[i].Default)
		}
		for i := range format.Events {
			add(format.Events[i].Name, format.Events[i].Groups, format.Events[i].Default)
		}
		rows = append(rows, listRow{
			object: object, name: name, words: fmt.Sprintf("%d of %d by default", len(object.Default), len(object.Names)), doc: object.Doc,
			more: []string{strings.Join(object.Names, " ")},
		})
	}
	return rows
}

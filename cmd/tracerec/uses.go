package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tracerec/tracerec/replay"
)

// use is one of the things that a verb can be asked for, with the flags that have a say in
// it. A flag that has none would be dropped in silence: it is refused.
type use struct {
	of    string                                       // what errors call it
	when  func(cmd *cobra.Command, args []string) bool // nil: in all other cases
	flags string                                       // "but " before them: all others
}

// uses are, for verbs that do several things, all of these: the first that fits counts.
var uses = map[string][]use{
	"replay": {
		{"--tui", asked("tui"), "tui at pid findings filter index color time tz"},
		{"--follow-fd", asked("follow-fd"), "follow-fd from to json color time tz index"},
		{"--html", asked("html"), "html from to limit filter around within force time tz index"},
		{"the view summary", viewed("summary"), "pid from to json color index"},
		{"the views of a moment", viewed(momentViews()...), "at pid json color time tz index"},
		{"--at", asked("at"), "at tree pid json findings color time tz width index"},
		{"--tree", asked("tree"), "tree pid from to json findings around within color time tz width index"},
		{"processes and rows", nil, "pid from to json findings around within filter speed limit color time tz width index tree at"},
	},
	"replay diff": {
		{"--json", asked("json"), "json"},
		{"text", nil, "but"},
	},
	"analyze": {
		{"--format json, sarif and the like", otherFormat, "but time tz width"},
		{"tables", nil, "but"},
	},
	"info": {
		{"--json", asked("json"), "json columns"},
		{"text", nil, "but"},
	},
	"test": {
		{"--update", asked("update"), "update baseline jobs"},
		{"results", nil, "but update"},
	},
	"drill": {
		{"--list", asked("list"), "list"},
		{"cases", nil, "but list"},
	},
}

// needs are flags that have a say only beside one of others.
var needs = map[string]map[string][]string{
	"replay":  {"within": {"around"}},
	"analyze": {"force": {"output"}},
	"export":  {"force": {"output"}},
	"dump":    {"force": {"output"}},
	"test":    {"force": {"output"}},
	"drill":   {"force": {"output"}},
	"record":  {"trigger-delay": {"trigger"}, "trigger-every": {"trigger"}, "control": {"ring"}},
}

// exclusive are flags of which one would make the other one nothing.
var exclusive = map[string][][2]string{
	"replay": {{"around", "from"}, {"around", "to"}, {"json", "time"}, {"json", "tz"}, {"json", "width"}},
	"record": {{"keep-privileges", "user"}},
}

func asked(flag string) func(*cobra.Command, []string) bool {
	return func(cmd *cobra.Command, _ []string) bool {
		return cmd.Flags().Changed(flag) && !isFalse(cmd.Flags().Lookup(flag))
	}
}

func isFalse(f *pflag.Flag) bool { return f.Value.Type() == "bool" && f.Value.String() == "false" }

func viewed(views ...string) func(*cobra.Command, []string) bool {
	return func(_ *cobra.Command, args []string) bool { return len(args) > 1 && slices.Contains(views, args[1]) }
}

func momentViews() (names []string) {
	for _, v := range replay.Views {
		names = append(names, v.Name)
	}
	return names
}

func otherFormat(cmd *cobra.Command, _ []string) bool {
	return asked("json")(cmd, nil) || cmd.Flags().Lookup("format").Value.String() != "table"
}

// has says whether a flag has a say in a use. What --help is needs no table.
func (u *use) has(flag string) bool {
	list, but := strings.CutPrefix(u.flags, "but")
	return flag == "help" || slices.Contains(strings.Fields(list), flag) != but
}

// refuseUnused refuses flags that have no say in what a verb is asked for.
func refuseUnused(cmd *cobra.Command, args []string) error {
	verb := strings.TrimPrefix(cmd.CommandPath(), "tracerec ")
	var given []*pflag.Flag
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if !isFalse(f) {
			given = append(given, f)
		}
	})
	list := uses[verb]
	if i := slices.IndexFunc(list, func(u use) bool { return u.when == nil || u.when(cmd, args) }); i >= 0 {
		for _, f := range given {
			if list[i].has(f.Name) {
				continue
			}
			what := list[i].of
			if viewed(viewNames()...)(cmd, args) && verb == "replay" {
				what = "the view " + args[1]
			}
			return fmt.Errorf("--%s is for %s: without %s", f.Name, usesOf(list, f.Name), what)
		}
	}
	for _, f := range given {
		if others := needs[verb][f.Name]; others != nil && !slices.ContainsFunc(others, func(o string) bool { return cmd.Flags().Changed(o) }) {
			return fmt.Errorf("--%s is for --%s, which is not given", f.Name, strings.Join(others, " and --"))
		}
		for _, pair := range exclusive[verb] {
			if f.Name == pair[0] && slices.ContainsFunc(given, func(g *pflag.Flag) bool { return g.Name == pair[1] }) {
				return fmt.Errorf("--%s and --%s exclude each other: leave one out", pair[0], pair[1])
			}
		}
	}
	return nil
}

// usesOf names what a flag has a say in: what the verb does when nothing else is asked for, or
// else all that is.
func usesOf(list []use, flag string) string {
	var names []string
	if last := &list[len(list)-1]; last.has(flag) {
		return last.of
	}
	for i := range list {
		if u := &list[i]; u.has(flag) && u.of != "--"+flag {
			names = append(names, u.of)
		}
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// valueFor is some value of each kind of flag.
func valueFor(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "bool":
		return "true"
	case "int", "uint32", "count":
		return "1"
	case "duration":
		return "1s"
	}
	if f.Name == "format" {
		return "json"
	}
	return "x"
}

// TestUses goes through every verb that does several things: each flag has a say in one of
// them at least, and is refused, by name, in those in which it has none.
func TestUses(t *testing.T) {
	find := func(verb string) *cobra.Command {
		root := newRoot()
		cmd, _, err := root.Find(strings.Fields(verb))
		if err != nil || cmd == root {
			return nil // record, where there is no recorder
		}
		return cmd
	}
	// how asks for a use, as flags and arguments.
	how := map[string][]string{
		"--tui": {"--tui", "F"}, "--follow-fd": {"--follow-fd", "1:2", "F"}, "--html": {"--html", "x", "F"}, "the view summary": {"F", "summary"},
		"the views of a moment": {"F", "lsof"}, "--at": {"--at", "1", "F"}, "--tree": {"--tree", "F"}, "processes and rows": {"F"},
		"--format json, sarif and the like": {"--format", "sarif", "F"}, "tables": {"F"}, "--json": {"--json", "F"}, "text": {"F"},
		"--update": {"--update", "D"}, "results": {"D"}, "--list": {"--list"}, "cases": {},
	}
	refused, taken := 0, 0
	for verb, list := range uses {
		if find(verb) == nil {
			continue
		}
		find(verb).Flags().VisitAll(func(f *pflag.Flag) {
			named := false
			for i := range list {
				u := &list[i]
				args, ok := how[u.of]
				if !ok {
					t.Fatalf("nothing tries %q", u.of)
				}
				named = named || u.has(f.Name)
				cmd := find(verb)
				if err := cmd.ParseFlags(append([]string{"--" + f.Name + "=" + valueFor(f)}, args...)); err != nil {
					t.Fatal(err)
				}
				mine := -1 // the flag itself may ask for another use
				for n := range list {
					if list[n].when == nil || list[n].when(cmd, cmd.Flags().Args()) {
						mine = n
						break
					}
				}
				if mine != i {
					continue
				}
				err := refuseUnused(cmd, cmd.Flags().Args())
				switch {
				case u.has(f.Name):
					taken++
					if err != nil && !strings.Contains(err.Error(), "which is not given") && !strings.Contains(err.Error(), "exclude each other") {
						t.Errorf("%s %q --%s: %v", verb, args, f.Name, err)
					}
				case err == nil || !strings.HasPrefix(err.Error(), "--"+f.Name+" is for ") && !strings.HasPrefix(err.Error(), "--"):
					t.Errorf("%s %q --%s: %v", verb, args, f.Name, err)
				default:
					refused++
				}
			}
			if !named {
				t.Errorf("%s --%s has a say in nothing: put it into uses", verb, f.Name)
			}
		})
	}
	if refused < 60 || taken < 80 {
		t.Errorf("%d refused, %d taken", refused, taken)
	}
	for verb, flags := range needs {
		cmd := find(verb)
		if cmd == nil {
			continue
		}
		for name, others := range flags {
			cmd := find(verb)
			f := cmd.Flags().Lookup(name)
			if f == nil {
				t.Fatalf("%s has no --%s", verb, name)
			}
			if err := cmd.ParseFlags([]string{"--" + name + "=" + valueFor(f)}); err != nil {
				t.Fatal(err)
			}
			if err := refuseUnused(cmd, []string{"F"}); err == nil || err.Error() != "--"+name+" is for --"+others[0]+", which is not given" {
				t.Errorf("%s --%s alone: %v", verb, name, err)
			}
		}
	}
	for _, c := range []struct {
		want string
		args []string
	}{
		{"--json is for processes and rows: without --html", []string{"replay", "--html", "-", "--json", "F"}},
		{"--from is for processes and rows: without the view ps", []string{"replay", "F", "ps", "--from", "1s"}},
		{"--around and --from exclude each other: leave one out", []string{"replay", "--around", "a", "--from", "1s", "F"}},
		{"--force is for --html: without processes and rows", []string{"replay", "--force", "F"}},
		{"--tz is for tables: without --format json, sarif and the like", []string{"analyze", "--json", "--tz", "UTC", "F"}},
	} {
		if code, _, talk := tracerec(c.args...); code != exitUsage || !strings.Contains(talk, c.want) {
			t.Errorf("%q: code %d, %s", c.args, code, talk)
		}
	}
}

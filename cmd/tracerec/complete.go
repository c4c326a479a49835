package main

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/analyze/policy"
	"github.com/tracerec/tracerec/analyze/report"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/export"
	"github.com/tracerec/tracerec/format/field"
)

// completions say what shells offer behind flags: names, or "name\tdescription".
var completions = []struct {
	verb, flag string
	values     func() []string
}{
	{"record", "events", selectable},
	{"record", "witness", rungNames},
	{"doctor", "witness", rungNames},
	{"drill", "witness", rungNames},
	{"analyze", "format", reportFormats},
	{"analyze", "fail-on", severities},
	{"analyze", "verdict", verdictNames},
	{"analyze", "policy", policies},
	{"analyze", "color", when},
	{"replay", "color", when},
	{"replay", "findings", when},
	{"replay", "speed", words("1x", "10x", "max")},
	{"test", "format", words("table", "json", "junit")},
	{"export", "format", exportFormats},
	{"export", "fields", fieldNames},
	{"export", "partition", words("host", "date")},
}

// addCompletions registers what this system's verbs have of them.
func addCompletions(root *cobra.Command) {
	for _, c := range completions {
		for _, verb := range root.Commands() {
			if verb.Name() == c.verb {
				verb.RegisterFlagCompletionFunc(c.flag, func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
					return offer(c.values(), begun), cobra.ShellCompDirectiveNoFileComp
				})
			}
		}
	}
}

// fixBash mends the script that cobra makes for bash: it quotes what is offered
// before it compares that with what stands there, and bash quotes commas too, so
// that nothing went on a list that was begun (-e file,conn).
func fixBash(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	cmd, _, err := root.Find([]string{"completion", "bash"})
	if err != nil || cmd.Name() != "bash" {
		return
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		plain, _ := cmd.Flags().GetBool("no-descriptions")
		return writeBash(root, cmd.OutOrStdout(), !plain)
	}
}

// What of cobra's script is replaced, and how: a comma stays what it is.
var bashCommas = strings.NewReplacer(
	`comp=$(printf "%q" "${compline%%$tab*}")`, `comp=$(printf "%q" "${compline%%$tab*}"); comp=${comp//\\,/,}`,
	`printf "%q`, `__tracerec_quoted "%q`,
)

func writeBash(root *cobra.Command, out io.Writer, descriptions bool) error {
	var script bytes.Buffer
	if err := root.GenBashCompletionV2(&script, descriptions); err != nil {
		return err
	}
	text := bashCommas.Replace(script.String())
	if strings.Count(text, "__tracerec_quoted") < 4 || !strings.Contains(text, `comp=${comp//`) {
		return errors.New("the script for bash is not as expected: commas cannot be mended in it")
	}
	_, err := io.WriteString(out, text+"\n__tracerec_quoted() { local text; printf -v text \"$@\"; printf '%s' \"${text//\\\\,/,}\"; }\n")
	return err
}

// offer gives values that go on with the last one of a list that is begun, which may
// have a ! before it.
func offer(values []string, begun string) (offered []string) {
	before := begun[:strings.LastIndexByte(begun, ',')+1]
	if strings.HasPrefix(begun[len(before):], "!") {
		before += "!"
	}
	for _, v := range values {
		if strings.HasPrefix(v, begun[len(before):]) {
			offered = append(offered, before+v)
		}
	}
	return offered
}

func words(list ...string) func() []string { return func() []string { return list } }

var when = words("auto", "always", "never")

func rungNames() (names []string) {
	for _, r := range format.RungNames {
		names = append(names, r.Name+"\t"+r.Doc)
	}
	return names
}

func selectable() (names []string) {
	names = []string{"default\twhat is recorded without -e", "all\teverything"}
	for _, rows := range [][]listRow{listGroups(), listEvents(), listSyscalls()} {
		for _, r := range rows {
			names = append(names, r.name+"\t"+r.doc)
		}
	}
	return names
}

func reportFormats() (names []string) {
	for _, f := range report.Formats {
		names = append(names, f.Name+"\t"+f.Doc)
	}
	return names
}

func exportFormats() (names []string) {
	for _, f := range export.Formats {
		names = append(names, f.Name+"\t"+f.Doc)
	}
	return names
}

func severities() []string {
	names := []string{"none\tno finding"}
	for s := range analyze.NumSeverities {
		names = append(names, s.String())
	}
	return names
}

func verdictNames() (names []string) {
	for v := range analyze.NumVerdicts {
		names = append(names, v.String())
	}
	return names
}

func policies() []string {
	return append([]string{"shipped\tall that come with tracerec"}, policy.Names()...)
}

func fieldNames() (names []string) {
	for _, f := range field.All() {
		names = append(names, f.Name+"\t"+f.Doc)
	}
	return names
}

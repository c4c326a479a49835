package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// recordTopics has every flag of record once. A word that ends in * is the
// beginning of names.
var recordTopics = []struct{ title, flags string }{
	{"Whose calls", "pid cgroup container uid comm exe mntns pidns new exclude-*"},
	{"Which calls and events", "events env path failed witness no-state"},
	{"The file", "output force sign sync ring-size"},
	{"Files that follow each other, and the end", "file-size file-time keep max-files after max-size duration"},
	{"Flight recorder", "ring ring-dir ring-at-end trigger trigger-delay trigger-every control"},
	{"Privileges and privacy", "user keep-privileges redact redact-hash"},
	{"Looking on", "live top summary metrics verbose help"},
}

// topicOf is the title of a flag's topic, "" for none.
func topicOf(name string) string {
	for _, t := range recordTopics {
		for _, word := range strings.Fields(t.flags) {
			start, begins := strings.CutSuffix(word, "*")
			if word == name || begins && strings.HasPrefix(name, start) {
				return t.title
			}
		}
	}
	return ""
}

// byTopic has the help of cmd list its flags by topic.
func byTopic(cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	cmd.SetUsageFunc(func(cmd *cobra.Command) error {
		var text strings.Builder
		text.WriteString("Usage:\n  " + cmd.UseLine() + "\n\nExamples:\n" + cmd.Example + "\n")
		for _, topic := range recordTopics {
			text.WriteString("\n" + topic.title + ":\n" + flagsOf(cmd, topic.title))
		}
		if rest := flagsOf(cmd, ""); rest != "" {
			text.WriteString("\nOther:\n" + rest)
		}
		if cmd.HasAvailableInheritedFlags() {
			text.WriteString("\nOf all verbs:\n" + cmd.InheritedFlags().FlagUsagesWrapped(helpWidth))
		}
		_, err := cmd.OutOrStderr().Write([]byte(text.String()))
		return err
	})
}

// flagsOf is the help of the flags of a topic, "" those of none.
func flagsOf(cmd *cobra.Command, title string) string {
	of := pflag.NewFlagSet(title, pflag.ContinueOnError)
	of.SortFlags = false
	add := func(f *pflag.Flag) {
		if of.Lookup(f.Name) == nil {
			of.AddFlag(f)
		}
	}
	i := slices.IndexFunc(recordTopics, func(t struct{ title, flags string }) bool { return t.title == title })
	if i >= 0 { // in the order of the table
		for _, name := range strings.Fields(recordTopics[i].flags) {
			if f := cmd.LocalFlags().Lookup(name); f != nil {
				add(f)
			}
		}
	}
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if topicOf(f.Name) == title {
			add(f)
		}
	})
	return of.FlagUsagesWrapped(helpWidth)
}

package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// Every flag of record stands under one topic of its help, and every word of
// the topics is a flag.
func TestRecordTopics(t *testing.T) {
	cmd := newRecord()
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		names = append(names, f.Name)
		var topics []string
		for _, topic := range recordTopics {
			for _, word := range strings.Fields(topic.flags) {
				if start, begins := strings.CutSuffix(word, "*"); word == f.Name || begins && strings.HasPrefix(f.Name, start) {
					topics = append(topics, topic.title)
				}
			}
		}
		if len(topics) != 1 {
			t.Errorf("--%s stands under %q, want one topic of recordTopics", f.Name, topics)
		}
	})
	for _, topic := range recordTopics {
		for _, word := range strings.Fields(topic.flags) {
			start, begins := strings.CutSuffix(word, "*")
			found := false
			for _, name := range names {
				found = found || name == word || begins && strings.HasPrefix(name, start)
			}
			if !found {
				t.Errorf("topic %q names %q, which is no flag", topic.title, word)
			}
		}
	}
	var out bytes.Buffer
	cmd.SetOut(&out)
	if err := cmd.Help(); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if n := len(regexp.MustCompile(`(?m)^ +(-\w, )?--`+name+`\b( |$)`).FindAllString(out.String(), -1)); n != 1 {
			t.Errorf("help has --%s %d times", name, n)
		}
	}
	if strings.Contains(out.String(), "\nOther:") || len(names) < 40 {
		t.Errorf("%d flags; help:\n%s", len(names), out.String())
	}
}

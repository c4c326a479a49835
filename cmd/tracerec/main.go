// Command tracerec records what processes ask the Linux kernel for and what
// the kernel then does, and compares the two offline.
package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"
)

// Exit codes shared by all verbs. record passes on its command's own code.
const (
	exitFindings   = 1 // findings at or above --fail-on
	exitUsage      = 2 // usage or I/O
	exitIncomplete = 3 // evidence is incomplete, under --strict
)

// exitError makes main end with a code of its own. An empty message prints nothing.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// verbs are filled by the init functions of the files of this package, one verb each.
var verbs []func() *cobra.Command

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "tracerec",
		Short: "record syscalls and what the kernel made of them; replay and compare offline",
		Long: `Tracerec records what processes ask the kernel for and what the kernel really
used, and finds afterwards, from the file alone, each argument that differs.

  tracerec record -o run.trc -- COMMAND   record a command and its descendants
  tracerec analyze run.trc                what differs, and who could have done it
  tracerec replay run.trc                 what happened, process by process

Verbs that read take FILE, - for standard input, and FILE@HOST for one host of a
merged file. Data goes to standard output, talk to standard error. Exit codes:
0 nothing found, 1 findings, 2 an error or a damaged file, 3 with --strict when
the evidence is incomplete; record exits as the command did.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       versionString(),
	}
	root.PersistentPreRunE = func(cmd *cobra.Command, args []string) error {
		if err := refuseEmpty(cmd); err != nil {
			return err
		}
		return refuseUnused(cmd, args)
	}
	root.SetVersionTemplate("tracerec {{.Version}}\n")
	for _, g := range groups {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title + ":"})
	}
	for _, verb := range verbs {
		cmd := verb()
		cmd.GroupID = groupOf(cmd.Name())
		root.AddCommand(cmd)
	}
	addCompletions(root)
	fitHelp(root)
	fixBash(root)
	ourWords(root)
	return root
}

// groups are the verbs in the order of somebody's day, for --help.
var groups = []struct {
	title string
	verbs []string
}{
	{"Record", []string{"record", "snapshot", "doctor", "drill"}},
	{"Look into recordings", []string{"info", "analyze", "replay", "policy", "test"}},
	{"Work with files", []string{"verify", "keygen", "repair", "export", "filter", "split", "merge", "repack", "dump", "build"}},
	{"About tracerec", []string{"list", "version", "completion", "help"}},
}

// groupOf is the group of a verb; "" puts it with the rest.
func groupOf(verb string) string {
	for _, g := range groups {
		if slices.Contains(g.verbs, verb) {
			return g.title
		}
	}
	return ""
}

func main() {
	dispatch()
	os.Exit(run(newRoot()))
}

func run(root *cobra.Command) int {
	stop := profile(root)
	cmd, err := root.ExecuteC()
	stop()
	if err == nil {
		return 0
	}
	code := exitUsage
	var exit *exitError
	if errors.As(err, &exit) {
		code = exit.code
	} else {
		err = plainUsage(cmd, err)
	}
	if msg := err.Error(); msg != "" {
		fmt.Fprintln(os.Stderr, "tracerec: "+msg)
	}
	return code
}

//go:build reference

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
)

// Only binaries built with -tags reference have this verb: what it writes goes
// into packages, and nobody needs it at run time.
func init() { verbs = append(verbs, newReference) }

func newReference() *cobra.Command {
	var date int64
	cmd := &cobra.Command{
		Use:    "reference DIR",
		Short:  "write man pages and shell completions",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			when := time.Unix(date, 0).UTC()
			for _, dir := range []string{"man1", "completions"} {
				if err := os.MkdirAll(filepath.Join(args[0], dir), 0o755); err != nil {
					return err
				}
			}
			if err := writeManPages(root, filepath.Join(args[0], "man1"), when); err != nil {
				return fmt.Errorf("write man pages: %w", err)
			}
			at := func(name string) string { return filepath.Join(args[0], "completions", name) }
			for _, err := range []error{
				writeFile(at("tracerec.bash"), func(w io.Writer) error { return writeBash(root, w, true) }),
				root.GenZshCompletionFile(at("_tracerec")),
				root.GenFishCompletionFile(at("tracerec.fish"), true),
			} {
				if err != nil {
					return fmt.Errorf("write completions: %w", err)
				}
			}
			return nil
		},
	}
	cmd.Flags().Int64Var(&date, "date", 0, "date of the pages, seconds since 1970")
	return cmd
}

func writeFile(path string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

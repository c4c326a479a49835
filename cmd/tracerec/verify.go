package main

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/keyfile"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/format/verify"
)

func init() { verbs = append(verbs, newVerify) }

func newVerify() *cobra.Command {
	var asJSON bool
	var keyPath string
	cmd := &cobra.Command{
		Use:   "verify FILE...",
		Short: "check that a recording is complete, unchanged and consistent",
		Long: `Verify reads all of a recording and checks its checksums, the hash chain, the
index and final hash, the order of rows, that every call has its enter and exit,
and that what was read and what was lost adds up to what the kernel saw. A block
that was cut, exchanged, moved, dropped or edited is named. With --key, the file
must be signed by that key (see record --sign). Segments of one recording must
continue each other: give all of them.

Exit codes: 0 all is well, 1 something is wrong, 2 usage or I/O, 3 nothing is
wrong, but the file is not sealed: it was cut off or is still being written.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var key ed25519.PublicKey
			if keyPath != "" {
				var err error
				if key, err = keyfile.Public(keyPath); err != nil {
					return fmt.Errorf("--key: %w", err)
				}
			}
			return runVerify(cmd.OutOrStdout(), cmd.ErrOrStderr(), args, key, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a file, on one line")
	cmd.Flags().StringVar(&keyPath, "key", "", "public key that must have signed (FILE.pub of keygen)")
	return cmd
}

func runVerify(out, talk io.Writer, paths []string, key ed25519.PublicKey, asJSON bool) error {
	var reports []*verify.Report
	unread := 0
	for _, path := range paths {
		report, err := verifyFile(talk, path, key)
		if err != nil {
			fmt.Fprintln(talk, "tracerec: "+show.Escape([]byte(err.Error())))
			unread++
			continue
		}
		reports = append(reports, report)
	}
	verify.Files(reports)
	code := 0
	for i, r := range reports {
		var text bytes.Buffer
		if i > 0 && !asJSON {
			text.WriteByte('\n')
		}
		if asJSON {
			if err := writeJSON(&text, "verification", r); err != nil {
				return err
			}
		} else {
			printVerification(&text, r)
		}
		if _, err := out.Write(text.Bytes()); err != nil {
			return err
		}
		switch {
		case !r.Good():
			code = exitFindings
		case !r.Sealed && code == 0:
			code = exitIncomplete
		}
	}
	switch {
	case unread > 0:
		return &exitError{code: exitUsage}
	case code != 0:
		return &exitError{code: code}
	}
	return nil
}

func verifyFile(talk io.Writer, path string, key ed25519.PublicKey) (*verify.Report, error) {
	r, err := format.Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	defer watchReading(talk, r)()
	return verify.File(r, path, key)
}

func printVerification(out io.Writer, r *verify.Report) {
	result := "unchanged and consistent"
	switch {
	case r.OnlySignature():
		result = "intact, but NOT signed by the key that is demanded"
	case !r.Good():
		result = "NOT intact: " + show.Count(uint64(len(r.Problems)+r.More), "problem")
	case !r.Sealed:
		result = "intact as far as it goes, but not sealed"
	case r.Lost > 0:
		result += "; as it says itself, " + show.CountOf(r.Lost, "record is missing", "records are missing")
	}
	fmt.Fprintf(out, "%s: %s\n", show.Escape([]byte(r.File)), result)
	if r.Hash != "" {
		fmt.Fprintf(out, "final hash %s\n", r.Hash)
	}
	rows := make([][]string, 0, len(r.Checks))
	for _, c := range r.Checks {
		rows = append(rows, []string{c.Name, string(c.State), show.Escape([]byte(c.Detail))})
	}
	writeColumns(out, []string{"check", "result", "detail"}, rows)
	if len(r.Problems) > 0 {
		fmt.Fprintln(out)
	}
	for _, p := range r.Problems {
		at := ""
		if p.Offset >= 0 {
			at = fmt.Sprintf(" at offset %d", p.Offset)
		}
		fmt.Fprintf(out, "%s%s: %s\n", p.Check, at, show.Escape([]byte(p.What)))
	}
	if r.More > 0 {
		fmt.Fprintf(out, "… and %d more\n", r.More)
	}
}

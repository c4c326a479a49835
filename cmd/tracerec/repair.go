package main

import (
	"bytes"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/format/derive"
	"github.com/tracerec/tracerec/format/show"
)

func init() { verbs = append(verbs, newRepair) }

func newRepair() *cobra.Command {
	var out outputFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "repair -o FILE FILE",
		Short: "save every whole block of a damaged or cut-off recording",
		Long: `Repair writes all blocks that are whole to a new file, in the order in which they
were recorded, and seals it. It says what was lost, in the new file too: its
header names the damaged file and each loss, and where rows are missing stands a
row that makes analysis say inconclusive instead of guessing. The damaged file is
not changed: keep it.

Exit codes: 0 everything that was written is saved, or nothing was wrong and no
file is made; 2 usage or I/O, or nothing could be saved; 3 something was lost.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := out.output(cmd)
			if err != nil {
				return err
			}
			return runRepair(cmd.OutOrStdout(), cmd.ErrOrStderr(), args[0], o, asJSON)
		},
	}
	out.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "say what came of it as a JSON object")
	return cmd
}

func runRepair(out, talk io.Writer, path string, o *derive.Output, asJSON bool) error {
	in, err := derive.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	read := watchReading(talk, in.Reader)
	rep, err := derive.Repair(in, o)
	read()
	if err != nil {
		return err
	}
	name := nameOfFile(path)
	if o.Path == "-" {
		out = talk // the file has the standard output
	}
	var text bytes.Buffer // one write, one error
	if asJSON {
		if err := writeJSON(out, "repair", rep); err != nil {
			return err
		}
	} else if rep.Intact {
		fmt.Fprintf(&text, "%s: nothing is wrong: no file was written\n", name)
	} else {
		marks := ""
		if rep.Marks > 0 {
			marks = fmt.Sprintf(", and wrote %s where rows are missing", show.Count(uint64(rep.Marks), "lost row"))
		}
		fmt.Fprintf(&text, "%s: %s; saved %s in %s%s\n", name, rep.State, show.Count(rep.Rows, "row"), show.Count(uint64(rep.Blocks), "block"), marks)
		for _, lost := range rep.Lost {
			fmt.Fprintf(&text, "lost: %s\n", show.Escape([]byte(lost)))
		}
		if rep.Missing > 0 {
			fmt.Fprintf(&text, "missing: %s\n", show.Count(rep.Missing, "row"))
		}
	}
	if _, err := out.Write(text.Bytes()); err != nil {
		return err
	}
	if rep.Missing > 0 || rep.Unknown {
		return &exitError{code: exitIncomplete}
	}
	return nil
}

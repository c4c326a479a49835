package main

import (
	"bytes"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/recorder"
)

func init() { verbs = append(verbs, newDoctor) }

func newDoctor() *cobra.Command {
	var asJSON bool
	var witness string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "say what this kernel and these privileges allow, witness by witness",
		Long: `Doctor tries everything that recording needs on a process of tracerec's own: privileges,
kernel facts, and every witness, which is attached and must be seen to fire.
Nothing is recorded and nothing is left behind.

Exit codes: 0 recording is possible, 2 it is not, or none of the rungs that
--witness names is active.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			allow, err := recorder.ParseRungs(witness)
			if err != nil {
				return err
			}
			d := recorder.Diagnose(allow)
			if asJSON {
				if err := writeJSON(cmd.OutOrStdout(), "doctor", d); err != nil {
					return err
				}
			} else {
				var text bytes.Buffer
				printDiagnosis(&text, d)
				if _, err := cmd.OutOrStdout().Write(text.Bytes()); err != nil {
					return err
				}
			}
			switch {
			case d.Why == "":
				return nil
			case asJSON:
				return &exitError{code: exitUsage, err: fmt.Errorf("%s", d.Why)}
			}
			return &exitError{code: exitUsage} // the answer's last sentence says it
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object")
	cmd.Flags().StringVar(&witness, "witness", "", "try these rungs only: "+format.RungList(","))
	return cmd
}

func printDiagnosis(w io.Writer, d *recorder.Diagnosis) {
	fmt.Fprintf(w, "Linux %s\n", d.Kernel)
	for _, c := range d.Checks {
		mark := "ok "
		if !c.OK {
			mark = "-- "
		}
		const room = 80 - len("  -- kind of mapping    ")
		says := wrap(c.Says, room)
		if c.Fix != "" {
			says = append(says, wrap("to get it: "+c.Fix, room)...)
		}
		name := c.Name
		for _, line := range says {
			fmt.Fprintf(w, "  %-3s %-17s %s\n", mark, name, line)
			mark, name = "", ""
		}
	}
	if len(d.Witnesses) > 0 {
		fmt.Fprintln(w)
		writeManifest(w, d.Witnesses)
		fmt.Fprintln(w)
	}
	for _, line := range wrap(d.Summary, 80) {
		fmt.Fprintln(w, line)
	}
}

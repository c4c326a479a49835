package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/recorder"
)

func init() { verbs = append(verbs, newSnapshot) }

func newSnapshot() *cobra.Command {
	var socket string
	cmd := &cobra.Command{
		Use:   "snapshot --control SOCKET [WHY...]",
		Short: "have a running recorder write out what its ring holds",
		Long: `Snapshot asks a recorder that was started with --ring and --control to write what
it has of the last while to a file, whose name is printed. WHY stands in the file.
The recording goes on. Only root and the recorder's own user are heard.

Exit codes: 0 the file is written, 2 it is not.`,
		Example: `  tracerec record -o /var/log/host.trc --ring 10m --control /run/tracerec.sock &
  tracerec snapshot --control /run/tracerec.sock alert 4711`,
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := recorder.Ask(socket, strings.TrimSpace("snapshot "+strings.Join(args, " ")))
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), a.File)
			return err
		},
	}
	cmd.Flags().StringVar(&socket, "control", "", "the recorder's socket")
	cmd.MarkFlagRequired("control")
	return cmd
}

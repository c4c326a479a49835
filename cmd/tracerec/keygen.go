package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/keyfile"
)

func init() { verbs = append(verbs, newKeygen) }

func newKeygen() *cobra.Command {
	return &cobra.Command{
		Use:   "keygen FILE",
		Short: "make a key that signs recordings",
		Long: `Keygen makes an ed25519 key: FILE is the private one (mode 0600), for
record --sign; FILE.pub the public one, for verify --key. Neither is replaced when
it exists. Both are PEM, as openssl pkey reads them. Keep the public key where
nobody who can change recordings can change it.`,
		Example: `  tracerec keygen site.key
  tracerec record --sign site.key -o host.trc -- make
  tracerec verify --key site.key.pub host.trc`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			public, err := keyfile.Generate(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s.pub\n%s\n", args[0], format.KeyID(public))
			return err
		},
	}
}

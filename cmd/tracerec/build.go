package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/format/text"
)

func init() { verbs = append(verbs, newBuild) }

func newBuild() *cobra.Command {
	var out outputFlags
	var exact bool
	cmd := &cobra.Command{
		Use:   "build -o FILE TEXT",
		Short: "make a recording of the text that dump writes",
		Long: `Build makes a trace file of text as dump writes it (- for standard input). Header,
rows and totals are what the text says, true or not: a built file is for tests and
for repairing by hand, and proves nothing. Its header says that it was built (info, analyze
and verify tell), unless --exact asks for just the header that the text has, as the
round trip dump, build, dump needs. It has no signature unless --sign is given.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := out.output(cmd)
			if err != nil {
				return err
			}
			in := io.Reader(os.Stdin)
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return err
				}
				defer f.Close()
				if st, err := f.Stat(); err == nil && st.IsDir() {
					return fmt.Errorf("%s: is a directory: give the text that dump wrote", show.Escape([]byte(args[0])))
				}
				in = f
			}
			w, err := text.Build(in, func(h *format.Header, opt format.WriterOptions) (*format.Writer, error) {
				opt.Force, opt.Sign = o.Force, o.Sign
				if n := len(h.Origin); !exact && (n == 0 || h.Origin[n-1].By != "build") {
					h.Origin = append(h.Origin, format.Origin{By: "build", Args: []string{"of text: header, rows and totals are what somebody wrote"}})
				}
				return format.Create(o.Path, h, opt)
			})
			if err != nil {
				if st, serr := os.Lstat(o.Path); w != nil && serr == nil && st.Mode().IsRegular() {
					os.Remove(o.Path)
				}
				return fmt.Errorf("%s: %w", nameOfFile(args[0]), err)
			}
			return nil
		},
	}
	out.register(cmd)
	cmd.Flags().BoolVar(&exact, "exact", false, "do not say in the header that the file was built")
	return cmd
}

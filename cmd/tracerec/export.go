package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/arrowio"
	"github.com/tracerec/tracerec/format/export"
	"github.com/tracerec/tracerec/format/field"
	"github.com/tracerec/tracerec/format/filter"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/replay"
)

func init() { verbs = append(verbs, newExport) }

// arrowFormat stands here because only format/arrowio may know Arrow.
var arrowFormat = export.Format{
	Name: "arrow", Doc: "Apache Arrow IPC stream, columns as recorded", Ext: []string{".arrow", ".arrows"}, Binary: true,
	Columns: func(o *export.Options) []format.ColumnID {
		if o.Fields == nil {
			return nil
		}
		return field.Columns(o.Fields)
	},
	New: func(w io.Writer, o *export.Options) (export.Writer, error) {
		var columns []format.ColumnID
		for _, f := range o.Fields {
			if f.Column == format.NumColumns {
				return nil, fmt.Errorf("--fields: %s is not a column: arrow has columns as they are recorded, parquet and csv all fields", f.Name)
			}
			columns = append(columns, f.Column)
		}
		return arrowio.NewStream(w, columns), nil
	},
}

func newExport() *cobra.Command {
	export.Formats = append([]export.Format{arrowFormat}, export.Formats...)
	var formats strings.Builder
	for _, f := range export.Formats {
		fmt.Fprintf(&formats, "  %-11s %s\n", f.Name, f.Doc)
	}
	x := exportFlags{}
	cmd := &cobra.Command{
		Use:   "export [-o FILE | --partition KEYS -o DIR] FILE|DIR|GLOB...",
		Short: "write a recording in the formats of other tools",
		Long: `Export writes rows for other tools. The format is that of --format, or of the
name of the file to write.

` + formats.String() + `
Text is escaped (a newline is \n, a byte that is no UTF-8 \xff, a backslash \\), in
JSON by its own rules with {"hex":"…"} for bytes that are no UTF-8. In CSV, text that
a spreadsheet would take for a formula begins with '. Arrow has bytes as they are.

A chrome trace shows what analyze finds, below the thread, with arrows from the
call and from who could have written there.

--filter takes an expression over fields, as filter does (docs/filters.md):
  syscall == "openat" && path startsWith "/etc"

--partition host,date writes many files' rows to a directory as Hive, DuckDB, Spark and
Arrow read it: DIR/host=NAME/date=2026-11-28/….parquet, dates in UTC. A recording's file
is named by its id, so that a second export of it replaces the first, and of the same
recording under two names one is exported. Files that cannot be read are named and
skipped; the exit code is 2 then. docs/sql.md has questions to ask.`,
		Example: `  tracerec export -o host.parquet host.trc
  tracerec export --format csv --fields wall,pid,comm,syscall,path \
    --filter 'errno == "EACCES"' host.trc
  tracerec export --format chrome -o trace.json host.trc     # ui.perfetto.dev
  tracerec export --parquet --partition host,date -o rows/ /srv/traces`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if x.parquet {
				if x.format != "" && x.format != "parquet" {
					return fmt.Errorf("--parquet and --format %s exclude each other", x.format)
				}
				x.format = "parquet"
			}
			if x.partition != nil {
				return x.runPartitioned(cmd.ErrOrStderr(), args)
			}
			if len(args) > 1 {
				return fmt.Errorf("one file is exported to one; of several, use --partition")
			}
			return x.run(cmd.OutOrStdout(), cmd.ErrOrStderr(), args[0])
		},
	}
	f := cmd.Flags()
	outputFlag(f, &x.output, "-", "file to write (- for standard output)")
	f.BoolVar(&x.force, "force", false, "replace an existing file")
	f.StringVar(&x.format, "format", "", "format; by default that of the file's name")
	f.BoolVar(&x.parquet, "parquet", false, "--format parquet")
	f.StringSliceVar(&x.partition, "partition", nil, "write to the directory -o, one below the other for each of these keys: host, date")
	f.StringSliceVar(&x.fields, "fields", nil, "only these fields, in this order (comma-separated)")
	f.StringVar(&x.filter, "filter", "", "only rows for which this expression is true")
	return cmd
}

type exportFlags struct {
	output, format, filter string
	force, parquet         bool
	fields, partition      []string
}

// options are those of --fields and --filter.
func (x *exportFlags) options() (o export.Options, chosen *filter.Filter, err error) {
	if x.fields != nil {
		if o.Fields, err = field.Select(x.fields); err != nil {
			return o, nil, fmt.Errorf("--fields: %w", err)
		}
	}
	if x.filter != "" {
		if chosen, err = filter.Parse(x.filter); err != nil {
			return o, nil, fmt.Errorf("--filter: %w", err)
		}
	}
	return o, chosen, nil
}

func (x *exportFlags) run(out, talk io.Writer, path string) error {
	if info, err := os.Lstat(x.output); x.output != "-" && err == nil {
		if err := format.Occupied(x.output, info, x.force); err != nil {
			return err
		}
	}
	f, err := export.ByName(x.format, x.output)
	if err != nil {
		return err
	}
	o, chosen, err := x.options()
	if err != nil {
		return err
	}
	r, err := format.Open(path)
	if err != nil {
		return err
	}
	defer r.Close()
	clock := show.For(r.Header())
	o.Header, o.Show = r.Header(), &clock
	if f.Marked {
		if o.Marks, err = exportMarks(r); err != nil {
			return err
		}
	}
	file, finish, err := createPlain(x.output, x.force, f.Binary, out)
	if err != nil {
		return err
	}
	read := func() {}
	if x.output != "-" { // else the rows show it
		read = watchReading(talk, r)
	}
	damage, err := exportRows(r, f, &o, chosen, file)
	read()
	if err = finish(err); err != nil {
		return err
	}
	return tellState(talk, r, damage)
}

// exportRows writes all rows that can be read, and gives what could not.
func exportRows(r *format.Reader, f *export.Format, o *export.Options, chosen *filter.Filter, out io.Writer) (*replay.Damage, error) {
	w, err := f.New(out, o)
	if err != nil {
		return nil, err
	}
	columns := f.Columns(o)
	hosts := r.Header().Hosts
	if columns != nil && len(hosts) > 0 {
		columns = append(columns, format.ColHost)
	}
	if columns != nil && chosen != nil {
		columns = append(columns, chosen.Columns()...)
	}
	var damage *replay.Damage
	var rows []int
	for b, err := range r.Blocks(format.ReadOptions{Columns: columns}) {
		if err != nil {
			var corrupt *format.CorruptError
			if !errors.As(err, &corrupt) {
				return nil, err
			}
			if damage == nil {
				damage = &replay.Damage{}
			}
			damage.Errs = append(damage.Errs, err)
			continue
		}
		if b.N > 0 && len(hosts) > 0 { // a block is of one host
			n := int(b.U16[format.ColHost][0])
			if n >= len(hosts) {
				return nil, fmt.Errorf("%s: row %d is of host %d, the header has %d: run tracerec verify", show.Escape([]byte(r.Path())), b.Seq, n, len(hosts))
			}
			o.Header, *o.Show = hosts[n], show.For(hosts[n])
		}
		if rows, err = chosen.Rows(rows[:0], b, o.Show); err != nil {
			return nil, err
		}
		if err := w.Write(b, rows); err != nil {
			return nil, err
		}
	}
	return damage, w.Close()
}

// exportMarks analyses the recording for what is pointed at.
func exportMarks(r *format.Reader) (map[uint64][]export.Mark, error) {
	top := analyze.Top{Limit: maxMarks}
	if _, err := analyze.Reader(r, analyze.Options{}, top.Add); err != nil {
		return nil, err
	}
	marks := map[uint64][]export.Mark{}
	for _, f := range top.Findings() {
		m := export.Mark{
			ID: f.ID, Name: f.Verdict.String(), Severity: f.Severity.String(),
			Title: f.Headline(), Reason: f.Reason, Views: f.ViewRows(),
		}
		for _, e := range f.Evidence {
			if e.Row && e.Who.TID != 0 && e.Seq != f.Seq {
				m.Others = append(m.Others, export.Other{Role: string(e.Role), PID: e.Who.PID, TID: e.Who.TID, Boottime: e.Boottime})
			}
		}
		marks[f.Seq] = append(marks[f.Seq], m)
	}
	return marks, nil
}

// createPlain opens a file that is no trace, by the same rules. finish closes
// it, or removes it when the work failed.
func createPlain(path string, force, binary bool, stdout io.Writer) (w io.Writer, finish func(error) error, err error) {
	if path == "-" {
		if f, ok := stdout.(*os.File); ok && binary && isatty.IsTerminal(f.Fd()) {
			return nil, nil, fmt.Errorf("the output is not text: give a file, or redirect it")
		}
		buf := bufio.NewWriterSize(stdout, 1<<16)
		return buf, func(err error) error {
			if e := buf.Flush(); err == nil { // the buffer says again what went wrong before
				err = e
			}
			return err
		}, nil
	}
	f, regular, err := format.CreateFile(path, force)
	if err != nil {
		return nil, nil, err
	}
	buf := bufio.NewWriterSize(f, 1<<16)
	return buf, func(err error) error {
		if err == nil {
			err = buf.Flush()
		}
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil && regular {
			os.Remove(path)
		}
		return err
	}, nil
}

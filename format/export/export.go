package export

import (
	"fmt"
	"io"
	"strings"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/field"
	"github.com/tracerec/tracerec/format/show"
)

// Writer takes the chosen rows of one batch after the other. Batches have the
// columns that Columns named.
type Writer interface {
	Write(b *format.Batch, rows []int) error
	Close() error // writes what must stand at the end; does not close the file
}

// Options say what is exported.
type Options struct {
	Fields []*field.Field // in this order; nil for the format's own choice
	Header *format.Header
	Show   *show.Options
	Marks  map[uint64][]Mark // by the row's sequence number; for formats that can point at a row (Marked)
}

// Mark is something to point at: a finding about a row.
type Mark struct {
	ID, Name, Severity string
	Title, Reason      string
	Views              [][2]string // label and text, escaped
	Others             []Other
}

// Other is what another row has to do with a mark: who could have written there.
type Other struct {
	Role     string
	PID, TID uint32
	Boottime int64 // when it began, ns
}

// Format is a row of the table of formats.
type Format struct {
	Name   string
	Doc    string
	Ext    []string // of files
	Binary bool     // not for a terminal
	Marked bool     // shows Options.Marks
	New    func(w io.Writer, o *Options) (Writer, error)
	// Columns are those that batches must have.
	Columns func(o *Options) []format.ColumnID
}

// Formats is the table.
var Formats = []Format{
	{"jsonl", "one JSON object a row, as replay --json", []string{".jsonl", ".ndjson"}, false, false, newJSONL, rowColumns},
	{"csv", "RFC 4180 with a header line", []string{".csv"}, false, false, newCSV, fieldColumns(Everything)},
	{"parquet", "Apache Parquet, zstd; typed columns with names where numbers have names", []string{".parquet"}, true, false, newParquet, fieldColumns(Everything)},
	{"timesketch", "JSON Lines for Timesketch: message, datetime, timestamp_desc", nil, false, false, newTimesketch, rowColumns},
	{"chrome", "trace events for Perfetto and chrome://tracing", []string{".json"}, false, true, newChrome, rowColumns},
}

// ByName finds a format, by its name or, when that is empty, by a file's.
func ByName(name, path string) (*Format, error) {
	var names []string
	for i := range Formats {
		f := &Formats[i]
		names = append(names, f.Name)
		if f.Name == name {
			return f, nil
		}
		for _, ext := range f.Ext {
			if name == "" && strings.HasSuffix(strings.ToLower(path), ext) {
				return f, nil
			}
		}
	}
	if name == "" {
		if path == "-" {
			return nil, fmt.Errorf("in which format is not said: give --format NAME (%s), or a file whose name says it: -o FILE.csv", strings.Join(names, ", "))
		}
		return nil, fmt.Errorf("the name %q does not say which format: give --format NAME (%s)", path, strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("no format %q: use %s", name, strings.Join(names, ", "))
}

// rowColumns are all columns, which whole rows are shown of.
func rowColumns(o *Options) []format.ColumnID { return nil }

func fieldColumns(choice func() []*field.Field) func(o *Options) []format.ColumnID {
	return func(o *Options) []format.ColumnID {
		if o.Fields == nil {
			return field.Columns(choice())
		}
		return field.Columns(o.Fields)
	}
}

// Everything is what the tables export unless fields are chosen: what is
// derived and all columns, not the names that single events give these.
func Everything() (fields []*field.Field) {
	list := field.All()
	for i := range list {
		if f := &list[i]; f.Column != format.NumColumns || f.Derived() {
			fields = append(fields, f)
		}
	}
	return fields
}

// orEverything is what o chooses.
func (o *Options) orEverything() []*field.Field {
	if o.Fields == nil {
		return Everything()
	}
	return o.Fields
}

// appendJSON appends a field's value as JSON.
func appendJSON(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case string:
		return show.AppendJSON(dst, []byte(v))
	case []string:
		dst = append(dst, '[')
		for i, s := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = show.AppendJSON(dst, []byte(s))
		}
		return append(dst, ']')
	case int64, uint64, float64:
		return field.AppendText(dst, v)
	}
	dst = append(dst, '"')
	return append(field.AppendText(dst, v), '"')
}

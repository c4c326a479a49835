package export

import (
	"io"
	"reflect"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/field"
	"github.com/tracerec/tracerec/format/show"
)

// parquetTypes give each type of field its column: what it is in a struct
// that parquet-go makes a schema of, and the tag.
var parquetTypes = map[field.Type]struct {
	kind reflect.Type
	tag  string
}{
	field.Int:   {reflect.TypeFor[int64](), ",optional,zstd"},
	field.Uint:  {reflect.TypeFor[uint64](), ",optional,zstd"},
	field.Float: {reflect.TypeFor[float64](), ",optional,zstd"},
	field.Text:  {reflect.TypeFor[string](), ",optional,zstd,dict"},
	field.List:  {reflect.TypeFor[[]string](), ",zstd,dict"}, // repeated
	field.Time:  {reflect.TypeFor[time.Time](), ",optional,zstd,timestamp(microsecond)"},
}

// parquetFile writes a flat schema: every field a column. Rows that do not have
// a field have null, or an empty list.
type parquetFile struct {
	w      *parquet.GenericWriter[any]
	fields []*field.Field
	o      *Options
	rows   []parquet.Row
	texts  map[string]string // escaped; most need nothing
}

// rowGroup is how many rows stand in one group: what a reader can skip.
const rowGroup = 128 << 10

func newParquet(w io.Writer, o *Options) (Writer, error) {
	fields := o.orEverything()
	members := make([]reflect.StructField, 0, len(fields))
	for _, f := range fields {
		t := parquetTypes[f.Type]
		members = append(members, reflect.StructField{
			Name: "F_" + f.Name, Type: t.kind, Tag: reflect.StructTag(`parquet:"` + f.Name + t.tag + `"`),
		})
	}
	schema := parquet.SchemaOf(reflect.New(reflect.StructOf(members)).Interface())
	host := ""
	if o.Header != nil {
		host = show.Escape([]byte(o.Header.Host))
	}
	return &parquetFile{
		w: parquet.NewGenericWriter[any](w, schema, parquet.MaxRowsPerRowGroup(rowGroup), parquet.CreatedBy("tracerec", "1", ""),
			parquet.KeyValueMetadata("tracerec.host", host)),
		fields: fields, o: o, texts: map[string]string{},
	}, nil
}

func (p *parquetFile) Write(b *format.Batch, rows []int) error {
	r := field.Row{B: b, O: p.o.Show}
	const chunk = 1024
	for len(rows) > 0 {
		n := min(len(rows), chunk)
		p.rows = p.rows[:0]
		for _, r.I = range rows[:n] {
			p.rows = append(p.rows, p.row(&r))
		}
		if _, err := p.w.WriteRows(p.rows); err != nil {
			return err
		}
		rows = rows[n:]
	}
	clear(p.texts)
	return nil
}

func (p *parquetFile) row(r *field.Row) parquet.Row {
	row := make(parquet.Row, 0, len(p.fields))
	for c, f := range p.fields {
		var v parquet.Value
		switch x := f.Value(r).(type) {
		case int64:
			v = parquet.Int64Value(x)
		case uint64:
			v = parquet.Int64Value(int64(x))
		case float64:
			v = parquet.DoubleValue(x)
		case string:
			v = parquet.ByteArrayValue([]byte(p.text(x)))
		case time.Time:
			v = parquet.Int64Value(x.UnixMicro())
		case []string:
			for i, s := range x {
				row = append(row, parquet.ByteArrayValue([]byte(p.text(s))).Level(min(i, 1), 1, c))
			}
			if len(x) > 0 {
				continue
			}
			row = append(row, parquet.NullValue().Level(0, 0, c))
			continue
		default:
			row = append(row, parquet.NullValue().Level(0, 0, c))
			continue
		}
		row = append(row, v.Level(0, 1, c))
	}
	return row
}

func (p *parquetFile) text(s string) string {
	e, ok := p.texts[s]
	if !ok {
		e = show.Escape([]byte(s))
		p.texts[s] = e
	}
	return e
}

func (p *parquetFile) Close() error { return p.w.Close() }

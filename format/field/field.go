package field

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// Type is what a field's values are in Go.
type Type uint8

// The types; every value may be nil as well, when the row has none.
const (
	Int   Type = iota + 1 // int64
	Uint                  // uint64
	Float                 // float64
	Text                  // string: bytes as recorded, perhaps hostile and not UTF-8
	List                  // []string
	Time                  // time.Time, UTC
)

func (t Type) String() string {
	return [...]string{"", "int", "uint", "float", "text", "list of text", "time"}[t]
}

// Field is one named value of a row.
type Field struct {
	Name    string
	Type    Type
	Doc     string
	Columns []format.ColumnID // that must be read for it
	Column  format.ColumnID   // the one that it is the whole of; NumColumns for none
	get     func(r *Row) any
	derived bool
}

// Row is a row and how its values are shown.
type Row struct {
	B *format.Batch
	I int
	O *show.Options
}

// Value is the field's value in a row, nil when it has none.
func (f *Field) Value(r *Row) any { return f.get(r) }

// Derived says whether the field is made of columns for every event.
func (f *Field) Derived() bool { return f.derived }

// All fields: what is derived, the columns in file order, and what single
// events call their columns.
func All() []Field { return all().list }

// ByName finds a field.
func ByName(name string) (*Field, bool) {
	i, ok := all().byName[name]
	if !ok {
		return nil, false
	}
	return &all().list[i], true
}

type table struct {
	list   []Field
	byName map[string]int
}

var all = sync.OnceValue(func() *table {
	t := &table{byName: map[string]int{}}
	for _, f := range derived {
		f.Column, f.derived = format.NumColumns, true
		t.add(f)
	}
	for c := range format.Columns {
		t.add(column(format.ColumnID(c)))
	}
	t.addEventFields()
	return t
})

func (t *table) add(f Field) {
	t.byName[f.Name] = len(t.list)
	t.list = append(t.list, f)
}

// derived fields are made of several columns.
var derived = []Field{
	{Name: "seq", Type: Uint, Doc: "number of the row in the file, from 0",
		get: func(r *Row) any { return r.B.Seq + uint64(r.I) }},
	{Name: "wall", Type: Time, Doc: "time as wall time, UTC", Columns: []format.ColumnID{format.ColTime},
		get: func(r *Row) any { return r.O.Wall(r.B.Int(format.ColTime, r.I)).UTC() }},
	{Name: "at", Type: Float, Doc: "seconds since the recording began", Columns: []format.ColumnID{format.ColTime},
		get: func(r *Row) any { return float64(r.B.Int(format.ColTime, r.I)-r.O.Start) / float64(time.Second) }},
	{Name: "syscall", Type: Text, Doc: "name of the syscall, or of the one in flight", Columns: []format.ColumnID{format.ColABI, format.ColNR},
		get: func(r *Row) any {
			abi := format.ABI(r.B.Int(format.ColABI, r.I))
			if abi == format.ABINone {
				return nil
			}
			return show.Syscall(abi, int32(r.B.Int(format.ColNR, r.I)))
		}},
	{Name: "errno", Type: Text, Doc: "why the call failed: ENOENT", Columns: []format.ColumnID{format.ColRet},
		get: func(r *Row) any {
			ret := r.B.Int(format.ColRet, r.I)
			if ret >= 0 || ret < -4095 {
				return nil
			}
			return show.Errno(-ret)
		}},
	{Name: "hostname", Type: Text, Doc: "host that the row was recorded on",
		get: func(r *Row) any {
			if r.O == nil || r.O.Host == "" {
				return nil
			}
			return r.O.Host
		}},
}

// column is the field of a whole column.
func column(c format.ColumnID) Field {
	col := &format.Columns[c]
	f := Field{Name: col.Name, Doc: col.Doc, Column: c}
	f.Type, f.Columns, f.get = valueOf(format.Field{Name: col.Name, Col: c})
	return f
}

// addEventFields adds what events call their columns, where the name is not a
// column's. A name that several events have gives each row its own.
func (t *table) addEventFields() {
	for e := range format.Events {
		for _, ef := range format.Events[e].Fields {
			name := ef.Name
			at, known := t.byName[name]
			if known && (t.list[at].Column != format.NumColumns || at < len(derived)) {
				continue
			}
			id := format.EventID(e)
			typ, columns, get := valueOf(ef)
			if known {
				f := &t.list[at]
				if f.Type != typ { // as text, then
					f.get, f.Type, get = asText(f.get), Text, asText(get)
				}
				other := f.get
				f.get = pick(id, get, other)
				f.Columns = slices.Compact(slices.Sorted(slices.Values(append(f.Columns, columns...))))
				f.Doc = join(f.Doc, format.Events[e].Name)
				continue
			}
			doc := ef.Doc
			if doc == "" {
				doc = format.Columns[ef.Col].Doc
			}
			t.add(Field{
				Name: name, Type: typ, Doc: doc + "; of " + format.Events[e].Name, Column: format.NumColumns,
				Columns: append(columns, format.ColEvent), get: pick(id, get, func(*Row) any { return nil }),
			})
		}
	}
}

func join(doc, event string) string { return doc + ", " + event }

func pick(id format.EventID, get, other func(*Row) any) func(*Row) any {
	return func(r *Row) any {
		if format.EventID(r.B.Int(format.ColEvent, r.I)) == id {
			return get(r)
		}
		return other(r)
	}
}

func asText(get func(*Row) any) func(*Row) any {
	return func(r *Row) any {
		v := get(r)
		if v == nil {
			return nil
		}
		return string(AppendText(nil, v))
	}
}

// valueOf reads a column by its kind.
func valueOf(f format.Field) (Type, []format.ColumnID, func(*Row) any) {
	col := &format.Columns[f.Col]
	kind := show.KindOf(f)
	if col.Type == format.Bytes {
		return bytesOf(f, kind)
	}
	columns := []format.ColumnID{f.Col}
	text := func(r *Row, abi format.ABI) string {
		return string(show.Int(nil, kind, r.B.Int(f.Col, r.I), abi, r.O))
	}
	switch kind {
	case format.KindEvent, format.KindViewStatus, format.KindVMA, format.KindDev, format.KindLane, format.KindClass,
		format.KindMode, format.KindCloneFlags, format.KindExitCode, format.KindABI:
		return Text, columns, func(r *Row) any { return text(r, format.ABINone) }
	case format.KindOpenFlags:
		return Text, append(columns, format.ColABI), func(r *Row) any { return text(r, format.ABI(r.B.Int(format.ColABI, r.I))) }
	case format.KindRowFlags, format.KindRungs:
		return List, columns, func(r *Row) any {
			if r.B.Int(f.Col, r.I) == 0 {
				return []string(nil)
			}
			return strings.Split(text(r, format.ABINone), ",")
		}
	}
	if col.Type == format.U64 {
		return Uint, columns, func(r *Row) any { return uint64(r.B.Int(f.Col, r.I)) }
	}
	return Int, columns, func(r *Row) any { return r.B.Int(f.Col, r.I) }
}

// bytesOf reads a column of bytes. What a view is of says the call's row, so
// that addresses are text, and argument vectors their words.
func bytesOf(f format.Field, kind format.Kind) (Type, []format.ColumnID, func(*Row) any) {
	if kind.Strings() {
		return List, []format.ColumnID{f.Col}, func(r *Row) any {
			v := r.B.Value(f.Col, r.I)
			if v == nil {
				return nil
			}
			return words(v)
		}
	}
	columns := []format.ColumnID{f.Col}
	if kind == format.KindNone || f.Col == format.ColPath {
		columns = append(columns, format.ColEvent, format.ColABI, format.ColNR, format.ColArg0)
	}
	return Text, columns, func(r *Row) any {
		v := r.B.Value(f.Col, r.I)
		if v == nil {
			return nil
		}
		switch k := r.O.KindAt(f, r.B, r.I); k {
		case format.KindArgv, format.KindEnv:
			return strings.Join(words(v), " ")
		case format.KindSockAddr, format.KindOpenHow:
			return string(show.Bytes(nil, k, v, format.ABI(r.B.Int(format.ColABI, r.I)), r.O))
		}
		return string(v)
	}
}

// words are the strings of an argument vector; the last may be cut off.
func words(v []byte) []string {
	text := strings.TrimSuffix(string(v), "\x00")
	if text == "" && len(v) == 0 {
		return []string{}
	}
	return strings.Split(text, "\x00")
}

package field

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tracerec/tracerec/format"
)

// AppendText appends a value as text, bytes as they are.
func AppendText(dst []byte, v any) []byte {
	switch v := v.(type) {
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case uint64:
		return strconv.AppendUint(dst, v, 10)
	case float64:
		return strconv.AppendFloat(dst, v, 'f', -1, 64)
	case string:
		return append(dst, v...)
	case []string:
		return append(dst, strings.Join(v, ",")...)
	case time.Time:
		return v.AppendFormat(dst, time.RFC3339Nano)
	}
	return dst
}

// Select finds fields by name, in that order.
func Select(names []string) ([]*Field, error) {
	fields := make([]*Field, 0, len(names))
	for _, name := range names {
		f, ok := ByName(strings.TrimSpace(name))
		if !ok {
			return nil, fmt.Errorf("no field %q%s: tracerec list fields names the columns, docs/filters.md all fields", name, near(name))
		}
		fields = append(fields, f)
	}
	return fields, nil
}

// near suggests a field whose name holds a part of this one.
func near(name string) string {
	for _, f := range All() {
		if name != "" && (strings.Contains(f.Name, name) || strings.Contains(name, f.Name)) {
			return fmt.Sprintf(" (is it %q?)", f.Name)
		}
	}
	return ""
}

// Columns are those that fields need, in file order.
func Columns(fields []*Field) (columns []format.ColumnID) {
	for _, f := range fields {
		columns = append(columns, f.Columns...)
	}
	slices.Sort(columns)
	return slices.Compact(columns)
}

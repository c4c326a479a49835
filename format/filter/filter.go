package filter

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/field"
	"github.com/tracerec/tracerec/format/show"
)

// maxLength bounds what an expression may make the parser do.
const maxLength = 64 << 10

// Filter is a compiled expression. Not for use by several goroutines.
type Filter struct {
	text    string
	program *vm.Program
	fields  []*field.Field
	names   []string
	env     map[string]any
	machine vm.VM
}

// Parse compiles an expression whose value is true or false.
func Parse(text string) (*Filter, error) {
	if len(text) > maxLength {
		return nil, fmt.Errorf("%d characters, at most %d", len(text), maxLength)
	}
	f := &Filter{text: text, env: map[string]any{}}
	used := &identifiers{}
	var wrong error
	program, err := expr.Compile(text, append(Options(), expr.Env(zeros()), expr.AsBool(), expr.Patch(used), checkValues(&wrong))...)
	if err != nil {
		return nil, fmt.Errorf("%s: docs/filters.md names all fields", explain(err))
	}
	if wrong != nil {
		return nil, wrong
	}
	f.program = program
	for _, name := range used.names {
		if fd, ok := field.ByName(name); ok && !slices.Contains(f.names, name) {
			f.fields, f.names = append(f.fields, fd), append(f.names, name)
		}
	}
	return f, nil
}

// firstLine leaves out the picture that expr draws below.
func firstLine(err error) string { return strings.SplitN(err.Error(), "\n", 2)[0] }

// zeros are the types of all fields, by a value of each.
func zeros() map[string]any {
	env := map[string]any{}
	for _, f := range field.All() {
		env[f.Name] = Value(f.Type, nil)
	}
	return env
}

// identifiers gathers the names in an expression.
type identifiers struct{ names []string }

// Visit implements ast.Visitor.
func (i *identifiers) Visit(node *ast.Node) {
	if n, ok := (*node).(*ast.IdentifierNode); ok {
		i.names = append(i.names, n.Value)
	}
}

// Value makes a value what expressions are compiled for: a missing one is
// empty or 0, and all integers are int, so that arg0 == -100 is what it seems.
func Value(t field.Type, v any) any {
	switch v := v.(type) {
	case int64:
		return int(v)
	case uint64:
		return int(v)
	case nil:
		switch t {
		case field.Int, field.Uint:
			return 0
		case field.Float:
			return 0.0
		case field.List:
			return []string{}
		case field.Time:
			return time.Time{}
		}
		return ""
	}
	return v
}

// String is the expression.
func (f *Filter) String() string { return f.text }

// Columns are those that the expression needs.
func (f *Filter) Columns() []format.ColumnID { return field.Columns(f.fields) }

// Match says whether row i of b, which has Columns, is chosen.
func (f *Filter) Match(b *format.Batch, i int, o *show.Options) (bool, error) {
	row := field.Row{B: b, I: i, O: o}
	for k, fd := range f.fields {
		f.env[f.names[k]] = Value(fd.Type, fd.Value(&row))
	}
	v, err := f.machine.Run(f.program, f.env)
	if err != nil {
		return false, fmt.Errorf("filter, in row %d: %s", b.Seq+uint64(i), firstLine(err))
	}
	yes, ok := v.(bool)
	if !ok {
		return false, fmt.Errorf("filter, in row %d: the value is not true or false", b.Seq+uint64(i))
	}
	return yes, nil
}

// Rows appends the indices of the rows of b that are chosen. A nil filter
// chooses all.
func (f *Filter) Rows(dst []int, b *format.Batch, o *show.Options) ([]int, error) {
	for i := range b.N {
		if f != nil {
			yes, err := f.Match(b, i, o)
			if err != nil {
				return dst, err
			}
			if !yes {
				continue
			}
		}
		dst = append(dst, i)
	}
	return dst, nil
}

package filter

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/field"
	"github.com/tracerec/tracerec/format/show"
)

// values finds texts in an expression that are compared with a field whose values
// have names, and are none of them: such a comparison can only be a mistake.
type values struct{ wrong error }

// Visit implements ast.Visitor.
func (v *values) Visit(node *ast.Node) {
	n, ok := (*node).(*ast.BinaryNode)
	if !ok || !slices.Contains([]string{"==", "!=", "in"}, n.Operator) {
		return
	}
	for _, sides := range [][2]ast.Node{{n.Left, n.Right}, {n.Right, n.Left}} {
		id, ok := sides[0].(*ast.IdentifierNode)
		if !ok {
			continue
		}
		switch other := sides[1].(type) {
		case *ast.StringNode:
			v.check(id.Value, other.Value)
		case *ast.ArrayNode:
			for _, element := range other.Nodes {
				if s, ok := element.(*ast.StringNode); ok {
					v.check(id.Value, s.Value)
				}
			}
		case *ast.ConstantNode: // a list of constants, once optimized
			if set, ok := other.Value.(map[string]struct{}); ok {
				for value := range set {
					v.check(id.Value, value)
				}
			}
		}
	}
}

func (v *values) check(name, value string) {
	names := show.ValueNames(name)
	if names == nil || value == "" || v.wrong != nil || slices.Contains(names, value) || show.Numbered(value) {
		return
	}
	v.wrong = fmt.Errorf("%s is never %q%s", name, value, format.Suggest(value, names))
}

var unknownName = regexp.MustCompile(`^unknown name (\S+)`)

// explain is what is wrong with an expression that does not compile, with fields and functions
// whose names are like an unknown one.
func explain(err error) string {
	text := firstLine(err)
	m := unknownName.FindStringSubmatch(text)
	if m == nil {
		return text + Hint(text)
	}
	names := Functions()
	for _, f := range field.All() {
		names = append(names, f.Name)
	}
	return text + format.Suggest(m[1], names)
}

// checkValues looks at the expression as it was written.
func checkValues() (*values, expr.Option) {
	v := &values{}
	return v, expr.Patch(v)
}

package filter

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/field"
	"github.com/tracerec/tracerec/format/show"
)

// Comparisons visits an expression and gives each text that a value is compared with to Check.
type Comparisons struct {
	Name  func(ast.Node) string                   // of a value; "" of what is none
	Check func(name, text string, where ast.Node) // where is the text's node, or the list's that it is in
}

// Visit implements ast.Visitor.
func (c *Comparisons) Visit(node *ast.Node) {
	n, ok := (*node).(*ast.BinaryNode)
	if !ok || !slices.Contains([]string{"==", "!=", "in"}, n.Operator) {
		return
	}
	for _, sides := range [][2]ast.Node{{n.Left, n.Right}, {n.Right, n.Left}} {
		name := c.Name(sides[0])
		if name == "" {
			continue
		}
		switch other := sides[1].(type) {
		case *ast.StringNode:
			c.Check(name, other.Value, other)
		case *ast.ArrayNode:
			for _, element := range other.Nodes {
				if s, ok := element.(*ast.StringNode); ok {
					c.Check(name, s.Value, s)
				}
			}
		case *ast.ConstantNode: // a list of constants, once optimized
			if set, ok := other.Value.(map[string]struct{}); ok {
				for _, value := range slices.Sorted(maps.Keys(set)) {
					c.Check(name, value, other)
				}
			}
		}
	}
}

// Never says that a value, whose names are given, is never text: such a comparison can only be a
// mistake. Nil where it may be, or where any text may stand (names is nil).
func Never(value, text string, names []string) error {
	if names == nil || text == "" || slices.Contains(names, text) || show.Numbered(text) {
		return nil
	}
	return fmt.Errorf("%s is never %q%s", value, text, format.Suggest(text, names))
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

// checkValues looks at the expression as it was written; the first mistake is kept in wrong.
func checkValues(wrong *error) expr.Option {
	return expr.Patch(&Comparisons{
		Name: func(n ast.Node) string {
			if id, ok := n.(*ast.IdentifierNode); ok {
				return id.Value
			}
			return ""
		},
		Check: func(name, text string, _ ast.Node) {
			if *wrong == nil {
				*wrong = Never(name, text, show.ValueNames(name))
			}
		},
	})
}

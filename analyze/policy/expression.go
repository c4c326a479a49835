package policy

import (
	"errors"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/filter"
)

const maxExpression = 16 << 10

type program struct {
	run  *vm.Program
	uses []int // values of the row
	past []int // former steps
}

// piece is a part of a message: words, or an expression.
type piece struct {
	words string
	*program
}

type stepRef struct {
	rule *rule
	step int
}

func (c *compiler) all(parts []string, former int) *program {
	if len(parts) == 0 {
		return nil
	}
	text := "(" + strings.Join(parts, ") and (") + ")"
	return c.compile(&Text{Value: text}, text, former, false, nil)
}

// join recognises "value of this row == value of a former step".
func (c *compiler) join(s *step, n ast.Node, former int) bool {
	b, ok := n.(*ast.BinaryNode)
	if !ok || b.Operator != "==" {
		return false
	}
	for _, sides := range [][2]ast.Node{{b.Left, b.Right}, {b.Right, b.Left}} {
		mine, theirs := sides[0], sides[1]
		chain, ok := flatten(theirs)
		if !ok || len(chain) < 2 || c.looksBack(chainsOf(mine), former) {
			continue
		}
		at := c.stepNamed(chain[0], former)
		if at < 0 {
			continue
		}
		if s.ownKey = c.compile(&Text{Value: mine.String()}, mine.String(), 0, true, nil); s.ownKey == nil {
			return false
		}
		s.joinStep, s.joinName = at, strings.Join(chain[1:], ".")
		return true
	}
	return false
}

func (c *compiler) stepNamed(id string, former int) int {
	if id == "" {
		return -1
	}
	return slices.IndexFunc(c.policy.Steps[:former], func(s Step) bool { return s.ID == id })
}

func (c *compiler) looksBack(chains [][]string, former int) bool {
	return slices.ContainsFunc(chains, func(chain []string) bool { return c.stepNamed(chain[0], former) >= 0 })
}

// conjuncts are the parts of a condition between its outermost "and"s.
func conjuncts(n ast.Node) []ast.Node {
	if b, ok := n.(*ast.BinaryNode); ok && (b.Operator == "and" || b.Operator == "&&") {
		return append(conjuncts(b.Left), conjuncts(b.Right)...)
	}
	return []ast.Node{n}
}

// flatten gives a.b.c as its words.
func flatten(n ast.Node) ([]string, bool) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return []string{n.Value}, true
	case *ast.ChainNode:
		return flatten(n.Node)
	case *ast.MemberNode:
		if name, ok := n.Property.(*ast.StringNode); ok {
			head, ok := flatten(n.Node)
			return append(head, name.Value), ok
		}
	}
	return nil, false
}

// chains gathers the longest a.b.c in an expression, and where they begin.
type chains struct {
	found map[ast.Node][]string
	order []ast.Node
}

// Visit implements ast.Visitor; children come first.
func (c *chains) Visit(n *ast.Node) {
	switch node := (*n).(type) {
	case *ast.IdentifierNode:
	case *ast.MemberNode:
		if _, ok := flatten(node); !ok {
			return
		}
		delete(c.found, node.Node)
	case *ast.ChainNode:
		delete(c.found, node.Node)
	default:
		return
	}
	if chain, ok := flatten(*n); ok {
		c.found[*n] = chain
		c.order = append(c.order, *n)
	}
}

func chainsOf(n ast.Node) [][]string {
	c := chains{found: map[ast.Node][]string{}}
	ast.Walk(&n, &c)
	var out [][]string
	for _, node := range c.order {
		if chain := c.found[node]; chain != nil {
			out = append(out, chain)
		}
	}
	return out
}

// compile compiles an expression whose names are those of a row and of the
// first steps of the policy. Problems stand where text stands in the file.
func (c *compiler) compile(text *Text, code string, former int, anyType bool, src *Step) *program {
	if len(code) > maxExpression {
		c.problem(text.Pos(0), "%v: %d characters, at most %d", errTooLong, len(code), maxExpression)
		return nil
	}
	env := types.Map{}
	for name, t := range names().types {
		env[name] = t
	}
	for _, s := range c.policy.Steps[:former] {
		if s.ID != "" {
			env[s.ID] = names().types
		}
	}
	used := &chains{found: map[ast.Node][]string{}}
	wrong := false
	compared := &filter.Comparisons{
		Name: func(n ast.Node) string {
			chain, _ := flatten(n)
			if len(chain) > 1 && c.stepNamed(chain[0], former) >= 0 {
				chain = chain[1:]
			}
			return strings.Join(chain, ".")
		},
		Check: func(name, value string, where ast.Node) {
			if err := filter.Never(name, value, valueNames(name)); err != nil {
				wrong = true
				c.problem(text.Pos(where.Location().From), "%v", err)
			}
		},
	}
	options := append(filter.Options(), expr.Env(env), expr.Patch(used), expr.Patch(compared))
	if !anyType {
		options = append(options, expr.AsBool())
	}
	run, err := expr.Compile(code, options...)
	if err != nil {
		for n := 0; err != nil && n < maxUnknown; n++ { // the compiler stops at the first name that it does not know
			c.exprError(text, code, err)
			name := unknownIn(err)
			if name == "" {
				break
			}
			env[name] = types.Any
			_, err = expr.Compile(code, options...)
		}
		return nil
	}
	p := &program{run: run}
	ok := !wrong
	for _, node := range used.order {
		chain := used.found[node]
		if chain == nil {
			continue
		}
		from := node.Location().From
		if member, is := node.(*ast.MemberNode); is {
			for first, is := member, true; is; first, is = first.Node.(*ast.MemberNode) {
				from = first.Node.Location().From
			}
		}
		if !c.use(p, chain, former, text.Pos(from), src) {
			ok = false
		}
	}
	if !ok {
		return nil
	}
	return p
}

// use notes a value that an expression names.
func (c *compiler) use(p *program, chain []string, former int, at Pos, src *Step) bool {
	back := c.stepNamed(chain[0], former)
	rest := chain
	if back >= 0 {
		rest = chain[1:]
	}
	var v *value
	for n := len(rest); n > 0 && v == nil; n-- {
		v = names().byName[strings.Join(rest[:n], ".")]
	}
	if v == nil {
		if _, group := names().types[chain[0]]; !group && back < 0 {
			return true // a variable of the expression's own
		}
		c.problem(at, "%s is not a value but a group of values: name one, like %s.%s", strings.Join(chain, "."), strings.Join(chain, "."), c.example(rest))
		return false
	}
	index := slices.Index(c.set.values, v)
	if index < 0 {
		index = len(c.set.values)
		c.set.values = append(c.set.values, v)
	}
	if back >= 0 {
		if !slices.Contains(p.past, back) {
			p.past = append(p.past, back)
		}
		src = &c.policy.Steps[back]
		c.keep(back, index)
	} else if !slices.Contains(p.uses, index) {
		p.uses = append(p.uses, index)
	}
	return src == nil || c.fits(v, src, at)
}

// keep notes that a later step, or the message, wants a value of a step.
func (c *compiler) keep(step, index int) {
	if !slices.Contains(c.kept[step], index) {
		c.kept[step] = append(c.kept[step], index)
	}
}

// fits says whether some row that the step looks at can have the value: an
// argument that none of its calls has is a typing error.
func (c *compiler) fits(v *value, src *Step, at Pos) bool {
	if len(src.On) == 0 || len(v.path) != 2 || !slices.Contains([]string{"enter", "kernel", "exit", "args", "shown", "verdicts"}, v.path[0]) {
		return true
	}
	name := v.path[1]
	if slices.Contains(commonViews, name) {
		return true
	}
	var calls []string
	for _, on := range src.On {
		for _, target := range targets(on.Text) {
			if target.call == nil {
				return true // an event's own fields
			}
			calls = append(calls, target.call.Name)
			if slices.ContainsFunc(target.call.Args, func(a format.Arg) bool { return a.Name == name }) {
				return true
			}
		}
	}
	if len(calls) > 3 {
		calls = append(calls[:3], "…")
	}
	c.problem(at, "%s: none of the step's calls (%s) has an argument %s: tracerec list syscalls names them", strings.Join(v.path, "."), strings.Join(calls, ", "), name)
	return false
}

// commonViews stand for an argument whatever its name.
var commonViews = []string{"path", "address", "ip", "port", "family"}

func (c *compiler) example(rest []string) string {
	at := names().types
	for _, p := range rest {
		next, ok := at[p].(types.Map)
		if !ok {
			return "…"
		}
		at = next
	}
	for _, likely := range []string{"path", "exe", "flags", "pathname"} {
		if at[likely] != nil {
			return likely
		}
	}
	return sortedKeys(at)[0]
}

// unknownIn is the name, empty when the error is another one.
func unknownIn(err error) string {
	var e *file.Error
	if !errors.As(err, &e) {
		return ""
	}
	name, ok := strings.CutPrefix(e.Message, unknownName)
	if !ok {
		return ""
	}
	name, _, _ = strings.Cut(name, " ")
	return name
}

// exprError gives an expression's error its place in the file.
func (c *compiler) exprError(text *Text, code string, err error) {
	var e *file.Error
	if !errors.As(err, &e) {
		c.problem(text.Pos(0), "%v", err)
		return
	}
	offset := e.Column
	lines := strings.SplitAfter(code, "\n")
	for i := 0; i < e.Line-1 && i < len(lines); i++ {
		offset += len([]rune(lines[i]))
	}
	c.problem(text.Pos(offset), "%s%s", e.Message, filter.Hint(e.Message))
}

package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/parser"

	"github.com/tracerec/tracerec/format"
)

// Set is policies made ready to run. It is immutable: each session has a
// matcher of its own.
type Set struct {
	Policies []*Policy
	rules    []*rule
	values   []*value // that rows are asked for
	columns  []format.ColumnID
	judged   bool
	byEvent  [][]stepRef          // by event
	byCall   map[string][]stepRef // by syscall
	anyRow   []stepRef
}

// rule is a policy, compiled.
type rule struct {
	*Policy
	index   int
	steps   []*step
	message []piece
}

// step is one step, compiled. Its condition is taken apart at its "and"s: what
// looks at the row alone is asked once for each row, what looks at former steps
// too is asked for each match that waits. An equality between both finds
// those that wait by a hash.
type step struct {
	id    string
	own   *program // nil: always true
	cross *program // nil: always true
	// join: ownKey == the value of a former step that joinStep.joinName names
	ownKey   *program
	joinStep int
	joinName string
	keep     []int // values that later steps and the message want of this step
}

// NewSet compiles policies. Those with problems are left out.
func NewSet(policies []*Policy) (*Set, Problems) {
	s := &Set{byEvent: make([][]stepRef, len(format.Events)), byCall: map[string][]stepRef{}}
	var problems Problems
	names := map[string]*Policy{}
	for _, p := range policies {
		twice := names[p.Name]
		if twice == p {
			continue // named twice
		}
		if twice != nil && twice.File == p.File {
			continue // Parse has said so
		}
		if twice != nil {
			problems = append(problems, Problem{File: p.File, Pos: Pos{p.Line, 1}, Text: fmt.Sprintf("policy %q stands in %s too", p.Name, twice.File)})
			continue
		}
		names[p.Name] = p
		c := compiler{set: s, policy: p, kept: make([][]int, len(p.Steps))}
		r := c.rule()
		problems = append(problems, c.problems...)
		if c.problems.Err() != nil {
			continue
		}
		r.index = len(s.rules)
		s.rules, s.Policies = append(s.rules, r), append(s.Policies, p)
		c.dispatch(r)
	}
	s.columns = append(s.columns, format.ColTime, format.ColEvent, format.ColTID, format.ColStart, format.ColTGID, format.ColABI, format.ColNR)
	s.columns = append(append(s.columns, processColumns...), evidenceColumns()...)
	for _, v := range s.values {
		s.columns = append(s.columns, v.columns...)
		s.judged = s.judged || v.judged
	}
	slices.Sort(s.columns)
	s.columns = slices.Compact(s.columns)
	return s, problems.sorted()
}

// evidenceColumns are what show.Event needs to show the rows that matched.
func evidenceColumns() []format.ColumnID {
	cols := []format.ColumnID{
		format.ColDuration, format.ColRet, format.ColDev, format.ColIno, format.ColPath,
		format.ColArg0, format.ColArg1, format.ColArg2, format.ColArg3, format.ColArg4, format.ColArg5,
	}
	for _, s := range format.Slots[:2] {
		cols = append(cols, s.Enter, s.Kernel, s.Exit, s.EnterStatus, s.KernelStatus, s.ExitStatus, s.VMA, s.Len)
	}
	return cols
}

type compiler struct {
	set      *Set
	policy   *Policy
	kept     [][]int // by step
	problems Problems
}

func (c *compiler) problem(at Pos, layout string, args ...any) {
	c.problems = append(c.problems, Problem{File: c.policy.File, Pos: at, Text: fmt.Sprintf(layout, args...)})
}

func (c *compiler) rule() *rule {
	r := &rule{Policy: c.policy}
	for k := range c.policy.Steps {
		c.step(r, k)
	}
	c.message(r)
	return r
}

func (c *compiler) step(r *rule, k int) {
	src := &c.policy.Steps[k]
	s := &step{id: src.ID, joinStep: -1}
	r.steps = append(r.steps, s)
	c.checkNames(src)
	text := &src.When
	if strings.TrimSpace(text.Value) == "" {
		return
	}
	former := k
	if c.policy.AnyOrder {
		former = 0 // which steps have matched before is not known
	}
	if c.compile(text, text.Value, former, false, src) == nil {
		return
	}
	tree, err := parser.Parse(text.Value)
	if err != nil {
		return // compile has said so
	}
	var own, cross []string
	for _, part := range conjuncts(tree.Node) {
		switch chains := chainsOf(part); {
		case !c.looksBack(chains, former):
			own = append(own, part.String())
		case s.ownKey == nil && c.join(s, part, former):
		default:
			cross = append(cross, part.String())
		}
	}
	s.own, s.cross = c.all(own, former), c.all(cross, former)
}

// unknownName begins what the compiler of expressions says of a name that nothing has.
const (
	unknownName = "unknown name "
	maxUnknown  = 20 // that are told of one expression
)

// message takes "words {expression} words" apart. {{ is a brace.
func (c *compiler) message(r *rule) {
	text := &c.policy.Message
	s := text.Value
	words := ""
	for i := 0; i < len(s); {
		switch {
		case strings.HasPrefix(s[i:], "{{") || strings.HasPrefix(s[i:], "}}"):
			words += s[i : i+1]
			i += 2
		case s[i] == '{':
			end := strings.IndexByte(s[i:], '}')
			if end < 0 {
				c.problem(text.Pos(len([]rune(s[:i]))), "the brace is not closed")
				return
			}
			part := text.slice(i+1, i+end)
			if p := c.compile(&part, part.Value, len(c.policy.Steps), true, &c.policy.Steps[len(c.policy.Steps)-1]); p != nil {
				r.message = append(r.message, piece{words: words}, piece{program: p})
				words = ""
			}
			i += end + 1
		default:
			words += s[i : i+1]
			i++
		}
	}
	if words != "" {
		r.message = append(r.message, piece{words: words})
	}
	for k, s := range r.steps {
		s.keep = c.kept[k]
	}
}

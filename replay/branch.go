package replay

import (
	"fmt"
	"iter"
)

// Branch is a process in a drawn tree.
type Branch struct {
	*Process
	Depth    int
	Children []*Process
	First    string // before the line of the process
	Rest     string // before what stands below it
}

// Twigs are what a tree is drawn of: of a process that others follow, of the
// last one, and before what is below each.
type Twigs struct{ Fork, Last, BelowFork, BelowLast string }

// Branches gives the processes with what is drawn before them, parents first. Deeper than
// depth, the depth stands as a number.
func (t Tree) Branches(twigs Twigs, depth int) iter.Seq[Branch] {
	return func(yield func(Branch) bool) {
		type entry struct {
			proc   *Process
			depth  int
			prefix string
			last   bool
		}
		var stack []entry // not recursive: a forged file may be as deep as it is long
		push := func(list []*Process, depth int, prefix string) {
			for i := len(list) - 1; i >= 0; i-- {
				stack = append(stack, entry{list[i], depth, prefix, i == len(list)-1})
			}
		}
		push(t.Roots, 0, "")
		for len(stack) > 0 {
			e := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			b := Branch{Process: e.proc, Depth: e.depth, Children: t.Children[e.proc]}
			switch {
			case e.depth == 0:
			case e.depth > depth:
				b.First, b.Rest = fmt.Sprintf("%s…%d ", e.prefix, e.depth), e.prefix
			case e.last:
				b.First, b.Rest = e.prefix+twigs.Last, e.prefix+twigs.BelowLast
			default:
				b.First, b.Rest = e.prefix+twigs.Fork, e.prefix+twigs.BelowFork
			}
			if !yield(b) {
				return
			}
			push(b.Children, e.depth+1, b.Rest)
		}
	}
}

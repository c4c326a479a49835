// Package policy matches sequences and sets of rows within a time window and a
// process tree against rules that are written in YAML, with conditions in the
// language of filters over both sides of a call: what was shown (enter), what
// the kernel used (kernel), what stood there afterwards (exit), and the process.
//
//	Load, Parse  YAML → Policy, with every problem's line and column
//	NewSet       policies → programs that share one table of values
//	Set.Kind     the set as an analysis: a fold with bounded state
//
// docs/policies.md is the reference of the language. The package must not know single
// events: what conditions can name are the fields of package format/field.
package policy

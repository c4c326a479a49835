// Package replay folds the rows of a recording into the processes that
// there were: who created whom, what each was asked to run and what the
// kernel ran, how long it lived and how it ended.
//
// FoldTo gives the State at a moment, with what
// was open (Process.Files), where tasks are (Task.FS), mounts (State.MountsOf)
// and where a name begins to be looked up (State.Lookup). State.OnChange tells
// of every name that was made, removed or renamed.
//
// State is the fold. It takes rows in file order, in batches cut anywhere,
// and comes to the same result. Print draws it, and the rows as a timeline.
//
// It must not import analyze: findings are Marks that the caller has made. It knows no
// operating system: a recording of one machine is replayed on any other.
package replay

// Package verify checks that a trace is what its recorder wrote: every byte,
// the chain, the order of its rows, and that its counts agree.
//
// It must not judge what rows mean: a file that is whole can still tell of an attack.
package verify

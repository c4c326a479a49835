// Package analyze folds the rows of a trace into verdicts about syscall
// arguments, and states what those verdicts could not cover.
//
// An Analysis is a fold over batches in stream order with declared columns
// and bounded state; Kinds is their table. A Session runs several of them
// over one trace, puts findings into their process context and keeps count.
// What may be compared with what is data of package format (Syscalls,
// ArgWitness, Comparison): there is no code per syscall here.
//
// The package knows neither how rows were captured nor any operating system:
// a trace of one machine is analysed on any other.
package analyze

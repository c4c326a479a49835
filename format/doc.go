// Package format is the contract of tracerec: what an event is (the event,
// column and syscall tables), how rows are held in memory (Batch) and how
// they stand in a .trc file (Writer, Reader; see FORMAT.md).
//
// It imports nothing else of tracerec, and knows neither how events are
// captured nor what they mean together.
package format

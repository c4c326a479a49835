// Package redact keeps secrets out of a recording: what an expression matches is replaced by a
// keyed hash before a batch is written, in all views of an argument alike, so that no verdict
// changes.
//
// It knows rows, and which of their columns hold text (package format); nothing of the kernel,
// of files, or of where rows come from and go.
package redact

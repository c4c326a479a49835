// Package arrowio shows batches as Arrow records. It is the only package of
// tracerec that knows Arrow's types, so that Arrow can be replaced in a day.
//
// The .trc file is an Arrow stream without this package: format writes and
// reads it by itself. Here are the proof of that (the conformance test) and
// the conversion for exports.
//
// It must not know what a row means.
package arrowio

// Package export writes rows in the formats of other tools.
//
// Text from a trace is written so that no reader is deceived: escaped as
// show.Escape does, reversibly; in JSON, bytes that are not UTF-8 stand as
// {"hex":"…"}.
//
// It knows fields, and no file, verb or single event: it gets batches, and a writer.
package export

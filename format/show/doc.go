// Package show turns values into text by their kind: paths, argument
// vectors, socket addresses, flags, errors, times. It knows kinds and the
// tables of package format, and no single event.
//
// Whatever stands in a trace was chosen by somebody who may be hostile.
// Nothing that this package returns holds a control character, an escape
// sequence, invalid UTF-8 or an invisible character.
package show

// Package filter chooses rows by an expression over their fields, in the
// language of github.com/expr-lang/expr: syscall == "openat" && path startsWith "/etc".
//
// It knows fields, and no event, verb or file.
package filter

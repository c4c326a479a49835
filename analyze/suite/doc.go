// Package suite runs traces against what is expected of them: must find, must
// not find, counts, coverage, exit code. It is what tracerec test does.
//
// It knows analyses and policies, and records nothing: traces come from files or, as text, from format/text.
package suite

// Package fleet adds up the analyses of many hosts' files: coverage by host, and
// how rare a finding, an executable or a destination is among them. A file's part is a
// Summary; adding them up gives the same in any order. Memory is bounded by what is
// different, not by what there is.
//
// It must not know how the work is spread over processes or machines: that is cmd/tracerec's and
// the module fleet's.
package fleet

// Package report writes what analysis found in the forms that other tools
// read: SARIF, JUnit XML, Markdown. The table and JSON Lines, which stream, are
// package analyze's.
//
// Every string of a trace is hostile: text is escaped as on a terminal first,
// and then as the form demands.
//
// It must not judge: what a finding is worth was said by package analyze.
package report

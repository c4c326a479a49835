// Package fleettest makes the files of a fleet that does not exist out of real recordings: rows
// as they were recorded, under other hosts' names, boots and times. For tests and measurements;
// a header says that it was built, so no report can be mistaken for one about a real host.
//
// It must not be used by anything but tests and measurements, and knows no analysis.
package fleettest

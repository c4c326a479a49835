// Package field gives the values of a row by name, typed by what they mean:
// names where numbers have names, lists for sets of flags, wall time. Filters
// and exports are made of them. It knows the tables of package format, and no
// single event.
package field

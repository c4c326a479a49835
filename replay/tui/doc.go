// Package tui shows a recording on a terminal: the list of processes, the rows
// in order of time, one row in full with what was shown, used and left behind,
// and what there was at its moment.
//
// A file of any size opens at once: of the rows, only the blocks on the screen
// are decoded; processes and findings are found meanwhile.
//
// It must not import analyze: findings are Marks that the caller has made.
package tui

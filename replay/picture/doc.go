// Package picture draws a recording as one self-contained HTML page: a lane
// for each process, marks for what it did, a strip of rates with the losses,
// and every row in full behind its mark.
//
// The page needs no network and allows none (Content-Security-Policy). What
// stands in a trace is hostile: texts come from package show, which lets no
// control character through, and the page puts them into text nodes only.
//
// It must not know single events; which class a row is of follows from the
// groups of the event table. It must not import analyze: findings are Marks
// that the caller has made.
package picture

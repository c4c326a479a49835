// Package text writes a trace file as text and makes a file of such text: for
// looking at every value, for tests, and for people who must build a file by
// hand. What is built of a dump has the same rows in the same blocks, and is
// dumped to the same text.
//
//	tracerec text 1
//	id 00112233445566778899aabbccddeeff
//	header {"version":1,…}
//	block boottime=12 realtime=34
//	syscall time=5 tid=7 comm="cat" a_enter="/etc/passwd"	# openat("/etc/passwd") = 3
//	totals {"rows":1,…}
//
// A row begins with its event's name, then come the columns that are not 0 and
// not null: integers in decimal, bytes in quotes, escaped as package show does.
// What follows a tab and # is for people, and skipped. A file that is not sealed
// has no totals. The hashes are not in the text: they are made anew.
package text

//go:build linux

// Package drill holds our own harmless races. Each case runs in a process of
// its own, in a private directory, on loopback only, bounded in count and
// time, and writes down what really happened, so that a recording of it can
// be compared with the truth.
//
// A case is started by running this program again:
//
//	tracerec __drill CASE DIR [-n COUNT]
//
// main calls Dispatch before anything else. The caller makes DIR (0700),
// reads the truth from it with ReadTruth and removes it.
//
// It must not know the recorder or the verdicts: its truth is written down by the race itself.
package drill

//go:build linux

package recorder

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// keepPrivileges is for recordings of a test's own process, which has others to make.
var keepPrivileges = Operation{Privileges: Privileges{Keep: true}}

// The test binary is its own launcher, and leaves no goroutine behind.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		Dispatch()
		switch os.Args[1] {
		case callsArg:
			makeCalls()
			os.Exit(0)
		case whoArg:
			makeCallsAs()
			os.Exit(0)
		case dropArg:
			os.Exit(dropWatched())
		case floodArg:
			makeFlood()
			os.Exit(0)
		}
		if os.Args[1] == factsArg {
			makeFacts()
			os.Exit(0)
		}
		if os.Args[1] == copiesArg {
			makeCopies()
			os.Exit(0)
		}
	}
	goleak.VerifyTestMain(m)
}

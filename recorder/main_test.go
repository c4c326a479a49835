//go:build linux

package recorder

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"testing"

	"github.com/tracerec/tracerec/format"
	"go.uber.org/goleak"
)

// keepPrivileges is for recordings of a test's own process, which has others to make.
var keepPrivileges = Operation{Privileges: Privileges{Keep: true}}

// callsOf records the test binary doing what arg says, whole, and gives its calls: a batch
// and a row in it.
func callsOf(t *testing.T, arg string, o Options) iter.Seq2[*format.Batch, int] {
	t.Helper()
	if err := ProbeFeatures().check(); err != nil {
		t.Skip(err)
	}
	o.Output, o.Command, o.Operation = filepath.Join(t.TempDir(), "t.trc"), []string{"/proc/self/exe", arg}, keepPrivileges
	sum, err := Record(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if sum.Lost != 0 || sum.Corrupt != 0 || *sum.Exit != 0 {
		t.Fatalf("%d rows lost, %d corrupt, exit %v", sum.Lost, sum.Corrupt, *sum.Exit)
	}
	return func(yield func(*format.Batch, int) bool) {
		f, err := format.Open(o.Output)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for b, err := range f.Blocks(format.ReadOptions{Events: []format.EventID{format.EventSyscall}}) {
			if err != nil {
				t.Fatal(err)
			}
			for i := range b.N {
				if !yield(b, i) {
					return
				}
			}
		}
	}
}

// The test binary is its own launcher, and leaves no goroutine behind.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		Dispatch()
		switch os.Args[1] {
		case niceArg:
			if err := checkNice(); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		case callsArg:
			makeCalls()
			os.Exit(0)
		case whoArg:
			makeCallsAs()
			os.Exit(0)
		case openArg:
			openAll()
			os.Exit(0)
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

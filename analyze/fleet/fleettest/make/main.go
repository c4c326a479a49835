// Command make writes the recordings of a fleet that does not exist, of real ones:
//
//	go run ./analyze/fleet/fleettest/make -n 2000 -o DIR testdata/captures/*.trc
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/tracerec/tracerec/analyze/fleet/fleettest"
)

func main() {
	n := flag.Int("n", 2000, "recordings")
	hours := flag.Int("hours", 8, "recordings of each host")
	out := flag.String("o", "", "directory to write to")
	flag.Parse()
	if *out == "" || flag.NArg() == 0 || *n < 1 || *hours < 1 {
		fmt.Fprintln(os.Stderr, "make: -o DIR and recordings are needed")
		os.Exit(2)
	}
	if err := fleettest.Make(*out, flag.Args(), *n, *hours); err != nil {
		fmt.Fprintln(os.Stderr, "make: "+err.Error())
		os.Exit(1)
	}
}

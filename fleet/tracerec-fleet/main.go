// Command tracerec-fleet runs tracerec's analyses over many hosts' files on Apache Beam.
package main

import (
	"os"

	"github.com/tracerec/tracerec/fleet"
)

func main() { os.Exit(fleet.Main()) }

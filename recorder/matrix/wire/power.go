package wire

import (
	"fmt"
	"time"
)

// HotplugRounds is how often a processor is taken away and given back while it is recorded.
const HotplugRounds = 3

// PowerOpens is how many files are looked for between two changes of the machine.
const PowerOpens = 200

// SuspendFor is how long the machine is to be suspended (S3) while it is recorded.
const SuspendFor = 8 * time.Second

// PowerMark is the name of the files that are looked for before change i.
func PowerMark(i int) string { return fmt.Sprintf("change-%d", i) }

package wire

import (
	"fmt"
	"time"
)

// ClockSteps is by how much the guest's wall clock is set while it is recorded:
// ahead, behind where it was, and back.
var ClockSteps = []time.Duration{time.Hour, -2 * time.Hour, time.Hour}

// ClockPause is how long work goes on between two steps: the recorder looks at
// the clock with each block, which is written after a second at the latest.
const ClockPause = 5 * time.Second

// ClockMark is the name of a file that is looked for before step i.
func ClockMark(i int) string { return fmt.Sprintf("step-%d", i) }

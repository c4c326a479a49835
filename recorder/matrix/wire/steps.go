package wire

import "time"

// What the guest's driver is to do, and where it leaves what came of it.
const (
	StepsPath   = "/matrix/steps.json"
	ResultsPath = "/tmp/out/results.json"
	OutDir      = "/tmp/out"
)

// Step is one command of a boot. A step that fails does not end the boot.
type Step struct {
	Name    string
	Argv    []string
	Dirs    []string      // made first
	Unmount string        // unmounted first
	Timeout time.Duration // it is killed then

	// Luck names the drill cases of which one that is missed is run once more;
	// so is any whose calls are not all in the recording.
	Luck []string

	// Load runs while the command does, begun when it says that it is
	// recording; the command is then interrupted (SIGINT).
	Load [][]string
}

// StepResult is what became of a step.
type StepResult struct {
	Name           string
	Argv           []string
	Code           int // 128 + signal when it was killed
	Duration       time.Duration
	Stdout, Stderr string
	LoadCodes      []int

	Again *StepResult `json:",omitempty"` // the cases that were run once more
}

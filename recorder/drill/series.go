//go:build linux

package drill

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// SeriesVerb runs several cases one after the other, so that one recording
// holds them all: DIR CASE... Each case has its own directory below DIR.
const SeriesVerb = "__drill-series"

// SeriesArgv is the command that runs cases in dir.
func SeriesArgv(exe, dir string, cases []string) []string {
	return append([]string{exe, SeriesVerb, dir}, cases...)
}

// CaseDir is where a case of a series leaves its truth.
func CaseDir(dir, name string) string { return filepath.Join(dir, name) }

func series(args []string) int {
	if len(args) < 2 {
		return complain(CodeUsage, errors.New("want DIR CASE"))
	}
	dir, code := args[0], CodeOK
	for _, name := range args[1:] {
		if err := os.Mkdir(CaseDir(dir, name), 0o700); err != nil {
			return complain(CodeUsage, fmt.Errorf("work directory of %s: %w", name, err))
		}
		argv := Argv("/proc/self/exe", name, CaseDir(dir, name), 0)
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Stderr = os.Stderr
		err := cmd.Run()
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() == CodeUnavailable {
			continue // the truth says why
		}
		if err != nil {
			code = complain(CodeFailed, fmt.Errorf("%s: %w", name, err))
		}
	}
	return code
}

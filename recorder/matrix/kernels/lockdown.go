//go:build linux

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/tracerec/tracerec/recorder/matrix/wire"
)

// Modes of kernel lockdown. In the first of them the recorder works, in the
// second it cannot: what matters is that it says why.
const (
	integrity       = "integrity"
	confidentiality = "confidentiality"
)

func (t target) lockdownArg() string {
	if t.mode == "" {
		return ""
	}
	return "lockdown=" + t.mode
}

// refusedSteps ask everything that records, with and without the mode to be
// read: without securityfs it is told by what the kernel refuses.
func refusedSteps() (steps []wire.Step) {
	ask := func(suffix, unmount string) {
		for _, argv := range [][]string{
			{"doctor", "--json"},
			{"record", "-o", traceOf("record" + suffix), "--", "/bin/lookalikes", "list"},
			{"drill", "--json", "-o", traceOf("drill" + suffix), "openat2-swap"},
		} {
			steps = append(steps, wire.Step{Name: argv[0] + suffix, Argv: append([]string{"/bin/tracerec"}, argv...), Unmount: unmount, Timeout: stepTime})
			unmount = "" // once
		}
	}
	ask("", "")
	ask("-blind", "/sys/kernel/security")
	return steps
}

// refusal is what must be said, in one line each: the mode, what it refuses
// and the way out.
var refusal = []string{"lockdown is in confidentiality mode", "bpf_probe_read_kernel", "kprobes", "tracefs", "lockdown=integrity"}

// judgeRefused looks at what was said where nothing can be recorded.
func (b *boot) judgeRefused() {
	for name, s := range b.steps {
		said := s.Stderr
		if strings.HasPrefix(name, "doctor") {
			var d diagnosis
			if err := json.Unmarshal([]byte(s.Stdout), &d); err != nil {
				b.fail(name+" answers", "exit code %d, %v: %s", s.Code, err, lastLines(s.Stderr, 3))
				continue
			}
			b.expect(!d.CanRecord, name+": recording is not possible", "it says that it is")
			said = d.Why
		}
		said = strings.TrimSpace(said)
		b.expect(s.Code == 2, name+" ends with 2", "with %d: %s", s.Code, lastLines(said, 3))
		var missing []string
		for _, word := range refusal {
			if !strings.Contains(said, word) {
				missing = append(missing, word)
			}
		}
		b.expect(len(missing) == 0, name+" says what is refused", "no %q in %q", missing, lastLines(said, 3))
		b.expect(!strings.Contains(said, "\n") && !strings.Contains(said, "verifier") && !strings.Contains(said, "permission denied"),
			name+" says so in one line, without the verifier's words", "%q", lastLines(said, 3))
		_, err := os.Stat(filepath.Join(b.dir, name+".trc"))
		b.expect(os.IsNotExist(err), name+" leaves no file", "%v", err)
	}
}

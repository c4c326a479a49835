//go:build linux

package recorder

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// Hooks of one rung, state and reason are one line; all of them are on Debug.
func TestWitnessesAreSummedUp(t *testing.T) {
	list := []format.Witness{
		{Event: "syscall", Hook: "tp_btf/sys_exit", State: format.WitnessActive},
		{Event: "exec", Hook: "tp_btf/sched_process_exec", State: format.WitnessActive},
		{Event: "bprm_check", Hook: "fentry/security_bprm_check", State: format.WitnessRefused, Why: "EPERM"},
		{Event: "bprm_check", Hook: "kprobe/security_bprm_check", State: format.WitnessMissing, Why: "no kprobes"},
	}
	for i := range 40 {
		list = append(list, format.Witness{Event: fmt.Sprint("e", i), Hook: fmt.Sprint("lsm/h", i), State: format.WitnessRefused, Why: "EPERM"})
	}
	list = append(list, format.Witness{Event: "late", Hook: "lsm/late", State: format.WitnessRefused, Why: "other"})
	lines := func(level slog.Level) []string {
		var out bytes.Buffer
		drop := func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
				return slog.Attr{}
			}
			return a
		}
		logWitnesses(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level, ReplaceAttr: drop})), list)
		return strings.Split(strings.TrimSpace(out.String()), "\n")
	}
	want := []string{
		`msg="witnesses active" rung=tp_btf hooks="sys_exit sched_process_exec" why=""`,
		`msg="witnesses refused" rung=fentry hooks=security_bprm_check why=EPERM`,
		`msg="witnesses missing" rung=kprobe hooks=security_bprm_check why="no kprobes"`,
		`msg="witnesses refused" rung=lsm hooks="h0 h1 h2 h3 h4 h5 … (40 in all)" why=EPERM`,
		`msg="witnesses refused" rung=lsm hooks=late why=other`,
	}
	if got := lines(slog.LevelInfo); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := lines(slog.LevelDebug); len(got) != len(want)+len(list) {
		t.Errorf("%d lines of %d hooks and %d sums", len(got), len(list), len(want))
	}
}

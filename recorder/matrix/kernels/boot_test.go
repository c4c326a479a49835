//go:build linux

package main

import (
	"fmt"
	"testing"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/recorder/matrix/wire"
)

func TestEmulatorFaults(t *testing.T) {
	for _, c := range []struct {
		name, console string
		want          bool
	}{
		{"6.12", "[   57.757574] Oops: int3: 0000 [#2] PREEMPT SMP NOPTI\n", true},
		{"5.10", "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [tracerec:2140]\n" +
			"RIP: 0010:syscall_trace_enter.constprop.0+0xed/0x1b0\nCode: c4 ff ff ff ff e9 64 ff ff ff <66> 66 66 66 90 e9 3c ff ff ff 48\n", true},
		{"a loop of its own", "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [tracerec:2140]\n" +
			"RIP: 0010:bpf_prog_run+0xed/0x1b0\nCode: c4 ff ff ff ff e9 64 ff ff ff <48> 8b 55 68 f6 40 08\n", false},
		{"a timer that never fires", "[ 1043.995985] rcu: rcu_preempt kthread timer wakeup didn't happen for 5251 jiffies! g-1107 f0x0 RCU_GP_WAIT_FQS(5) ->state=0x402\n", true},
		{"a stall of its own", "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\nrcu: rcu_preempt kthread starved for 5252 jiffies!\n", false},
		{"a null pointer", "BUG: kernel NULL pointer dereference, address: 0000000000000010\nOops: 0000 [#1]\n", false},
	} {
		if got := emulatorFault.MatchString(c.console); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestTargets(t *testing.T) {
	got, err := parseTargets("5.10, 6.12", "on off", "amd64", "none")
	if err != nil || len(got) != 4 || got[1] != (target{line: "5.10"}) {
		t.Error(got, err)
	}
	for _, bad := range [][4]string{
		{"6.99", "on", "amd64", "none"}, {"6.12", "maybe", "amd64", "none"}, {"", "on", "amd64", "none"}, {"6.12", "on", "sparc", "none"}, {"6.12", "on", "amd64", "open"},
	} {
		if _, err := parseTargets(bad[0], bad[1], bad[2], bad[3]); err == nil {
			t.Errorf("kernels, lsm, arch, lockdown %q: no error", bad)
		}
	}
}

func TestAbsences(t *testing.T) {
	if _, ok := (target{line: "6.12", lsm: true}).designed("hook lsm"); ok {
		t.Error("lsm hooks may not be absent where bpf is in lsm=")
	}
	if why, ok := (target{line: "6.12"}).designed("hook file_open/lsm", "hook lsm"); !ok || why == "" {
		t.Error("lsm hooks are absent by design where bpf is not in lsm=")
	}
}

func TestUnlucky(t *testing.T) {
	c := func(change func(*drillCase)) drillCase {
		d := drillCase{Case: "connect-flip-tcp", Result: "missed", Attempts: 9, Matched: 9, Witnessed: 9, Agree: 9, Verdicts: map[string]uint64{"consistent": 8, "post-use-change": 1}}
		change(&d)
		return d
	}
	for name, change := range map[string]func(*drillCase){
		"caught":                       func(d *drillCase) { d.Result = "ok" },
		"not a race":                   func(d *drillCase) { d.Case = "openat2-swap" },
		"never run":                    func(d *drillCase) { d.Attempts, d.Matched, d.Witnessed, d.Agree, d.Verdicts = 0, 0, 0, 0, nil },
		"a call not in the recording":  func(d *drillCase) { d.Matched-- },
		"a call without a kernel view": func(d *drillCase) { d.Witnessed-- },
		"a kernel view that is wrong":  func(d *drillCase) { d.Agree-- },
		"an inconclusive call":         func(d *drillCase) { d.Verdicts["consistent"]--; d.Verdicts["inconclusive"]++ },
	} {
		if d := c(change); d.unlucky() {
			t.Errorf("%s is not for want of luck", name)
		}
	}
	if d := c(func(*drillCase) {}); !d.unlucky() {
		t.Error("every call did what its program showed: the race was not won")
	}
}

func TestGaps(t *testing.T) {
	c := drillCase{Result: "missed", Attempts: 100, Matched: 98, Witnessed: 97, Agree: 97, Verdicts: map[string]uint64{"consistent": 90, "inconclusive": 8}}
	if !c.gaps() {
		t.Error("ten calls of a hundred without a verdict, all others right: gaps")
	}
	for name, change := range map[string]func(*drillCase){
		"too many":         func(d *drillCase) { d.Matched = 50 },
		"none":             func(d *drillCase) { d.Matched, d.Verdicts = 100, map[string]uint64{"consistent": 100} },
		"a view is wrong":  func(d *drillCase) { d.Agree-- },
		"not even started": func(d *drillCase) { *d = drillCase{Result: "missed"} },
	} {
		d := c
		if change(&d); d.gaps() {
			t.Errorf("%s: not gaps", name)
		}
	}
}

// TestJudgeDrill feeds a drill's answer: what is luck, what is not.
func TestJudgeDrill(t *testing.T) {
	line := func(result string, attempts, matched, witnessed, agree int) string {
		return fmt.Sprintf(`{"case":"open-steady","result":%q,"attempts":%d,"matched":%d,"witnessed":%d,"agree":%d,"verdicts":{}}`, result, attempts, matched, witnessed, agree)
	}
	for _, c := range []struct {
		name, first, again string
		lost               uint64
		want               status
	}{
		{"all well", line("ok", 5, 5, 5, 5), "", 0, passed},
		{"a view that is not the truth", line("ok", 5, 5, 5, 4), "", 0, failed},
		{"a call that failed, whose truth nobody knows", line("ok", 5, 5, 4, 4), "", 0, passed},
		{"calls gone though nothing was lost", line("ok", 5, 4, 4, 4), "", 0, failed},
		{"calls lost, then not", line("missed", 5, 4, 4, 2), line("ok", 5, 5, 5, 5), 1, passed},
		{"calls lost twice", line("missed", 5, 4, 4, 2), line("missed", 5, 4, 4, 2), 1, failed},
	} {
		rec := &recording{coverage: &analyze.Coverage{Lost: &analyze.Losses{Total: c.lost}}}
		b := &boot{target: target{line: "6.12", lsm: true}, traces: map[string]*recording{"drill": rec, "drill-again": rec}}
		s := &wire.StepResult{Name: "drill", Stdout: c.first}
		if c.again != "" {
			s.Again = &wire.StepResult{Name: "drill-again", Stdout: c.again}
		}
		b.judgeDrill(s)
		got := passed
		for _, k := range b.checks {
			got = max(got, k.status)
		}
		if got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

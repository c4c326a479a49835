//go:build linux

package main

import "testing"

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
		{"a null pointer", "BUG: kernel NULL pointer dereference, address: 0000000000000010\nOops: 0000 [#1]\n", false},
	} {
		if got := emulatorFault.MatchString(c.console); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestTargets(t *testing.T) {
	got, err := parseTargets("5.10, 6.12", "on off")
	if err != nil || len(got) != 4 || got[1] != (target{"5.10", false}) {
		t.Error(got, err)
	}
	for _, bad := range [][2]string{{"6.99", "on"}, {"6.12", "maybe"}, {"", "on"}} {
		if _, err := parseTargets(bad[0], bad[1]); err == nil {
			t.Errorf("kernels %q, lsm %q: no error", bad[0], bad[1])
		}
	}
}

func TestAbsences(t *testing.T) {
	if _, ok := (target{"6.12", true}).designed("hook lsm"); ok {
		t.Error("lsm hooks may not be absent where bpf is in lsm=")
	}
	if why, ok := (target{"6.12", false}).designed("hook file_open/lsm", "hook lsm"); !ok || why == "" {
		t.Error("lsm hooks are absent by design where bpf is not in lsm=")
	}
}

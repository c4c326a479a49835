//go:build linux

package recorder

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// everything is a kernel that has all that there is.
var everything = Features{
	Release: "6.12.0", BTF: true, TaskStorage: true, FindVMA: true, Exchange: true, Kprobes: true,
	LSMList: []string{"lockdown", "capability", "bpf"}, Cgroup2: "/sys/fs/cgroup",
}

// tried lists the hooks of an event that a plan would try, best first.
func tried(p Plan, event format.EventID) (hooks []string) {
	for _, a := range p.Attachments {
		if a.Event == event && a.State == "" {
			hooks = append(hooks, hookName(a.Hook))
		}
	}
	return hooks
}

func TestPlanTriesEveryRungThatTheKernelMayHave(t *testing.T) {
	without := func(change func(*Features)) Features {
		f := everything
		change(&f)
		return f
	}
	for _, c := range []struct {
		name  string
		f     Features
		allow string
		event format.EventID
		want  string
		why   string // of the first that is not tried
	}{
		{"all rungs", everything, "", format.EventFileOpen, "lsm/file_open fentry/security_file_open kprobe/security_file_open", ""},
		{"bpf not in lsm=", without(func(f *Features) { f.LSMList = []string{"capability"} }), "", format.EventFileOpen, "fentry/security_file_open kprobe/security_file_open", "lsm=…,bpf"},
		{"the list of LSMs cannot be read", without(func(f *Features) { f.LSMList = nil }), "", format.EventFileOpen, "lsm/file_open fentry/security_file_open kprobe/security_file_open", ""},
		{"no kprobes", without(func(f *Features) { f.Kprobes = false }), "", format.EventBprmCheck, "lsm/bprm_check_security fentry/security_bprm_check", "CONFIG_KPROBES"},
		{"no cgroup v2", without(func(f *Features) { f.Cgroup2 = "" }), "", format.EventCgroupConnect, "", "cgroup v2 is not mounted"},
		{"only lsm", everything, "lsm", format.EventSocketBind, "lsm/socket_bind", "--witness leaves it out"},
		{"only fentry and kprobe", everything, "fentry, kprobe", format.EventFileOpen, "fentry/security_file_open kprobe/security_file_open", "--witness leaves it out"},
		{"no putname", everything, "lsm", format.EventPutname, "", "--witness leaves it out"},
		{"the tracepoint rung", everything, "tracepoint", format.EventFileOpen, "", "--witness leaves it out"},
		{"exec is never forbidden", everything, "cgroup", format.EventExec, "tp_btf/sched_process_exec", ""},
		{"what recording needs is never forbidden", everything, "cgroup", format.EventSyscall, "tp_btf/sys_enter tp_btf/sys_exit iter/task", ""},
	} {
		allow, err := ParseRungs(c.allow)
		if err != nil {
			t.Fatal(err)
		}
		p := planFor(format.Events, c.f, allow, 0, nil)
		if got := strings.Join(tried(p, c.event), " "); got != c.want {
			t.Errorf("%s: %s tries %q, want %q", c.name, format.Events[c.event].Name, got, c.want)
		}
		for _, a := range p.Attachments {
			if (a.State == "") != (a.Skip == "") {
				t.Errorf("%s: %s is %q because of %q", c.name, hookName(a.Hook), a.State, a.Skip)
			}
			if a.Needed && a.State != "" && a.Hook.Program != "cgroup_attach_task" && a.Hook.Program != "scope_rename" {
				t.Errorf("%s: %s is needed, but %s", c.name, hookName(a.Hook), a.Skip)
			}
			if c.why != "" && a.Event == c.event && a.State != "" {
				if !strings.Contains(a.Skip, c.why) {
					t.Errorf("%s: %s is not tried: %q, want %q", c.name, hookName(a.Hook), a.Skip, c.why)
				}
				c.why = ""
			}
		}
	}
}

// Moves into a cgroup matter only where a cgroup is the scope.
func TestPlanFollowsTheScope(t *testing.T) {
	for _, byCgroup := range []bool{false, true} {
		kinds := scopeKinds(0)
		if byCgroup {
			kinds = 1 << scopeCgroup
		}
		hooks := tried(planFor(format.Events, everything, 0, kinds, nil), format.EventTask)
		if slices.Contains(hooks, "tp_btf/cgroup_attach_task") != byCgroup {
			t.Errorf("scope by cgroup %v: %q", byCgroup, hooks)
		}
	}
	if hooks := tried(planFor(format.Events, everything, 0, 1<<scopeComm, nil), format.EventTask); !slices.Contains(hooks, "tp_btf/task_rename") {
		t.Errorf("scope by name: %q", hooks)
	}
}

// The counters of the self-test are numbered as the generated header numbers
// the programs: by the table, whatever is tried.
func TestPlanNumbersAreThoseOfTheTable(t *testing.T) {
	n := 0
	all, err := format.ParseSelection([]string{"all"})
	if err != nil {
		t.Fatal(err)
	}
	full, bare := planFor(format.Events, everything, 0, 1<<scopeCgroup, all), planFor(format.Events, Features{LSMList: []string{}}, format.RungCgroup, 0, all)
	if len(full.Attachments) != len(bare.Attachments) {
		t.Fatalf("%d attachments, %d on a bare kernel", len(full.Attachments), len(bare.Attachments))
	}
	for i, a := range full.Attachments {
		if a.Index != i || bare.Attachments[i].Index != i || a.Hook.Program != bare.Attachments[i].Hook.Program {
			t.Errorf("attachment %d: %s has number %d, on a bare kernel %d", i, a.Hook.Program, a.Index, bare.Attachments[i].Index)
		}
		n++
	}
	if n < 15 {
		t.Errorf("only %d hooks were visited", n)
	}
}

func TestParseRungs(t *testing.T) {
	for text, want := range map[string]format.Rung{
		"": 0, "lsm": format.RungLSM, " lsm ,putname": format.RungLSM | format.RungPutname,
		"tracepoint": format.RungPutname | format.RungExec | format.RungCgroup | format.RungObject | format.RungTrace,
	} {
		if got, err := ParseRungs(text); err != nil || got != want {
			t.Errorf("%q: %#x, %v; want %#x", text, got, err, want)
		}
	}
	if _, err := ParseRungs("lsm,tea"); err == nil || !strings.Contains(err.Error(), `"tea"`) {
		t.Error(err)
	}
}

func TestMissingNeedsAreNamed(t *testing.T) {
	for want, f := range map[string]Features{
		"CAP_BPF and CAP_PERFMON missing": {MissingCaps: []string{"CAP_BPF", "CAP_PERFMON"}, BTF: true},
		"CONFIG_DEBUG_INFO_BTF":           {},
		"lockdown=integrity":              {BTF: true, Lockdown: "confidentiality"},
		"bpf_probe_read_kernel":           {BTF: true, NoKernelReads: true},
	} {
		if err := f.check(); !errors.Is(err, ErrCannotRecord) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: %v, want %q", f, err, want)
		}
	}
}

// optional events are those whose hooks no self-test can provoke: on an idle
// machine nobody makes an io_uring.
func optional(event string) bool {
	return slices.ContainsFunc(format.Events, func(e format.Event) bool { return e.Name == event && e.Groups != 0 })
}

// Trying everything leaves nothing behind: no process, no goroutine (see
// TestMain), and it can be done again at once.
func TestDiagnoseTwice(t *testing.T) {
	first := Diagnose(0)
	if !first.CanRecord {
		t.Skip("recording is not possible here: " + first.Why)
	}
	second := Diagnose(format.RungPutname)
	if !second.CanRecord || len(second.Witnesses) != len(first.Witnesses) {
		t.Errorf("the second time: %v, %d witnesses, not %d", second.Why, len(second.Witnesses), len(first.Witnesses))
	}
	for i, w := range first.Witnesses {
		if w.State == format.WitnessUntried && w.Event != "task" && !optional(w.Event) {
			t.Errorf("%s was not tried", w.Hook)
		}
		if x := second.Witnesses[i]; x.State == format.WitnessActive && x.Rung&^(format.RungPutname|format.RungExec) != 0 {
			t.Errorf("%s is active, but was forbidden", x.Hook)
		}
	}
}

//go:build linux

package recorder

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tracerec/tracerec/format"
)

// Check is one line of the doctor's answer.
type Check struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Says string `json:"says"`
	Fix  string `json:"fix,omitempty"` // how to get it, where it can be had
}

// Diagnosis is what this kernel and these privileges allow.
type Diagnosis struct {
	Kernel    string           `json:"kernel"`
	CanRecord bool             `json:"can_record"`
	Checks    []Check          `json:"checks"`
	Witnesses []format.Witness `json:"witnesses,omitempty"` // found by attaching and firing each
	Why       string           `json:"why,omitempty"`       // recording is impossible, or none of the rungs asked for is active
	Summary   string           `json:"summary"`             // all of it in one sentence
}

// Diagnose tries everything that recording needs, on a process of its own,
// and records nothing. It leaves nothing attached.
func Diagnose(allow format.Rung) *Diagnosis {
	d := diagnose(allow)
	d.summarize(allow)
	return d
}

func diagnose(allow format.Rung) *Diagnosis {
	f := ProbeFeatures()
	d := &Diagnosis{Kernel: f.Release}
	add := func(name string, ok bool, yes, no, fix string) {
		c := Check{Name: name, OK: ok, Says: yes}
		if !ok {
			c.Says, c.Fix = no, fix
		}
		d.Checks = append(d.Checks, c)
	}
	add("privileges", len(f.MissingCaps) == 0, "CAP_BPF and CAP_PERFMON are effective",
		strings.Join(f.MissingCaps, " and ")+" missing", "run as root, or: setcap cap_bpf,cap_perfmon,cap_net_admin+ep tracerec")
	add("type information", f.BTF, btfPath+" is there", btfPath+" is missing", "use a kernel built with CONFIG_DEBUG_INFO_BTF")
	add("lockdown", !f.confidential(), orNone(f.Lockdown), "confidentiality mode: "+refusedByLockdown, "boot with lockdown=integrity")
	if len(f.MissingCaps) > 0 {
		d.Why = f.check().Error() // what the kernel has cannot be told without them
		return d
	}
	add("task storage", f.TaskStorage, "there: the state of a task is found in constant time", "not there: a hash table of tasks is used", "5.11 or later")
	add("kind of mapping", f.FindVMA, "bpf_find_vma is there: unreadable arguments are classified", "bpf_find_vma is not there: unreadable arguments stay unclassified", "5.17 or later")
	add("atomic exchange", f.Exchange, "there", "not there: nor is preemption inside programs, so it is not needed", "5.12 or later")
	add("kprobes", f.Kprobes, "there", "not there", "a kernel with CONFIG_KPROBES; not needed where lsm or fentry work")
	switch {
	case f.LSMList == nil:
		add("bpf LSM", false, "", "the active LSMs cannot be read: the self-test decides", "mount -t securityfs none /sys/kernel/security")
	default:
		list := strings.Join(f.LSMList, ",")
		add("bpf LSM", strings.Contains(","+list+",", ",bpf,"), "in the active list ("+list+")", "not in the active list ("+list+"): lsm programs would never fire", "boot with lsm="+list+",bpf; fentry serves as well")
	}
	add("cgroup v2", f.Cgroup2 != "", "mounted on "+f.Cgroup2, "not mounted: no exact view of connect and bind without LSM or fentry", "mount -t cgroup2 none /sys/fs/cgroup")

	if err := f.check(); err != nil {
		d.Why = err.Error()
		return d
	}
	witnesses, err := tryAll(f, allow)
	d.Witnesses = witnesses
	if err != nil {
		d.Why = err.Error()
		return d
	}
	d.CanRecord = true
	return d
}

// summarize states the outcome.
func (d *Diagnosis) summarize(allow format.Rung) {
	asked := allow == 0
	for i := range d.Witnesses {
		w := &d.Witnesses[i]
		asked = asked || attached(w) && w.Rung&allow != 0
	}
	if !d.CanRecord {
		d.Summary = "recording is not possible: " + strings.TrimPrefix(d.Why, ErrCannotRecord.Error()+": ")
		return
	}
	d.Summary = "recording is possible; exact names by: " + d.seenBy(format.KindPath) + "; addresses by: " + d.seenBy(format.KindSockAddr)
	if !asked {
		d.Why = "none of the witnesses asked for is active here (" + strings.Join(namesOf(allow), ", ") + "): see the table for the reasons"
		d.Summary += "; but " + d.Why
	}
}

func attached(w *format.Witness) bool {
	return w.State == format.WitnessActive || w.State == format.WitnessUntried
}

// namesOf names rungs as --witness takes them.
func namesOf(r format.Rung) []string {
	var names []string
	for _, is := range format.RungNames {
		if is.Name != "tracepoint" && is.Rungs&r != 0 {
			names = append(names, is.Name)
		}
	}
	slices.Sort(names)
	return names
}

// partly says what a comparison that is not exact leaves of an address.
var partly = map[format.Comparison]string{
	format.CompareEndpoint: " (family, address and port)",
	format.CompareSunPath:  " (paths of unix sockets)",
}

// seenBy names the rungs in use that show the kernel's value of arguments of a kind.
func (d *Diagnosis) seenBy(kind format.Kind) string {
	var by []string
	for i := range d.Witnesses {
		w := &d.Witnesses[i]
		if name, ok := shows(w, kind); ok && !slices.Contains(by, name) {
			by = append(by, name)
		}
	}
	if len(by) == 0 {
		return "nothing here"
	}
	return strings.Join(by, ", ")
}

func rungName(r format.Rung) string {
	if r == format.RungExec {
		return "exec (of programs that are executed)"
	}
	return strings.Join(namesOf(r), ", ")
}

func shows(w *format.Witness, kind format.Kind) (string, bool) {
	if !attached(w) {
		return "", false
	}
	for i := range format.Syscalls {
		for _, v := range format.Syscalls[i].Views {
			for _, a := range v.Witness {
				if v.Kind == kind && a.Compare != format.CompareObject && a.Rung&w.Rung != 0 && format.Events[a.Event].Name == w.Event {
					return rungName(w.Rung) + partly[a.Compare], true
				}
			}
		}
	}
	return "", false
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// tryAll attaches as a recording would, runs the self-test and detaches.
func tryAll(f Features, allow format.Rung) (w []format.Witness, err error) {
	k, err := newKernel(kernelConfig{features: f, ringWitness: 1 << 16, ringPlain: 1 << 16, wakeup: 1 << 16, scope: &kernelScope{}})
	if err != nil {
		return nil, err
	}
	defer k.close()
	l, err := launch(nil, nil)
	if err != nil {
		return nil, err
	}
	defer l.abandon()
	if err := k.mark(l.cmd.Process.Pid, l.pidfd, modeSelfTest); err != nil {
		return nil, err
	}
	plan := planFor(format.Events, f, allow, 0, nil)
	w, err = attachAll(k, &plan, l.provoke)
	if err != nil && !errors.Is(err, ErrCannotRecord) {
		err = fmt.Errorf("%w: %v", ErrCannotRecord, err)
	}
	return w, err
}

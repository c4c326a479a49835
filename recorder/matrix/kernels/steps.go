//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"time"

	"github.com/tracerec/tracerec/recorder/drill"
	"github.com/tracerec/tracerec/recorder/matrix"
	"github.com/tracerec/tracerec/recorder/matrix/wire"
)

const module = "github.com/tracerec/tracerec"

// programs are what goes into the guests of an architecture, all of it static.
type programs struct {
	init  string            // pid 1
	files map[string]string // guest path → host path
}

// builds makes the programs of each architecture once, when first asked.
type builds map[string]func() (programs, error)

// build makes them.
func build(ctx context.Context, arch, dir string) (programs, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return programs{}, err
	}
	p := programs{init: filepath.Join(dir, "init")}
	if err := matrix.BuildInit(ctx, arch, p.init); err != nil {
		return p, err
	}
	var err error
	p.files, err = buildFiles(ctx, arch, dir)
	return p, err
}

func buildFiles(ctx context.Context, arch, dir string) (map[string]string, error) {
	files := map[string]string{}
	for name, pkg := range map[string]string{"tracerec": module + "/cmd/tracerec", "guest": module + "/recorder/matrix/guest"} {
		out := filepath.Join(dir, name)
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", out, pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
		if msg, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build %s: %w: %s", pkg, err, msg)
		}
		files["/bin/"+name] = out
	}
	sources, _ := filepath.Glob(filepath.Join("testdata", "programs", "lookalikes", "*.c"))
	if len(sources) == 0 {
		return nil, fmt.Errorf("testdata/programs/lookalikes: no sources; run this in the repository's root")
	}
	out := filepath.Join(dir, "lookalikes")
	args := append([]string{"-static", "-pthread", "-O1", "-o", out}, sources...)
	if msg, err := exec.CommandContext(ctx, matrix.Compiler(arch), args...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build lookalikes for %s: %w: %s", arch, err, msg)
	}
	files["/bin/lookalikes"] = out
	return files, nil
}

// A recording in which hooks are the only witnesses of most arguments.
var hookCases = []string{
	"open-flip", "exec-flip", "connect-flip-tcp", "bind-flip", "openat2-swap", "exec-argv-swap", "open-steady", "exec-steady", "connect-steady",
}

// The same in short, for a rung that another boot proves at length.
var hookCasesShort = []string{"openat2-swap", "exec-argv-swap", "exec-steady", "connect-steady", "bind-flip"}

// traceOf is where a step leaves its recording in the guest.
func traceOf(step string) string { return path.Join(wire.OutDir, step+".trc") }

// stepTime is by the guest's clock, which a busy host does not slow down: it is
// forty times what the longest step takes on a quiet one, and the last resort.
// What hangs is found by the runner, whose clock is fair (silence).
const stepTime = 40 * time.Minute

// steps are what a boot does.
func (t target) steps() []wire.Step {
	drillStep := func(name, witness string, cases []string) wire.Step {
		argv := []string{"/bin/tracerec", "drill", "--json", "-o", traceOf(name)}
		if witness != "" {
			argv = append(argv, "--witness", witness)
		}
		if cases != nil {
			argv = append(append(argv, "--"), cases...)
		}
		return wire.Step{Name: name, Argv: argv, Timeout: stepTime, Luck: lucky()}
	}
	switch t.mode {
	case confidentiality:
		return refusedSteps()
	case integrity: // what we advise: it must work
		return []wire.Step{
			{Name: "doctor", Argv: []string{"/bin/tracerec", "doctor", "--json"}, Timeout: stepTime},
			drillStep("hooks", "", hookCasesShort),
		}
	}
	benign := []string{"/bin/lookalikes", "all", "/tmp/look"}
	steps := []wire.Step{
		{Name: "doctor", Argv: []string{"/bin/tracerec", "doctor", "--json"}, Timeout: stepTime},
		drillStep("drill", "", nil),
		drillStep("hooks", "lsm,fentry", hookCases), // with no putname: rung 1 where bpf is in lsm=, else rung 2
	}
	if t.lsm {
		steps = append(steps, drillStep("fentry", "fentry", hookCasesShort))
	}
	cases := hookCasesShort
	if t == simulated {
		cases = hookCases
	}
	steps = append(steps,
		drillStep("kprobe", "kprobe", cases), // as on a kernel without trampolines and BPF LSM
		wire.Step{
			Name: "benign", Timeout: stepTime, Dirs: []string{"/tmp/look"},
			Argv: append([]string{"/bin/tracerec", "record", "-o", traceOf("benign"), "--"}, benign...),
		},
		wire.Step{ // of everything that can be selected, by everybody
			Name: "host", Timeout: stepTime, Dirs: []string{"/tmp/look-host"}, Argv: []string{"/bin/tracerec", "record", "-e", "all", "-o", traceOf("host")},
			Load: [][]string{{"/bin/lookalikes", "all", "/tmp/look-host"}},
		},
		clockStep(),
	)
	if t.arch == "" { // the others' emulators have neither
		steps = append(steps, powerStep("hotplug"), powerStep("suspend"))
	}
	if !t.lsm {
		// Without the list of LSMs only the self-test can tell that lsm hooks never fire.
		steps = append(steps, wire.Step{
			Name: "blind", Unmount: "/sys/kernel/security", Argv: []string{"/bin/tracerec", "doctor", "--json"}, Timeout: stepTime,
		})
	}
	return steps
}

// simulated is the boot that runs the long set with kprobes only.
var simulated = target{line: "6.12"}

// lucky names the drill cases whose outcome is luck.
func lucky() (names []string) {
	for _, c := range drill.Cases {
		if !c.Deterministic {
			names = append(names, c.Name)
		}
	}
	return names
}

// writeSteps writes the steps where the guest's driver finds them.
func writeSteps(name string, steps []wire.Step) error {
	data, err := json.Marshal(steps)
	if err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o644)
}

package main

import (
	"fmt"

	"github.com/spf13/pflag"

	"github.com/tracerec/tracerec/recorder"
)

// scopeHelp is what record's help says of the conditions.
const scopeHelp = `Conditions narrow that down, and stand alone too: without a command and -p they
are asked of every task of the host. A task must satisfy one value of each kind
that is given (--uid 1000 --uid 1001 --comm sh: either user, and the name sh) and
none that excludes. They are asked when a task is created, executes, changes its
ids or namespaces, is renamed, or is moved into another cgroup; its calls are
recorded from then on, and no longer when it ceases to satisfy them, while the
execve, the exit and the children of a task that was recorded stay known. A command's own
execve is always recorded. Tracerec itself never is.

--path and --failed choose among the calls of the tasks that are recorded:
processes, credentials and execve stay, and calls whose argument was changed meanwhile.`

// addScopeFlags adds the conditions to record's flags.
func addScopeFlags(f *pflag.FlagSet, opt *recorder.Options) {
	s := &opt.Scope
	for _, c := range []struct {
		name, what string
		only, not  *[]string
	}{
		{"cgroup", "in this cgroup v2 (its directory, its path from the root of the hierarchy, or its id) or one below", &s.Only.Cgroups, &s.Not.Cgroups},
		{"container", "in the container with this id, or beginning of one", &s.Only.Containers, &s.Not.Containers},
		{"uid", "whose real user this is, by name or number", &s.Only.Users, &s.Not.Users},
		{"comm", "with this name (ps -o comm)", &s.Only.Comms, &s.Not.Comms},
		{"exe", "with this executable: a name in PATH, or the path in its own mount namespace", &s.Only.Exes, &s.Not.Exes},
		{"mntns", "in the mount namespace with this inode number, or of this process", &s.Only.MntNS, &s.Not.MntNS},
		{"pidns", "in the pid namespace with this inode number, or of this process, or one below", &s.Only.PIDNS, &s.Not.PIDNS},
	} {
		f.StringArrayVar(c.only, c.name, nil, "record tasks "+c.what)
		f.StringArrayVar(c.not, "exclude-"+c.name, nil, "record no tasks "+c.what)
	}
	f.BoolVar(&s.New, "new", false, "record only processes that begin while recording")
	f.StringArrayVar(&s.Paths, "path", nil, "record only calls with a path that begins so, or that opened such a file")
	f.BoolVar(&s.Failed, "failed", false, "record only calls that failed")
	f.BoolVar(&s.NoState, "no-state", false, "of what is there at the beginning record the tasks only: no descriptors, credentials, mounts")
}

// checkScope says what of the scope contradicts itself.
func checkScope(opt *recorder.Options) error {
	if len(opt.Command) > 0 && len(opt.PIDs) > 0 {
		return fmt.Errorf("give one of a command and -p")
	}
	return nil
}

//go:build linux

package recorder

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
)

// Scope says which tasks, and which of their calls, are recorded, beside the
// command, the process tree or the cgroup of Options. A task must satisfy one
// value of every kind of condition that is given, and none of those that
// exclude. It is asked when a task is created, executes, changes its ids or
// namespaces, is renamed or moved into a cgroup.
type Scope struct {
	Only, Not Conditions
	New       bool     // only tasks that are created while recording
	Paths     []string // only calls with a path that begins with one of these
	Failed    bool     // only calls that failed
	NoState   bool     // of what is there at the beginning only the tasks
}

// Conditions are values by kind.
type Conditions struct {
	Cgroups    []string // directory, path from the root of the hierarchy, or id
	Containers []string // id, or a prefix of one
	Users      []string // real user, by name or id
	Comms      []string // name of the thread
	Exes       []string // path of the executable, from the root of its mount namespace
	MntNS      []string // inode number of a mount namespace, or a process in it
	PIDNS      []string // of a pid namespace; tasks in namespaces below are in it too
}

// Kinds of conditions, as in bpf/c/scope.h.
const (
	scopeTree = iota
	scopeCgroup
	scopeUID
	scopeComm
	scopeExe
	scopeMntNS
	scopePIDNS
	scopeNew
)

// scopeKinds is a set of kinds, a bit each.
type scopeKinds uint32

func (k scopeKinds) has(kind int) bool { return k>>kind&1 != 0 }

const (
	scopeOnly = 1 // SCOPE_ONLY
	scopeNot  = 2
)

// scopeKey mirrors struct scope_key of bpf/c/scope.h.
type scopeKey struct{ Kind, A, B uint64 }

// exeKey mirrors struct exe_key.
type exeKey [256]byte

// filterPath mirrors struct filter_path of bpf/c/filter.h.
type filterPath struct {
	Len  uint32
	Path [128]byte
}

const filterPaths = 4 // FILTER_PATHS

// kernelScope is a scope as the kernel takes it.
type kernelScope struct {
	only, not scopeKinds
	values    map[scopeKey]uint32
	exes      map[exeKey]uint32
	paths     []filterPath
	failed    bool
	noState   bool
}

// resolveScope looks up what opt names: the scope for the kernel, and for the
// header of the trace. Errors name the condition.
func resolveScope(opt *Options, cgroup2 string) (*kernelScope, format.Scope, error) {
	r := scopeResolver{cgroup2: cgroup2, k: &kernelScope{values: map[scopeKey]uint32{}, exes: map[exeKey]uint32{}, failed: opt.Scope.Failed, noState: opt.Scope.NoState}}
	h := &r.h
	switch {
	case len(opt.Command) > 0:
		h.Kind = "command"
	case len(opt.PIDs) > 0:
		h.Kind, h.PIDs = "pid", opt.PIDs
		for _, pid := range opt.PIDs {
			if err := unix.Kill(pid, 0); pid <= 0 || err == unix.ESRCH {
				return nil, *h, fmt.Errorf("no process %d: nothing to record", pid)
			}
		}
	case opt.Cgroup != "":
		h.Kind, h.Cgroup = "cgroup", opt.Cgroup
	case len(opt.Scope.Only.Cgroups) > 0:
		h.Kind, h.Cgroup = "cgroup", opt.Scope.Only.Cgroups[0]
	case len(opt.Scope.Only.Containers) > 0:
		h.Kind = "cgroup"
	default:
		h.Kind = "host"
	}
	if h.Kind == "command" || h.Kind == "pid" {
		r.k.only |= 1 << scopeTree
	}
	only := opt.Scope.Only
	if opt.Cgroup != "" {
		only.Cgroups = append([]string{opt.Cgroup}, only.Cgroups...)
	}
	r.conditions(&only, scopeOnly)
	r.conditions(&opt.Scope.Not, scopeNot)
	if opt.Scope.New {
		r.k.only |= 1 << scopeNew
		h.Only = append(h.Only, format.Condition{Kind: "new"})
	}
	for _, p := range opt.Scope.Paths {
		f := filterPath{Len: uint32(len(p))}
		if p == "" || len(p) >= len(f.Path) || len(r.k.paths) == filterPaths {
			return nil, *h, fmt.Errorf("path %q: at most %d prefixes of 1 to %d bytes", p, filterPaths, len(f.Path)-1)
		}
		copy(f.Path[:], p)
		r.k.paths = append(r.k.paths, f)
	}
	if len(r.k.paths) > 0 {
		h.Calls = append(h.Calls, format.Condition{Kind: "path", Values: opt.Scope.Paths})
	}
	if opt.Scope.Failed {
		h.Calls = append(h.Calls, format.Condition{Kind: "failed"})
	}
	return r.k, *h, r.err
}

type scopeResolver struct {
	cgroup2 string
	k       *kernelScope
	h       format.Scope
	err     error
}

// conditions takes the values that c has of each kind.
func (r *scopeResolver) conditions(c *Conditions, how uint32) {
	r.add("cgroup", scopeCgroup, c.Cgroups, how, func(v string) ([]scopeKey, string, error) {
		id, path, err := findCgroup(r.cgroup2, v)
		return []scopeKey{{A: id}}, path, err
	})
	r.add("container", scopeCgroup, c.Containers, how, func(v string) ([]scopeKey, string, error) {
		ids, name, err := findContainer(r.cgroup2, v)
		var keys []scopeKey
		for _, id := range ids {
			keys = append(keys, scopeKey{A: id})
		}
		return keys, name, err
	})
	r.add("uid", scopeUID, c.Users, how, func(v string) ([]scopeKey, string, error) {
		id, err := userID(v)
		return []scopeKey{{A: id}}, strconv.FormatUint(id, 10), err
	})
	r.add("comm", scopeComm, c.Comms, how, func(v string) ([]scopeKey, string, error) {
		key, err := commKey(v)
		return []scopeKey{key}, v, err
	})
	r.add("mntns", scopeMntNS, c.MntNS, how, func(v string) ([]scopeKey, string, error) {
		id, err := namespaceID(v, "mnt")
		return []scopeKey{{A: id}}, strconv.FormatUint(id, 10), err
	})
	r.add("pidns", scopePIDNS, c.PIDNS, how, func(v string) ([]scopeKey, string, error) {
		id, err := namespaceID(v, "pid")
		return []scopeKey{{A: id}}, strconv.FormatUint(id, 10), err
	})
	r.add("exe", scopeExe, c.Exes, how, func(v string) ([]scopeKey, string, error) {
		path, err := exePath(v)
		var key exeKey
		copy(key[:], path)
		r.k.exes[key] |= how
		return nil, path, err
	})
}

// add takes the values of one kind.
func (r *scopeResolver) add(name string, kind uint64, given []string, how uint32, resolve func(string) ([]scopeKey, string, error)) {
	if len(given) == 0 {
		return
	}
	c := format.Condition{Kind: name}
	for _, v := range given {
		keys, value, err := resolve(v)
		if err != nil && r.err == nil {
			flag := "--" + name
			if how == scopeNot {
				flag = "--exclude-" + name
			}
			r.err = fmt.Errorf("%s %s: %w", flag, v, err)
		}
		for _, k := range keys {
			k.Kind = kind
			r.k.values[k] |= how
		}
		c.Values = append(c.Values, value)
		if value != v {
			c.Given = append(c.Given, v)
		}
	}
	if how == scopeNot {
		r.k.not |= 1 << kind
		r.h.Not = append(r.h.Not, c)
	} else {
		r.k.only |= 1 << kind
		r.h.Only = append(r.h.Only, c)
	}
}

func userID(v string) (uint64, error) {
	if n, err := strconv.ParseUint(v, 10, 32); err == nil {
		return n, nil
	}
	for id, name := range readDB("/etc/passwd") {
		if name == v {
			return uint64(id), nil
		}
	}
	return 0, fmt.Errorf("no such user in /etc/passwd: give a name of this host or a number")
}

func commKey(v string) (scopeKey, error) {
	if v == "" || len(v) >= format.CommMax || strings.IndexByte(v, 0) >= 0 {
		return scopeKey{}, fmt.Errorf("a thread's name has 1 to %d bytes: give it as ps -o comm shows it", format.CommMax-1)
	}
	var b [format.CommMax]byte
	copy(b[:], v)
	return scopeKey{A: nativeU64(b[:8]), B: nativeU64(b[8:])}, nil
}

// nativeU64 is little-endian, as both architectures are.
func nativeU64(b []byte) (v uint64) {
	for i := range 8 {
		v |= uint64(b[i]) << (8 * i)
	}
	return v
}

// exePath is the path that the kernel knows an executable by. One that is not
// here can be in a container: it is taken as it is.
func exePath(v string) (string, error) {
	path := v
	if !strings.Contains(v, "/") {
		found, err := exec.LookPath(v)
		if err != nil {
			return "", fmt.Errorf("not found in PATH: give an absolute path")
		}
		path = found
	}
	if !filepath.IsAbs(path) {
		return "", fmt.Errorf("give an absolute path")
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	path = filepath.Clean(path)
	if len(path) >= len(exeKey{}) {
		return "", fmt.Errorf("the path is longer than %d bytes", len(exeKey{})-1)
	}
	return path, nil
}

// firstNamespace is below every inode number of a namespace (PROC_DYNAMIC_FIRST)
// and above every process id.
const firstNamespace = 0xF0000000

// namespaceID is the inode number of a namespace: v itself, or that of process v.
func namespaceID(v, kind string) (uint64, error) {
	n, err := strconv.ParseUint(v, 10, 32)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("give the inode number of a namespace (lsns shows them) or the id of a process in it")
	}
	if n >= firstNamespace-8 { // the initial namespaces are just below
		return n, nil
	}
	var st unix.Stat_t
	if err := unix.Stat(fmt.Sprintf("/proc/%d/ns/%s", n, kind), &st); err != nil {
		if os.IsNotExist(err) {
			return 0, fmt.Errorf("no such process")
		}
		return 0, fmt.Errorf("read the namespace of process %d: %w", n, err)
	}
	return st.Ino, nil
}

// changing are the conditions that a task can come to satisfy, or cease to.
func (s *kernelScope) changing() bool {
	return (s.only|s.not)&^(1<<scopeTree) != 0
}

// byIDs says whether calls of a task itself decide on it: those that change ids or namespaces.
func (s *kernelScope) byIDs() bool {
	return (s.only|s.not)&(1<<scopeUID|1<<scopeMntNS|1<<scopePIDNS) != 0
}

// variables are the constants of the programs.
func (s *kernelScope) variables(since, salt uint64) map[string]any {
	return map[string]any{
		"scope_only": uint32(s.only), "scope_not": uint32(s.not), "scope_since": since, "scope_salt": salt,
		"filter_failed": boolVar(s.failed), "filter_npaths": uint32(len(s.paths)), "start_state": boolVar(!s.noState),
	}
}

// fill puts the values into the kernel's maps.
func (s *kernelScope) fill(k *kernel) error {
	for key, v := range s.values {
		if err := k.maps["scope_values"].Put(key, v); err != nil {
			return fmt.Errorf("put a condition into the kernel: %w", err)
		}
	}
	for key, v := range s.exes {
		if err := k.maps["scope_exes"].Put(key, v); err != nil {
			return fmt.Errorf("put an executable into the kernel: %w", err)
		}
	}
	for i, f := range s.paths {
		if err := k.maps["filter_paths"].Put(uint32(i), f); err != nil {
			return fmt.Errorf("put a path into the kernel: %w", err)
		}
	}
	return nil
}

// scopeNow mirrors struct scope_now of bpf/c/scope.h.
type scopeNow struct{ Live, Moves uint32 }

func (k *kernel) scopeNow() (now scopeNow, err error) {
	err = k.maps["scope_state"].Lookup(uint32(0), &now)
	return now, err
}

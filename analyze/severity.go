package analyze

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/tracerec/tracerec/format"
)

// whySeverity is the severity of a verdict by its reason; reasons that are
// not named are Info. docs/verdicts.md has the table in words.
var whySeverity = [numWhys]Severity{
	whyDiffers:           High,
	whyDiffersSunPath:    High,
	whyDiffersTail:       High,
	whyDiffersUnfinished: High,
	whyDiffersFurther:    High,
	whyDiffersEndpoint:   Medium,
	whyDiffersMessage:    Medium,

	whyCopiesDiffer:       High,
	whyCopiesDifferUnread: High,
	whyChangedAfter:       Medium,
	whyArgsChanged:        Medium,

	whyUnreadWritable:  Low,
	whyUnreadUnknown:   Low,
	whyUnreadAnonymous: Medium,
	whyUnreadUnmapped:  Medium,
	whyUnreadUffd:      High,

	whyChangedUnwitnessed: Medium,
	whyLostDiffers:        Medium,
	whyNullButSeen:        Low,
	whySocketOther:        Low,

	whyUring:  Low,
	whyWorker: Low,
	whyNoCall: Low,
}

// sensitive are objects that raise a severity by one step: credentials, what is run
// or loaded as root, the memory of others, the control sockets of containers.
var sensitive = struct{ prefixes, parts, suffixes [][]byte }{
	prefixes: list(
		"/etc/shadow", "/etc/gshadow", "/etc/passwd", "/etc/sudoers", "/etc/pam.d/", "/etc/security/", "/etc/krb5.keytab",
		"/etc/ld.so.preload", "/etc/ld.so.cache", "/etc/cron", "/var/spool/cron/", "/etc/systemd/", "/etc/ssh/",
		"/root/", "/boot/", "/dev/mem", "/dev/kmem", "/dev/port", "/proc/kcore", "/proc/sysrq-trigger",
		"/sys/kernel/debug/", "/sys/kernel/security/", "/sys/kernel/tracing/", "/sys/fs/bpf/", "/run/docker.sock", "/var/run/docker.sock", "/run/containerd/",
		"/var/run/secrets/", "/run/secrets/",
	),
	parts:    list("/.ssh/", "/.aws/", "/.kube/", "/.gnupg/"),
	suffixes: list("/authorized_keys", "/id_rsa", "/id_ed25519", "/mem"),
}

func list(names ...string) [][]byte {
	out := make([][]byte, len(names))
	for i, n := range names {
		out[i] = []byte(n)
	}
	return out
}

func isSensitive(path []byte) bool {
	for _, p := range sensitive.prefixes {
		if bytes.HasPrefix(path, p) {
			return true
		}
	}
	for _, p := range sensitive.parts {
		if bytes.Contains(path, p) {
			return true
		}
	}
	for _, p := range sensitive.suffixes {
		if bytes.HasSuffix(path, p) {
			return true
		}
	}
	return false
}

// SeverityRule moves the severity of a toctou finding by one step. What is Info
// stays Info; nothing is lowered below Low.
type SeverityRule struct {
	Name   string
	Raises bool
	Doc    string // when it applies
}

// SeverityRules are all rules. docs/verdicts.md has this table.
var SeverityRules = []SeverityRule{
	{"runs", true, "the call decides which program runs (execve, execveat); not for unreadable"},
	{"sensitive", true, "the name or the object is sensitive: credentials and their databases, /etc/ld.so.*, cron, systemd and sudo configuration, ssh keys, /root, /boot, memory of the system or of others, container sockets and secrets"},
	{"gained-rights", true, "the process became root in this very call: a set-user-ID program, or setuid"},
	{"userfaultfd", true, "the process has made a userfaultfd, by which a page can be filled after the tracer has looked; not for what is already about one"},
	{"torn", true, "the kernel's value is the beginning of one value and the end of another: it was being rewritten while the kernel copied it"},
	{"repeated", true, "the process has had at least two such findings before; up to high only, and to critical where `runs` or `sensitive` holds: a loop that races often is not worse than what it races for"},
	{"foreign-writer", true, "another process wrote into its memory around the call (process_vm_writev, ptrace), traces it, holds its /proc/PID/mem for writing, or maps the memory of the argument shared"},
	{"no-writer", false, "nobody is known who could have written: no other thread, tracer, userfaultfd or shared mapping. Only for post-use-change: the call's own result may have been written over its argument"},
	{"same-name", false, "the two names are one when \".\" and double slashes are taken out"},
	{"failed", false, "the call failed, so that what the kernel used had no effect; not for calls that decide which program runs"},
}

// severity rates an outcome: by its reason, and by what the call's own row says.
// What needs the context of the process, judge adds.
func (e *argViews) severity(o outcome) (s Severity, raised, lowered []string) {
	s = whySeverity[o.why]
	if s == Info {
		return s, nil, nil
	}
	differs := o.verdict == Divergent || o.verdict == MultipleCopies
	runs := e.arg.call.Object == format.ObjectSelf
	if runs && o.verdict != Unreadable {
		raised = append(raised, "runs")
	}
	if e.touchesSensitive() {
		raised = append(raised, "sensitive")
	}
	if differs && e.torn(o.shown) {
		raised = append(raised, "torn")
	}
	if differs && e.arg.view.Kind == format.KindPath && sameName(e.enter.bytes, e.copies[o.shown].bytes) {
		lowered = append(lowered, "same-name")
	}
	if differs && !runs && e.ret < 0 && e.flags&format.FlagNoExit == 0 {
		lowered = append(lowered, "failed")
	}
	return move(s, len(raised), len(lowered)), raised, lowered
}

func move(s Severity, up, down int) Severity {
	return Severity(min(max(int(s)+up-down, int(Low)), int(Critical)))
}

// torn says whether the kernel's copy is a mix of what stood there at enter and
// of another value that was seen: an exit view, another copy.
func (e *argViews) torn(shown int) bool {
	kernel := e.copies[shown].bytes
	if e.exit.has() && isMix(kernel, e.enter.bytes, e.exit.bytes) {
		return true
	}
	for i := range e.copies {
		if i != shown && isMix(kernel, e.enter.bytes, e.copies[i].bytes) {
			return true
		}
	}
	return false
}

// isMix says whether k is neither a nor b, but begins as one and goes on as
// the other from the same place.
func isMix(k, a, b []byte) bool {
	if bytes.Equal(k, a) || bytes.Equal(k, b) {
		return false
	}
	joined := func(a, b []byte) bool {
		n := common(k, a) // the longest beginning is as good as any shorter one
		return n > 0 && n < len(k) && n <= len(b) && bytes.Equal(k[n:], b[n:])
	}
	return joined(a, b) || joined(b, a)
}

func common(a, b []byte) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// sameName says whether two names are walked alike whatever links there are:
// "." and empty components are nothing.
func sameName(a, b []byte) bool {
	if len(a) == 0 || len(b) == 0 || (a[0] == '/') != (b[0] == '/') || (a[len(a)-1] == '/') != (b[len(b)-1] == '/') {
		return false
	}
	for {
		x, restA := nextName(a)
		y, restB := nextName(b)
		if !bytes.Equal(x, y) {
			return false
		}
		if x == nil {
			return true
		}
		a, b = restA, restB
	}
}

func nextName(path []byte) (name, rest []byte) {
	for {
		for len(path) > 0 && path[0] == '/' {
			path = path[1:]
		}
		if len(path) == 0 {
			return nil, nil
		}
		at := bytes.IndexByte(path, '/')
		if at < 0 {
			at = len(path)
		}
		name, path = path[:at], path[at:]
		if len(name) != 1 || name[0] != '.' {
			return name, path
		}
	}
}

// judge adds what the context of a finding's process says, once the window around
// its call is over.
func (p *processes) judge(f *Finding) {
	if f.Analysis != "toctou" || f.Severity == Info {
		return
	}
	p.writers.around(f)
	slices.SortStableFunc(f.Evidence, func(a, b Evidence) int { return cmp.Compare(a.Boottime, b.Boottime) })
	var foreign, uffd bool
	for i := range f.Evidence {
		switch e := &f.Evidence[i]; e.Role {
		case RoleUffd:
			uffd = true
		case RoleRemote, RoleTracer:
			foreign = true
		case RoleMapping:
			foreign = foreign || e.Who.TID != 0
		}
	}
	switch f.Verdict {
	case Divergent, MultipleCopies, PostUseChange, Unreadable:
	default:
		return // evidence, but no reason to move what is only a doubt
	}
	up, down, again := 0, 0, false
	raise := func(name string) { f.Raised = append(f.Raised, name); up++ }
	if uffd && f.VMA != format.VMAUffd {
		raise("userfaultfd")
	}
	if foreign {
		raise("foreign-writer")
	}
	if proc := f.proc; proc != nil {
		if proc.gained == f.Call && f.Call != 0 {
			raise("gained-rights")
			f.Evidence = append(f.Evidence, Evidence{Role: RoleUse, What: proc.gainedAs})
		}
		again = proc.attempts >= 2
		proc.attempts++
		if f.task != nil && f.Verdict == PostUseChange && !foreign && !uffd && len(f.Threads) == 0 && len(f.Evidence) == 0 {
			f.Lowered = append(f.Lowered, "no-writer")
			down++
		}
	}
	if again && (int(f.Severity)+up-down < int(High) || f.decides()) {
		raise("repeated")
	}
	f.Severity = move(f.Severity, up, down)
}

// decides says whether a finding is about which program runs, or about a
// sensitive object: what critical is for.
func (f *Finding) decides() bool {
	return slices.Contains(f.Raised, "runs") || slices.Contains(f.Raised, "sensitive")
}

func (e *argViews) touchesSensitive() bool {
	if e.arg.view.Kind != format.KindPath {
		return false
	}
	if isSensitive(e.object) {
		return true
	}
	for i := range e.copies {
		if isSensitive(e.copies[i].bytes) {
			return true
		}
	}
	return false
}

package analyze

import (
	"bytes"

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

// severity rates an outcome: by its reason, one step up for what decides
// which program runs and for a sensitive object. Info stays Info.
func (e *argViews) severity(o outcome) Severity {
	s := whySeverity[o.why]
	if s == Info {
		return s
	}
	if e.arg.call.Object == format.ObjectSelf && o.verdict != Unreadable {
		s++
	}
	if e.touchesSensitive() {
		s++
	}
	return min(s, Critical)
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

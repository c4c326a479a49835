package cgname

import (
	"strings"
)

// Name is who a cgroup belongs to; fields are empty where there is none.
type Name struct {
	Runtime   string // docker, containerd, cri-o, podman, lxc, systemd-nspawn, buildkit, garden; "container" where only an id tells
	Container string // id, or name where the runtime uses names
	Unit      string // systemd unit, the innermost
	Pod       string // uid of the Kubernetes pod, with dashes
}

// scopes are the prefixes that runtimes give the scopes of containers under
// the systemd cgroup driver: PREFIX-ID.scope.
var scopes = []struct{ prefix, runtime string }{
	{"docker-", "docker"},
	{"cri-containerd-", "containerd"},
	{"crio-conmon-", ""}, // the monitor is not in the container
	{"crio-", "cri-o"},
	{"libpod-conmon-", ""},
	{"libpod-", "podman"},
	{"nerdctl-", "containerd"},
}

// parents are directories whose child by id is a container, under the cgroupfs driver.
var parents = map[string]string{
	"docker": "docker", "libpod_parent": "podman", "lxc": "lxc", "lxc.payload": "lxc", "garden": "garden", "buildkit": "buildkit",
	"actions_job": "docker", "crio": "cri-o",
}

// Of recognises the cgroup at path, which is from the root of the hierarchy. The
// innermost container and unit count.
func Of(path string) (n Name) {
	parent := ""
	inPod := false
	for part := range strings.SplitSeq(path, "/") {
		if part == "" {
			continue
		}
		slice, _, _ := strings.Cut(part, ":") // slice:prefix:id
		if pod := podOf(slice); pod != "" {
			n.Pod, inPod = pod, true
		}
		n.container(part, parent, inPod)
		if isUnit(part) {
			n.Unit = unescape(part)
		}
		parent = part
	}
	return n
}

// container looks at one part of the path, in the directory parent.
func (n *Name) container(part, parent string, inPod bool) {
	if name, ok := strings.CutSuffix(part, ".scope"); ok {
		for _, s := range scopes {
			if id, ok := strings.CutPrefix(name, s.prefix); ok && isID(id) {
				if s.runtime != "" {
					n.Runtime, n.Container = s.runtime, id
				}
				return
			}
		}
		if name, ok := strings.CutPrefix(name, "machine-"); ok {
			if lxd, ok := strings.CutPrefix(name, `lxc\x2d`); ok {
				n.Runtime, n.Container = "lxc", unescape(lxd)
			} else if !strings.HasPrefix(name, `qemu\x2d`) {
				n.Runtime, n.Container = "systemd-nspawn", unescape(name)
			}
			return
		}
		if inPod && isID(name) {
			n.Runtime, n.Container = "container", name
		}
		return
	}
	if unit, ok := strings.CutSuffix(part, ".service"); ok {
		if name, ok := strings.CutPrefix(unit, "systemd-nspawn@"); ok {
			n.Runtime, n.Container = "systemd-nspawn", unescape(name)
		}
		return
	}
	for _, s := range scopes { // libpod-ID and crio-ID as directories of the cgroupfs driver
		if id, ok := strings.CutPrefix(part, s.prefix); ok && isID(id) {
			if s.runtime != "" {
				n.Runtime, n.Container = s.runtime, id
			}
			return
		}
	}
	if name, ok := strings.CutPrefix(part, "lxc.payload."); ok && name != "" {
		n.Runtime, n.Container = "lxc", name
		return
	}
	// containerd's own tool, and CRI with the systemd driver switched off: "slice:prefix:id"
	if i := strings.LastIndexByte(part, ':'); i >= 0 && isID(part[i+1:]) {
		n.Runtime, n.Container = "containerd", part[i+1:]
		return
	}
	runtime, known := parents[parent]
	switch {
	case known && (isID(part) || runtime == "lxc" || runtime == "garden" || runtime == "buildkit"):
		n.Runtime, n.Container = runtime, part
	case inPod && isID(part):
		n.Runtime, n.Container = "container", part
	}
}

// isID says whether s is the id of a container: 64 hexadecimal digits, or 32 as containerd's CRI and podman's pods shorten them.
func isID(s string) bool {
	if len(s) != 64 && len(s) != 32 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// podOf is the uid of a Kubernetes pod: kubepods-burstable-podUID.slice, with
// underscores for dashes, or podUID.
func podOf(part string) string {
	name, slice := strings.CutSuffix(part, ".slice")
	if slice {
		if !strings.HasPrefix(name, "kubepods") {
			return ""
		}
		i := strings.LastIndex(name, "-pod")
		if i < 0 {
			return ""
		}
		name = strings.ReplaceAll(name[i+len("-pod"):], "_", "-")
	} else {
		var ok bool
		if name, ok = strings.CutPrefix(part, "pod"); !ok {
			return ""
		}
	}
	if isUID(name) || slice && isID(name) {
		return name
	}
	return ""
}

// isUID says whether s is a UUID, or the hash of a static pod.
func isUID(s string) bool {
	if len(s) == 32 {
		return isID(s)
	}
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// isUnit says whether a directory is that of a systemd unit other than a slice,
// which only groups.
func isUnit(part string) bool {
	for _, suffix := range []string{".service", ".scope", ".socket", ".mount", ".swap"} {
		if strings.HasSuffix(part, suffix) && len(part) > len(suffix) {
			return true
		}
	}
	return false
}

// unescape undoes systemd's \xXX.
func unescape(s string) string {
	if !strings.Contains(s, `\x`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) && s[i+1] == 'x' {
			hi, lo := hex(s[i+2]), hex(s[i+3])
			if hi >= 0 && lo >= 0 {
				b.WriteByte(byte(hi<<4 | lo))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func hex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

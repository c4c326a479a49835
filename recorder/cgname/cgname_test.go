package cgname

import "testing"

const (
	id  = "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
	uid = "8d3a1b2c-0f1e-4d5c-9b8a-7c6d5e4f3a2b"
)

func TestOf(t *testing.T) {
	for path, want := range map[string]Name{
		"/": {}, "": {},
		// systemd
		"/system.slice/sshd.service":                                          {Unit: "sshd.service"},
		"/user.slice/user-1000.slice/session-4.scope":                         {Unit: "session-4.scope"},
		"/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.scope": {Unit: "app-x.scope"},
		`/system.slice/dev-disk\x2dby.mount`:                                  {Unit: "dev-disk-by.mount"},
		"/system.slice":                                                       {},
		// docker: systemd driver, cgroupfs driver, rootless
		"/system.slice/docker-" + id + ".scope": {Runtime: "docker", Container: id, Unit: "docker-" + id + ".scope"},
		"/docker/" + id:                         {Runtime: "docker", Container: id},
		"/docker/" + id + "/init.scope":         {Runtime: "docker", Container: id, Unit: "init.scope"},
		"/system.slice/docker.service":          {Unit: "docker.service"},
		"/docker/buildkit/abc":                  {Runtime: "buildkit", Container: "abc"},
		"/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" + id + ".scope": {Runtime: "docker", Container: id, Unit: "docker-" + id + ".scope"},
		// podman
		"/machine.slice/libpod-" + id + ".scope":                                           {Runtime: "podman", Container: id, Unit: "libpod-" + id + ".scope"},
		"/machine.slice/libpod-" + id + ".scope/container":                                 {Runtime: "podman", Container: id, Unit: "libpod-" + id + ".scope"},
		"/machine.slice/libpod-conmon-" + id + ".scope":                                    {Unit: "libpod-conmon-" + id + ".scope"},
		"/libpod_parent/libpod-" + id:                                                      {Runtime: "podman", Container: id},
		"/libpod_parent/conmon":                                                            {},
		"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + id + ".scope": {Runtime: "podman", Container: id, Unit: "libpod-" + id + ".scope"},
		// kubernetes: containerd and cri-o, both drivers
		"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod8d3a1b2c_0f1e_4d5c_9b8a_7c6d5e4f3a2b.slice/cri-containerd-" + id + ".scope": {Runtime: "containerd", Container: id, Unit: "cri-containerd-" + id + ".scope", Pod: uid},
		"/kubepods.slice/kubepods-pod8d3a1b2c_0f1e_4d5c_9b8a_7c6d5e4f3a2b.slice/crio-" + id + ".scope":                                              {Runtime: "cri-o", Container: id, Unit: "crio-" + id + ".scope", Pod: uid},
		"/kubepods.slice/kubepods-pod8d3a1b2c_0f1e_4d5c_9b8a_7c6d5e4f3a2b.slice/crio-conmon-" + id + ".scope":                                       {Unit: "crio-conmon-" + id + ".scope", Pod: uid},
		"/kubepods/burstable/pod" + uid + "/" + id:                    {Runtime: "container", Container: id, Pod: uid},
		"/kubepods/besteffort/pod" + uid + "/crio-" + id:              {Runtime: "cri-o", Container: id, Pod: uid},
		"/kubepods/burstable/pod" + uid:                               {Pod: uid},
		"/kubelet/kubepods/podd41d8cd98f00b204e9800998ecf8427e/" + id: {Runtime: "container", Container: id, Pod: "d41d8cd98f00b204e9800998ecf8427e"},
		"/system.slice/containerd.service/kubepods-burstable-pod8d3a1b2c_0f1e_4d5c_9b8a_7c6d5e4f3a2b.slice:cri-containerd:" + id: {Runtime: "containerd", Container: id, Unit: "containerd.service", Pod: uid},
		// others
		"/lxc.payload.web/init.scope": {Runtime: "lxc", Container: "web", Unit: "init.scope"},
		"/lxc/web":                    {Runtime: "lxc", Container: "web"},
		"/lxc.monitor.web":            {},
		"/machine.slice/systemd-nspawn@deb.service/payload": {Runtime: "systemd-nspawn", Container: "deb", Unit: "systemd-nspawn@deb.service"},
		`/machine.slice/machine-my\x2dbox.scope`:            {Runtime: "systemd-nspawn", Container: "my-box", Unit: "machine-my-box.scope"},
		`/machine.slice/machine-qemu\x2d1\x2dvm.scope`:      {Unit: "machine-qemu-1-vm.scope"},
		// what only looks like one
		"/docker/short":                      {},
		"/system.slice/docker-XYZ.scope":     {Unit: "docker-XYZ.scope"},
		"/" + id:                             {},
		"/home/docker-" + id[:12] + ".scope": {Unit: "docker-" + id[:12] + ".scope"},
		"/podcast":                           {},
		`/a\x`:                               {},
		"/x.scope\x1b[31m/" + "docker-" + id + ".scope": {Runtime: "docker", Container: id, Unit: "docker-" + id + ".scope"},
	} {
		if got := Of(path); got != want {
			t.Errorf("%s:\n got %+v\nwant %+v", path, got, want)
		}
	}
}

func FuzzOf(f *testing.F) {
	f.Add("/docker/" + id)
	f.Add(`/machine.slice/machine-a\x2`)
	f.Fuzz(func(t *testing.T, path string) {
		n := Of(path)
		if (n.Runtime == "") != (n.Container == "") {
			t.Errorf("%q: %+v", path, n)
		}
	})
}

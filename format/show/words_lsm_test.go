package show

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// bare are the fields of security hooks that are numbers on purpose.
var bare = map[string]string{
	"bprm_check.argc":                   "a count",
	"file_ioctl.arg":                    "an argument of cmd",
	"uring_cmd.cmd":                     "a number of the device's driver",
	"task_prctl.arg2":                   "an argument of option",
	"task_prctl.arg3":                   "an argument of option",
	"task_prctl.arg4":                   "an argument of option",
	"task_prctl.arg5":                   "an argument of option",
	"path_notify.type":                  "kernels number it differently",
	"bprm_committed_creds.secureexec":   "0 or 1",
	"socket_create.kern":                "0 or 1",
	"socket_listen.backlog":             "a count",
	"settime.sec":                       "a time",
	"settime.nsec":                      "a time",
	"kernel_read_file.contents":         "0 or 1",
	"kernel_load_data.contents":         "0 or 1",
	"bpf_map.id":                        "an id",
	"bpf_prog.id":                       "an id",
	"key_permission.serial":             "an id",
	"key_post_create_or_update.serial":  "an id",
	"key_post_create_or_update.created": "0 or 1",
	"inode_set_acl.entries":             "a count",
	"sem_semop.nsops":                   "a count",
	"sem_semop.alter":                   "0 or 1",
}

// TestHooksInWords wants every field of a security hook shown in words that has
// some: what is a bare number must say why.
func TestHooksInWords(t *testing.T) {
	found := map[string]bool{}
	for i := range format.Events {
		e := &format.Events[i]
		if !slices.ContainsFunc(e.Hooks, func(h format.Hook) bool { return h.Type == format.HookLSM }) {
			continue
		}
		for _, f := range e.Fields {
			if k := f.Kind; k != format.KindArg && k != format.KindCount {
				continue
			}
			name := e.Name + "." + f.Name
			found[name] = true
			if bare[name] == "" && !strings.HasPrefix(f.Name, "copies") {
				t.Errorf("%s is shown as a number: give it a kind with words, or say here why not", name)
			}
		}
	}
	for name := range bare {
		if !found[name] {
			t.Errorf("%s is no bare number any more", name)
		}
	}
}

// TestHooksDoc wants docs/hooks.md to have each hook with each of its fields.
func TestHooksDoc(t *testing.T) {
	text, err := os.ReadFile("../../docs/hooks.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, " | "); len(cells) == 4 {
			lines[strings.TrimPrefix(cells[0], "| ")] = cells[2]
		}
	}
	hooks := 0
	for i := range format.Events {
		e := &format.Events[i]
		if !slices.ContainsFunc(e.Hooks, func(h format.Hook) bool { return h.Type == format.HookLSM }) {
			continue
		}
		hooks++
		fields := strings.Split(lines[e.Name], ", ")
		for _, f := range e.Fields {
			if f.Name != "rung" && f.Name != "nr" && f.Name != "abi" && !slices.Contains(fields, f.Name) {
				t.Errorf("docs/hooks.md: the line of %s lacks %s", e.Name, f.Name)
			}
		}
	}
	if hooks < 70 {
		t.Errorf("only %d hooks", hooks)
	}
}

// TestHookRows are rows of hooks and of the state as a recorder writes them, and what they say.
func TestHookRows(t *testing.T) {
	type numbers = map[format.ColumnID]uint64
	for _, c := range []struct {
		event format.EventID
		row   numbers
		want  string
	}{
		{format.EventSocketConnect, numbers{format.ColArg1: 2, format.ColArg2: 1, format.ColArg3: 6}, "family=AF_INET type=SOCK_STREAM protocol=IPPROTO_TCP"},
		{format.EventSocketListen, numbers{format.ColArg0: 128, format.ColArg1: 16, format.ColArg2: 3, format.ColArg3: 15}, "family=AF_NETLINK type=SOCK_RAW protocol=NETLINK_KOBJECT_UEVENT backlog=128"},
		{format.EventSocketCreate, numbers{format.ColArg1: 10, format.ColArg2: 2, format.ColArg3: 17}, "kern=0 family=AF_INET6 type=SOCK_DGRAM protocol=IPPROTO_UDP"},
		{format.EventSocketSetsockopt, numbers{format.ColArg0: 1, format.ColArg1: 2, format.ColArg2: 1, format.ColArg3: 6, format.ColArg4: 2}, "level=SOL_SOCKET optname=SO_REUSEADDR"},
		{format.EventCapable, numbers{format.ColArg0: 21, format.ColArg1: 4026531837, format.ColArg2: 2}, "cap=CAP_SYS_ADMIN userns=4026531837 opts=CAP_OPT_NOAUDIT"},
		{format.EventBPFMap, numbers{format.ColArg0: 7, format.ColArg1: 27, format.ColArg2: 3}, "id=7 type=RINGBUF fmode=FMODE_READ|FMODE_WRITE"},
		{format.EventBPFProg, numbers{format.ColArg0: 9, format.ColArg1: 29}, "id=9 type=LSM"},
		{format.EventPerfEventOpen, numbers{format.ColArg0: 2}, "type=PERF_SECURITY_KERNEL"},
		{format.EventKeyAlloc, numbers{}, "flags=KEY_ALLOC_IN_QUOTA"},
		{format.EventKeyAlloc, numbers{format.ColArg0: 0x12}, "flags=KEY_ALLOC_NOT_IN_QUOTA|KEY_ALLOC_UID_KEYRING"},
		{format.EventFsContextParseParam, numbers{format.ColArg0: 2}, "type=string"},
		{format.EventPathNotify, numbers{format.ColArg0: 0x8000102}, "mask=FS_MODIFY|FS_CREATE|FS_EVENT_ON_CHILD"},
		{format.EventInodeSetxattr, numbers{format.ColArg0: 4, format.ColArg1: 1}, "size=4 flags=XATTR_CREATE"},
		{format.EventFilePermission, numbers{format.ColArg0: 0x21}, "mask=MAY_EXEC|MAY_OPEN"},
		{format.EventMmapFile, numbers{format.ColArg0: 5, format.ColArg1: 2}, "reqprot=PROT_READ|PROT_EXEC flags=MAP_PRIVATE"},
		{format.EventFileMprotect, numbers{format.ColArg2: 3, format.ColArg3: 1}, "reqprot=PROT_READ|PROT_WRITE prot=PROT_READ"},
		{format.EventTaskKill, numbers{format.ColArg0: 5, format.ColArg1: 5, format.ColArg2: 9}, "sig=SIGKILL code=SI_USER"},
		{format.EventTaskPrctl, numbers{format.ColArg0: 38}, "option=PR_SET_NO_NEW_PRIVS"},
		{format.EventTaskSetrlimit, numbers{format.ColArg2: 7}, "resource=RLIMIT_NOFILE"},
		{format.EventKernelReadFile, numbers{format.ColArg0: 2}, "id=module"},
		{format.EventLockedDown, numbers{format.ColArg0: 23}, "what=kprobes"},
		{format.EventKeyPermission, numbers{format.ColArg1: 4}, "need=search"},
		{format.EventBPF, numbers{format.ColArg0: 5}, "cmd=BPF_PROG_LOAD"},
		{format.EventPtraceAccessCheck, numbers{format.ColArg2: 0x12}, "mode=ATTACH|REALCREDS"},
		{format.EventInodeSetattr, numbers{format.ColArg0: 3, format.ColArg1: 0o644}, "valid=ATTR_MODE|ATTR_UID mode=0644"},
		{format.EventFD, numbers{format.ColArg0: 3, format.ColArg5: 5, format.ColALen: 0o100644, format.ColBLen: 1}, "fd fd=3 flags=O_RDONLY description=0x5 mode=S_IFREG|0644 links=1 mnt=0"},
		{format.EventFD, numbers{format.ColArg0: 3, format.ColArg3: 2, format.ColArg4: 1, format.ColCLen: 6, format.ColAVMA: 1}, "family=AF_INET type=SOCK_STREAM protocol=IPPROTO_TCP mode"},
		{format.EventTaskAlloc, numbers{format.ColArg0: 0x10000}, "clone_flags=CLONE_THREAD"},
	} {
		b := format.NewBatch(1)
		i := b.Append()
		b.Set(format.ColEvent, i, uint64(c.event))
		b.Set(format.ColABI, i, uint64(format.ABIAMD64))
		for col, v := range c.row {
			b.Set(col, i, v)
		}
		if got := string(Row(nil, b, i, &Options{})); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q lacks %q", EventName(c.event), got, c.want)
		}
	}
}

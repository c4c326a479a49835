package format

import (
	"slices"
	"strings"
	"testing"
)

// What the table promises to show of calls that take pointers, by the name of the call: the arguments that
// have an enter, a kernel and an exit view; "name?" where no witness is known, so
// that the kernel's view is none; after a dash why a call has no views.
const promisedCalls = `
open pathname
openat pathname
openat2 pathname how
creat pathname
execve pathname argv envp
execveat pathname argv envp
stat pathname
lstat pathname
newfstatat pathname
statx pathname
stat64 pathname
fstatat64 pathname
access pathname
faccessat pathname
faccessat2 pathname
chdir pathname
chroot pathname
truncate pathname
chmod pathname
fchmodat pathname
fchmodat2 pathname
chown pathname
lchown pathname
fchownat pathname
utime pathname times
utimes pathname times
futimesat pathname times
utimensat pathname times
readlink pathname
readlinkat pathname
statfs pathname
unlink pathname
unlinkat pathname
rmdir pathname
mkdir pathname
mkdirat pathname
mknod pathname
mknodat pathname
rename oldpath newpath
renameat oldpath newpath
renameat2 oldpath newpath
link oldpath newpath
linkat oldpath newpath
symlink target linkpath
symlinkat target linkpath
setxattr pathname name value
lsetxattr pathname name value
fsetxattr name value
getxattr pathname name
lgetxattr pathname name
fgetxattr name
listxattr pathname
removexattr pathname name
lremovexattr pathname name
fremovexattr name
setxattrat pathname name
getxattrat pathname name
removexattrat pathname name
connect addr
bind addr
sendto dest_addr
sendmsg msg
sendmmsg msgvec
mount source target filesystemtype data
umount target
umount2 target
pivot_root new_root put_old
move_mount from_pathname to_pathname
open_tree pathname
fsopen fs_name
fsconfig key value
fspick pathname
mount_setattr pathname attr?
init_module module_image param_values?
finit_module param_values?
delete_module name?
kexec_file_load cmdline?
bpf attr
perf_event_open attr
ptrace - the target is a number; what is written to it is not copied from here as an argument
process_vm_readv - the target is a number; the vectors say where memory is moved, and are not compared
process_vm_writev - the target is a number; the vectors say where memory is moved, and are not compared
add_key type description payload
request_key type? description callout_info
keyctl arg2
prctl arg2
capset hdrp? datap
setgroups list
clone3 cl_args
inotify_add_watch pathname
fanotify_mark pathname
name_to_handle_at pathname
open_by_handle_at handle
memfd_create name
settimeofday tv
clock_settime tp
semop sops
rt_sigqueueinfo info
sethostname name
socketcall - recorded as the call that is made through it
ipc - as socketcall
`

// Security hooks and other events that are promised as events of their own. What a hook is called here when the
// event is another one stands behind a colon.
const promisedEvents = `
bprm_check bprm_creds_for_exec bprm_committed_creds file_open file_permission file_ioctl file_mprotect mmap_file mmap_addr
inode_create inode_unlink inode_rename inode_link inode_symlink inode_mkdir inode_rmdir inode_mknod inode_setattr inode_setxattr inode_removexattr
path_unlink path_rename path_link path_symlink path_mkdir path_rmdir path_mknod path_chmod path_chown path_chroot path_truncate
sb_mount sb_umount sb_pivotroot move_mount socket_create socket_bind socket_listen socket_connect socket_accept socket_sendmsg socket_setsockopt
task_fix_setuid capset capable:cap_capable ptrace_access_check task_kill task_prctl task_setrlimit settime
kernel_read_file kernel_post_read_file kernel_load_data kernel_post_load_data bpf bpf_map bpf_prog perf_event_open
uring_sqpoll uring_override_creds uring_cmd path_notify userns_create locked_down
fork exec exit signal cred caps namespace cwd root task_rename
`

func TestPromisedCalls(t *testing.T) {
	for line := range strings.Lines(strings.TrimSpace(promisedCalls)) {
		call, reason, without := strings.Cut(strings.TrimSpace(line), " - ")
		words := strings.Fields(call)
		var sc *Syscall
		for i := range Syscalls {
			if Syscalls[i].Name == words[0] {
				sc = &Syscalls[i]
				break
			}
		}
		if sc == nil {
			t.Errorf("%s is no row of the table", words[0])
			continue
		}
		if !sc.Default && sc.Groups != GroupIPC { // those are many and say little: on request
			t.Errorf("%s is not recorded without -e", sc.Name)
		}
		if without != (len(sc.Compared()) == 0) || without && reason == "" {
			t.Errorf("%s has %d compared arguments: views or a reason are wanted, not both", sc.Name, len(sc.Compared()))
		}
		for _, arg := range words[1:] {
			arg, none := strings.CutSuffix(arg, "?")
			k := slices.IndexFunc(sc.Compared(), func(v ArgView) bool { return sc.Args[v.Arg].Name == arg })
			switch {
			case k < 0:
				t.Errorf("%s argument %s is not compared", sc.Name, arg)
			case none != (len(sc.Views[k].Witness) == 0):
				t.Errorf("%s argument %s has %d witnesses: a promise says ? where there is none", sc.Name, arg, len(sc.Views[k].Witness))
			}
		}
	}
}

func TestPromisedEvents(t *testing.T) {
	for _, name := range strings.Fields(promisedEvents) {
		if hook, event, other := strings.Cut(name, ":"); other {
			_, name = hook, event
		}
		i := slices.IndexFunc(Events[:], func(e Event) bool { return e.Name == name })
		if i < 0 {
			t.Errorf("%s is no event", name)
			continue
		}
		if e := &Events[i]; len(e.Hooks) == 0 || e.Doc == "" || e.ID != EventID(i) {
			t.Errorf("%s has no hook or no words", name)
		}
	}
	for _, key := range []string{"key_alloc", "key_post_create_or_update"} {
		if !slices.ContainsFunc(Events[:], func(e Event) bool { return e.Name == key }) {
			t.Errorf("%s is no event", key)
		}
	}
}

/*
 * One behaviour for each security hook. For a guest: it sets the clock to what
 * it is, asks for modules that do not exist, mounts and makes devices. Links
 * of what it says to fields: format/event_lsm.go.
 */
#include "uring.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/statfs.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <time.h>

static const char *self;
static char work[] = "/tmp/hooks-XXXXXX";

/* A name in the directory of work; without /tmp, as inode hooks see it, behind a '*'. */
static char *in(const char *name)
{
	char *s;

	NEED(asprintf(&s, "%s/%s", work, name) > 0);
	return s;
}
#define FS(name) (in(name) + strlen("/tmp"))

static void directories(void)
{
	char *d = in("d"), *f = in("f"), *s = in("s"), *l = in("l"), *r = in("r"), *null = in("null");
	struct utsname os;
	int fd, major;

	NEED(mkdir(d, 0750) == 0);
	NEED(uname(&os) == 0 && sscanf(os.release, "%d", &major) == 1);
	want("inode_mkdir", "path=*%s mode=%d ino=0", FS("d"), (major >= 7 ? S_IFDIR : 0) | 0750);
	want("path_mkdir", "path=%s mode=%d ino=0", d, 0750);
	fd = open(f, O_CREAT | O_RDWR, 0640);
	NEED(fd >= 0 && write(fd, "hello world", 11) == 11);
	want("inode_create", "path=*%s mode=%d", FS("f"), S_IFREG | 0640);
	want("path_mknod", "path=%s mode=%d node_dev=0", f, S_IFREG | 0640);
	some("file_permission", "path=%s mask=2", f);
	NEED(symlink("no/such/target", s) == 0);
	want("inode_symlink", "path=*%s target=no/such/target", FS("s"));
	want("path_symlink", "path=%s target=no/such/target", s);
	NEED(link(f, l) == 0);
	want("inode_link", "path=*%s new_path=*%s", FS("f"), FS("l"));
	want("path_link", "path=%s new_path=%s", f, l);
	NEED(rename(l, r) == 0);
	want("inode_rename", "path=*%s new_path=*%s new_ino=0", FS("l"), FS("r"));
	want("path_rename", "path=%s new_path=%s new_ino=0", l, r);
	NEED(mknod(null, S_IFCHR | 0600, makedev(1, 3)) == 0);
	want("inode_mknod", "path=*%s mode=%d node_dev=%d", FS("null"), S_IFCHR | 0600, 1 << 20 | 3);
	want("path_mknod", "path=%s mode=%d node_dev=%d", null, S_IFCHR | 0600, 1 << 20 | 3);
	NEED(chmod(f, 0604) == 0);
	want("path_chmod", "path=%s mode=%d", f, 0604);
	some("inode_setattr", "path=*%s mode=%d", FS("f"), S_IFREG | 0604);
	NEED(chown(f, 1, 2) == 0);
	want("path_chown", "path=%s new_uid=1 new_gid=2", f);
	some("inode_setattr", "path=*%s new_uid=1 new_gid=2", FS("f"));
	NEED(truncate(f, 5) == 0);
	want("path_truncate", "path=%s", f);
	some("inode_setattr", "path=*%s size=5", FS("f"));
	if (setxattr(f, "trusted.hook", "value", 5, XATTR_CREATE) == 0) {
		want("inode_setxattr", "path=*%s name=trusted.hook value=value size=5 flags=1", FS("f"));
		NEED(removexattr(f, "trusted.hook") == 0);
		want("inode_removexattr", "path=*%s name=trusted.hook", FS("f"));
	} else {
		fprintf(stderr, "skip setxattr: %s\n", strerror(errno));
	}
	getxattr(f, "user.none", 0, 0);
	some("inode_getxattr", "path=*%s name=user.none", FS("f"));
	struct statfs fs;
	NEED(statfs(f, &fs) == 0);
	want("sb_statfs", "path=*%s", FS("f"));
	/* struct posix_acl_xattr_header, and entries of owner, group and others */
	unsigned char acl[] = {2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 4, 0, 4, 0, 255, 255, 255, 255, 32, 0, 4, 0, 255, 255, 255, 255};
	if (setxattr(f, "system.posix_acl_access", acl, sizeof(acl), 0) == 0)
		want("inode_set_acl", "path=*%s name=system.posix_acl_access entries=3", FS("f"));
	NEED(close(fd) == 0); /* what is open for writing is no module */
	NEED(unlink(r) == 0);
	want("inode_unlink", "path=*%s", FS("r"));
	want("path_unlink", "path=%s", r);
	NEED(rmdir(d) == 0);
	want("inode_rmdir", "path=*%s", FS("d"));
	want("path_rmdir", "path=%s", d);
}

static void memory(void)
{
	int n, fd = open(in("f"), O_RDONLY);
	void *p;

	NEED(fd >= 0 && ioctl(fd, FIONREAD, &n) == 0);
	want("file_ioctl", "path=%s cmd=%d", in("f"), FIONREAD);
	p = mmap((void *)0x200000000, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0);
	NEED(p != MAP_FAILED);
	want("mmap_file", "path=%s reqprot=1 flags=%d", in("f"), MAP_PRIVATE | MAP_FIXED);
	want("mmap_addr", "addr=%lu", (unsigned long)p);
	NEED(mprotect(p, 4096, PROT_READ | PROT_WRITE) == 0);
	want("file_mprotect", "path=%s vm_start=%lu vm_end=%lu reqprot=3 prot=3", in("f"), (unsigned long)p, (unsigned long)p + 4096);
	NEED(read(fd, &n, 1) == 1);
	some("file_permission", "path=%s mask=4", in("f"));
}

static void mounts(void)
{
	char *m = in("m"), *moved = in("moved");

	NEED(mkdir(m, 0755) == 0 && mkdir(moved, 0755) == 0);
	NEED(unshare(CLONE_NEWNS) == 0 && mount(0, "/", 0, MS_REC | MS_PRIVATE, 0) == 0);
	NEED(mount("hooksrc", m, "tmpfs", MS_NOSUID, "size=64k") == 0);
	some("sb_mount", "source=hooksrc fstype=tmpfs path=%s flags=%d", m, MS_NOSUID);
	NEED(syscall(429 /* move_mount */, AT_FDCWD, m, AT_FDCWD, moved, 0) == 0);
	want("move_mount", "from=%s path=%s", m, moved);
	NEED(umount2(moved, MNT_DETACH) == 0);
	want("sb_umount", "path=%s flags=2", moved);
	NEED(chroot(moved) == 0);
	want("path_chroot", "path=%s", moved);
	some("capable", "cap=%d", CAP_SYS_CHROOT);
	some("cap_capable", "cap=%d result=0", CAP_SYS_CHROOT);
}

static void pivot(void)
{
	char *m = in("m"), *old = in("m/old");

	NEED(unshare(CLONE_NEWNS) == 0 && mount(0, "/", 0, MS_REC | MS_PRIVATE, 0) == 0);
	NEED(mount("hooksrc", m, "tmpfs", 0, 0) == 0 && mkdir(old, 0755) == 0);
	NEED(syscall(SYS_pivot_root, m, old) == 0 || errno == EINVAL); /* before 7.x the initial root cannot be moved */
	want("sb_pivotroot", "path=%s put_old=%s", m, old);
}

static void sockets(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(a);
	int one = 1, s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), u;

	NEED(s >= 0);
	want("socket_create", "family=2 type=1 protocol=0 kern=0");
	NEED(setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one)) == 0);
	want("socket_setsockopt", "family=2 type=1 level=1 optname=9");
	NEED(bind(s, (void *)&a, len) == 0 && getsockname(s, (void *)&a, &len) == 0 && listen(s, 7) == 0);
	want("socket_listen", "family=2 type=1 protocol=6 backlog=7");
	NEED(accept(s, 0, 0) == -1 && errno == EAGAIN);
	want("socket_accept", "family=2 type=1 protocol=6");
	u = socket(AF_INET, SOCK_DGRAM, 0);
	NEED(u >= 0);
	want("socket_create", "family=2 type=2 protocol=0 kern=0");
	a.sin_port = htons(9);
	NEED(sendto(u, "abc", 3, 0, (void *)&a, len) == 3);
	want("socket_sendmsg", "family=2 type=2 size=3 addr=127.0.0.1:9");
	socket(12 /* AF_DECnet: a module that is not there */, SOCK_STREAM, 0);
	some("kernel_module_request", "name=net-pf-12");
}

static void users(void)
{
	NEED(setresuid(1, 2, 3) == 0);
	want("task_fix_setuid", "old_uid=0 old_euid=0 new_uid=1 new_euid=2 new_suid=3 new_fsuid=2");
}

static void capabilities(void)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2];

	NEED(syscall(SYS_capget, &h, d) == 0);
	unsigned long long all = d[0].permitted | (unsigned long long)d[1].permitted << 32;
	d[0].effective = 1 << CAP_CHOWN;
	d[1].effective = 0;
	NEED(syscall(SYS_capset, &h, d) == 0);
	want("capset", "effective=1 permitted=%llu inheritable=0 old_permitted=%llu", all, all);
}

static void tasks(void)
{
	struct rlimit none = {0, 0};
	int status, up[2];
	char c;
	pid_t child;

	NEED(pipe(up) == 0);
	child = fork();
	NEED(child >= 0);
	if (!child) {
		NEED(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0);
		want("ptrace_traceme", "target_pid=%d", getppid());
		NEED(ptrace(PTRACE_TRACEME, 0, 0, 0) == -1); /* already: no hook */
		NEED(write(up[1], "x", 1) == 1);
		raise(SIGSTOP);
		for (;;)
			pause();
	}
	NEED(read(up[0], &c, 1) == 1);
	NEED(waitpid(child, &status, 0) == child && WIFSTOPPED(status));
	NEED(ptrace(PTRACE_DETACH, child, 0, 0) == 0);
	NEED(ptrace(PTRACE_SEIZE, child, 0, 0) == 0);
	want("ptrace_access_check", "target_pid=%d target_comm=lsm", child);
	NEED(kill(child, SIGKILL) == 0);
	want("task_kill", "target_pid=%d sig=9 code=0 target_comm=lsm", child);
	NEED(waitpid(child, &status, 0) == child);
	NEED(prctl(PR_SET_PDEATHSIG, 0, 11, 12, 13) == 0);
	want("task_prctl", "option=1 arg2=0 arg3=11 arg4=12 arg5=13");
	NEED(setrlimit(RLIMIT_CORE, &none) == 0);
	want("task_setrlimit", "resource=%d cur=0 max=0 target_pid=%d", RLIMIT_CORE, getpid());
}

static void kernel(void)
{
	union bpf_attr attr;
	struct bpf_insn insns[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0}, {.code = BPF_JMP | BPF_EXIT}};
	struct perf_event_attr pe = {.type = PERF_TYPE_SOFTWARE, .size = sizeof(pe), .config = PERF_COUNT_SW_DUMMY};
	struct timespec now;
	char param[1] = "", image[128] = ""; /* not an ELF file */
	long key;
	int fd = open(in("f"), O_RDONLY);

	NEED(clock_gettime(CLOCK_REALTIME, &now) == 0 && clock_settime(CLOCK_REALTIME, &now) == 0);
	want("settime", "sec=%ld nsec=%ld", now.tv_sec, now.tv_nsec);

	NEED(syscall(SYS_finit_module, fd, param, 0) == -1);
	want("kernel_read_file", "path=%s id=2", in("f"));
	want("kernel_post_read_file", "path=%s id=2 size=5", in("f"));
	NEED(syscall(SYS_init_module, image, sizeof(image), param) == -1);
	want("kernel_load_data", "id=2");
	want("kernel_post_load_data", "id=2 size=%zu", sizeof(image));

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = attr.value_size = 4;
	attr.max_entries = 1;
	strcpy(attr.map_name, "hooks_map");
	NEED(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)) >= 0);
	want("bpf", "cmd=%d", BPF_MAP_CREATE);
	want("bpf_map", "name=hooks_map type=%d", BPF_MAP_TYPE_ARRAY);
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (unsigned long)insns;
	attr.insn_cnt = 2;
	attr.license = (unsigned long)"GPL";
	strcpy(attr.prog_name, "hooks_prog");
	NEED(syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)) >= 0);
	want("bpf", "cmd=%d", BPF_PROG_LOAD);
	want("bpf_prog", "name=hooks_prog type=%d", BPF_PROG_TYPE_SOCKET_FILTER);

	NEED(syscall(SYS_perf_event_open, &pe, 0, -1, -1, 0) >= 0);
	some("perf_event_open", "type=0");

	key = syscall(SYS_add_key, "user", "hooks:key", "v", 1, KEY_SPEC_PROCESS_KEYRING);
	NEED(key > 0);
	want("key_alloc", "description=hooks:key type=user");
	want("key_post_create_or_update", "description=hooks:key type=user serial=%ld size=1 created=1", key);
	NEED(syscall(SYS_keyctl, KEYCTL_READ, key, 0, 0) == 1);
	some("key_permission", "description=hooks:key type=user serial=%ld need=2", key);

	if (open("/proc/kcore", O_RDONLY) >= 0)
		want("locked_down", "what=22");
	else if (open("/dev/mem", O_RDONLY) >= 0)
		want("locked_down", "what=2");

	NEED(inotify_add_watch(inotify_init(), work, IN_CREATE) >= 0);
	want("path_notify", "path=%s", work);
}

static void ipc(void)
{
	struct {
		long type;
		char text[8];
	} m = {7, "message"};
	struct sembuf ops[] = {{0, 1, 0}, {1, 2, IPC_NOWAIT}};
	int q = msgget(IPC_PRIVATE, 0600), s = semget(IPC_PRIVATE, 2, 0600), fs;

	NEED(q >= 0 && msgsnd(q, &m, sizeof(m.text) - 1, IPC_NOWAIT) == 0);
	want("msg_queue_msgsnd", "type=7 size=7 text=message flags=%d", IPC_NOWAIT);
	NEED(msgctl(q, IPC_RMID, 0) == 0);
	NEED(s >= 0 && semop(s, ops, 2) == 0);
	want("sem_semop", "nsops=2 alter=1");
	NEED(semctl(s, 0, IPC_RMID) == 0);
	fs = syscall(430 /* fsopen */, "tmpfs", 0);
	NEED(fs >= 0 && syscall(431 /* fsconfig */, fs, 1 /* FSCONFIG_SET_STRING */, "size", "64k", 0) == 0);
	want("fs_context_parse_param", "key=size value=64k type=2");
	NEED(close(fs) == 0);
	pid_t child = syscall(SYS_clone, SIGCHLD | CLONE_FS, 0, 0, 0, 0);
	if (!child)
		_exit(0);
	NEED(child > 0 && waitpid(child, 0, 0) == child);
	some("task_alloc", "clone_flags=%d", CLONE_FS);
}

static void user_namespace(void)
{
	NEED(unshare(CLONE_NEWUSER) == 0);
	want("userns_create", "euid=0");
}

static void rings(void)
{
	struct io_uring_sqe sqe = {.opcode = IORING_OP_NOP, .user_data = 1};
	struct ring r;
	int null, personality;

	if (ring_open(&r, IORING_SETUP_SQPOLL) != 0) {
		fprintf(stderr, "skip io_uring: %s\n", strerror(errno));
		return;
	}
	want("uring_sqpoll", " ");
	close(r.fd);
	NEED(ring_open(&r, 0) == 0);
	personality = syscall(SYS_io_uring_register, r.fd, 9 /* IORING_REGISTER_PERSONALITY */, 0, 0);
	NEED(personality > 0);
	sqe.personality = personality;
	NEED(ring_do(&r, sqe, 0) == 0);
	want("uring_override_creds", "new_uid=0 new_euid=0");
	null = open("/dev/null", O_RDWR);
	sqe = (struct io_uring_sqe){.opcode = 46 /* IORING_OP_URING_CMD */, .fd = null, .off = 77, .user_data = 2};
	if (null >= 0 && ring_do(&r, sqe, 0) == 0)
		want("uring_cmd", "path=/dev/null cmd=77");
}

static void program(void)
{
	want("bprm_creds_for_exec", "filename=%s path=%s", self, self);
	want("bprm_committed_creds", "euid=0 egid=0 secureexec=0 path=%s", self);
	execl(self, self, "nothing", (char *)0);
	_exit(97);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return 0;
	self = realpath("/proc/self/exe", 0);
	umask(0);
	NEED(mkdtemp(work));
	directories();
	memory();
	sockets();
	tasks();
	kernel();
	ipc();
	IN_CHILD(users());
	IN_CHILD(capabilities());
	IN_CHILD(user_namespace());
	rings();
	IN_CHILD(program());
	IN_CHILD(mounts());
	IN_CHILD(pivot());
	return 0;
}

/* Changes of what a process is and may do: needs root, and nothing else of the kernel. */
#include "want.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static char work[] = "/tmp/tracerec-life-XXXXXX";

static unsigned long inum(const char *what)
{
	char name[64];
	struct stat st;

	snprintf(name, sizeof(name), "/proc/self/ns/%s", what);
	NEED(stat(name, &st) == 0);
	return st.st_ino;
}

static void ids(void)
{
	NEED(setresgid(11, 12, 13) == 0);
	want("cred", "nr=%d euid=0 suid=0 fsuid=0 egid=12 sgid=13 fsgid=12", SYS_setresgid);
	setfsuid(5); /* gives up the capabilities that concern files */
	want("cred", "nr=%d euid=0 suid=0 fsuid=5 egid=12 sgid=13 fsgid=12", SYS_setfsuid);
	some("caps", "nr=%d securebits=0", SYS_setfsuid);
	NEED(setresuid(1, 2, 3) == 0);
	want("cred", "nr=%d euid=2 suid=3 fsuid=2 egid=12 sgid=13 fsgid=12", SYS_setresuid);
	some("caps", "nr=%d effective=0 permitted=0", SYS_setresuid);
	NEED(setresuid(1, 2, 3) == 0); /* changes nothing: no row */
	NEED(setuid(77) == -1);	       /* fails: no row */
}

static void caps(void)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2];

	NEED(syscall(SYS_capget, &h, d) == 0);
	d[0].effective = 1 << CAP_CHOWN;
	d[1].effective = 0;
	NEED(syscall(SYS_capset, &h, d) == 0);
	want("caps", "nr=%d effective=1 permitted=%llu", SYS_capset, d[0].permitted | (unsigned long long)d[1].permitted << 32);
}

static void securebits(void)
{
	NEED(prctl(PR_SET_SECUREBITS, 1 << 4 /* SECBIT_KEEP_CAPS */) == 0);
	want("caps", "nr=%d securebits=16", SYS_prctl);
}

static void namespaces(void)
{
	unsigned long uts = inum("uts"), net = inum("net");
	int old = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);

	NEED(old >= 0 && unshare(CLONE_NEWUTS | CLONE_NEWNET) == 0);
	want("namespace", "nr=%d type=%d old=%lu new=%lu", SYS_unshare, CLONE_NEWUTS, uts, inum("uts"));
	want("namespace", "nr=%d type=%d old=%lu new=%lu", SYS_unshare, CLONE_NEWNET, net, inum("net"));
	want("namespace", "nr=%d type=%d old=%lu new=%lu", SYS_setns, CLONE_NEWUTS, inum("uts"), uts);
	NEED(setns(old, 0) == 0);
}

static void dirs(void)
{
	char sub[64], deep[80];

	snprintf(sub, sizeof(sub), "%s/sub", work);
	snprintf(deep, sizeof(deep), "%s/sub/deep", work);
	NEED(mkdir(sub, 0755) == 0 && mkdir(deep, 0755) == 0);
	NEED(chdir(sub) == 0);
	some("cwd", "nr=%d path=*%s", SYS_chdir, sub);
	NEED(chdir(".") == 0); /* the same: no row */
	int fd = open("deep", O_RDONLY | O_DIRECTORY);
	NEED(fd >= 0 && fchdir(fd) == 0);
	want("cwd", "nr=%d path=*%s", SYS_fchdir, deep);
	NEED(chroot(sub) == 0);
	want("root", "nr=%d path=*%s", SYS_chroot, sub);
	NEED(chdir("/") == 0);
	some("cwd", "nr=%d path=*%s", SYS_chdir, sub);
}

static void signals(void)
{
	int status;
	pid_t child;

	signal(SIGUSR1, SIG_IGN); /* before the child is there: it inherits that */
	child = fork();
	NEED(child >= 0);
	if (!child)
		for (;;)
			pause();
	NEED(kill(child, SIGUSR1) == 0);
	want("signal", "sig=%d code=0 target_pid=%d sender=%d result=1 nr=%d", SIGUSR1, child, getpid(), SYS_kill);
	NEED(syscall(SYS_tgkill, child, child, SIGTERM) == 0);
	want("signal", "sig=%d code=-6 target_tid=%d sender=%d result=0 nr=%d", SIGTERM, child, getpid(), SYS_tgkill);
	NEED(waitpid(child, &status, 0) == child && WTERMSIG(status) == SIGTERM);
}

int main(void)
{
	NEED(mkdtemp(work));
	IN_CHILD(ids());
	IN_CHILD(caps());
	IN_CHILD(securebits());
	IN_CHILD(namespaces());
	IN_CHILD(dirs());
	signals();
	NEED(prctl(PR_SET_NAME, "renamed") == 0);
	want("task_rename", "old=life new=renamed target_pid=%d", getpid());
	NEED(chdir(work) == 0 && rmdir("sub/deep") == 0 && rmdir("sub") == 0 && rmdir(work) == 0);
	want("cwd", "path=*%s", work);
	return 0;
}

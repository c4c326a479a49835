// Programs that run under another name than the one that was given.
#include "lookalikes.h"
#include <pthread.h>
#include <spawn.h>

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

static char *argv9[] = {"look", "--exit9", "and", "more", NULL};
static char *envp1[] = {"LOOK=alike", NULL};

// run_as runs a name in a child and gives its exit code.
static int run_as(const char *name, char **argv)
{
	pid_t pid = fork();
	if (pid == 0) {
		execve(name, argv, envp1);
		_exit(errno == ENOENT ? 100 : 101);
	}
	return exit_of(pid);
}

static int run_at(int fd, const char *name, char **argv, int flags)
{
	pid_t pid = fork();
	if (pid == 0) {
		syscall(SYS_execveat, fd, name, argv, envp1, flags);
		_exit(101);
	}
	return exit_of(pid);
}

static int script(const char *name, const char *interpreter, const char *arg)
{
	char line[PATH_MAX + 100];
	snprintf(line, sizeof line, "#!%s%s%s\n", interpreter, *arg ? " " : "", arg);
	return put(name, line) || chmod(name, 0700);
}

static int plain(void)
{
	CHECK(copy_self("prog", 0700) == 0);
	CHECK(run_as("prog", argv9) == 9 && run_as("./prog", argv9) == 9 && run_as(path("prog"), argv9) == 9);
	CHECK(run_as("missing", argv9) == 100);
	CHECK(chmod("prog", 0600) == 0 && run_as("prog", argv9) == 101);
	return OK;
}

static int by_symlink(void)
{
	CHECK(copy_self("box", 0700) == 0 && symlink("box", "applet") == 0 && run_as("applet", argv9) == 9);
	CHECK(run_as("/proc/self/exe", argv9) == 9);
	return OK;
}

static int scripts(void)
{
	CHECK(copy_self("prog", 0700) == 0);
	CHECK(script("s", path("prog"), "--exit5") == 0 && run_as("./s", argv9) == 5 && run_as("s", argv9) == 5);
	CHECK(script("nested", path("s"), "") == 0 && run_as("nested", argv9) == 5);
	CHECK(script("third", path("nested"), "x") == 0 && run_as("third", argv9) == 5);
	CHECK(script("lost", path("nowhere"), "") == 0 && run_as("lost", argv9) == 100);
	return OK;
}

static int script_by_fd(void)
{
	CHECK(copy_self("prog", 0700) == 0 && script("s", path("prog"), "--exit6") == 0);
	int fd = open("s", O_RDONLY); // not close-on-exec: the interpreter opens /dev/fd/N
	CHECK(fd >= 0);
	CHECK(run_at(fd, "", argv9, AT_EMPTY_PATH) == 6);
	return OK;
}

static int memfd(void)
{
	char buf[65536], p[64];
	ssize_t n;
	int in = open("/proc/self/exe", O_RDONLY), fd = syscall(SYS_memfd_create, "payload", 1);
	CHECK(in >= 0 && fd >= 0);
	while ((n = read(in, buf, sizeof buf)) > 0)
		CHECK(write(fd, buf, n) == n);
	snprintf(p, sizeof p, "/proc/self/fd/%d", fd);
	CHECK(run_as(p, argv9) == 9 && run_at(fd, "", argv9, AT_EMPTY_PATH) == 9);
	return OK;
}

static int execveat_names(void)
{
	CHECK(mkdir("d", 0700) == 0 && copy_self("d/prog", 0700) == 0 && symlink("prog", "d/l") == 0);
	int d = open("d", O_PATH | O_CLOEXEC);
	CHECK(run_at(d, "prog", argv9, 0) == 9 && run_at(d, "../d/prog", argv9, 0) == 9 && run_at(d, "l", argv9, 0) == 9);
	CHECK(run_at(d, path("d/prog"), argv9, 0) == 9 && run_at(AT_FDCWD, "d/prog", argv9, 0) == 9);
	CHECK(run_at(d, "l", argv9, AT_SYMLINK_NOFOLLOW) == 101);
	return OK;
}

static int vfork_spawn(void)
{
	CHECK(copy_self("prog", 0700) == 0);
	pid_t pid = vfork();
	if (pid == 0) {
		execve("prog", argv9, envp1);
		_exit(101);
	}
	CHECK(exit_of(pid) == 9);
	CHECK(posix_spawn(&pid, "./prog", NULL, NULL, argv9, envp1) == 0 && exit_of(pid) == 9);
	return OK;
}

static void *exec_here(void *name)
{
	execve(name, argv9, envp1);
	return NULL;
}

static int thread_exec(void)
{
	pthread_t t;
	CHECK(copy_self("prog", 0700) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		pthread_create(&t, NULL, exec_here, "prog");
		pthread_join(t, NULL);
		_exit(101);
	}
	CHECK(exit_of(pid) == 9);
	return OK;
}

static int odd_argv(void)
{
	static char *many[1002], big[100000];
	char *none[] = {NULL};
	CHECK(copy_self("prog", 0700) == 0);
	for (int i = 0; i < 1001; i++)
		many[i] = "a-repeated-argument";
	many[1] = "--exit4";
	CHECK(run_as("prog", many) == 4);
	memset(big, 'x', sizeof big - 1);
	CHECK(run_as("prog", (char *[]){big, "--exit3", big, "", "\xff\n", NULL}) == 3);
	CHECK(run_as("prog", none) == 2 && run_as("prog", NULL) == 2); // usage
	CHECK(run_as("prog", (char *[]){"prog", (char *)8, NULL}) == 101);
	return OK;
}

const struct test execs[] = {
	{"exec-plain", plain}, {"exec-symlink", by_symlink}, {"exec-script", scripts}, {"exec-script-fd", script_by_fd},
	{"exec-memfd", memfd}, {"execveat", execveat_names}, {"exec-vfork-spawn", vfork_spawn},
	{"exec-thread", thread_exec}, {"exec-odd-argv", odd_argv}, {0},
};

// deterministic: the same syscalls with the same arguments in the same order,
// each time, from two threads that take turns without a syscall. An oracle
// (strace) and a recording of it can be compared line by line.
//
//	gcc -static -pthread -O1 -Wall -Wextra -o deterministic deterministic.c
//	cd EMPTYDIR && deterministic [ROUNDS]
//
// The sequence stands between two markers: close(-7001) and close(-7002).
// Every name is relative, every buffer static, so that addresses are the same
// too (with -static, and with address randomisation off for the stack).
// Exits 0 when each result was the expected one, with the step's line if not.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int failed; // line of the first step with an unexpected result

static void want(int line, long got, long expected)
{
	if (got != expected && !failed)
		failed = line;
}

// IS checks a result, ERR a failure, FD that there is a descriptor.
#define IS(expected, call) want(__LINE__, (call), (expected))
#define ERR(err, call) want(__LINE__, (call) == -1 ? errno : 0, (err))
#define FD(var, call) want(__LINE__, ((var) = (call)) >= 0, 1)

static char buf[4096], longname[4096];
static const char binary[] = "n\xc3\xa9\xff\n\t\"\\";

static void files(const char *name)
{
	static struct open_how how = {.flags = O_RDWR | O_CREAT, .mode = 0600};
	int fd, dir;
	FD(fd, syscall(SYS_openat, AT_FDCWD, name, O_RDWR | O_CREAT | O_TRUNC, 0644));
	IS(5, write(fd, "hello", 5));
	IS(3, pread(fd, buf, 3, 1));
	IS(2, lseek(fd, 2, SEEK_SET));
	IS(0, ftruncate(fd, 100));
	IS(0, close(fd));
#ifdef SYS_open
	FD(fd, syscall(SYS_open, name, O_RDONLY | O_CLOEXEC));
	IS(0, close(fd));
	FD(fd, syscall(SYS_creat, "created", 0640));
	IS(0, close(fd));
#endif
	FD(fd, syscall(SYS_openat2, AT_FDCWD, "by-how", &how, sizeof how));
	IS(0, close(fd));
	FD(dir, syscall(SYS_openat, AT_FDCWD, ".", O_RDONLY | O_DIRECTORY));
	FD(fd, syscall(SYS_openat, dir, binary, O_WRONLY | O_CREAT, 0600));
	IS(0, close(fd));
	IS(0, syscall(SYS_unlinkat, dir, binary, 0));
	IS(0, close(dir));
	ERR(ENOENT, syscall(SYS_openat, AT_FDCWD, "missing", O_RDONLY));
	ERR(ENOENT, syscall(SYS_openat, AT_FDCWD, "", O_RDONLY));
	ERR(ENOTDIR, syscall(SYS_openat, AT_FDCWD, "by-how/x", O_RDONLY));
	ERR(EFAULT, syscall(SYS_openat, AT_FDCWD, NULL, O_RDONLY));
	ERR(EFAULT, syscall(SYS_openat, AT_FDCWD, (char *)16, O_RDONLY));
	ERR(EBADF, syscall(SYS_openat, -5, "x", O_RDONLY));
	FD(fd, syscall(SYS_openat, AT_FDCWD, longname, O_RDONLY));
	IS(0, close(fd));
	IS(0, syscall(SYS_mkdirat, AT_FDCWD, "sub/", 0700));
	IS(0, syscall(SYS_symlinkat, "by-how", AT_FDCWD, "link"));
	IS(0, syscall(SYS_renameat2, AT_FDCWD, "by-how", AT_FDCWD, "sub/moved", 0));
	IS(0, syscall(SYS_linkat, AT_FDCWD, "sub/moved", AT_FDCWD, "hard", 0));
	IS(0, syscall(SYS_fchmodat, AT_FDCWD, "hard", 0400));
	IS(0, syscall(SYS_faccessat, AT_FDCWD, "hard", R_OK));
	IS(6, syscall(SYS_readlinkat, AT_FDCWD, "link", buf, sizeof buf));
	IS(0, chdir("sub"));
	IS(0, chdir(".."));
	IS(0, unlink("hard"));
	IS(0, unlink("link"));
	IS(0, unlink("sub/moved"));
	IS(0, rmdir("sub"));
}

static void net(void)
{
	static struct sockaddr_in in = {.sin_family = AF_INET}, any = {.sin_family = AF_INET};
	static struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "socket"};
	static struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	int s, c;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in.sin_port = htons(9);
	FD(s, socket(AF_INET, SOCK_DGRAM, 0));
	IS(0, bind(s, (void *)&any, sizeof any));
	IS(0, connect(s, (void *)&in, sizeof in));
	ERR(EINVAL, connect(s, (void *)&in, 4));
	ERR(EINVAL, connect(s, (void *)&in, 500));
	ERR(EFAULT, connect(s, NULL, 16));
	ERR(EAFNOSUPPORT, connect(s, (void *)&in6, sizeof in6));
	IS(0, close(s));
	FD(s, socket(AF_UNIX, SOCK_STREAM, 0));
	IS(0, bind(s, (void *)&un, sizeof un));
	IS(0, listen(s, 1));
	FD(c, socket(AF_UNIX, SOCK_STREAM, 0));
	IS(0, connect(c, (void *)&un, offsetof(struct sockaddr_un, sun_path) + 6));
	IS(0, close(c));
	IS(0, close(s));
	IS(0, unlink("socket"));
	ERR(ENOTSOCK, connect(0, (void *)&in, sizeof in));
}

static void programs(void)
{
	static char *argv[] = {"deterministic", "--exit", "with spaces", "", "\xff\n", NULL}, *envp[] = {"A=1", "B=two", NULL};
	int status = -1;
	pid_t pid = fork();
	if (pid == 0) {
		syscall(SYS_execve, "missing", argv, envp);
		syscall(SYS_execve, ".", argv, envp);
		syscall(SYS_execve, "/proc/self/exe", argv, envp);
		_exit(1);
	}
	IS(pid, waitpid(pid, &status, 0));
	IS(9, WEXITSTATUS(status));
}

// The threads take turns: turn is whose step it is.
static volatile int turn, rounds = 1;

static void wait_for(int who)
{
	while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != who)
		__asm__ volatile("" ::: "memory");
}

static void pass_to(int who) { __atomic_store_n(&turn, who, __ATOMIC_RELEASE); }

static void *second(void *arg)
{
	for (int i = 0; i < rounds; i++) {
		wait_for(1);
		files("second");
		pass_to(0);
	}
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t t;
	if (argc > 1 && !strcmp(argv[1], "--exit"))
		return 9;
	if (argc > 1)
		rounds = atoi(argv[1]);
	for (size_t i = 0; i < 600; i += 2) // longer than what is taken in place
		memcpy(longname + i, "./", 3);
	pthread_create(&t, NULL, second, NULL);
	close(-7001);
	for (int i = 0; i < rounds; i++) {
		files("first");
		net();
		programs();
		pass_to(1);
		wait_for(0);
	}
	close(-7002);
	pthread_join(t, NULL);
	return failed > 255 ? 255 : failed;
}

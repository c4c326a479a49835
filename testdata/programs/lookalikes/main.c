// lookalikes: benign things that a naive comparison takes for a changed
// argument. None of them may ever be found divergent. Each case checks itself.
//
//	gcc -static -pthread -O1 -Wall -Wextra -o lookalikes lookalikes/*.c
//	lookalikes all DIR | lookalikes CASE DIR | lookalikes list
//
// prints "ok NAME" or "skip NAME" per case; exits 0 unless one failed. It is
// also the program that its own exec cases run: --exitN exits with N.
#include "lookalikes.h"

char self[PATH_MAX], work[PATH_MAX];
static const struct test *tables[] = {names, trees, execs, pointers, sockets, tasks};

char *path(const char *name)
{
	static char buf[4][PATH_MAX * 2];
	static int n;
	char *p = buf[n++ & 3];
	snprintf(p, sizeof buf[0], "%s/%s", work, name);
	return p;
}

int put(const char *name, const char *content)
{
	int fd = syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		return -1;
	ssize_t n = write(fd, content, strlen(content));
	close(fd);
	return n == (ssize_t)strlen(content) ? 0 : -1;
}

int holds(int fd, char want)
{
	char c = 0;
	if (fd < 0)
		return 0;
	ssize_t n = pread(fd, &c, 1, 0);
	close(fd);
	return n == 1 && c == want;
}

int opens(const char *name, char want)
{
	return holds(syscall(SYS_openat, AT_FDCWD, name, O_RDONLY), want);
}

int copy_self(const char *to, mode_t mode)
{
	char buf[65536];
	ssize_t n;
	int in = open("/proc/self/exe", O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, mode);
	if (in < 0 || out < 0)
		return -1;
	while ((n = read(in, buf, sizeof buf)) > 0)
		if (write(out, buf, n) != n)
			return -1;
	close(in);
	return n < 0 ? -1 : close(out);
}

int exit_of(pid_t pid)
{
	int status;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run(const struct test *t, const char *dir)
{
	char cmd[PATH_MAX + 300];
	snprintf(cmd, sizeof cmd, "%s/%s", dir, t->name);
	if (mkdir(cmd, 0700) && errno != EEXIST) {
		perror(cmd);
		return FAIL;
	}
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		alarm(120);
		if (chdir(cmd) || !getcwd(work, sizeof work))
			_exit(FAIL);
		_exit(t->run());
	}
	int code = exit_of(pid);
	printf("%s %s\n", code == OK ? "ok" : code == SKIP ? "skip" : "FAILED", t->name);
	return code == OK || code == SKIP ? OK : FAIL;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strncmp(argv[1], "--exit", 6))
		return atoi(argv[1] + 6);
	if (argc < 2 || (argc < 3 && strcmp(argv[1], "list"))) {
		fprintf(stderr, "usage: lookalikes all|CASE DIR, or lookalikes list\n");
		return 2;
	}
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	if (n < 0) {
		perror("/proc/self/exe");
		return 2;
	}
	int failed = 0, found = 0;
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (const struct test *t = tables[i]; t->name; t++) {
			if (!strcmp(argv[1], "list")) {
				puts(t->name);
				found++;
			} else if (!strcmp(argv[1], "all") || !strcmp(argv[1], t->name)) {
				failed += run(t, argv[2]) != OK;
				found++;
			}
		}
	if (!found)
		fprintf(stderr, "%s: no such case\n", argv[1]);
	return !found ? 2 : failed ? 1 : 0;
}

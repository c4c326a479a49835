// bench: the small programs that testdata/bench.sh measures with.
//
//	bench getppid N        N times getppid(2), straight into the kernel
//	bench open N FILE      N times open(2) and close(2)
//	bench time OUT CMD...  runs CMD, writes "wall cpu" in seconds of it and its children to OUT
//	bench peak CMD...      runs CMD, says on standard error how many KiB it had at most
//	bench start CMD...     notes the time and becomes CMD
//	bench first OUT        writes the seconds since "bench start" to OUT
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static double cpu(const struct rusage *u)
{
	return u->ru_utime.tv_sec + u->ru_stime.tv_sec + (u->ru_utime.tv_usec + u->ru_stime.tv_usec) / 1e6;
}

static void put(const char *out, const char *line)
{
	FILE *f = fopen(out, "w");

	if (!f || fputs(line, f) < 0 || fclose(f))
		err(1, "%s", out);
}

static int timed(const char *out, char **cmd)
{
	struct rusage u;
	char line[80];
	int status;
	double t = now();
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		execvp(cmd[0], cmd);
		err(127, "%s", cmd[0]);
	}
	if (waitpid(pid, &status, 0) < 0)
		err(1, "waitpid");
	t = now() - t;
	getrusage(RUSAGE_CHILDREN, &u);
	snprintf(line, sizeof(line), "%.6f %.6f\n", t, cpu(&u));
	put(out, line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	double t = now();
	char line[80];

	if (argc == 3 && !strcmp(argv[1], "getppid")) {
		for (long n = atol(argv[2]); n > 0; n--)
			syscall(SYS_getppid);
		return 0;
	}
	if (argc == 4 && !strcmp(argv[1], "open")) {
		for (long n = atol(argv[2]); n > 0; n--) {
			int fd = open(argv[3], O_RDONLY);

			if (fd < 0)
				err(1, "%s", argv[3]);
			close(fd);
		}
		return 0;
	}
	if (argc > 3 && !strcmp(argv[1], "time"))
		return timed(argv[2], argv + 3);
	if (argc > 2 && !strcmp(argv[1], "peak")) {
		struct rusage u;
		int status = timed("/dev/null", argv + 2);

		getrusage(RUSAGE_CHILDREN, &u);
		fprintf(stderr, "%ld\n", u.ru_maxrss);
		return status;
	}
	if (argc > 2 && !strcmp(argv[1], "start")) {
		snprintf(line, sizeof(line), "%.9f", now());
		setenv("BENCH_START", line, 1);
		execvp(argv[2], argv + 2);
		err(127, "%s", argv[2]);
	}
	if (argc == 3 && !strcmp(argv[1], "first") && getenv("BENCH_START")) {
		snprintf(line, sizeof(line), "%.6f 0\n", t - atof(getenv("BENCH_START")));
		put(argv[2], line);
		return 0;
	}
	errx(2, "usage: see the top of bench.c");
}

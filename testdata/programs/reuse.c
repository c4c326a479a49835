// reuse: processes that follow each other under one number, as after 32768
// others, but at once: clone3(2) is told which number to take (set_tid, which
// needs CAP_SYS_ADMIN). Each opens a file of its own as descriptor 17, moves to
// a directory of its own, and lives until told to end, so that a line of
//
//	PID NUMBER-OF-THE-LIFE NANOSECONDS-SINCE-BOOT
//
// on standard output is of a moment at which it has done both. A grandchild of
// each life outlives it: its parent's number is another process' then.
//
//	gcc -static -O1 -Wall -Wextra -o reuse reuse.c && cd EMPTYDIR && reuse LIVES
//
// Exits 77 when the kernel does not let it choose numbers.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void live(int life, int ready, int end, int grandchildren)
{
	char name[32], c;
	snprintf(name, sizeof name, "life-%d", life);
	prctl(PR_SET_NAME, name);
	if (mkdir(name, 0700) || chdir(name))
		_exit(2);
	int fd = open("file", O_CREAT | O_RDWR, 0600);
	if (fd < 0 || dup2(fd, 17) != 17 || close(fd))
		_exit(3);
	if (fork() == 0) { // outlives it
		close(ready);
		close(end);
		close(17);
		_exit(read(grandchildren, &c, 1) != 0);
	}
	if (write(ready, "r", 1) != 1 || read(end, &c, 1) != 1)
		_exit(4);
	_exit(0);
}

int main(int argc, char **argv)
{
	int lives = argc > 1 ? atoi(argv[1]) : 3, ready[2], end[2], last[2];
	pid_t want = 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (pipe(ready) || pipe(end) || pipe(last))
		die("pipe");
	for (int life = 0; life < lives; life++) {
		struct clone_args args = {.exit_signal = SIGCHLD, .set_tid = want ? (uintptr_t)&want : 0, .set_tid_size = want ? 1 : 0};
		pid_t pid = syscall(SYS_clone3, &args, sizeof args);
		if (pid == 0) {
			close(last[1]);
			live(life, ready[1], end[0], last[0]);
		}
		if (pid < 0)
			return errno == EPERM || errno == ENOSYS || errno == EINVAL ? 77 : (perror("clone3"), 1);
		char c;
		if (read(ready[0], &c, 1) != 1)
			die("read");
		struct timespec now;
		clock_gettime(CLOCK_BOOTTIME, &now);
		printf("%d %d %lld\n", pid, life, now.tv_sec * 1000000000LL + now.tv_nsec);
		int status;
		if (write(end[1], "e", 1) != 1 || waitpid(pid, &status, 0) != pid || status)
			die("the life ended otherwise");
		want = pid;
	}
	close(last[1]); // the grandchildren end
	return 0;
}

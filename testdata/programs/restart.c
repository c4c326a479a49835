// restart: calls that a signal interrupts and the kernel begins again: with the
// same number (ERESTARTSYS, under SA_RESTART), as restart_syscall
// (ERESTART_RESTARTBLOCK, after a stop), and those that end with EINTR.
//
//	gcc -static -O1 -Wall -Wextra -o restart restart.c && cd EMPTYDIR && restart
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t signals;

static void on(int sig)
{
	(void)sig;
	signals++;
}

static void ms(long n)
{
	struct timespec t = {.tv_sec = n / 1000, .tv_nsec = n % 1000 * 1000000};
	nanosleep(&t, NULL);
}

static void step(int ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "restart: %s: %s\n", what, strerror(errno));
		exit(1);
	}
}

// A child signals its parent twice while it sleeps in a call, then does what
// lets the call return. Where that is nothing, it signals until it is killed.
static pid_t after(int sig, void (*then)(int), int fd)
{
	pid_t parent = getpid(), child = fork();
	if (child)
		return child;
	for (int i = 0; i < (sig == SIGUSR2 ? 1000 : 2); i++) {
		ms(60);
		kill(parent, sig);
		if (sig == SIGSTOP) {
			ms(60);
			kill(parent, SIGCONT);
		}
	}
	ms(60);
	if (then)
		then(fd);
	_exit(0);
}

static void put(int fd) { step(write(fd, "data", 4) == 4, "write"); }

static void dial(int fd)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "socket"};
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	step(connect(fd, (void *)&un, sizeof un) == 0, "connect");
}

int main(void)
{
	struct sigaction again = {.sa_handler = on, .sa_flags = SA_RESTART}, once = {.sa_handler = on};
	struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "socket"};
	int p[2], l, c;
	char buf[8];

	sigaction(SIGUSR1, &again, NULL);
	sigaction(SIGUSR2, &once, NULL);
	step(pipe(p) == 0, "pipe");
	after(SIGUSR1, put, p[1]);
	step(read(p[0], buf, sizeof buf) == 4, "read is restarted");
	wait(NULL);

	pid_t child = after(SIGUSR2, NULL, 0);
	step(read(p[0], buf, sizeof buf) < 0 && errno == EINTR, "read ends with EINTR");
	kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) != child)
		;

	step((l = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0, "socket");
	step(bind(l, (void *)&un, sizeof un) == 0 && listen(l, 1) == 0, "listen");
	after(SIGUSR1, dial, 0);
	step((c = accept(l, NULL, NULL)) >= 0, "accept is restarted");
	wait(NULL);
	step(read(c, buf, 1) == 0, "read from one that is gone");

	after(SIGSTOP, put, p[1]);
	struct pollfd fd = {.fd = p[0], .events = POLLIN};
	step(poll(&fd, 1, 10000) == 1, "poll goes on after a stop");
	step(read(p[0], buf, sizeof buf) == 4, "read");
	wait(NULL);

	after(SIGSTOP, NULL, 0);
	ms(400); // nanosleep goes on after a stop
	wait(NULL);
	step(dup2(c, 9) == 9 && close(c) == 0, "dup2");
	return signals < 3;
}

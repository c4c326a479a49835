// rethread: threads of one process that follow each other under one number, which
// clone3(2) is told (set_tid, which needs CAP_SYS_ADMIN). Each names itself
// thread-N, opens file-N, and lives until told to end, so that a line of
//
//	PID TID N NANOSECONDS-SINCE-BOOT
//
// on standard output is of a moment at which it has done both.
//
//	gcc -static -O1 -Wall -Wextra -o rethread rethread.c && rethread LIVES
//
// Exits 77 when it cannot: the kernel does not let it choose numbers, or the
// machine is not the one whose assembly this has.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef __x86_64__
int main(void) { return 77; }
#else

static int ready[2], end[2];
static char path[32], name[32]; // the kernel takes 15 of the name
static char stack[64 << 10] __attribute__((aligned(16)));

// raw calls the kernel without errno, which is the first thread's here.
static long raw(long nr, long a, long b, long c)
{
	long ret;
	register long r10 asm("r10") = 0;
	asm volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
	return ret;
}

__attribute__((used)) static void live(void)
{
	char c = 'r';
	raw(SYS_prctl, PR_SET_NAME, (long)name, 0);
	if (raw(SYS_open, (long)path, O_CREAT | O_RDWR, 0600) < 0)
		raw(SYS_exit_group, 3, 0, 0);
	if (raw(SYS_write, ready[1], (long)&c, 1) != 1 || raw(SYS_read, end[0], (long)&c, 1) != 1)
		raw(SYS_exit_group, 4, 0, 0);
	raw(SYS_exit, 0, 0, 0);
}

// begin makes the thread, which has a stack and nothing to return to.
static long begin(struct clone_args *args)
{
	long ret;
	asm volatile("syscall\n\t"
		     "test %%rax, %%rax\n\t"
		     "jnz 1f\n\t"
		     "xor %%ebp, %%ebp\n\t"
		     "call live\n\t"
		     "ud2\n\t"
		     "1:"
		     : "=a"(ret) : "a"((long)SYS_clone3), "D"(args), "S"(sizeof *args) : "rcx", "r11", "memory");
	return ret;
}

int main(int argc, char **argv)
{
	int lives = argc > 1 ? atoi(argv[1]) : 3;
	pid_t want = 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (pipe(ready) || pipe(end))
		return perror("pipe"), 1;
	for (int life = 0; life < lives; life++) {
		static volatile uint32_t alive;
		alive = 1;
		snprintf(name, sizeof name, "thread-%d", life);
		snprintf(path, sizeof path, "file-%d", life);
		struct clone_args args = {
			.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID,
			.child_tid = (uintptr_t)&alive, .stack = (uintptr_t)stack, .stack_size = sizeof stack,
			.set_tid = want ? (uintptr_t)&want : 0, .set_tid_size = want ? 1 : 0,
		};
		long tid = begin(&args);
		if (tid < 0)
			return tid == -EPERM || tid == -ENOSYS || tid == -EINVAL ? 77 : (fprintf(stderr, "clone3: %s\n", strerror(-tid)), 1);
		char c;
		if (read(ready[0], &c, 1) != 1)
			return perror("read"), 1;
		struct timespec now;
		clock_gettime(CLOCK_BOOTTIME, &now);
		printf("%d %ld %d %lld\n", getpid(), tid, life, now.tv_sec * 1000000000LL + now.tv_nsec);
		if (write(end[1], "e", 1) != 1)
			return perror("write"), 1;
		while (alive) // the kernel clears it when the thread is gone
			syscall(SYS_futex, &alive, FUTEX_WAIT, 1, NULL, NULL, 0);
		// Its number is free a little later than its memory.
		char proc[64];
		snprintf(proc, sizeof proc, "/proc/self/task/%ld", tid);
		while (access(proc, F_OK) == 0)
			usleep(1000);
		want = tid;
	}
	return 0;
}
#endif

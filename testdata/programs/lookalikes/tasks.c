// Threads, signals and ABIs: calls that are easily mixed up.
#include "lookalikes.h"
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/time.h>

static void *own_buffer(void *arg)
{
	char name[16], want = 'a' + (intptr_t)arg;
	snprintf(name, sizeof name, "f%c", want);
	for (int i = 0; i < 50; i++)
		if (!opens(name, want))
			return "failed";
	return NULL;
}

static void *same_constant(void *arg)
{
	(void)arg;
	for (int i = 0; i < 400; i++)
		if (!opens("fa", 'a'))
			return "failed";
	return NULL;
}

static int on_threads(void *(*f)(void *), int n)
{
	pthread_t t[8];
	void *result, *all = NULL;
	for (int i = 0; i < n; i++)
		CHECK(pthread_create(&t[i], NULL, f, (void *)(intptr_t)i) == 0);
	for (int i = 0; i < n; i++) {
		pthread_join(t[i], &result);
		all = result ? result : all;
	}
	CHECK(!all);
	return OK;
}

static int threads(void)
{
	for (char c = 'a'; c < 'i'; c++)
		CHECK(put((char[]){'f', c, 0}, (char[]){c, 0}) == 0);
	CHECK(on_threads(own_buffer, 8) == OK);
	return on_threads(same_constant, 4);
}

// One buffer, changed between the calls and right after each.
static int reused_buffer(void)
{
	static char name[16];
	CHECK(put("fa", "a") == 0 && put("fb", "b") == 0);
	for (int i = 0; i < 800; i++) {
		char c = 'a' + i % 2;
		name[0] = 'f', name[1] = c, name[2] = 0;
		int fd = syscall(SYS_openat, AT_FDCWD, name, O_RDONLY);
		memset(name, 'X', 4);
		CHECK(holds(fd, c));
	}
	return OK;
}

static volatile int *ticks; // shared with the child
static void tick(int sig) { (void)sig, ++*ticks; }
static int share_ticks(void)
{
	ticks = mmap(NULL, sizeof *ticks, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return ticks == MAP_FAILED ? -1 : 0;
}

// A signal interrupts an open that waits; the kernel starts the call again.
static int restart(void)
{
	struct sigaction sa = {.sa_handler = tick, .sa_flags = SA_RESTART};
	struct itimerval it = {{0, 10000}, {0, 10000}}, off = {{0, 0}, {0, 0}};
	CHECK(share_ticks() == 0 && mkfifo("p", 0600) == 0 && sigaction(SIGALRM, &sa, NULL) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		while (*ticks < 10) // however slow the parent is
			usleep(10000);
		_exit(open("p", O_WRONLY) < 0);
	}
	CHECK(setitimer(ITIMER_REAL, &it, NULL) == 0);
	int fd = syscall(SYS_openat, AT_FDCWD, "p", O_RDONLY);
	CHECK(setitimer(ITIMER_REAL, &off, NULL) == 0);
	CHECK(fd >= 0 && *ticks > 0 && exit_of(pid) == 0);
	return OK;
}

static int interrupted(void)
{
	struct sigaction sa = {.sa_handler = tick};
	struct itimerval it = {{0, 20000}, {0, 20000}}; // again, should the first come before the open
	CHECK(share_ticks() == 0 && mkfifo("p", 0600) == 0 && sigaction(SIGALRM, &sa, NULL) == 0 && setitimer(ITIMER_REAL, &it, NULL) == 0);
	FAILS_WITH(EINTR, syscall(SYS_openat, AT_FDCWD, "p", O_RDONLY));
	return OK;
}

static int seccomp_errno(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 123),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {sizeof code / sizeof *code, code};
	CHECK(put("f", "a") == 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		SKIP_BECAUSE("seccomp");
	FAILS_WITH(123, syscall(SYS_openat, AT_FDCWD, "f", O_RDONLY));
	return OK;
}

#ifdef __x86_64__
static sigjmp_buf no_ia32;
static void fault(int sig) { siglongjmp(no_ia32, sig); }

static long int80(long nr, long a, long b, long c, long d)
{
	long ret;
	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d)
	                 : "memory", "r8", "r9", "r10", "r11");
	return (int)ret;
}

// Numbers of the 32-bit ABI mean other calls: 5 is open here, fstat there.
static int ia32(void)
{
	char *low = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	CHECK(low != MAP_FAILED && put("f", "a") == 0 && copy_self("prog", 0700) == 0);
	signal(SIGSEGV, fault);
	if (sigsetjmp(no_ia32, 1) || int80(20, 0, 0, 0, 0) != getpid())
		SKIP_BECAUSE("ia32 emulation");
	strcpy(low, "f");
	CHECK(holds(int80(5, (long)low, O_RDONLY, 0, 0), 'a'));
	CHECK(holds(int80(295, AT_FDCWD, (long)low, O_RDONLY, 0), 'a'));
	CHECK(int80(5, 8, O_RDONLY, 0, 0) == -EFAULT);
	pid_t pid = fork();
	if (pid == 0) {
		uint32_t *argv = (uint32_t *)(low + 1024);
		strcpy(low + 64, "./prog");
		strcpy(low + 128, "--exit9");
		argv[0] = (uintptr_t)low + 64, argv[1] = (uintptr_t)low + 128, argv[2] = 0;
		int80(11, (long)low + 64, (long)argv, 0, 0);
		_exit(101);
	}
	CHECK(exit_of(pid) == 9);
	return OK;
}
#endif

// A child whose flags and exit signal stand in memory, which is written over right after.
static int by_clone3(void)
{
	struct clone_args args;
	for (int i = 0; i < 20; i++) {
		memset(&args, 0, sizeof args);
		args.flags = i % 2 ? CLONE_FS : 0;
		args.exit_signal = SIGCHLD;
		pid_t pid = syscall(SYS_clone3, &args, sizeof args);
		if (pid == 0)
			_exit(7);
		if (pid < 0 && errno == ENOSYS)
			SKIP_BECAUSE("clone3");
		memset(&args, 'X', sizeof args);
		CHECK(exit_of(pid) == 7);
	}
	return OK;
}

const struct test tasks[] = {
	{"clone3", by_clone3}, {"threads", threads}, {"reused-buffer", reused_buffer}, {"restart", restart}, {"interrupted", interrupted},
	{"seccomp-errno", seccomp_errno},
#ifdef __x86_64__
	{"ia32", ia32},
#endif
	{0},
};

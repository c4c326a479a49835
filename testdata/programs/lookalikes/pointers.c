// Addresses that cannot be read, or not yet.
#include "lookalikes.h"

#define PAGE 4096

static char *map(int prot, int flags, int fd, size_t n)
{
	return mmap(NULL, n, prot, MAP_PRIVATE | flags, fd, 0);
}

static int bad_pointers(void)
{
	const char *bad[] = {
		NULL, (char *)8, (char *)-1, (char *)-4096, (char *)(1UL << 63),
		(char *)0xffffffff81000000, (char *)0xffffffffff600000, (char *)0x7ffffffff000,
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		FAILS_WITH(EFAULT, syscall(SYS_openat, AT_FDCWD, bad[i], O_RDONLY));
		FAILS_WITH(EFAULT, syscall(SYS_execve, bad[i], NULL, NULL));
	}
	return OK;
}

static int prot_none(void)
{
	char *p = map(PROT_NONE, MAP_ANONYMOUS, -1, PAGE);
	CHECK(p != MAP_FAILED);
	FAILS_WITH(EFAULT, syscall(SYS_openat, AT_FDCWD, p, O_RDONLY));
	return OK;
}

static int page_end(void)
{
	char *p = map(PROT_READ | PROT_WRITE, MAP_ANONYMOUS, -1, 2 * PAGE);
	CHECK(p != MAP_FAILED && munmap(p + PAGE, PAGE) == 0 && put("f", "a") == 0);
	memcpy(p + PAGE - 2, "f", 2); // ends with the page
	CHECK(opens(p + PAGE - 2, 'a'));
	memset(p + PAGE - 4, 'x', 4); // goes on behind it
	FAILS_WITH(EFAULT, syscall(SYS_openat, AT_FDCWD, p + PAGE - 4, O_RDONLY));
	return OK;
}

static int across_pages(void)
{
	char *p = map(PROT_READ | PROT_WRITE, MAP_ANONYMOUS, -1, 2 * PAGE);
	CHECK(p != MAP_FAILED && put("crossing", "a") == 0);
	strcpy(p + PAGE - 3, "crossing");
	CHECK(opens(p + PAGE - 3, 'a'));
	return OK;
}

static int untouched(void)
{
	CHECK(put("f", "a") == 0 && put("name", "f") == 0);
	int fd = open("name", O_RDWR);
	CHECK(ftruncate(fd, 2 * PAGE) == 0);
	char *p = map(PROT_READ, 0, fd, PAGE), *q = map(PROT_READ | PROT_WRITE, 0, fd, PAGE);
	CHECK(p != MAP_FAILED && q != MAP_FAILED);
	CHECK(opens(p, 'a') && opens(q, 'a')); // never touched before
	CHECK(madvise(p, PAGE, MADV_DONTNEED) == 0 && opens(p, 'a'));
	char *z = map(PROT_READ | PROT_WRITE, MAP_ANONYMOUS, -1, PAGE); // zeros: the empty name
	FAILS_WITH(ENOENT, syscall(SYS_openat, AT_FDCWD, z, O_RDONLY));
	return OK;
}

// A literal of a forked child: its page is often not in the child's table.
static int after_fork(void)
{
	CHECK(put("literal", "a") == 0);
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();
		if (pid == 0)
			_exit(opens("literal", 'a') ? 0 : 1);
		CHECK(exit_of(pid) == 0);
	}
	return OK;
}

const struct test pointers[] = {
	{"bad-pointers", bad_pointers}, {"prot-none", prot_none}, {"page-end", page_end},
	{"across-pages", across_pages}, {"untouched", untouched}, {"after-fork", after_fork}, {0},
};

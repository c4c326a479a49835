// Names whose file has another name, and names that are hard to carry.
#include "lookalikes.h"

static int symlink_chain(void)
{
	CHECK(put("f", "a") == 0);
	CHECK(symlink("f", "l1") == 0 && symlink("l1", "l2") == 0 && symlink(path("l2"), "l3") == 0);
	CHECK(opens("l1", 'a') && opens("l2", 'a') && opens("l3", 'a') && opens(path("l3"), 'a'));
	FAILS_WITH(ELOOP, open("l1", O_RDONLY | O_NOFOLLOW));
	return OK;
}

static int dangling_creat(void)
{
	CHECK(symlink("later", "l") == 0);
	FAILS_WITH(ENOENT, open("l", O_RDONLY));
	CHECK(put("l", "a") == 0 && opens("later", 'a'));
#ifdef SYS_creat
	int fd = syscall(SYS_creat, "l", 0600);
	CHECK(fd >= 0 && close(fd) == 0);
#endif
	FAILS_WITH(EEXIST, open("l", O_CREAT | O_EXCL | O_WRONLY, 0600));
	return OK;
}

static int relative(void)
{
	CHECK(mkdir("d", 0700) == 0 && put("f", "a") == 0 && put("d/g", "b") == 0);
	CHECK(opens("f", 'a') && opens("./f", 'a') && opens("d/../f", 'a') && opens(".//.///f", 'a') && opens("d/./../d//g", 'b'));
	CHECK(chdir("d") == 0 && opens("g", 'b') && opens("../f", 'a'));
#ifdef SYS_open
	CHECK(holds(syscall(SYS_open, "g", O_RDONLY), 'b'));
#endif
	return OK;
}

static int trailing_slash(void)
{
	CHECK(mkdir("d/", 0700) == 0 && mkdir("d/e/", 0700) == 0 && mkdir("d/e/../f//", 0700) == 0);
	int fd = open("d/", O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0 && close(fd) == 0);
	CHECK(put("g", "a") == 0);
	FAILS_WITH(ENOTDIR, open("g/", O_RDONLY));
	CHECK(rmdir("d/f/") == 0);
	return OK;
}

static int dirfd(void)
{
	CHECK(mkdir("d", 0700) == 0 && put("d/g", "b") == 0 && put("f", "a") == 0);
	int d = open("d", O_RDONLY | O_DIRECTORY), p = open("d", O_PATH);
	CHECK(d >= 0 && p >= 0);
	CHECK(holds(syscall(SYS_openat, d, "g", O_RDONLY), 'b') && holds(syscall(SYS_openat, p, "../f", O_RDONLY), 'a'));
	CHECK(holds(syscall(SYS_openat, d, path("f"), O_RDONLY), 'a'));   // an absolute name ignores it
	CHECK(holds(syscall(SYS_openat, -77, path("f"), O_RDONLY), 'a')); // even a bad one
	FAILS_WITH(EBADF, syscall(SYS_openat, -77, "f", O_RDONLY));
	return OK;
}

static int openat2_plain(void)
{
	struct { uint64_t flags, mode, resolve, more; } how = {O_RDONLY, 0, 0, 0};
	CHECK(put("f", "a") == 0);
	int fd = syscall(SYS_openat2, AT_FDCWD, "f", &how, 24);
	if (fd < 0 && errno == ENOSYS)
		SKIP_BECAUSE("openat2");
	CHECK(holds(fd, 'a'));
	CHECK(holds(syscall(SYS_openat2, AT_FDCWD, "f", &how, 32), 'a')); // a future, longer how that is zero
	FAILS_WITH(EINVAL, syscall(SYS_openat2, AT_FDCWD, "f", &how, 8));
	how.resolve = 0x08; // RESOLVE_BENEATH
	FAILS_WITH(EXDEV, syscall(SYS_openat2, AT_FDCWD, path("f"), &how, 24));
	return OK;
}

static int hard_link_rename(void)
{
	CHECK(put("f", "a") == 0 && link("f", "g") == 0 && opens("g", 'a'));
	int fd = open("f", O_RDONLY);
	CHECK(rename("f", "h") == 0 && holds(fd, 'a') && opens("h", 'a'));
	FAILS_WITH(ENOENT, open("f", O_RDONLY));
	return OK;
}

static int magic_links(void)
{
	char p[64];
	CHECK(put("gone", "a") == 0);
	int fd = open("gone", O_RDONLY);
	CHECK(fd >= 0 && unlink("gone") == 0);
	snprintf(p, sizeof p, "/proc/self/fd/%d", fd);
	CHECK(opens(p, 'a'));
	snprintf(p, sizeof p, "/proc/thread-self/fd/%d", fd);
	CHECK(opens(p, 'a'));
	snprintf(p, sizeof p, "/dev/fd/%d", fd);
	if (access("/dev/fd", F_OK) == 0)
		CHECK(opens(p, 'a'));
	CHECK(opens("/proc/self/exe", 0x7f) && put("f", "b") == 0 && opens("/proc/self/cwd/f", 'b'));
	snprintf(p, sizeof p, "/proc/self/root/proc/%d/status", getpid());
	CHECK(opens(p, 'N'));
	return OK;
}

static int tmpfile_link(void)
{
	int fd = open(".", O_TMPFILE | O_RDWR, 0600);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR))
		SKIP_BECAUSE("O_TMPFILE");
	char p[64];
	CHECK(write(fd, "a", 1) == 1);
	snprintf(p, sizeof p, "/proc/self/fd/%d", fd);
	CHECK(linkat(AT_FDCWD, p, AT_FDCWD, "named", AT_SYMLINK_FOLLOW) == 0);
	CHECK(holds(fd, 'a') && opens("named", 'a'));
	return OK;
}

static int o_path(void)
{
	char p[64];
	CHECK(put("f", "a") == 0 && symlink("f", "l") == 0);
	int fd = open("f", O_PATH), l = open("l", O_PATH | O_NOFOLLOW);
	CHECK(fd >= 0 && l >= 0);
	FAILS_WITH(EBADF, read(fd, p, 1));
	snprintf(p, sizeof p, "/proc/self/fd/%d", fd);
	CHECK(opens(p, 'a'));
	return OK;
}

// repeat makes "./././…name" of exactly n bytes.
static char *repeat(size_t n, const char *name)
{
	char *p = malloc(n + 1);
	size_t k = strlen(name);
	memset(p, '/', n);
	p[0] = '.';
	for (size_t i = 2; i + k < n; i += 3)
		p[i] = '.';
	p[n - k - 1] = '/';
	memcpy(p + n - k, name, k + 1);
	return p;
}

static int long_names(void)
{
	static const size_t lengths[] = {239, 240, 241, 255, 256, 257, 511, 4000, 4064, 4090, 4094, 4095};
	CHECK(put("f", "a") == 0);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		char *p = repeat(lengths[i], "f");
		CHECK(strlen(p) == lengths[i] && opens(p, 'a'));
		free(p);
	}
	return OK;
}

static int too_long(void)
{
	char *p = repeat(4096, "f"), *q = repeat(20000, "f"), c[300];
	CHECK(put("f", "a") == 0);
	FAILS_WITH(ENAMETOOLONG, open(p, O_RDONLY));
	FAILS_WITH(ENAMETOOLONG, open(q, O_RDONLY));
	memset(c, 'x', sizeof c);
	c[256] = 0;
	FAILS_WITH(ENAMETOOLONG, open(c, O_RDONLY | O_CREAT, 0600));
	c[255] = 0;
	CHECK(put(c, "a") == 0 && opens(c, 'a'));
	return OK;
}

static int odd_bytes(void)
{
	static const char *odd[] = {"\xff\xfe", "\xc3(", "tab\there", "line\nbreak", "quo\"te'", "back\\slash", "\x1b[31mred", " ", "\xe2\x80\xae" "rtl", "-"};
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
		CHECK(put(odd[i], "a") == 0 && opens(odd[i], 'a'));
	return OK;
}

static int empty_name(void)
{
	struct stat st;
	CHECK(put("f", "a") == 0);
	int fd = open("f", O_RDONLY);
	FAILS_WITH(ENOENT, open("", O_RDONLY));
	FAILS_WITH(ENOENT, syscall(SYS_openat, fd, "", O_RDONLY));
	CHECK(fstatat(fd, "", &st, AT_EMPTY_PATH) == 0 && st.st_size == 1);
	FAILS_WITH(ENOENT, execve("", (char *[]){"x", NULL}, NULL));
	return OK;
}

const struct test names[] = {
	{"symlink-chain", symlink_chain}, {"dangling-creat", dangling_creat}, {"relative", relative},
	{"trailing-slash", trailing_slash}, {"dirfd", dirfd}, {"openat2", openat2_plain},
	{"hard-link-rename", hard_link_rename}, {"magic-links", magic_links}, {"tmpfile-link", tmpfile_link},
	{"o-path", o_path}, {"long-names", long_names}, {"too-long", too_long}, {"odd-bytes", odd_bytes},
	{"empty-name", empty_name}, {0},
};

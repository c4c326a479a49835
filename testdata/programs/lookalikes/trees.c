// Other roots and other mounts: the file's name depends on who looks.
#include "lookalikes.h"
#include <sched.h>
#include <sys/mount.h>

static int chroot_open(void)
{
	CHECK(mkdir("r", 0700) == 0 && mkdir("r/d", 0700) == 0 && put("r/f", "a") == 0 && put("f", "b") == 0);
	CHECK(copy_self("r/prog", 0700) == 0);
	if (chroot("r"))
		SKIP_BECAUSE("chroot");
	CHECK(opens("/f", 'a') && opens("/../f", 'a') && opens("f", 'b')); // the working directory stays outside
	CHECK(chdir("/d") == 0 && opens("../f", 'a'));
	pid_t pid = fork();
	if (pid == 0) {
		execve("/prog", (char *[]){"prog", "--exit7", NULL}, NULL);
		_exit(FAIL);
	}
	CHECK(exit_of(pid) == 7);
	return OK;
}

// own_mounts leaves what is mounted here to this process alone.
static int own_mounts(void)
{
	return unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ? -1 : 0;
}

static int bind_mount(void)
{
	CHECK(mkdir("d", 0700) == 0 && mkdir("m", 0700) == 0 && put("d/f", "a") == 0 && put("x", "b") == 0 && put("y", "c") == 0);
	if (own_mounts() || mount("d", "m", NULL, MS_BIND, NULL))
		SKIP_BECAUSE("bind mount");
	CHECK(opens("m/f", 'a') && opens("m/../x", 'b'));
	CHECK(mount("x", "y", NULL, MS_BIND, NULL) == 0 && opens("y", 'b')); // over a single file
	return OK;
}

static int overlay(void)
{
	char opt[3 * PATH_MAX + 64];
	CHECK(mkdir("l", 0700) == 0 && mkdir("u", 0700) == 0 && mkdir("w", 0700) == 0 && mkdir("m", 0700) == 0);
	CHECK(put("l/f", "a") == 0 && put("l/g", "b") == 0);
	snprintf(opt, sizeof opt, "lowerdir=%s/l,upperdir=%s/u,workdir=%s/w", work, work, work);
	if (own_mounts() || mount("overlay", "m", "overlay", 0, opt))
		SKIP_BECAUSE("overlayfs");
	CHECK(opens("m/f", 'a') && put("m/g", "c") == 0 && opens("m/g", 'c') && opens("l/g", 'b'));
	CHECK(copy_self("m/prog", 0700) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		execve("m/prog", (char *[]){"prog", "--exit8", NULL}, NULL);
		_exit(FAIL);
	}
	CHECK(exit_of(pid) == 8);
	return OK;
}

const struct test trees[] = {{"chroot", chroot_open}, {"bind-mount", bind_mount}, {"overlay", overlay}, {0}};

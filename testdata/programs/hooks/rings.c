/* io_uring: a ring, a request that runs at once, one by a worker, one by SQPOLL. */
#include "uring.h"
#include <fcntl.h>
#include <sys/utsname.h>

int main(void)
{
	struct ring r;
	struct io_uring_sqe nop = {.opcode = IORING_OP_NOP, .user_data = 0x1234567890};
	struct io_uring_sqe at = {.opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = (unsigned long)"/etc/passwd", .user_data = 7};
	struct utsname os;
	int major;
	char buf[4];
	int fd, err = ring_open(&r, 0);

	if (err) {
		fprintf(stderr, "skip io_uring_setup: %s\n", strerror(err));
		return 0;
	}
	want("io_uring_create", "fd=%d sq_entries=4 cq_entries=8 flags=0 sqpoll_tid=0", r.fd);
	NEED(ring_do(&r, nop, 0) == 0);
	want("io_uring_submit", "opcode=%d user_data=%llu owner=%d", nop.opcode, nop.user_data, getpid());
	want("io_uring_complete", "user_data=%llu result=0", nop.user_data);
	at.len = 0;
	fd = ring_do(&r, at, 0);
	NEED(fd >= 0);
	want("io_uring_submit", "opcode=%d user_data=7 owner=%d fd=-1", at.opcode, getpid());
	want("io_uring_complete", "user_data=7 result=%d", fd);
	at.user_data = 8;
	at.flags = IOSQE_ASYNC;
	fd = ring_do(&r, at, 0);
	NEED(fd >= 0);
	want("io_uring_submit", "opcode=%d user_data=8 owner=%d", at.opcode, getpid());
	want("io_uring_async", "opcode=%d user_data=8 owner=%d", at.opcode, getpid());
	want("io_uring_complete", "user_data=8 result=%d", fd);
	at.user_data = 9;
	at.flags = 0;
	at.addr = (unsigned long)"/no/such";
	NEED(ring_do(&r, at, 0) == -ENOENT);
	want("io_uring_complete", "user_data=9 result=%d", -ENOENT);
	fd = open("/etc/passwd", O_RDONLY);
	at = (struct io_uring_sqe){.opcode = IORING_OP_READ, .fd = fd, .addr = (unsigned long)buf, .len = 4, .user_data = 11};
	NEED(ring_do(&r, at, 0) == 4);
	NEED(uname(&os) == 0 && sscanf(os.release, "%d", &major) == 1);
	want("io_uring_submit", "opcode=%d user_data=11 owner=%d fd=%d", at.opcode, getpid(), major < 6 ? -1 : fd);
	want("io_uring_complete", "user_data=11 result=4");
	close(r.fd);

	if (ring_open(&r, IORING_SETUP_SQPOLL) == 0) {
		want("io_uring_create", "fd=%d flags=%d", r.fd, IORING_SETUP_SQPOLL);
		nop.user_data = 10;
		NEED(ring_do(&r, nop, 1) == 0);
		want("io_uring_submit", "opcode=%d user_data=10 owner=%d comm=iou-sqp-%d", nop.opcode, getpid(), getpid());
		want("io_uring_complete", "user_data=10 result=0 comm=iou-sqp-%d", getpid());
		close(r.fd);
	}
	return 0;
}

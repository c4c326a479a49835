/* io_uring by raw syscalls. */
#pragma once
#include "want.h"
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>

struct ring {
	int fd;
	unsigned *head, *tail, *mask, *array, *flags, *cqhead, *cqtail, *cqmask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

/* Returns 0, or the errno of io_uring_setup(2). */
static inline int ring_open(struct ring *r, unsigned flags)
{
	struct io_uring_params p = {.flags = flags, .sq_thread_idle = 1000};
	char *sq, *cq;

	r->fd = syscall(SYS_io_uring_setup, 4, &p);
	if (r->fd < 0)
		return errno;
	sq = mmap(0, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, IORING_OFF_SQ_RING);
	cq = mmap(0, p.cq_off.cqes + p.cq_entries * sizeof(*r->cqes), PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, IORING_OFF_CQ_RING);
	r->sqes = mmap(0, p.sq_entries * sizeof(*r->sqes), PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, IORING_OFF_SQES);
	NEED(sq != MAP_FAILED && cq != MAP_FAILED && r->sqes != MAP_FAILED);
	r->head = (void *)(sq + p.sq_off.head);
	r->tail = (void *)(sq + p.sq_off.tail);
	r->mask = (void *)(sq + p.sq_off.ring_mask);
	r->array = (void *)(sq + p.sq_off.array);
	r->flags = (void *)(sq + p.sq_off.flags);
	r->cqhead = (void *)(cq + p.cq_off.head);
	r->cqtail = (void *)(cq + p.cq_off.tail);
	r->cqmask = (void *)(cq + p.cq_off.ring_mask);
	r->cqes = (void *)(cq + p.cq_off.cqes);
	return 0;
}

/* Submits one request and returns its result. */
static inline int ring_do(struct ring *r, struct io_uring_sqe sqe, int sqpoll)
{
	unsigned tail = *r->tail, i = tail & *r->mask, head;
	int res;

	r->sqes[i] = sqe;
	r->array[i] = i;
	__atomic_store_n(r->tail, tail + 1, __ATOMIC_RELEASE);
	do {
		unsigned flags = IORING_ENTER_GETEVENTS;

		if (sqpoll && __atomic_load_n(r->flags, __ATOMIC_ACQUIRE) & IORING_SQ_NEED_WAKEUP)
			flags |= IORING_ENTER_SQ_WAKEUP;
		NEED(syscall(SYS_io_uring_enter, r->fd, sqpoll ? 0 : tail + 1 - __atomic_load_n(r->head, __ATOMIC_ACQUIRE), 1, flags, 0, 0) >= 0);
		head = *r->cqhead;
	} while (head == __atomic_load_n(r->cqtail, __ATOMIC_ACQUIRE));
	NEED(r->cqes[head & *r->cqmask].user_data == sqe.user_data);
	res = r->cqes[head & *r->cqmask].res;
	__atomic_store_n(r->cqhead, head + 1, __ATOMIC_RELEASE);
	return res;
}

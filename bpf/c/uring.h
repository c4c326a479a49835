/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * io_uring: rings, requests, completions. The tracepoints' arguments have
 * changed often; hook_args, their number, tells which they are.
 */
#pragma once

#include "hooks.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct io_sq_data {
	struct task_struct *thread;
};

struct io_ring_ctx {
	struct io_sq_data *sq_data;
};

struct io_cqe {
	u64 user_data;
	int fd;
};

struct io_uring_task {
	struct task_struct *task;
};

struct io_kiocb {
	u8 opcode;
	unsigned int flags; /* 64 bits from 6.8 on, of which these are the lower */
	struct io_cqe cqe; /* 5.19 */
	struct io_ring_ctx *ctx;
	struct task_struct *task; /* up to 6.13 */
	struct io_uring_task *tctx; /* then */
};

struct io_kiocb___old {
	u64 user_data;
};

struct io_uring_cqe {
	u64 user_data;
	int res;
	u32 flags;
};

#pragma clang attribute pop

/* An argument of a tracepoint, as bytes: its type differs between kernels. */
static __always_inline u64 tp_arg(void *ctx, u32 i)
{
	u64 v = 0;

	bpf_probe_read_kernel(&v, sizeof(v), ctx + i * 8);
	return v;
}

SEC("tp_btf/io_uring_create")
int io_uring_create(void *ctx)
{
	struct task_state *st = state_of_current();
	struct io_ring_ctx *ring;

	if (!st)
		return 0;
	ring = (void *)tp_arg(ctx, 1);
	QUIET(HOOK_RECORD(io_uring_create, TR_LANE_WITNESS, st, {
		r->ring = (u64)ring;
		r->fd = (u32)tp_arg(ctx, 0);
		r->sq_entries = (u32)tp_arg(ctx, 2);
		r->cq_entries = (u32)tp_arg(ctx, 3);
		r->flags = (u32)tp_arg(ctx, 4);
		r->sqpoll_tid = BPF_CORE_READ(ring, sq_data, thread, pid);
	}));
	return 0;
}

/*
 * Operations without a file (needs_file of io_issue_defs is not set): the
 * kernel leaves their descriptor where it was. NOP, POLL_REMOVE, TIMEOUT*,
 * ASYNC_CANCEL, LINK_TIMEOUT, OPENAT*, CLOSE, FILES_UPDATE, STATX, MADVISE,
 * EPOLL_CTL, *_BUFFERS, the *AT calls, SETXATTR, GETXATTR, SOCKET, WAITID,
 * FUTEX_*, PIPE.
 */
#define NO_FILE_OPS 0x403c34f9b23cd881ULL

#define PUT_REQUEST(r, req)                                                                             \
	do {                                                                                            \
		struct io_kiocb___old *old_ = (void *)(req);                                            \
                                                                                                        \
		(r)->ring = (u64)BPF_CORE_READ(req, ctx);                                               \
		(r)->opcode = BPF_CORE_READ(req, opcode);                                               \
		(r)->flags = BPF_CORE_READ(req, flags);                                                 \
		(r)->fd = -1;                                                                           \
		if (bpf_core_field_exists((req)->cqe)) {                                                \
			(r)->user_data = BPF_CORE_READ(req, cqe.user_data);                             \
			if ((r)->opcode < 64 && !(NO_FILE_OPS >> (r)->opcode & 1))                      \
				(r)->fd = (s64)BPF_CORE_READ(req, cqe.fd);                              \
		} else {                                                                                \
			(r)->user_data = BPF_CORE_READ(old_, user_data);                                \
		}                                                                                       \
		if (bpf_core_field_exists((req)->task))                                                 \
			(r)->owner = BPF_CORE_READ(req, task, tgid);                                    \
		else                                                                                    \
			(r)->owner = BPF_CORE_READ(req, tctx, task, tgid);                              \
	} while (0)

/* A tracepoint that shows a request, as its argument at. */
#define REQUEST_HOOK(tracepoint, program, event, at)                                            \
	SEC("tp_btf/" #tracepoint)                                                              \
	int program(void *ctx)                                                                  \
	{                                                                                       \
		struct task_state *st = state_of_current();                                     \
		struct io_kiocb *req;                                                           \
                                                                                                \
		if (!st)                                                                        \
			return 0;                                                               \
		req = (void *)tp_arg(ctx, at);                                                  \
		QUIET(HOOK_RECORD(event, TR_LANE_PLAIN, st, PUT_REQUEST(r, req)));              \
		return 0;                                                                       \
	}

/* From 6.3 on. */
REQUEST_HOOK(io_uring_submit_req, uring_submit_req, io_uring_submit, 0)

/* (req, force_nonblock); before 5.19 (ctx, req, …). */
REQUEST_HOOK(io_uring_submit_sqe, uring_submit_sqe, io_uring_submit, hook_args > 2 ? 1 : 0)

/* (req, rw); (ctx, req, …) in 5.18; before (ctx, rw, req, work, flags). */
REQUEST_HOOK(io_uring_queue_async_work, uring_queue_async, io_uring_async, hook_args == 5 ? 2 : hook_args > 5 ? 1 : 0)

/* (ctx, req, cqe); (ctx, req, user_data, res, cflags, …) up to 6.13; before 5.18 (ctx, user_data, res, cflags). */
SEC("tp_btf/io_uring_complete")
int uring_complete(void *ctx)
{
	struct task_state *st = state_of_current();

	if (!st)
		return 0;
	QUIET(HOOK_RECORD(io_uring_complete, TR_LANE_PLAIN, st, {
		r->ring = tp_arg(ctx, 0);
		if (hook_args == 3) {
			struct io_uring_cqe *cqe = (void *)tp_arg(ctx, 2);

			r->user_data = BPF_CORE_READ(cqe, user_data);
			r->result = (s64)BPF_CORE_READ(cqe, res);
			r->cflags = BPF_CORE_READ(cqe, flags);
		} else {
			u32 at = hook_args == 4 ? 1 : 2;

			r->user_data = tp_arg(ctx, at);
			r->result = (s64)(int)tp_arg(ctx, at + 1);
			r->cflags = (u32)tp_arg(ctx, at + 2);
		}
	}));
	return 0;
}

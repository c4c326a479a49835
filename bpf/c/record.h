/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Building a record in the scratch buffer, and writing it to its lane. */
#pragma once

#include "state.h"

/* Where the next tail byte goes. The masks are for the verifier. */
struct tail {
	struct scratch *s;
	u32 off;
};

/*
 * Passes the tail's offset through memory. The verifier forgets its bounds
 * there, so that the paths that led here become one: each tail entry checks
 * the offset anyway.
 */
#define FORGET(t)                                      \
	do {                                           \
		*(volatile u32 *)&(t)->s->off = (t)->off; \
		(t)->off = *(volatile u32 *)&(t)->s->off; \
	} while (0)

static __always_inline void *rec_begin(struct scratch *s, u32 size)
{
	__builtin_memset(s->rec + sizeof(struct tr_header), 0, size - sizeof(struct tr_header));
	return s->rec;
}

/*
 * What a header says of the current task besides its state. One function for
 * all records, verified once in a program: for each pointer that is followed the
 * verifier searches the kernel's types by name, from the first to the last
 * (btf_nested_type_is_trusted), which took a third of the time until a recording began.
 */
__noinline int fill_current(u32 index)
{
	struct scratch *s = scratch_at(index);
	const struct cred *cred;
	struct task_struct *t;
	struct tr_header *h;

	if (!s || !use_task_storage) /* without it there is no typed task */
		return 0;
	h = (void *)s->rec;
	t = bpf_get_current_task_btf();
	cred = t->real_cred;
	h->ppid = t->real_parent->tgid;
	h->uid = cred->uid.val;
	h->gid = cred->gid.val;
	h->cgroup = t->cgroups->dfl_cgrp->kn->id;
	*(u64 *)h->comm = *(u64 *)t->comm;
	*(u64 *)(h->comm + 8) = *(u64 *)(t->comm + 8);
	return 0;
}

/* The header of the record in s, which begins at h. */
static __always_inline void fill_header(struct tr_header *h, u32 event, struct task_state *st, struct task_struct *task,
					bool is_current)
{
	h->time = bpf_ktime_get_boot_ns();
	h->event = event;
	h->form = TR_FORM_FULL;
	h->ident = 0;
	h->flags = st->flags;
	h->cpu = bpf_get_smp_processor_id();
	h->start = st->start;
	h->tid = st->tid;
	h->pid = st->pid;
	h->pidns = st->pidns;
	h->mntns = st->mntns;
	h->call = in_syscall(st) ? st->calls : 0;
	if (is_current && use_task_storage) {
		struct scratch *s = (void *)h - __builtin_offsetof(struct scratch, rec);

		fill_current(s->index);
	} else {
		h->ppid = BPF_CORE_READ(task, real_parent, tgid);
		h->uid = BPF_CORE_READ(task, real_cred, uid.val);
		h->gid = BPF_CORE_READ(task, real_cred, gid.val);
		h->cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
		BPF_CORE_READ_STR_INTO(&h->comm, task, comm);
	}
}

static __always_inline void count_loss(struct lane_count *lane, u32 class, u64 time)
{
	struct loss *l = &lane->loss[class & (TR_CLASS_COUNT - 1)];

	if (!l->count) {
		l->first_seq = lane->seq;
		l->first_time = time;
	}
	l->last_seq = lane->seq;
	l->last_time = time;
	__sync_fetch_and_add(&l->count, 1);
}

/* Counts a record that could not even be built. */
static __always_inline void lose(u32 lane, u32 class)
{
	struct lane_count *count = bpf_map_lookup_elem(&lanes, &lane);

	if (!count)
		return;
	__sync_fetch_and_add(&count->seq, 1);
	count_loss(count, class, bpf_ktime_get_boot_ns());
}

/* A free scratch buffer, or NULL: then the record that it was for is counted as lost. */
static __always_inline struct scratch *scratch_or_lose(u32 lane, u32 class)
{
	struct scratch *s = get_scratch();

	if (!s)
		lose(lane, class);
	return s;
}

#define WAKEUP_EVERY 31 /* mask: how often a cpu looks whether the reader must be woken */
#define RESERVE_EVERY 7 /* mask: how often it looks whether the reserve is reached */

/*
 * Whether a record is refused so that there stays room for what is worth more:
 * of the witness lane the last part is for processes and hooks, which calls
 * with compared arguments cannot fill.
 */
static __always_inline bool refused(struct lane_count *count, u64 seq, u32 class)
{
	if (class != TR_CLASS_CALL && class != TR_CLASS_VIEW)
		return false;
	if (!(seq & RESERVE_EVERY) || count->full)
		count->full = bpf_ringbuf_query(&ring_witness, BPF_RB_AVAIL_DATA) >= reserve_bytes;
	return count->full;
}

/* Writes the record of size bytes, or counts it as lost. */
static __always_inline int emit(struct scratch *s, u32 lane, u32 class, u32 size)
{
	struct tr_header *h = (void *)s->rec;
	struct lane_count *count = bpf_map_lookup_elem(&lanes, &lane);
	u64 flags, n;
	long err;

	if (!count)
		return -1;
	__sync_fetch_and_add(&count->seq, 1);
	h->seq = count->seq;
	h->lane = lane;
	h->class = class;
	n = (size + 7) & ~7ULL;
	barrier_var(n); /* old verifiers need the bound on the very register, in all its bits */
	if (n > REC_MAX - 8)
		n = REC_MAX - 8;
	flags = BPF_RB_NO_WAKEUP;
	if (lane == TR_LANE_WITNESS) {
		if (refused(count, h->seq, class)) {
			err = -1;
		} else {
			if (wakeup_critical && (class == TR_CLASS_PROCESS || class == TR_CLASS_WITNESS))
				flags = BPF_RB_FORCE_WAKEUP;
			else if (!(h->seq & WAKEUP_EVERY) && bpf_ringbuf_query(&ring_witness, BPF_RB_AVAIL_DATA) >= wakeup_bytes)
				flags = BPF_RB_FORCE_WAKEUP;
			err = bpf_ringbuf_output(&ring_witness, s->rec, n, flags);
		}
	} else {
		if (!(h->seq & WAKEUP_EVERY) && bpf_ringbuf_query(&ring_plain, BPF_RB_AVAIL_DATA) >= wakeup_bytes)
			flags = BPF_RB_FORCE_WAKEUP;
		err = bpf_ringbuf_output(&ring_plain, s->rec, n, flags);
	}
	if (err)
		count_loss(count, class, h->time);
	return err;
}

#define WORDWISE 96 /* so many bytes are copied in words: calling a helper takes longer */

/* Copies len bytes, at most WORDWISE, and up to 7 more. */
static __always_inline void copy_words(char *to, const char *from, u32 len)
{
	for (u32 at = 0; at < WORDWISE; at += 8) {
		if (at >= len)
			break;
		*(u64 *)(to + at) = *(const u64 *)(from + at);
	}
}

#define TAIL_ROOM (REC_MAX - TR_LIMIT_ARGV - 8) /* where a tail entry may start */

/* Appends len bytes of kernel memory (or map value); returns the length written. */
static __always_inline u16 tail_bytes(struct tail *t, const void *src, u32 len, u32 max)
{
	u64 off = t->off;

	barrier_var(off);
	if (off > TAIL_ROOM || len > max)
		return TR_NULL_LEN;
	barrier_var(len); /* the verifier must see the bound on the register that is used */
	len &= 2 * TR_LIMIT_PATH - 1;
	if (len && bpf_probe_read_kernel(t->s->rec + off, len, src))
		return TR_NULL_LEN;
	t->off = off + len;
	return len;
}

/* Appends a kernel string without its NUL. */
static __always_inline u16 tail_str(struct tail *t, const void *src)
{
	u64 off = t->off;
	long n;

	barrier_var(off);
	if (off > TAIL_ROOM)
		return TR_NULL_LEN;
	n = bpf_probe_read_kernel_str(t->s->rec + off, TR_LIMIT_PATH, src);
	if (n <= 0)
		return TR_NULL_LEN;
	if (n > TR_LIMIT_PATH)
		n = TR_LIMIT_PATH;
	t->off = off + n - 1;
	return n - 1;
}

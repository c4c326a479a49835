/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The kfree witness. Strings and blobs that a call copies by strndup_user,
 * memdup_user and the like are on the heap until the call returns, and are
 * freed in its task: tracepoint kfree shows each, with the place in the code
 * that frees it (call_site). Which place frees which argument differs from
 * build to build and is learned by the self-test, from calls with values of
 * its own: never from names of functions.
 */
#pragma once

#include "syscall.h"

struct free_site {
	u64 call_site;
	u64 arg; /* view_plan.freed */
};

#define SITE_AMBIGUOUS 0xff /* also frees something else in that call */
#define SITE_PREFIX 6 /* memfd_create puts "memfd:" before its name */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct free_site);
	__type(value, u32); /* where in the object the argument begins */
} free_sites SEC(".maps");

/*
 * Reads what is about to be freed, from off on, as the copy of slot k would
 * be, to where a view's value stands. Returns its length, -1 if it is none.
 */
static __always_inline long read_freed(struct scratch *s, struct task_state *st, u32 k, u64 ptr, u32 off)
{
	struct view_plan *p = &st->plan.view[SLOT(k)];
	u64 size;
	u32 n;

	if (p->shape == TR_SHAPE_OPTIONS && st->slot[SLOT(k)].len < TR_LIMIT_PATH - 1) {
		/* cut apart with NULs: as many bytes as were shown, one more if they do not end there */
		n = st->slot[SLOT(k)].len + 1;
		barrier_var(n);
		n &= TR_LIMIT_PATH - 1;
		if (bpf_probe_read_kernel(VIEW_DATA(s), n, (void *)ptr + off))
			return -1;
		return VIEW_DATA(s)[(n - 1) & (TR_LIMIT_PATH - 1)] ? n : n - 1;
	}
	if (p->capture == TR_CAPTURE_STRING)
		return bpf_probe_read_kernel_str(VIEW_DATA(s), TR_LIMIT_PATH, (void *)ptr + off) - 1;
	if (p->capture == TR_CAPTURE_HANDLE) {
		u32 bytes = 0;

		bpf_probe_read_kernel(&bytes, sizeof(bytes), (void *)ptr + off);
		size = bytes > TR_LIMIT_HANDLE ? 0 : bytes + 8;
	} else {
		size = arg_size(st, p);
	}
	if (size > TR_LIMIT_BYTES)
		size = TR_LIMIT_BYTES;
	n = size;
	barrier_var(n);
	n &= 2 * TR_LIMIT_BYTES - 1;
	if (!n || bpf_probe_read_kernel(VIEW_DATA(s), n, (void *)ptr + off))
		return -1;
	return n;
}

/* A free in the self-test's own call: is it slot k's copy, and always? */
__noinline int learn_freed(u32 k, u64 site, u64 ptr, u32 index)
{
	struct task_state *st = state_of_current();
	struct scratch *s = scratch_at(index);
	struct free_site key = {.call_site = site};
	u32 off = SITE_AMBIGUOUS, *known;
	struct slot *slot;
	long n;

	if (!st || !s)
		return 0;
	slot = &st->slot[SLOT(k)];
	key.arg = st->plan.view[SLOT(k)].freed;
	if (!key.arg || slot->enter != TR_VIEW_OK || slot->len < 4)
		return 0;
	n = read_freed(s, st, k, ptr, 0);
	if (n == slot->len && equals_slot(k, n, index)) {
		off = 0;
	} else {
		n = read_freed(s, st, k, ptr, SITE_PREFIX);
		if (n == slot->len && equals_slot(k, n, index))
			off = SITE_PREFIX;
	}
	known = bpf_map_lookup_elem(&free_sites, &key);
	if (known && *known != off)
		off = SITE_AMBIGUOUS;
	bpf_map_update_elem(&free_sites, &key, &off, 0);
	if (off != SITE_AMBIGUOUS)
		hit(hook_prog);
	return 0;
}

/* A free in a recorded call: slot k's copy, if it happens where that is freed. */
__noinline int take_freed(u32 k, u64 site, u64 ptr, u32 index)
{
	struct task_state *st = state_of_current();
	struct scratch *s = scratch_at(index);
	struct free_site key = {.call_site = site};
	u32 *off, status = TR_VIEW_OK;
	struct view_plan *p;
	long n;

	if (!st || !s)
		return 0;
	p = &st->plan.view[SLOT(k)];
	key.arg = p->freed;
	if (!key.arg || st->slot[SLOT(k)].enter == TR_VIEW_NONE)
		return 0;
	off = bpf_map_lookup_elem(&free_sites, &key);
	if (!off || *off == SITE_AMBIGUOUS)
		return 0;
	n = read_freed(s, st, k, ptr, *off & 7);
	if (n < 0)
		return 0;
	if (p->capture == TR_CAPTURE_BYTES && arg_size(st, p) > TR_LIMIT_BYTES)
		status = TR_VIEW_TRUNCATED;
	witness_value(s, k, TR_RUNG_TRACE, status, st->slot[SLOT(k)].uptr, n);
	return 0;
}

SEC("raw_tp/kfree")
int heap_free(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_state *st = freeing();
	u64 site = ctx->args[0], ptr = ctx->args[1];
	struct scratch *s;

	if (!st || !st->in_call || !(st->plan.facts & TR_FACT_FREED) || ptr < TR_LIMIT_PATH /* NULL, ZERO_SIZE_PTR */)
		return 0;
	s = scratch_or_lose(TR_LANE_WITNESS, TR_CLASS_WITNESS);
	if (!s)
		return 0;
	for (int k = 0; k < TR_LIMIT_VIEWS; k++) {
		if (k >= st->plan.nviews)
			break;
		if (st->mode == MODE_SELFTEST)
			learn_freed(k, site, ptr, s->index);
		else if (st->mode == MODE_RECORD)
			take_freed(k, site, ptr, s->index);
	}
	put_scratch(s);
	return 0;
}

/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * i386's socketcall(2) and ipc(2): calls made through another call, whose first
 * argument says which (format/through.go). The arguments of socketcall, and some
 * of ipc's, stand in the caller's memory, which the kernel copies once, behind
 * our sys_enter: they are read again at sys_exit, and a row says where they were
 * others then.
 */
#pragma once

#include "views.h"

/* Where the arguments of such a call come from. */
struct through_plan {
	u8 used;
	u8 base; /* register with the address of the words */
	u8 words;
	u8 pad;
	u8 from[6]; /* for each argument: a register, or TR_THROUGH_WORD + a word; 6 holds 0 */
	u8 pad1[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TR_THROUGH_COUNT);
	__type(key, u32);
	__type(value, struct through_plan);
} through SEC(".maps");

/*
 * The call in st, which was made through socketcall (1) or ipc (2), becomes the
 * call that it is: number and arguments. Returns 0 when it is none that the
 * kernel knows.
 */
__noinline int begin_through(u32 via)
{
	struct task_state *st = state_of_current();
	u32 sub, key, words[6] = {};
	struct through_plan *p;
	u32 n;

	if (!st)
		return 0;
	sub = st->args[0];
	if (via == 2) {
		/* the upper half is a version */
		if (sub == 12)
			sub = TR_THROUGH_OLD;
		else if ((sub & 0xffff) >= TR_THROUGH_OLD)
			return 0;
		sub &= 0xffff;
		key = TR_THROUGH_IPC + sub;
	} else {
		key = sub;
		if (sub >= TR_THROUGH_IPC)
			return 0;
	}
	p = bpf_map_lookup_elem(&through, &key);
	if (!p || !p->used)
		return 0;
	for (int i = 0; i < 6; i++)
		st->raw[i] = st->args[i];
	st->nr = TR_THROUGH_NR + key;
	st->through = 1;
	st->late = 0;
	st->nwords = p->words;
	st->words_at = st->args[p->base > 5 ? 5 : p->base];
	n = p->words * 4;
	barrier_var(n);
	if (n > sizeof(words))
		n = sizeof(words);
	if (n && bpf_probe_read_user(words, n, (void *)st->words_at))
		st->late = 1;
	for (int i = 0; i < 6; i++)
		st->raw[TR_THROUGH_WORD + i] = words[i];
	for (int i = 0; i < 6; i++)
		st->args[i] = st->raw[p->from[i] & (RAW_WORDS - 1)];
	return 1;
}

/*
 * Reads the words again when the call returns. Returns TR_FLAG_ARGS_CHANGED,
 * or TR_FLAG_LATE_ARGS where they could not be read before; -1 when the call has
 * failed for want of them.
 */
__noinline int end_through(s64 ret)
{
	struct task_state *st = state_of_current();
	struct through_plan *p;
	u32 words[6] = {}, n, key;
	int flags = 0;

	if (!st || !st->nwords)
		return 0;
	key = (st->nr - TR_THROUGH_NR) & (TR_THROUGH_COUNT - 1);
	p = bpf_map_lookup_elem(&through, &key);
	if (!p)
		return 0;
	n = st->nwords * 4;
	barrier_var(n);
	if (n > sizeof(words))
		n = sizeof(words);
	if (bpf_probe_read_user(words, n, (void *)st->words_at)) {
		if (!st->late)
			return TR_FLAG_ARGS_CHANGED; /* they are not there any more */
		if (ret == -14 /* EFAULT */ || ret == -22 /* EINVAL: NULL for ipc */)
			return -1;
		return TR_FLAG_LATE_ARGS;
	}
	if (!st->late) {
		for (int i = 0; i < 6; i++)
			if (st->raw[TR_THROUGH_WORD + i] != words[i])
				flags = TR_FLAG_ARGS_CHANGED;
		return flags;
	}
	for (int i = 0; i < 6; i++)
		st->raw[TR_THROUGH_WORD + i] = words[i];
	for (int i = 0; i < 6; i++)
		st->args[i] = st->raw[p->from[i] & (RAW_WORDS - 1)];
	for (int k = 0; k < TR_LIMIT_VIEWS; k++) {
		u32 arg = st->plan.view[k].arg;

		st->slot[k].uptr = st->args[arg > 5 ? 5 : arg];
	}
	return TR_FLAG_LATE_ARGS;
}

/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Which calls of a recorded task are written: those that failed, those that name a path below one. */
#pragma once

#include "scope.h"

#define FILTER_MAX 128 /* bytes of a prefix; a power of two */
#define FILTER_PATHS 4

struct filter_path {
	u32 len;
	char path[FILTER_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FILTER_PATHS);
	__type(key, u32);
	__type(value, struct filter_path);
} filter_paths SEC(".maps");

const volatile u32 filter_failed = 0; /* only calls that failed */
const volatile u32 filter_npaths = 0; /* only calls with one of so many prefixes; 0: all */

#define CALLS_FILTERED (filter_failed | filter_npaths)

/*
 * Whether the path at the beginning of a scratch buffer's record, or of its
 * strings, begins with one of the prefixes. One that ends without a slash must
 * end where a name ends.
 */
__noinline u32 path_wanted(u32 index, u32 in_record)
{
	struct scratch *s = scratch_at(index);

	if (!s)
		return 1;
	/* behind the path buffer's strings: room for a prefix and what follows it */
	if (bpf_probe_read_kernel_str(s->tmp + TR_LIMIT_PATH, FILTER_MAX + 8, in_record ? s->rec : s->tmp) < 0)
		return 0;
	for (u32 i = 0; i < FILTER_PATHS; i++) {
		u32 key = i;
		struct filter_path *f = bpf_map_lookup_elem(&filter_paths, &key);
		char *path = s->tmp + TR_LIMIT_PATH;
		u32 n = 0, len;

		if (!f || i >= filter_npaths)
			break;
		len = f->len & (FILTER_MAX - 1);
		for (; n < FILTER_MAX - 1; n++)
			if (n >= len || f->path[n] != path[n])
				break;
		if (n == len && (!len || f->path[(len - 1) & (FILTER_MAX - 1)] == '/' || !path[n & (FILTER_MAX - 1)] || path[n & (FILTER_MAX - 1)] == '/'))
			return 1;
	}
	return 0;
}

/*
 * Whether the current task's call, which has returned ret, is written. A call
 * whose views are in records of their own, or differ, is: and an execve.
 */
__noinline int call_wanted(s64 ret)
{
	struct task_state *st = state_of_current();
	struct task_struct *task = (void *)bpf_get_current_task();
	struct scratch *s;
	u32 found = 0;

	if (!st || st->plan.object == TR_OBJECT_SELF)
		return 1;
	for (u32 k = 0; k < TR_LIMIT_VIEWS; k++) {
		struct slot *slot = &st->slot[SLOT(k)];

		if (k < st->plan.nviews && (slot->enter == TR_VIEW_ELSEWHERE || slot->kernel == TR_VIEW_ELSEWHERE))
			return 1;
	}
	if (filter_failed && !(ret < 0 && ret >= -4095))
		return 0;
	if (!filter_npaths)
		return 1;
	s = get_scratch();
	if (!s)
		return 1;
	for (u32 k = 0; k < TR_LIMIT_VIEWS; k++) {
		struct slot *slot = &st->slot[SLOT(k)];

		if (k < st->plan.nviews && slot->capture == TR_CAPTURE_PATH && slot->enter == TR_VIEW_OK) {
			/* the view has no NUL */
			u32 len = slot->len & 255;

			if (len <= TR_LIMIT_INLINE) {
				bpf_probe_read_kernel(s->tmp, len, slot->data);
				s->tmp[len] = 0;
				found |= path_wanted(s->index, 0);
			}
		}
	}
	if (!found && st->plan.object == TR_OBJECT_RET_FD && ret >= 0) {
		s->file = (u64)file_of_fd(task, ret);
		if (s->file) {
			u32 len = file_tail(s->index, 0);

			if (len < TR_LIMIT_PATH) {
				s->rec[len & (TR_LIMIT_PATH - 1)] = 0;
				found = path_wanted(s->index, 1);
			}
		}
	}
	put_scratch(s);
	return found;
}

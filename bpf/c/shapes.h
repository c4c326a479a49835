/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Structs of which the kernel keeps no copy that could be read whole, but
 * whose parts are seen where they have been put to use: the flags of a clone3
 * in task_newtask, a siginfo where the signal is generated, capabilities,
 * groups and the host's name where they are when the call returns. The
 * kernel's view is what was shown, with those parts put in their places; the
 * comparison is of those parts only (format.CompareShown).
 */
#pragma once

#include "hooks.h"

#define CLONE_PARENT 0x00008000
#define ATTR_ATIME (1 << 4)
#define ATTR_MTIME (1 << 5)
#define ATTR_ATIME_SET (1 << 7)
#define ATTR_MTIME_SET (1 << 8)
#define KNOWN_CAPS ((1ULL << 41) - 1) /* up to CAP_CHECKPOINT_RESTORE; the kernel clears those that it does not know */
#define CAP_VERSION_1 0x19980330 /* half the words */
#define SHAPE_MAX 128

/* The slot of a struct of that shape, -1 when the call has none. */
static __always_inline int slot_shaped(struct task_state *st, u32 shape)
{
	int found = -1;

	if (!st->in_call)
		return -1;
	for (int k = 0; k < TR_LIMIT_VIEWS; k++)
		if (k < st->plan.nviews && st->plan.view[k].shape == shape)
			found = k;
	return found;
}

/*
 * Puts what was shown of slot k where a view's value stands; zeros where it
 * was not readable. Returns its length, 0 when there is nothing to compare.
 */
__noinline u32 shown(u32 k, u32 index)
{
	struct task_state *st = state_of_current();
	struct scratch *s = scratch_at(index);
	struct slot *slot;
	u32 n;

	if (!st || !s)
		return 0;
	slot = &st->slot[SLOT(k)];
	__builtin_memset(VIEW_DATA(s), 0, SHAPE_MAX);
	n = slot->enter == TR_VIEW_OK ? slot->len : st->plan.view[SLOT(k)].max;
	if (n > SHAPE_MAX)
		n = SHAPE_MAX;
	if (slot->enter == TR_VIEW_OK) {
		barrier_var(n);
		bpf_probe_read_kernel(VIEW_DATA(s), n & (2 * SHAPE_MAX - 1), slot->data);
	} else if (slot->enter != TR_VIEW_UNREADABLE) {
		return 0;
	}
	return n;
}

static __always_inline void shape_seen(struct scratch *s, struct task_state *st, u32 k, u32 rung, u32 n)
{
	barrier_var(k); /* a bound that only the compiler knows is none to the verifier */
	witness_value(s, k, rung, TR_VIEW_OK, st->slot[SLOT(k)].uptr, n);
}

/* struct clone_args: flags, and the exit signal where the child has one of its own. */
__noinline int shape_clone_args(u32 index, u64 flags, s32 exit_signal)
{
	struct task_state *st = state_of_current();
	struct scratch *s = scratch_at(index);
	u32 n;

	if (!st || !s)
		return 0;
	n = shown(0, index);
	if (n < 64)
		return 0;
	*(u64 *)VIEW_DATA(s) = flags;
	if (!(flags & (CLONE_THREAD | CLONE_PARENT)))
		*(u64 *)(VIEW_DATA(s) + 32) = (u32)exit_signal;
	shape_seen(s, st, 0, TR_RUNG_TRACE, n);
	return 0;
}

/* siginfo_t: all that the kernel copies but si_signo, which it sets itself. */
__noinline int shape_siginfo(u32 index, u64 info)
{
	struct task_state *st = state_of_current();
	struct scratch *s = scratch_at(index);
	u32 n;

	if (!st || !s || !is_wide(st))
		return 0;
	n = shown(0, index);
	if (n < 48 || bpf_probe_read_kernel(VIEW_DATA(s) + 4, 44, (void *)info + 4))
		return 0;
	shape_seen(s, st, 0, TR_RUNG_TRACE, n);
	return 0;
}

static __always_inline void put_caps(u32 *word, u32 known, u32 has)
{
	*word = (*word & ~known) | (has & known);
}

/* struct __user_cap_data_struct[2], or [1] by its header: what the task's credentials hold now. */
__noinline int shape_caps(u32 k, u32 index)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_state *st = state_of_current();
	struct scratch *s = scratch_at(index);
	const struct cred *cred;
	u32 *w, n, version = 0;
	u64 e, p, i;

	if (!st || !s)
		return 0;
	n = shown(k, index);
	if (n != 24)
		return 0;
	cred = BPF_CORE_READ(task, real_cred);
	e = CAPS(cred, cap_effective);
	p = CAPS(cred, cap_permitted);
	i = CAPS(cred, cap_inheritable);
	w = (void *)VIEW_DATA(s);
	put_caps(&w[0], (u32)KNOWN_CAPS, e);
	put_caps(&w[1], (u32)KNOWN_CAPS, p);
	put_caps(&w[2], (u32)KNOWN_CAPS, i);
	if (bpf_probe_read_user(&version, sizeof(version), (void *)st->slot[0].uptr))
		return 0;
	if (version != CAP_VERSION_1) {
		put_caps(&w[3], KNOWN_CAPS >> 32, e >> 32);
		put_caps(&w[4], KNOWN_CAPS >> 32, p >> 32);
		put_caps(&w[5], KNOWN_CAPS >> 32, i >> 32);
	}
	shape_seen(s, st, k, TR_RUNG_TRACE, n);
	return 0;
}

/* gid_t[]: sorted by the kernel. In a user namespace they have other numbers. */
__noinline int shape_groups(u32 k, u32 index)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_state *st = state_of_current();
	struct scratch *s = scratch_at(index);
	struct group_info *groups;
	u32 n;

	if (!st || !s || st->plan.view[SLOT(k)].unit != 4 || BPF_CORE_READ(task, real_cred, user_ns, level))
		return 0;
	groups = BPF_CORE_READ(task, real_cred, group_info);
	n = BPF_CORE_READ(groups, ngroups) * 4;
	if (n > TR_LIMIT_BYTES)
		return 0;
	barrier_var(n);
	n &= 2 * TR_LIMIT_BYTES - 1;
	if (n && bpf_probe_read_kernel(VIEW_DATA(s), n, (void *)groups + bpf_core_field_offset(groups->gid)))
		return 0;
	shape_seen(s, st, k, TR_RUNG_TRACE, n);
	return 0;
}

/* The name of the host or of its NIS domain, as it is now. */
__noinline int shape_uts(u32 k, u32 index, u32 domain)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_state *st = state_of_current();
	struct scratch *s = scratch_at(index);
	struct uts_namespace *uts;
	void *name;
	u32 n;

	if (!st || !s)
		return 0;
	n = shown(k, index);
	if (!n || n > 64)
		return 0;
	uts = BPF_CORE_READ(task, nsproxy, uts_ns);
	name = (void *)uts + (domain ? bpf_core_field_offset(uts->name.domainname) : bpf_core_field_offset(uts->name.nodename));
	barrier_var(n);
	if (bpf_probe_read_kernel(VIEW_DATA(s), n & 127, name))
		return 0;
	shape_seen(s, st, k, TR_RUNG_TRACE, n);
	return 0;
}

#if defined(__TARGET_ARCH_x86)
#define O_NOFOLLOW 0400000
#define O_DIRECTORY 0200000
#define O_DIRECT 040000
#else
#define O_NOFOLLOW 0100000
#define O_DIRECTORY 040000
#define O_DIRECT 0200000
#endif
#define O_PATH 010000000
#define O_SYNC_ 04000000 /* __O_SYNC, which sets O_DSYNC too */
#define O_DSYNC 010000
/* O_ACCMODE, O_APPEND, O_NONBLOCK, O_NOATIME, O_TMPFILE without O_DIRECTORY */
#define HOW_KEPT (3 | 02000 | 04000 | 01000000 | 020000000 | O_SYNC_ | O_DSYNC | O_DIRECT | O_DIRECTORY | O_NOFOLLOW | O_PATH)

/* struct open_how: those of its flags that an open file keeps. */
__noinline int shape_open_how(u32 k, u32 index, u32 fd)
{
	struct task_state *st = state_of_current();
	struct scratch *s = scratch_at(index);
	u64 kept = HOW_KEPT, flags;
	struct file *file;
	u32 n;

	if (!st || !s)
		return 0;
	n = shown(k, index);
	file = file_of_fd((void *)bpf_get_current_task(), fd);
	if (n < 24 || !file)
		return 0;
	flags = BPF_CORE_READ(file, f_flags);
	if (flags & O_PATH)
		kept = O_PATH | O_DIRECTORY | O_NOFOLLOW;
	else if (flags & O_SYNC_)
		kept &= ~O_DSYNC;
	*(u64 *)VIEW_DATA(s) = (*(u64 *)VIEW_DATA(s) & ~kept) | (flags & kept);
	shape_seen(s, st, k, TR_RUNG_TRACE, n);
	return 0;
}

/* struct perf_event_attr: type, config, sample_period, sample_type and read_format, which no pmu changes. */
__noinline int shape_perf_attr(u32 k, u32 index, u32 fd)
{
	struct task_state *st = state_of_current();
	struct scratch *s = scratch_at(index);
	struct perf_event *event;
	struct file *file;
	void *attr;
	u32 n;

	if (!st || !s)
		return 0;
	n = shown(k, index);
	file = file_of_fd((void *)bpf_get_current_task(), fd);
	if (n < 64 || !file)
		return 0;
	event = BPF_CORE_READ(file, private_data);
	attr = (void *)event + bpf_core_field_offset(event->attr);
	if (bpf_probe_read_kernel(VIEW_DATA(s), 4, attr) || bpf_probe_read_kernel(VIEW_DATA(s) + 8, 32, attr + 8))
		return 0;
	shape_seen(s, st, k, TR_RUNG_TRACE, n);
	return 0;
}

/* What a call that has succeeded shows when it returns. */
static __always_inline void shapes_at_exit(u32 index, s64 ret)
{
	struct task_state *st = state_of_current();

	if (!st)
		return;
	for (int k = 0; k < 2; k++) {
		u32 shape = st->plan.view[k].shape;

		if (shape == TR_SHAPE_CAPS)
			shape_caps(k, index);
		else if (shape == TR_SHAPE_GROUPS)
			shape_groups(k, index);
		else if (shape == TR_SHAPE_HOSTNAME)
			shape_uts(k, index, 0);
		else if (shape == TR_SHAPE_DOMAINNAME)
			shape_uts(k, index, 1);
		else if (shape == TR_SHAPE_OPEN_HOW)
			shape_open_how(k, index, ret);
		else if (shape == TR_SHAPE_PERF_ATTR)
			shape_perf_attr(k, index, ret);
	}
}

/* A struct timespec or timeval, where a hook shows the time that it is to be. */
__noinline int shape_clock(u32 rung, s64 sec, s64 nsec)
{
	struct task_state *st = state_of_current();
	struct scratch *s;
	int k;

	if (!st || !is_wide(st))
		return 0;
	k = slot_shaped(st, TR_SHAPE_TIMESPEC);
	if (k < 0) {
		k = slot_shaped(st, TR_SHAPE_TIMEVAL);
		nsec = (u64)nsec / 1000;
	}
	if (k < 0)
		return 0;
	s = get_scratch();
	if (!s)
		return 0;
	*(s64 *)VIEW_DATA(s) = sec;
	*(s64 *)(VIEW_DATA(s) + 8) = nsec;
	shape_seen(s, st, k, rung, 16);
	put_scratch(s);
	return 0;
}

/* A key's payload, whole. */
__noinline int shape_payload(u32 rung, u64 payload, u64 len)
{
	struct task_state *st = state_of_current();
	struct scratch *s;
	u32 n = len;
	int k;

	if (!st || len > TR_LIMIT_BYTES)
		return 0;
	k = slot_shaped(st, TR_SHAPE_PAYLOAD);
	if (k < 0)
		return 0;
	s = get_scratch();
	if (!s)
		return 0;
	barrier_var(n);
	n &= 2 * TR_LIMIT_BYTES - 1;
	if (!n || !bpf_probe_read_kernel(VIEW_DATA(s), n, (void *)payload))
		shape_seen(s, st, k, rung, n);
	put_scratch(s);
	return 0;
}

/* One of two times, of shape timespec, timeval or (8 bytes) seconds. */
static __always_inline void put_time(char *at, u32 shape, struct timespec64 *t, u32 gran)
{
	*(s64 *)at = BPF_CORE_READ(t, tv_sec);
	if (shape == TR_SHAPE_UTIMBUF || gran > 1000)
		return; /* the file system keeps no such fraction */
	if (shape == TR_SHAPE_TIMEVALS)
		*(s64 *)(at + 8) = (u64)BPF_CORE_READ(t, tv_nsec) / 1000;
	else if (gran <= 1)
		*(s64 *)(at + 8) = BPF_CORE_READ(t, tv_nsec);
}

/* Access and modification time of utimensat and its older kin, as inode_setattr is given them. */
__noinline int shape_times(u32 rung, u64 iattr, u32 gran)
{
	struct task_state *st = state_of_current();
	struct iattr *attr = (void *)iattr;
	u32 shape = 0, second = 16, n, valid;
	struct scratch *s;
	int k;

	if (!st || !is_wide(st) || !st->in_call)
		return 0;
	valid = BPF_CORE_READ(attr, ia_valid);
	k = slot_shaped(st, shape = TR_SHAPE_TIMESPECS);
	if (k < 0)
		k = slot_shaped(st, shape = TR_SHAPE_TIMEVALS);
	if (k < 0) {
		k = slot_shaped(st, shape = TR_SHAPE_UTIMBUF);
		second = 8;
	}
	if (k < 0)
		return 0;
	s = get_scratch();
	if (!s)
		return 0;
	n = shown(k, s->index);
	if (n >= 16) {
		if (valid & ATTR_ATIME && valid & ATTR_ATIME_SET)
			put_time(VIEW_DATA(s), shape, __builtin_preserve_access_index(&attr->ia_atime), gran);
		if (valid & ATTR_MTIME && valid & ATTR_MTIME_SET)
			put_time(VIEW_DATA(s) + second, shape, __builtin_preserve_access_index(&attr->ia_mtime), gran);
		shape_seen(s, st, k, rung, n);
	}
	put_scratch(s);
	return 0;
}

/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Which tasks are recorded. A task must satisfy every kind of condition that is
 * given, by any of its values, and none that excludes. That is decided when a
 * task is created, executes, changes its ids or namespaces, is renamed or moved,
 * never in a call: then its state, or that it has none, is the answer.
 */
#pragma once

#include "path.h"

enum {
	SCOPE_TREE, /* is a descendant of a root */
	SCOPE_CGROUP,
	SCOPE_UID,
	SCOPE_COMM,
	SCOPE_EXE,
	SCOPE_MNTNS,
	SCOPE_PIDNS,
	SCOPE_NEW,
};

#define SCOPE_BIT(kind) (1U << (kind))
#define SCOPE_ONLY 1 /* what a value of the maps means */
#define SCOPE_NOT 2

/* Set by the recorder before loading: bits of kinds. */
const volatile u32 scope_only = 0; /* a task must have one of the values */
const volatile u32 scope_not = 0; /* a task must have none of the values that exclude */
const volatile u64 scope_since = 0; /* SCOPE_NEW: created after, ns since boot */
const volatile u64 scope_salt = 0; /* hides kernel addresses that serve as identities */

struct scope_key {
	u64 kind;
	u64 a, b; /* a number, or the 16 bytes of a name */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct scope_key);
	__type(value, u32);
} scope_values SEC(".maps");

#define EXE_MAX 256

struct exe_key {
	char path[EXE_MAX]; /* from the root of the mount namespace, zero-padded */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 128);
	__type(key, struct exe_key);
	__type(value, u32);
} scope_exes SEC(".maps");

/* Number of the next scan for descriptors: that of the tasks that are adopted now; see iter_fd. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} scope_scan SEC(".maps");

static __always_inline u32 scan_now(void)
{
	u32 zero = 0, *n = bpf_map_lookup_elem(&scope_scan, &zero);

	return n ? *n : 0;
}

/* What changes while recording. */
struct scope_now {
	u32 live; /* hooks are attached before anything is to be recorded */
	u32 moves; /* how often a task was moved into or out of a cgroup */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct scope_now);
} scope_state SEC(".maps");

/* Conditions beside the tree: what a task is may change. */
#define SCOPE_CHANGES ((scope_only | scope_not) & ~(SCOPE_BIT(SCOPE_TREE) | SCOPE_BIT(SCOPE_NEW)))

static __always_inline bool in_kind(u32 kind)
{
	return (scope_only | scope_not) & SCOPE_BIT(kind);
}

/* SCOPE_ONLY and SCOPE_NOT of a value. */
static __always_inline u32 scope_value(u64 kind, u64 a, u64 b)
{
	struct scope_key key = {.kind = kind, .a = a, .b = b};
	u32 *v = bpf_map_lookup_elem(&scope_values, &key);

	return v ? *v : 0;
}

/* Whether what was found of a kind lets the task be recorded. */
static __always_inline bool scope_fits(u32 kind, u32 found)
{
	return !(found & SCOPE_NOT) && (!(scope_only & SCOPE_BIT(kind)) || found & SCOPE_ONLY);
}

#define ANCESTORS 32

static __always_inline u32 scope_cgroups_of(struct task_struct *task)
{
	struct cgroup *cg = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	u32 found = 0;

	for (int i = 0; i < ANCESTORS && cg; i++) {
		found |= scope_value(SCOPE_CGROUP, BPF_CORE_READ(cg, kn, id), 0);
		cg = (void *)BPF_CORE_READ(cg, self.parent);
	}
	return found;
}

/* What of the executable's path. Without a buffer the task is recorded rather than not. */
__noinline u32 scope_exe_of(u64 addr)
{
	struct task_struct *task = (void *)addr;
	struct file *file = BPF_CORE_READ(task, mm, exe_file);
	struct scratch *s;
	u32 pos, len, *v;

	if (!file)
		return 0;
	s = get_scratch();
	if (!s)
		return scope_only & SCOPE_BIT(SCOPE_EXE) ? SCOPE_ONLY : 0;
	pos = build_path(s, BPF_CORE_READ(file, f_path.dentry), BPF_CORE_READ(file, f_path.mnt));
	v = 0;
	len = TR_LIMIT_PATH - pos;
	if (pos < TR_LIMIT_PATH && len < EXE_MAX) {
		__builtin_memset(s->rec, 0, EXE_MAX);
		barrier_var(len);
		len &= EXE_MAX - 1;
		bpf_probe_read_kernel(s->rec, len, s->tmp + (pos & (TR_LIMIT_PATH - 1)));
		v = bpf_map_lookup_elem(&scope_exes, s->rec);
	}
	pos = v ? *v : 0;
	put_scratch(s);
	return pos;
}

/*
 * Whether a task satisfies everything but the tree. comm is where its name
 * stands. A global function is verified once, not at every call.
 */
__noinline u32 scope_matches(u64 addr, u64 comm)
{
	struct task_struct *task = (void *)addr;

	if (in_kind(SCOPE_NEW) && start_of(task) < scope_since)
		return 0;
	if (in_kind(SCOPE_UID) && !scope_fits(SCOPE_UID, scope_value(SCOPE_UID, BPF_CORE_READ(task, real_cred, uid.val), 0)))
		return 0;
	if (in_kind(SCOPE_COMM)) {
		u64 name[2] = {};

		bpf_probe_read_kernel_str(name, sizeof(name), (void *)comm);
		if (!scope_fits(SCOPE_COMM, scope_value(SCOPE_COMM, name[0], name[1])))
			return 0;
	}
	if (in_kind(SCOPE_MNTNS) && !scope_fits(SCOPE_MNTNS, scope_value(SCOPE_MNTNS, BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum), 0)))
		return 0;
	if (in_kind(SCOPE_PIDNS)) {
		struct pid *pid = BPF_CORE_READ(task, thread_pid);
		u32 level = BPF_CORE_READ(pid, level), found = 0;

		/* those that it is in: its own and all above */
		for (u32 i = 0; i < ANCESTORS; i++) {
			struct upid *upid = __builtin_preserve_access_index(&pid->numbers[0]);

			if (i > level)
				break;
			upid = (void *)upid + i * bpf_core_type_size(struct upid);
			found |= scope_value(SCOPE_PIDNS, BPF_CORE_READ(upid, ns, ns.inum), 0);
		}
		if (!scope_fits(SCOPE_PIDNS, found))
			return 0;
	}
	if (in_kind(SCOPE_CGROUP) && !scope_fits(SCOPE_CGROUP, scope_cgroups_of(task)))
		return 0;
	if (in_kind(SCOPE_EXE) && !scope_fits(SCOPE_EXE, scope_exe_of(addr)))
		return 0;
	return 1;
}

static __always_inline u32 scope_fits_task(struct task_struct *task)
{
	u64 addr = address(task);

	return scope_matches(addr, addr + bpf_core_field_offset(task->comm));
}

/* Whether a task that exists is a descendant of a root. Parents are followed as they are now. */
static __always_inline bool in_tree(struct task_struct *task)
{
	for (int i = 0; i < ANCESTORS; i++) {
		u32 tgid = BPF_CORE_READ(task, tgid);

		if (bpf_map_lookup_elem(&roots, &tgid))
			return true;
		if (tgid <= 1)
			return false;
		task = BPF_CORE_READ(task, real_parent);
	}
	return false;
}

static __always_inline struct scope_now *scope_now(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&scope_state, &zero);
}

/*
 * Whether the current task, on whose stack the address is, has no state: most tasks of
 * a host, and on each of their calls.
 */
static __always_inline bool stateless(u32 on_stack)
{
	struct scope_now *now;
	u32 *n;

	if (!use_task_storage)
		return false;
	n = task_slot(on_stack);
	if (!n || *(volatile u32 *)n)
		return false;
	/* the launcher has its state from the recorder, and is counted at its first call */
	now = scope_now();
	return now && now->live;
}

/* The current task's state in a program that runs at each free of all tasks. */
static __always_inline struct task_state *freeing(void)
{
	struct task_struct *task = current_task();

	if (use_task_storage && stateless(low_half(task->stack)))
		return 0;
	return recorded_state_of(task);
}

/* Whether tasks that have no state can come into scope, by something that the current task does. */
static __always_inline bool may_begin(void)
{
	struct scope_now *now;

	if (scope_only & SCOPE_BIT(SCOPE_TREE) || bpf_get_current_pid_tgid() >> 32 == recorder_tgid)
		return false;
	now = scope_now();
	return now && now->live;
}

/* The recorder itself, and kernel threads, are never recorded. */
static __always_inline bool not_ours(struct task_struct *task)
{
	return BPF_CORE_READ(task, tgid) == recorder_tgid || BPF_CORE_READ(task, flags) & PF_KTHREAD;
}

/* A call has returned that may have changed what the current task's scope is decided by. */
__noinline int scope_leave(void)
{
	struct task_state *st = state_of_current();
	struct task_struct *task = (void *)bpf_get_current_task();

	if (!st || st->mode != MODE_RECORD)
		return 0;
	st->recheck = 0;
	if (!scope_fits_task(task))
		st->mode = MODE_OUT;
	return 0;
}

/* Conditions that calls of a task itself can change. */
#define SCOPE_IDS ((scope_only | scope_not) & (SCOPE_BIT(SCOPE_UID) | SCOPE_BIT(SCOPE_MNTNS) | SCOPE_BIT(SCOPE_PIDNS)))

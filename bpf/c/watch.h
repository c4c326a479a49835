/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What a call may change of its own task: remembered at sys_enter, compared at
 * sys_exit. Only calls whose plan says so are watched, and only what differs
 * becomes a row.
 */
#pragma once

#include "hooks.h"

static __always_inline void read_ids(u32 *ids, const struct cred *cred)
{
	ids[0] = BPF_CORE_READ(cred, uid.val);
	ids[1] = BPF_CORE_READ(cred, euid.val);
	ids[2] = BPF_CORE_READ(cred, suid.val);
	ids[3] = BPF_CORE_READ(cred, fsuid.val);
	ids[4] = BPF_CORE_READ(cred, gid.val);
	ids[5] = BPF_CORE_READ(cred, egid.val);
	ids[6] = BPF_CORE_READ(cred, sgid.val);
	ids[7] = BPF_CORE_READ(cred, fsgid.val);
}

/* Those of them that a cred row has as fields of their own: all but the real ones, which stand in its header. */
static __always_inline void put_ids(struct tr_cred *r, const u32 *ids)
{
	r->euid = ids[1];
	r->suid = ids[2];
	r->fsuid = ids[3];
	r->egid = ids[5];
	r->sgid = ids[6];
	r->fsgid = ids[7];
}

static __always_inline void read_caps(u64 *caps, const struct cred *cred)
{
	caps[0] = CAPS(cred, cap_effective);
	caps[1] = CAPS(cred, cap_permitted);
	caps[2] = CAPS(cred, cap_inheritable);
	caps[3] = CAPS(cred, cap_ambient);
	caps[4] = CAPS(cred, cap_bset);
	caps[5] = BPF_CORE_READ(cred, securebits);
}

static __always_inline void put_capsets(struct tr_caps *r, const u64 *caps)
{
	r->effective = caps[0];
	r->permitted = caps[1];
	r->inheritable = caps[2];
	r->ambient = caps[3];
	r->bounding = caps[4];
	r->securebits = caps[5];
}

/* CLONE_NEW* of each namespace, in the order of read_namespaces. */
static const u32 ns_types[8] = {
	0x00020000 /* mnt */, 0x20000000 /* pid */, 0x40000000 /* net */, 0x04000000 /* uts */,
	0x08000000 /* ipc */, 0x10000000 /* user */, 0x02000000 /* cgroup */, 0x00000080 /* time */,
};

static __always_inline void read_namespaces(u32 *ns, struct task_struct *task)
{
	struct nsproxy *p = BPF_CORE_READ(task, nsproxy);

	ns[0] = BPF_CORE_READ(p, mnt_ns, ns.inum);
	ns[1] = BPF_CORE_READ(p, pid_ns_for_children, ns.inum);
	ns[2] = BPF_CORE_READ(p, net_ns, ns.inum);
	ns[3] = BPF_CORE_READ(p, uts_ns, ns.inum);
	ns[4] = BPF_CORE_READ(p, ipc_ns, ns.inum);
	ns[5] = BPF_CORE_READ(task, real_cred, user_ns, ns.inum);
	ns[6] = BPF_CORE_READ(p, cgroup_ns, ns.inum);
	ns[7] = BPF_CORE_READ(p, time_ns_for_children, ns.inum);
}

static __always_inline void read_dir(u64 *dir, struct path *path)
{
	dir[0] = (u64)BPF_CORE_READ(path, dentry);
	dir[1] = (u64)BPF_CORE_READ(path, mnt);
}

#define PWD(task) (&BPF_CORE_READ(task, fs)->pwd)
#define ROOT(task) (&BPF_CORE_READ(task, fs)->root)

/* sys_enter of a watched call of the current task. */
__noinline int watch_begin(void)
{
	struct task_state *st = state_of_current();
	struct task_struct *task = (void *)bpf_get_current_task();

	if (!st)
		return 0;
	if (st->watch & TR_WATCH_CRED) {
		const struct cred *cred = BPF_CORE_READ(task, real_cred);

		read_ids(st->before.ids, cred);
		read_caps(st->before.caps, cred);
	}
	if (st->watch & TR_WATCH_NS)
		read_namespaces(st->before.ns, task);
	if (st->watch & TR_WATCH_FS) {
		read_dir(st->before.cwd, PWD(task));
		read_dir(st->before.root, ROOT(task));
	}
	return 0;
}

static __always_inline bool same_words(const u64 *a, const u64 *b, u32 n)
{
	u64 diff = 0;

	for (u32 i = 0; i < n; i++)
		diff |= a[i] ^ b[i];
	return !diff;
}

__noinline int watch_ids(void)
{
	struct task_state *st = state_of_current();
	struct task_struct *task = (void *)bpf_get_current_task();
	u64 now[4];
	u32 *ids = (void *)now;

	if (!st)
		return 0;
	read_ids(ids, BPF_CORE_READ(task, real_cred));
	if (same_words(now, (u64 *)st->before.ids, 4))
		return 0;
	HOOK_RECORD(cred, TR_LANE_WITNESS, st, {
		WITNESS_CALL(r, st);
		r->old_len = tail_bytes(&t, st->before.ids, sizeof(st->before.ids), 64);
		r->new_len = tail_bytes(&t, ids, sizeof(st->before.ids), 64);
		put_ids(r, ids);
	});
	return 0;
}

__noinline int watch_caps(void)
{
	struct task_state *st = state_of_current();
	struct task_struct *task = (void *)bpf_get_current_task();
	u64 now[6];

	if (!st)
		return 0;
	read_caps(now, BPF_CORE_READ(task, real_cred));
	if (same_words(now, st->before.caps, 6))
		return 0;
	HOOK_RECORD(caps, TR_LANE_WITNESS, st, {
		WITNESS_CALL(r, st);
		r->old_len = tail_bytes(&t, st->before.caps, sizeof(st->before.caps), 64);
		put_capsets(r, now);
	});
	return 0;
}

__noinline int watch_namespace(u32 i, u32 now)
{
	struct task_state *st = state_of_current();

	i &= 7;
	if (!st || st->before.ns[i] == now)
		return 0;
	HOOK_RECORD(namespace, TR_LANE_WITNESS, st, {
		WITNESS_CALL(r, st);
		r->type = ns_types[i];
		r->old = st->before.ns[i];
		r->new = now;
	});
	return 0;
}

__noinline int watch_namespaces(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	u32 now[8];

	read_namespaces(now, task);
#pragma unroll
	for (u32 i = 0; i < 8; i++)
		watch_namespace(i, now[i]);
	return 0;
}

__noinline int watch_dirs(void)
{
	struct task_state *st = state_of_current();
	struct task_struct *task = (void *)bpf_get_current_task();
	u64 now[2];

	if (!st)
		return 0;
	read_dir(now, ROOT(task));
	if (!same_words(now, st->before.root, 2))
		HOOK_RECORD(root, TR_LANE_WITNESS, st, WITNESS_CALL(r, st); PUT_AT(r, &t, ROOT(task)));
	read_dir(now, PWD(task));
	if (!same_words(now, st->before.cwd, 2))
		HOOK_RECORD(cwd, TR_LANE_WITNESS, st, WITNESS_CALL(r, st); PUT_AT(r, &t, PWD(task)));
	return 0;
}

/* sys_exit of a watched call: rows for what has changed. */
static __always_inline void watch_end(struct task_state *st)
{
	if (st->mode == MODE_RECORD) {
		if (st->watch & TR_WATCH_CRED) {
			watch_ids();
			watch_caps();
		}
		if (st->watch & TR_WATCH_NS)
			watch_namespaces();
		if (st->watch & TR_WATCH_FS)
			watch_dirs();
	}
	st->watch = 0;
}

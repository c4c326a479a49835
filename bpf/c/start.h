/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What a task is when it comes into scope: its row, and those of its state. */
#pragma once

#include "syscall.h"

/* Cgroups, and uts namespaces (UTS_KEY), that have a row. */
#define UTS_KEY (1ULL << 63)

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, u64);
	__type(value, u32);
} names_told SEC(".maps");

static __always_inline bool first_seen(u64 key)
{
	u32 one = 1;

	return !bpf_map_update_elem(&names_told, &key, &one, BPF_NOEXIST);
}

#define CGROUP_DEPTH 24

/* Builds the path of a cgroup at the end of the first TR_LIMIT_PATH bytes of tmp; returns where it starts. */
__noinline u32 build_cgroup_path(u64 addr, u32 index)
{
	struct kernfs_node *kn = (void *)addr, *up;
	struct scratch *s = scratch_at(index);
	u32 at;

	if (!s)
		return TR_LIMIT_PATH;
	s->pos = TR_LIMIT_PATH;
	for (int i = 0; i < CGROUP_DEPTH; i++) {
		long n;

		if (bpf_core_field_exists(kn->__parent))
			up = BPF_CORE_READ(kn, __parent);
		else
			up = BPF_CORE_READ((struct kernfs_node___old *)kn, parent);
		if (!up)
			break;
		n = bpf_probe_read_kernel_str(s->tmp + TR_LIMIT_PATH, NAME_MAX + 1, BPF_CORE_READ(kn, name));
		at = s->pos;
		if (n <= 1 || n > NAME_MAX + 1 || at < NAME_MAX + 2)
			break;
		n--;
		at = (at - n) & (TR_LIMIT_PATH - 1);
		bpf_probe_read_kernel(s->tmp + at, n & NAME_MAX, s->tmp + TR_LIMIT_PATH);
		at = (at - 1) & (TR_LIMIT_PATH - 1);
		s->tmp[at] = '/';
		s->pos = at;
		kn = up;
	}
	at = s->pos;
	if (at == TR_LIMIT_PATH) {
		at--;
		s->tmp[at & (TR_LIMIT_PATH - 1)] = '/';
	}
	return at;
}

/* The next record of the task whose header stands in the scratch buffer. */
#define NEXT_RECORD(name, s)                                  \
	struct tr_##name *r = rec_begin(s, sizeof(*r));       \
	struct tail t = {.s = s, .off = sizeof(*r)};          \
	tr_null_##name(r);                                    \
	r->h.event = tr_id_##name;                            \
	r->h.time = bpf_ktime_get_boot_ns()

#define SEND(s, t) emit(s, TR_LANE_WITNESS, TR_CLASS_PROCESS, (t).off)

/*
 * Rows for a task's cgroup and host name, when they are first seen. The task's
 * header stands in the scratch buffer, of a child its creator's.
 */
__noinline int tell_names(u64 addr, u32 index)
{
	struct task_struct *task = (void *)addr;
	struct scratch *s = scratch_at(index);
	struct cgroup *cg = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	struct uts_namespace *uts = BPF_CORE_READ(task, nsproxy, uts_ns);
	u64 id = BPF_CORE_READ(cg, kn, id);
	u32 inum = BPF_CORE_READ(uts, ns.inum);

	if (!s)
		return 0;
	if (id && first_seen(id)) {
		u32 pos = build_cgroup_path((u64)BPF_CORE_READ(cg, kn), index);

		NEXT_RECORD(cgroup, s);
		r->h.flags &= ~TR_FLAG_INITIAL;
		r->id = id;
		r->path_len = tail_built(&t, pos);
		SEND(s, t);
	}
	if (inum && first_seen(UTS_KEY | inum)) {
		NEXT_RECORD(name, s);
		r->h.flags &= ~TR_FLAG_INITIAL;
		r->of = 3; /* NameHost */
		r->id = inum;
		r->name_len = tail_str(&t, (void *)uts + bpf_core_field_offset(uts->name.nodename));
		SEND(s, t);
	}
	return 0;
}

#define GROUPS_BYTES 4096

__noinline int tell_cred(u64 addr, u32 index)
{
	const struct cred *cred = (void *)addr;
	struct group_info *groups = BPF_CORE_READ(cred, group_info);
	struct scratch *s = scratch_at(index);
	u64 caps[6];
	u32 n;

	if (!s)
		return 0;
	{
		u32 ids[8];
		NEXT_RECORD(cred, s);
		read_ids(ids, cred);
		r->nr = -1;
		put_ids(r, ids);
		r->new_len = tail_bytes(&t, ids, sizeof(ids), sizeof(ids));
		SEND(s, t);
	}
	{
		NEXT_RECORD(caps, s);
		read_caps(caps, cred);
		r->nr = -1;
		put_capsets(r, caps);
		SEND(s, t);
	}
	n = BPF_CORE_READ(groups, ngroups);
	n *= 4;
	if (n > GROUPS_BYTES)
		n = GROUPS_BYTES;
	{
		NEXT_RECORD(groups, s);
		if (n)
			r->groups_len = tail_bytes(&t, (void *)groups + bpf_core_field_offset(groups->gid), n, GROUPS_BYTES);
		SEND(s, t);
	}
	return 0;
}

__noinline int tell_namespace(u32 i, u32 inum, u32 index)
{
	struct scratch *s = scratch_at(index);

	if (!s || !inum)
		return 0;
	NEXT_RECORD(namespace, s);
	r->nr = -1;
	r->type = ns_types[i & 7];
	r->new = inum;
	SEND(s, t);
	return 0;
}

/*
 * What a task has beside its row. The header of that stands in the scratch
 * buffer. Of what a thread shares with its leader only the leader has rows.
 */
__noinline int tell_state(u64 addr, u32 index)
{
	struct task_struct *task = (void *)addr, *leader = BPF_CORE_READ(task, group_leader);
	const struct cred *cred = BPF_CORE_READ(task, real_cred);
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	struct scratch *s = scratch_at(index);
	bool all = task == leader;

	if (!s)
		return 0;
	if (all || cred != BPF_CORE_READ(leader, real_cred))
		tell_cred((u64)cred, index);
	if (fs && (all || fs != BPF_CORE_READ(leader, fs))) {
		NEXT_RECORD(root, s);
		r->nr = -1;
		PUT_AT(r, &t, &fs->root);
		SEND(s, t);
	}
	if (all || BPF_CORE_READ(task, nsproxy) != BPF_CORE_READ(leader, nsproxy)) {
		u32 ns[8];

		read_namespaces(ns, task);
#pragma unroll
		for (u32 i = 0; i < 8; i++)
			tell_namespace(i, ns[i], index);
	}
	return 0;
}

const volatile u32 start_state = 1; /* 0: only task rows */

/*
 * Begins to record a task that exists, and writes down what it is. It is
 * recorded first and read then: what it does meanwhile is in the trace, and may
 * be in its state too.
 */
static __always_inline void adopt(struct task_struct *task)
{
	struct task_state *st;
	struct fs_struct *fs;
	struct file *file;
	struct scratch *s;
	struct tr_task *r;
	struct tail t;

	if (not_ours(task))
		return;
	s = scratch_or_lose(TR_LANE_WITNESS, TR_CLASS_PROCESS);
	if (!s)
		return;
	st = new_state(task); /* or the one that it has */
	if (!st) {
		put_scratch(s);
		lose(TR_LANE_WITNESS, TR_CLASS_PROCESS);
		return;
	}
	identify(st, task);
	st->known = 1;
	st->recheck = 0;
	st->scan = scan_now();
	if (st->mode == MODE_OUT) {
		st->in_call = 0;
		st->entered_seen = 0;
		st->mode = MODE_RECORD;
	}

	r = rec_begin(s, sizeof(*r));
	t = (struct tail){.s = s, .off = sizeof(*r)};
	fill_header(&r->h, TR_EVENT_TASK, st, task, false);
	r->h.flags |= TR_FLAG_INITIAL;
	if (st->tid != st->pid)
		r->h.flags |= TR_FLAG_THREAD;
	r->path_len = r->argv_len = TR_NULL_LEN;
	file = BPF_CORE_READ(task, mm, exe_file);
	if (file)
		r->path_len = tail_file(&t, file, &r->dev, &r->ino);
	fs = BPF_CORE_READ(task, fs);
	r->cwd_len = tail_built(&t, build_path(s, BPF_CORE_READ(fs, pwd.dentry), BPF_CORE_READ(fs, pwd.mnt)));
	emit(s, TR_LANE_WITNESS, TR_CLASS_PROCESS, t.off);
	if (start_state)
		tell_state(address(task), s->index);
	tell_names(address(task), s->index);
	put_scratch(s);
}

/* A task that is not recorded has changed its ids or namespaces, by the call that returns now. */
static __always_inline void enter_by_ids(struct pt_regs *regs)
{
	struct task_state *st = any_state_of_current();
	struct task_struct *task = current_task();

	if ((!st && !may_begin()) || not_ours(task) || !changes_ids(regs) || !scope_fits_task(task))
		return;
	adopt(task);
}

/* An unconnected socket has no peer. */
static __always_inline bool has_peer(struct sock *sk, u16 family)
{
	return family == AF_UNIX || ((family == AF_INET || family == AF_INET6) && BPF_CORE_READ(sk, __sk_common.skc_dport));
}

static __always_inline void fill_fd(struct tr_fd *r, struct tail *t, struct task_struct *task, u32 fd, struct file *file)
{
	struct vfsmount *vfsmnt = BPF_CORE_READ(file, f_path.mnt);
	struct mount *mnt = container_of(vfsmnt, struct mount, mnt);
	struct sock *sk = sock_of_file(file);
	struct socket *sock;
	u16 family;

	r->fd = fd;
	r->flags = BPF_CORE_READ(file, f_flags);
	r->pos = BPF_CORE_READ(file, f_pos);
	r->description = address(file) ^ scope_salt;
	r->mode = BPF_CORE_READ(file, f_inode, i_mode);
	r->links = BPF_CORE_READ(file, f_inode, i_nlink);
	r->mnt = BPF_CORE_READ(mnt, mnt_id);
	r->path_len = tail_file(t, file, &r->dev, &r->ino);
	FORGET(t);
	if (!sk)
		return;
	sock = BPF_CORE_READ(file, private_data);
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	r->family = family;
	r->type = BPF_CORE_READ(sock, type);
	r->protocol = BPF_CORE_READ_BITFIELD_PROBED(sk, sk_protocol);
	r->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	r->local_len = tail_sock(t, sk, false);
	FORGET(t);
	if (has_peer(sk, family))
		r->peer_len = tail_sock(t, sk, true);
	FORGET(t);
}

/* Run behind iter_task: the descriptors of the tasks that it, or what came before, has adopted. */
SEC("iter/task_file")
int iter_fd(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	u32 fd = ctx->fd;
	struct task_state *st;
	unsigned long *bits, word = 0;
	struct scratch *s;
	struct tr_fd *r;
	struct tail t;

	if (!task || !file)
		return 0;
	st = state_of(task);
	if (!st || !st->scan || st->scan + 1 != scan_now())
		return 0;
	bits = BPF_CORE_READ(task, files, fdt, close_on_exec);
	bpf_probe_read_kernel(&word, sizeof(word), bits + fd / 64);
	word = word >> (fd & 63) & 1;
	/* of the launcher only what the command will have; 3 and 4 are its own */
	if (st->mode == MODE_ARMED && (word || fd == 3 || fd == 4))
		return 0;
	s = scratch_or_lose(TR_LANE_WITNESS, TR_CLASS_PROCESS);
	if (!s)
		return 0;
	r = rec_begin(s, sizeof(*r));
	t = (struct tail){.s = s, .off = sizeof(*r)};
	fill_header(&r->h, TR_EVENT_FD, st, task, false);
	r->h.flags |= TR_FLAG_INITIAL;
	r->h.call = 0;
	tr_null_fd(r);
	fill_fd(r, &t, task, fd, file);
	if (word)
		r->flags |= O_CLOEXEC;
	emit(s, TR_LANE_WITNESS, TR_CLASS_PROCESS, t.off);
	put_scratch(s);
	return 0;
}

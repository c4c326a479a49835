/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * One body for each security hook, whatever it is attached by. The recorder
 * makes the lsm, the fentry and the kprobe program from it: it sets the type
 * and the constants below, and finds each argument by its name in the
 * function's prototype in the kernel's BTF. So an argument that moves with
 * the kernel's version (the idmap put before dentry in 5.12 and 6.9) needs
 * nothing here, and one that is renamed is a hook that says so.
 */
#pragma once

#include "path.h"

#define HOOK_NO_ARG 0xffff

const volatile u32 hook_rung = 0; /* TR_RUNG_*, 0 for a tracepoint */
const volatile u32 hook_prog = 0; /* number in the self-test's counters */
const volatile u32 hook_args = 0; /* how many arguments the kernel's function has */
const volatile u32 hook_arg_at[8] = {}; /* where in the context each argument stands, bytes */

/*
 * Argument i by the order of HOOK. Through a helper, because the context's
 * layout differs, and old verifiers refuse to load arguments of some types.
 */
static __always_inline u64 hook_arg(void *ctx, u32 i)
{
	u64 v = 0;
	u32 at = hook_arg_at[i & 7];

	if (at != HOOK_NO_ARG)
		bpf_probe_read_kernel(&v, sizeof(v), ctx + at);
	return v;
}

#define HOOK_DECL(t, n) , t n
#define HOOK_NAME(t, n) #n ","
#define HOOK_VALUE_0(t, n) , (t)hook_arg(ctx, 0)
#define HOOK_VALUE_1(t, n) , (t)hook_arg(ctx, 1)
#define HOOK_VALUE_2(t, n) , (t)hook_arg(ctx, 2)
#define HOOK_VALUE_3(t, n) , (t)hook_arg(ctx, 3)
#define HOOK_VALUE_4(t, n) , (t)hook_arg(ctx, 4)
#define HOOK_MAP_0(m)
#define HOOK_MAP_1(m, a) m a
#define HOOK_MAP_2(m, a, ...) m a HOOK_MAP_1(m, __VA_ARGS__)
#define HOOK_MAP_3(m, a, ...) m a HOOK_MAP_2(m, __VA_ARGS__)
#define HOOK_MAP_4(m, a, ...) m a HOOK_MAP_3(m, __VA_ARGS__)
#define HOOK_MAP_5(m, a, ...) m a HOOK_MAP_4(m, __VA_ARGS__)
#define HOOK_VALUES_0()
#define HOOK_VALUES_1(a) HOOK_VALUE_0 a
#define HOOK_VALUES_2(a, b) HOOK_VALUES_1(a) HOOK_VALUE_1 b
#define HOOK_VALUES_3(a, b, c) HOOK_VALUES_2(a, b) HOOK_VALUE_2 c
#define HOOK_VALUES_4(a, b, c, d) HOOK_VALUES_3(a, b, c) HOOK_VALUE_3 d
#define HOOK_VALUES_5(a, b, c, d, e) HOOK_VALUES_4(a, b, c, d) HOOK_VALUE_4 e
#define HOOK_COUNT_(_0, a, b, c, d, e, n, ...) n
#define HOOK_COUNT(...) HOOK_COUNT_(_0, ##__VA_ARGS__, 5, 4, 3, 2, 1, 0)
#define HOOK_CAT_(a, b) a##b
#define HOOK_CAT(a, b) HOOK_CAT_(a, b)
#define HOOK_DECLS(...) HOOK_CAT(HOOK_MAP_, HOOK_COUNT(__VA_ARGS__))(HOOK_DECL, ##__VA_ARGS__)
#define HOOK_NAMES(...) HOOK_CAT(HOOK_MAP_, HOOK_COUNT(__VA_ARGS__))(HOOK_NAME, ##__VA_ARGS__) ""
#define HOOK_VALUES(...) HOOK_CAT(HOOK_VALUES_, HOOK_COUNT(__VA_ARGS__))(__VA_ARGS__)

/*
 * A hook that is a witness: runs the body for recorded tasks.
 *
 *	WITNESS_HOOK(file_open, (struct file *, file)) { ... st ... }
 */
#define WITNESS_HOOK(name, ...)                                                                     \
	static __always_inline void on_##name(struct task_state *st HOOK_DECLS(__VA_ARGS__));       \
	SEC("hook/" #name "/" HOOK_NAMES(__VA_ARGS__))                                              \
	int hook_##name(void *ctx)                                                                  \
	{                                                                                           \
		struct task_state *st = state_of_current();                                         \
                                                                                                    \
		if (st)                                                                             \
			QUIET(on_##name(st HOOK_VALUES(__VA_ARGS__)));                              \
		return 0;                                                                           \
	}                                                                                           \
	static __always_inline void on_##name(struct task_state *st HOOK_DECLS(__VA_ARGS__))

#define HOOK_FIXED_MAX 256 /* bytes of a hook's record before its tail */

/* Starts a record for the current task; returns the index of the scratch buffer that holds it, or -1. */
__noinline int hook_begin(u32 event)
{
	struct task_state *st = state_of_current();
	struct scratch *s;

	if (!st)
		return -1;
	s = scratch_or_lose(TR_LANE_WITNESS, TR_CLASS_WITNESS);
	if (!s)
		return -1;
	rec_begin(s, HOOK_FIXED_MAX);
	fill_header((void *)s->rec, event, st, (void *)bpf_get_current_task(), true);
	return s->index;
}

/* Writes the record of len bytes and gives its buffer back. */
__noinline int hook_end(u32 index, u32 lane, u32 len)
{
	struct scratch *s = scratch_at(index);

	if (!s)
		return 0;
	if (lane == TR_LANE_WITNESS)
		emit(s, TR_LANE_WITNESS, TR_CLASS_WITNESS, len);
	else
		emit(s, TR_LANE_PLAIN, TR_CLASS_WITNESS, len);
	put_scratch(s);
	return 0;
}

/*
 * Runs fill on a new record of the event of that name: all that an event's
 * program does. r is the record, t its tail, st the task's state.
 */
#define HOOK_RECORD(name, lane, st, fill)                                                 \
	do {                                                                              \
		int index_ = -1;                                                          \
		struct scratch *s_;                                                       \
                                                                                          \
		if ((st)->mode == MODE_SELFTEST)                                          \
			hit(hook_prog);                                                   \
		else if ((st)->mode == MODE_RECORD)                                       \
			index_ = hook_begin(tr_id_##name);                                \
		if (index_ < 0)                                                           \
			break;                                                            \
		s_ = scratch_at(index_);                                                  \
		if (!s_)                                                                  \
			break;                                                            \
		_Static_assert(sizeof(struct tr_##name) <= HOOK_FIXED_MAX, #name);        \
		struct tr_##name *r = (void *)s_->rec;                                    \
		struct tail t = {.s = s_, .off = sizeof(*r)};                             \
                                                                                          \
		tr_null_##name(r);                                                        \
		fill;                                                                     \
		hook_end(index_, lane, t.off);                                            \
	} while (0)

/*
 * A hook as an event of its own: the body fills the record r, and its tail t
 * in the order of the event's fields.
 *
 *	LSM_HOOK(inode_mkdir, (struct inode *, dir), (struct dentry *, dentry), (u16, mode)) { r->mode = mode; ... }
 */
#define LSM_HOOK(name, ...)                                                                                                          \
	static __always_inline void fill_##name(struct tr_##name *r, struct tail *t HOOK_DECLS(__VA_ARGS__));                        \
	WITNESS_HOOK(name, ##__VA_ARGS__)                                                                                            \
	{                                                                                                                            \
		HOOK_RECORD(name, TR_LANE_WITNESS, st, fill_##name(r, &t HOOK_PASS(__VA_ARGS__)); r->rung = hook_rung; WITNESS_CALL(r, st)); \
	}                                                                                                                            \
	static __always_inline void fill_##name(struct tr_##name *r, struct tail *t HOOK_DECLS(__VA_ARGS__))

#define HOOK_ARG(t, n) , n
#define HOOK_PASS(...) HOOK_CAT(HOOK_MAP_, HOOK_COUNT(__VA_ARGS__))(HOOK_ARG, ##__VA_ARGS__)

/* The call in flight, in the fields that every witness record has. */
#define WITNESS_CALL(r, st)                                   \
	do {                                                  \
		(r)->nr = in_syscall(st) ? (st)->nr : -1;     \
		(r)->abi = in_syscall(st) ? (st)->abi : 0;    \
	} while (0)

/* Writes the path of a dentry at off of the record; returns its length. mnt is 0 where the mount is not known. */
__noinline u32 path_tail(u64 dentry, u64 mnt, u32 index, u32 off)
{
	struct scratch *s = scratch_at(index);
	struct tail t = {.s = s, .off = off};

	if (!s || !dentry)
		return TR_NULL_LEN;
	return tail_built(&t, build_path_at(dentry, mnt, index));
}

static __always_inline u16 put_path(struct tail *t, struct dentry *dentry, struct vfsmount *mnt)
{
	u32 len = path_tail((u64)dentry, (u64)mnt, t->s->index, t->off);

	if (len <= TR_LIMIT_PATH)
		t->off += len;
	return len;
}

/* Path, device and inode of what a dentry names. */
#define PUT_ENTRY(r, t, ENTRY, MNT)                                        \
	do {                                                                \
		struct dentry *entry_ = ENTRY;                              \
                                                                            \
		(r)->path_len = put_path(t, entry_, MNT);                   \
		(r)->dev = BPF_CORE_READ(entry_, d_sb, s_dev);              \
		(r)->ino = BPF_CORE_READ(entry_, d_inode, i_ino);           \
	} while (0)

#define PUT_AT(r, t, PATH)                                                                     \
	do {                                                                                   \
		struct path *at_ = PATH;                                                       \
		struct vfsmount *mnt_ = BPF_CORE_READ(at_, mnt);                               \
                                                                                               \
		PUT_ENTRY(r, t, BPF_CORE_READ(at_, dentry), mnt_);                             \
	} while (0)

#define PUT_FILE(r, t, file)                                                \
	do {                                                                \
		if (file)                                                   \
			(r)->path_len = tail_file(t, file, &(r)->dev, &(r)->ino); \
	} while (0)

/* The bits of a set of capabilities: one u64, or two u32, in the same order. */
#define CAPS(cred, set)                                                                                         \
	({                                                                                                      \
		u64 caps_ = 0;                                                                                  \
		bpf_probe_read_kernel(&caps_, sizeof(caps_), __builtin_preserve_access_index(&(cred)->set));    \
		caps_;                                                                                          \
	})

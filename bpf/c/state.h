/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Maps, and what is remembered of a recorded task while a call is in flight. */
#pragma once

#include "kernel.h"
#include "events.h"
#define __VMLINUX_H__ /* kernel.h names the registers as the kernel does, not as ptrace.h */
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#ifndef memcpy
#define memcpy(d, s, n) __builtin_memcpy((d), (s), (n))
#endif

/* Set by the recorder before loading. */
const volatile u32 use_task_storage = 1; /* 5.11 and later */
const volatile u32 recorder_tgid = 0;
const volatile u32 have_find_vma = 1; /* 5.17 and later */
const volatile u64 wakeup_bytes = 1 << 16; /* wake the reader when so much waits */
const volatile u64 reserve_bytes = 1 << 22; /* of the witness lane, when so much waits: calls wait no longer */
const volatile u32 wakeup_critical = 0; /* wake the reader for each witness and each change of a process */

const volatile u32 use_preempt_disable = 0; /* 6.10 and later; see QUIET */

#define SLOT(k) ((k) & (TR_LIMIT_VIEWS - 1)) /* an index that the verifier believes */

#define MAX_SYSCALL 1024 /* numbers of an ABI, a power of two; x32 has some from 512 on */

#define NO_ARG 0xff
#define RAW_WORDS 16 /* a power of two */

/* How one pointer argument is captured. */
struct view_plan {
	u8 arg; /* index of the pointer argument */
	u8 capture; /* TR_CAPTURE_* */
	u8 len_arg; /* index of the argument with the size, or NO_ARG: it is max */
	u8 unit; /* bytes for each one of the size argument */
	u32 max;
	u8 when_arg; /* only taken when this argument is when; NO_ARG: always */
	u8 shape; /* TR_SHAPE_*: the struct that it is, where parts of it are seen elsewhere in the kernel */
	u8 freed; /* number of the argument among those whose copy is on the heap, from 1; see freed.h */
	u8 out; /* written by the kernel: only the exit view is taken, of a call that has succeeded */
	u32 when;
};

/* What is done for a syscall number; filled from format.Syscalls. */
struct syscall_plan {
	u8 record;
	u8 lane;
	u8 object;
	u8 nviews;
	u8 nargs; /* how many registers it uses */
	u8 refresh; /* may change the namespaces that are cached */
	u8 orphans; /* kernel names without a path argument belong to it: io_uring_enter */
	u8 watch; /* TR_WATCH_*: what of its own task it may change */
	u8 facts; /* TR_FACT_*: what else shows what the kernel used */
	u8 object_arg; /* register of the buffer that OBJECT_STAT and its kin read */
	u8 via; /* other calls are made through it: 1 socketcall, 2 ipc */
	u8 pad;
	struct view_plan view[TR_LIMIT_VIEWS];
};

struct slot {
	u64 uptr;
	u32 len; /* of the enter view, without the final NUL of a path */
	u32 true_len;
	u8 enter, kernel, exit; /* TR_VIEW_* */
	u8 rungs;
	u8 vma;
	u8 copies;
	u8 capture; /* TR_CAPTURE_* */
	u8 taken; /* rungs that have given a copy */
	char data[TR_LIMIT_INLINE + 16]; /* enter view; read in words of 8, indexed by a byte */
};

/* What a watched call may change, as it was before; see watch.h. */
struct watched {
	u32 ids[8];
	u64 caps[6];
	u32 ns[8];
	u64 cwd[2], root[2];
};

enum {
	MODE_RECORD = 0,
	MODE_ARMED = 1, /* nothing is recorded before the next execve */
	MODE_SELFTEST = 2, /* programs count their hits, nothing is recorded */
	MODE_OUT = 3, /* not in scope now, but it was, or a descendant of it can be: see scope.h */
};

/*
 * What the last record with an ident has said of the task: as long as it is
 * so, plain calls are written without it.
 */
struct told {
	u64 comm[2];
	u64 cgroup;
	u32 tid, pid, pidns, mntns;
	u32 ppid, uid, gid;
	u16 flags;
	u16 ident; /* 0: nothing was told yet */
};

/* A task with such a state is recorded, but in MODE_OUT; all others are out of scope. */
struct task_state {
	u64 start; /* ns since boot; 0 until the task is first seen */
	u64 calls; /* how many syscalls the task has entered */
	u32 tid, pid; /* tid is that of entry: execve by a thread changes the task's */
	u32 pidns, mntns;
	u32 mode;
	u32 flags; /* TR_FLAG_IO_WORKER, TR_FLAG_KERNEL */

	/* The call in flight. */
	u8 in_call;
	u8 execed;
	u8 abi;
	u8 entered_seen; /* the next sys_exit has had a sys_enter */
	u8 watch; /* TR_WATCH_* of the call, recorded or not */
	u8 recheck; /* whether it is in scope is asked again when the call has returned */
	u8 known; /* it has rows: how it ends is written, whatever the scope is then */
	u8 counted; /* in task_slots */
	u32 nr;
	u32 scan; /* which scan writes its descriptors; 0: none */
	u64 entered;
	u64 args[6];
	struct syscall_plan plan;

	/* Of a call made through another: see through.h. */
	u8 through;
	u8 late; /* its arguments could not be read at enter */
	u8 nwords; /* arguments in the caller's memory, at words_at */
	u64 words_at;
	u64 raw[RAW_WORDS]; /* registers, and from TR_THROUGH_WORD on those words; what is in between is 0 */

	struct slot slot[TR_LIMIT_VIEWS];
	struct watched before;
	struct told told;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_state);
} tasks SEC(".maps");

/* Stands in for tasks before 5.11; keyed by the address of the task. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct task_state);
} tasks_hash SEC(".maps");

/* What a new entry of tasks_hash begins as: too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct task_state);
} blank_task SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TR_LIMIT_ABI *MAX_SYSCALL);
	__type(key, u32);
	__type(value, struct syscall_plan);
} syscalls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 23);
} ring_witness SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 23);
} ring_plain SEC(".maps");

/* Sequence numbers and losses, per cpu. */
struct loss {
	u64 count, first_seq, last_seq, first_time, last_time;
};

struct lane_count {
	u64 seq;
	struct loss loss[TR_CLASS_COUNT];
	u64 full; /* the reserve is reached; looked up now and then */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, TR_LANE_COUNT);
	__type(key, u32);
	__type(value, struct lane_count);
} lanes SEC(".maps");

/* Self-test: how often each program saw what it should. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TR_PROG_COUNT);
	__type(key, u32);
	__type(value, u64);
} hits SEC(".maps");

/* Thread ids, and the mode that they are to take on; see take_mark. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, u32);
} marks SEC(".maps");

/* Process ids whose tasks, and whose descendants', the iterator adopts. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u32);
} roots SEC(".maps");

/* Together within the 32 KiB that a per-cpu value may have. */
#define REC_MAX 28120
#define TMP_MAX (TR_LIMIT_PATH + 256)

struct scratch {
	u32 busy;
	u32 index; /* its own key */
	u64 fault; /* user address that could not be read */
	u64 true_len; /* of what is too long to be taken whole, else 0 */
	u64 file; /* that file_tail looks at: a global function takes no pointer */
	u64 ino; /* of that file */
	u32 dev;
	u32 pos; /* of the path walk: in memory, where the verifier forgets it and rounds converge */
	u32 off; /* of the tail, for the same reason: see FORGET */
	u32 ret; /* of the call that returns */
	u64 dentry, mnt, root; /* where the path walk is: see path_step */
	char rec[REC_MAX]; /* the record being built */
	char tmp[TMP_MAX]; /* strings on their way */
};

/*
 * Trampoline programs, and tracepoint programs from 7.0 on, can be preempted,
 * and another task's can then run on the same cpu: one buffer for each that
 * is under way.
 */
#define SCRATCHES 4

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCHES);
	__type(key, u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

/*
 * A field of the current task. From 5.11 on the task is typed by BTF and the
 * chain is plain loads; before, every step is a call.
 */
#define CURRENT(field)                                                                  \
	(use_task_storage ? bpf_get_current_task_btf()->field :                         \
			    BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), field))

/* The same of a task that is at hand as current_task gave it. */
#define OF_TASK(task, field) (use_task_storage ? (task)->field : BPF_CORE_READ(task, field))

extern void bpf_preempt_disable(void) __weak __ksym;
extern void bpf_preempt_enable(void) __weak __ksym;

extern void *bpf_rdonly_cast(const void *obj, u32 btf_id) __weak __ksym;

const volatile u32 use_cast = 0; /* bpf_rdonly_cast, 6.2 and later */

/*
 * An address as a pointer to a kernel's type, whose fields are plain loads; a
 * fault reads 0. Reading memory by helper takes twenty times as long. Only where
 * use_cast is.
 */
#define CAST(type, addr) ((type *)bpf_rdonly_cast((void *)(addr), bpf_core_type_id_kernel(type)))

/* Any memory, in words of 8: as one of the types that are nothing but such. An aligned one is in one page. */
#define WORDS(addr) ((const u64 *)CAST(struct pt_regs, addr))

/*
 * Runs body without being preempted. A program that is preempted while it
 * runs is skipped by the kernel for every other task of its cpu, and what it
 * would have seen of them is lost (counted as missed): tracepoint programs
 * from 7.0 on.
 */
#define QUIET(body)                              \
	do {                                     \
		if (use_preempt_disable)         \
			bpf_preempt_disable();   \
		body;                            \
		if (use_preempt_disable)         \
			bpf_preempt_enable();    \
	} while (0)

/*
 * Takes a free scratch buffer of this cpu; NULL when all are taken. Give it
 * back with put_scratch on every way out. Before 5.12 there is no exchange
 * instruction, nor any preemption here: the recorder replaces it then.
 */
static __always_inline struct scratch *get_scratch(void)
{
	for (u32 i = 0; i < SCRATCHES; i++) {
		u32 key = i;
		struct scratch *s = bpf_map_lookup_elem(&scratches, &key);

		if (!s)
			return 0;
		if (!__sync_lock_test_and_set(&s->busy, 1)) {
			s->index = i;
			return s;
		}
	}
	return 0;
}

static __always_inline void put_scratch(struct scratch *s)
{
	s->busy = 0;
}

/* The scratch buffer that a caller has taken. */
static __always_inline struct scratch *scratch_at(u32 index)
{
	return bpf_map_lookup_elem(&scratches, &index);
}

/*
 * How many tasks that have a state fall into each slot, by where their kernel stack
 * is: a call's registers lie on it, so that a program knows the slot without asking
 * who is current. A slot of 0 says that the current task has no state, without a look
 * into task storage, which is much of what a call out of scope costs
 * (docs/BENCHMARKS.md). Counted down only by a task that was counted, when it exits: a
 * count that is too high costs that look, one that is too low would lose a task.
 */
#define TASK_SLOTS 65536

struct task_slots {
	u32 n[TASK_SLOTS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct task_slots);
} task_slots SEC(".maps");

/* on_stack is any address on the stack, its low half at least: stacks have up to 64 KiB, and are aligned to their size. */
static __always_inline u32 *task_slot(u32 on_stack)
{
	u32 zero = 0;
	struct task_slots *slots = bpf_map_lookup_elem(&task_slots, &zero);

	return slots ? &slots->n[on_stack >> 16] : 0;
}

static __always_inline u32 *slot_of_task(u64 task)
{
	return task_slot((u64)BPF_CORE_READ((struct task_struct *)task, stack));
}

/* The low half of an address: what the verifier lets a typed pointer become. */
static __always_inline u32 low_half(const void *p)
{
	u32 v;

	asm volatile("%0 = %1" : "=w"(v) : "w"((u32)(u64)p));
	return v;
}

static __always_inline void count_task(struct task_state *st, u64 task)
{
	u32 *n;

	if (!use_task_storage || st->counted)
		return;
	n = slot_of_task(task);
	if (!n)
		return;
	st->counted = 1;
	__sync_fetch_and_add(n, 1);
}

/* The current task exits: it makes no more calls. */
static __always_inline void uncount_task(struct task_state *st)
{
	u32 *n;

	if (!use_task_storage || !st->counted)
		return;
	n = slot_of_task(bpf_get_current_task());
	if (!n)
		return;
	st->counted = 0;
	__sync_fetch_and_add(n, -1);
}

/*
 * A pointer as a number, which a global function takes: to the verifier a
 * pointer to a typed object is none, whatever it is cast to.
 */
static __always_inline u64 address(const void *p)
{
	u64 v = 0;

	bpf_probe_read_kernel(&v, sizeof(v), &p);
	return v;
}

static __always_inline struct task_state *state_of(struct task_struct *task)
{
	if (use_task_storage)
		return bpf_task_storage_get(&tasks, task, 0, 0);
	u64 key = (u64)task;
	return bpf_map_lookup_elem(&tasks_hash, &key);
}

static __always_inline struct task_state *new_state(struct task_struct *task)
{
	u64 key = (u64)task;
	u32 zero = 0;
	struct task_state *blank;

	if (use_task_storage) {
		struct task_state *st = bpf_task_storage_get(&tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

		if (st)
			count_task(st, address(task));
		return st;
	}
	blank = bpf_map_lookup_elem(&blank_task, &zero);
	if (!blank)
		return 0;
	bpf_map_update_elem(&tasks_hash, &key, blank, 0);
	return bpf_map_lookup_elem(&tasks_hash, &key);
}

/*
 * Without task storage the recorder cannot write a task's state by its pidfd:
 * it leaves the mode here, and the task takes it on at its next syscall.
 */
static __always_inline struct task_state *take_mark(struct task_struct *task, struct task_state *st)
{
	u32 tid = bpf_get_current_pid_tgid();
	u32 *mode = bpf_map_lookup_elem(&marks, &tid);

	if (!mode)
		return st;
	if (!st)
		st = new_state(task);
	if (st) {
		st->mode = *mode;
		st->in_call = 0;
		bpf_map_delete_elem(&marks, &tid);
	}
	return st;
}

/* Whether the task is in a syscall, recorded (in_call) or not. */
static __always_inline bool in_syscall(struct task_state *st)
{
	return st->in_call || (st->entered_seen && st->calls);
}

/* The current task, as programs are given it. */
static __always_inline struct task_struct *current_task(void)
{
	return use_task_storage ? bpf_get_current_task_btf() : (void *)bpf_get_current_task();
}

static __always_inline struct task_state *any_state_of_current(void)
{
	return state_of(current_task());
}

/* The state of a task, if it is in scope. */
static __always_inline struct task_state *recorded_state_of(struct task_struct *task)
{
	struct task_state *st = state_of(task);

	return st && st->mode != MODE_OUT ? st : 0;
}

static __always_inline struct task_state *state_of_current(void)
{
	return recorded_state_of(current_task());
}

static __always_inline void hit(u32 prog)
{
	u64 *n = bpf_map_lookup_elem(&hits, &prog);

	if (n)
		__sync_fetch_and_add(n, 1);
}

static __always_inline u64 start_of(struct task_struct *task)
{
	if (bpf_core_field_exists(task->start_boottime))
		return BPF_CORE_READ(task, start_boottime);
	return BPF_CORE_READ((struct task_struct___old *)task, real_start_time);
}

static __always_inline void refresh_namespaces(struct task_state *st, struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	u32 level = BPF_CORE_READ(pid, level);
	struct upid *upid = __builtin_preserve_access_index(&pid->numbers[0]);

	upid = (void *)upid + (level & 31) * bpf_core_type_size(struct upid);
	st->pidns = BPF_CORE_READ(upid, ns, ns.inum);
	st->mntns = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
}

static __always_inline void identify(struct task_state *st, struct task_struct *task)
{
	u32 flags = BPF_CORE_READ(task, flags);

	st->tid = BPF_CORE_READ(task, pid);
	st->pid = BPF_CORE_READ(task, tgid);
	if (!st->start)
		st->start = start_of(task);
	st->flags = (flags & PF_IO_WORKER ? TR_FLAG_IO_WORKER : 0) | (flags & PF_KTHREAD ? TR_FLAG_KERNEL : 0);
	refresh_namespaces(st, task);
}

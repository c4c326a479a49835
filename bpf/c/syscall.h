/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* sys_enter and sys_exit: one record for each call, when it returns. */
#pragma once

#include "views.h"
#include "watch.h"
#include "shapes.h"
#include "filter.h"
#include "through.h"

/*
 * Calls in flight with a socket address, for the cgroup programs: these cannot
 * reach task storage on older kernels. Keyed by pid_tgid; holds what the
 * program saw.
 */
struct sock_addr_seen {
	u8 family; /* as the caller gave it: the protocol has not looked at it yet */
	u8 ip6; /* which program saw it, and with that where it looked for the address */
	u16 port; /* network byte order */
	u32 addr[4];
};

struct sock_seen {
	u8 object; /* TR_OBJECT_PEER, BOUND or SEND */
	u8 many; /* each message of a sendmmsg is kept, else the last address */
	u8 count; /* how often the program saw one */
	struct sock_addr_seen at[TR_LIMIT_MSGS];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, u64);
	__type(value, struct sock_seen);
} sock_calls SEC(".maps");

/* The ABI and number of a call: what its plan is found by. */
static __always_inline void read_number(struct task_state *st, struct task_struct *task, long id)
{
#if defined(__TARGET_ARCH_x86)
	if (OF_TASK(task, thread_info.status) & TS_COMPAT) {
		st->abi = TR_ABI_IA32;
		if (id >= TR_THROUGH_NR && id < TR_THROUGH_NR + TR_THROUGH_COUNT)
			id |= TR_THROUGH_TAKEN; /* those numbers are ours */
	} else {
		st->abi = TR_ABI_AMD64;
		if (id >= 0 && id & X32_SYSCALL_BIT) {
			st->abi = TR_ABI_X32;
			id &= ~X32_SYSCALL_BIT;
		}
	}
#elif defined(__TARGET_ARCH_arm64)
	st->abi = OF_TASK(task, thread_info.flags) & TIF_32BIT ? TR_ABI_ARM32 : TR_ABI_ARM64;
#endif
	st->nr = id;
}

/* regs is typed by BTF here: its fields are plain loads. */
static __always_inline void read_args(struct task_state *st, struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	if (st->abi == TR_ABI_IA32) {
		st->args[0] = (u32)regs->bx;
		st->args[1] = (u32)regs->cx;
		st->args[2] = (u32)regs->dx;
		st->args[3] = (u32)regs->si;
		st->args[4] = (u32)regs->di;
		st->args[5] = (u32)regs->bp;
	} else {
		st->args[0] = regs->di;
		st->args[1] = regs->si;
		st->args[2] = regs->dx;
		st->args[3] = regs->r10;
		st->args[4] = regs->r8;
		st->args[5] = regs->r9;
	}
#elif defined(__TARGET_ARCH_arm64)
	st->args[0] = regs->orig_x0;
	st->args[1] = regs->regs[1];
	st->args[2] = regs->regs[2];
	st->args[3] = regs->regs[3];
	st->args[4] = regs->regs[4];
	st->args[5] = regs->regs[5];
#endif
}

static __always_inline struct syscall_plan *plan_of(struct task_state *st)
{
	u32 key = (st->abi % TR_LIMIT_ABI) * MAX_SYSCALL + (st->nr & (MAX_SYSCALL - 1));

	if (st->nr >= MAX_SYSCALL)
		key = 0; /* ABI 0, number 0: what is done for numbers beyond the table */
	return bpf_map_lookup_elem(&syscalls, &key);
}

/* Starts a call in st: identity, number, arguments, plan. Returns the plan when it is recorded. */
static __always_inline struct syscall_plan *begin_call(struct task_state *st, struct task_struct *task, struct pt_regs *regs, long id)
{
	struct syscall_plan *plan;

	if (!st->tid)
		identify(st, (void *)bpf_get_current_task());
	if (!st->counted)
		count_task(st, bpf_get_current_task());
	st->calls++;
	st->in_call = 0;
	st->entered_seen = 1;
	read_number(st, task, id);
	plan = plan_of(st);
#if defined(__TARGET_ARCH_x86)
	st->through = st->late = 0;
	if (plan && plan->via) {
		read_args(st, regs);
		if (begin_through(plan->via))
			plan = plan_of(st);
	}
#endif
	st->watch = plan ? plan->watch : 0;
	if (st->watch)
		watch_begin();
	/* the self-test's calls are needed, whatever is selected */
	if (!plan || !(plan->record || st->mode == MODE_SELFTEST))
		return 0;
	if (!st->through)
		read_args(st, regs);
	memcpy(&st->plan, plan, __builtin_offsetof(struct syscall_plan, view));
	if (plan->nviews)
		memcpy(st->plan.view, plan->view, 2 * sizeof(plan->view[0]));
	if (plan->nviews > 2)
		memcpy(&st->plan.view[2], &plan->view[2], (TR_LIMIT_VIEWS - 2) * sizeof(plan->view[0]));
	st->entered = bpf_ktime_get_boot_ns();
	st->execed = 0;
	st->in_call = 1;
	return plan;
}

/* Writes the sockaddr that a cgroup program saw; returns its length. Room for 32 bytes. */
static __always_inline u32 put_sock_addr(char *out, struct sock_addr_seen *at)
{
	__builtin_memset(out, 0, 32);
	*(u16 *)out = at->family;
	*(u16 *)(out + 2) = at->port;
	if (!at->ip6) {
		memcpy(out + 4, at->addr, 4);
		return 16;
	}
	memcpy(out + 8, at->addr, 16);
	return 28;
}

/*
 * What the cgroup program saw of a call's address or addresses becomes a
 * kernel view of slot 0. The rest of a sockaddr is not shown to the program.
 */
__noinline int take_sock_seen(u32 index)
{
	u64 id = bpf_get_current_pid_tgid();
	struct sock_seen *seen = bpf_map_lookup_elem(&sock_calls, &id);
	struct task_state *st = state_of_current();
	struct scratch *s = scratch_at(index);
	struct slot *slot;
	u32 len;
	char *out;

	if (!st || !s || !seen)
		return 0;
	slot = &st->slot[0];
	out = VIEW_DATA(s);
	if (seen->count && seen->many) {
		s->off = 0;
		for (u32 i = 0; i < TR_LIMIT_MSGS; i++) {
			u32 off = *(volatile u32 *)&s->off & 511; /* through memory: see FORGET */

			if (i >= seen->count)
				break;
			len = put_sock_addr(out + off + 2, &seen->at[i]);
			*(u16 *)(out + off) = len;
			*(volatile u32 *)&s->off = off + 2 + len;
		}
		witness_value(s, 0, TR_RUNG_CGROUP, TR_VIEW_OK, slot->uptr, *(volatile u32 *)&s->off & 511);
	} else if (seen->count) {
		len = put_sock_addr(out, &seen->at[0]);
		/*
		 * The bytes that the program is not shown are taken from the
		 * enter view, so that what is compared is family, address and port.
		 */
		if (slot->enter == TR_VIEW_OK && slot->len >= len) {
			if (len == 16) {
				*(u64 *)(out + 8) = *(u64 *)(slot->data + 8);
			} else {
				*(u32 *)(out + 4) = *(u32 *)(slot->data + 4);
				*(u32 *)(out + 24) = *(u32 *)(slot->data + 24);
			}
			if (slot->len > len) {
				/* longer than its family needs: the bytes beyond are not used */
				bpf_probe_read_kernel(out + len, (slot->len - len) & 255, slot->data + len);
				len = slot->len;
			}
		}
		witness_value(s, 0, TR_RUNG_CGROUP, TR_VIEW_OK, slot->uptr, len);
	}
	bpf_map_delete_elem(&sock_calls, &id);
	return 0;
}

/*
 * The device and inode that a call of stat's family has told its caller: left
 * in the scratch, as zeros where they cannot be read. Layouts are those of
 * struct stat of 64-bit ABIs and of i386, i386's struct stat64, and struct statx.
 */
__noinline int stat_told(u32 index)
{
	struct task_state *st = state_of_current();
	struct scratch *s = scratch_at(index);
	u32 object, arg, half[2] = {}, ino_at = 8;
	u64 uptr, dev = 0;

	if (!st || !s)
		return 0;
	object = st->plan.object;
	arg = st->plan.object_arg;
	uptr = st->args[arg > 5 ? 5 : arg];
	s->dev = 0;
	s->ino = 0;
	if (!uptr)
		return 0;
	if (object == TR_OBJECT_STATX) {
		bpf_probe_read_user(&s->ino, 8, (void *)uptr + 32);
		bpf_probe_read_user(half, 8, (void *)uptr + 136);
		s->dev = half[0] << 20 | (half[1] & 0xfffff);
		return 0;
	}
	if (st->abi == TR_ABI_IA32 && object == TR_OBJECT_STAT) {
		bpf_probe_read_user(half, 8, (void *)uptr);
		dev = half[0];
		s->ino = half[1];
	} else {
		if (object == TR_OBJECT_STAT64)
			ino_at = st->abi == TR_ABI_IA32 ? 88 : 96;
		bpf_probe_read_user(&dev, 8, (void *)uptr);
		bpf_probe_read_user(&s->ino, 8, (void *)uptr + ino_at);
	}
	s->dev = (dev >> 8 & 0xfff) << 20 | (dev & 0xff) | (dev >> 12 & 0xfff00);
	return 0;
}

static __always_inline u16 tail_slot(struct tail *t, struct slot *slot)
{
	u64 off = t->off;
	u32 len = slot->len;

	barrier_var(off);
	if (slot->enter == TR_VIEW_OK && len <= WORDWISE && off <= TAIL_ROOM) {
		copy_words(t->s->rec + off, slot->data, len);
		t->off = off + len;
		return len;
	}
	return slot->enter == TR_VIEW_OK ? tail_bytes(t, slot->data, slot->len, TR_LIMIT_INLINE) : TR_NULL_LEN;
}

/* One slot's fields of record r; its kernel and exit views are never in the record itself. */
#define TAIL_SLOT(r, x, t, which)                                    \
	do {                                                         \
		struct slot *from = (which);                         \
		(r)->x##_enter_status = from->enter;                 \
		(r)->x##_kernel_status = from->kernel;               \
		(r)->x##_exit_status = from->exit;                   \
		(r)->x##_rungs = from->rungs;                        \
		(r)->x##_vma = from->vma;                            \
		(r)->x##_copies = from->copies;                      \
		(r)->x##_enter_len = tail_slot(t, from);             \
		(r)->x##_kernel_len = (r)->x##_exit_len = TR_NULL_LEN; \
		FORGET(t);                                           \
	} while (0)

#define OBJECT_FILE (1 << 16)

/*
 * The object of the current task's call: an address is written at off of the record,
 * device and inode are left in the scratch. Returns the length; OBJECT_FILE for a
 * file, which is left in the scratch for file_tail: what calls what is stack.
 */
__noinline u32 object_tail(u32 index, u32 off, u32 object, s64 fd)
{
	struct scratch *s = scratch_at(index);
	struct task_struct *task = (void *)bpf_get_current_task();
	struct tail t = {.s = s, .off = off};
	struct file *file;
	struct sock *sk;

	if (!s)
		return TR_NULL_LEN;
	s->dev = 0;
	s->ino = 0;
	if (object == TR_OBJECT_RET_FD || object == TR_OBJECT_SELF) {
		if (object == TR_OBJECT_SELF)
			file = BPF_CORE_READ(task, mm, exe_file);
		else
			file = file_of_fd(task, fd);
		s->file = (u64)file;
		return file ? OBJECT_FILE : TR_NULL_LEN;
	}
	if (object >= TR_OBJECT_STAT) {
		stat_told(index);
		return TR_NULL_LEN;
	}
	file = file_of_fd(task, (int)fd);
	sk = sock_of_file(file);
	if (!sk)
		return TR_NULL_LEN;
	s->ino = BPF_CORE_READ(file, f_inode, i_ino);
	s->dev = BPF_CORE_READ(file, f_inode, i_sb, s_dev);
	return tail_sock(&t, sk, object == TR_OBJECT_PEER);
}

/* The object of the call in st, which has returned ret, for record r. */
#define TAIL_OBJECT(r, st, t, ret)                                                                              \
	do {                                                                                                    \
		u32 object = (st)->plan.object, len;                                                            \
		bool peer = object == TR_OBJECT_PEER || object == TR_OBJECT_BOUND;                              \
                                                                                                                \
		if (peer || ((ret) >= 0 && object != TR_OBJECT_NONE && object != TR_OBJECT_SEND)) {             \
			len = object_tail((t)->s->index, (t)->off, object, peer ? (int)(st)->args[0] : (ret));  \
			if (len == OBJECT_FILE)                                                                 \
				len = file_tail((t)->s->index, (t)->off);                                       \
			if (len <= TR_LIMIT_PATH)                                                               \
				(t)->off += len;                                                                \
			(r)->path_len = len;                                                                    \
			(r)->dev = (t)->s->dev;                                                                 \
			(r)->ino = (t)->s->ino;                                                                 \
		}                                                                                               \
	} while (0)

/* A record of the current task that says who it is, with a number by which the next ones refer to it. */
static __always_inline void tell(struct task_state *st, struct tr_header *h)
{
	memcpy(st->told.comm, h->comm, sizeof(st->told.comm));
	st->told.cgroup = h->cgroup;
	st->told.tid = h->tid;
	st->told.pid = h->pid;
	st->told.pidns = h->pidns;
	st->told.mntns = h->mntns;
	st->told.ppid = h->ppid;
	st->told.uid = h->uid;
	st->told.gid = h->gid;
	st->told.flags = st->flags;
	st->told.ident = h->ident;
}

/* Writes the record of the call in st; looks its object up. */
static __always_inline void emit_call(struct scratch *s, struct task_state *st, struct task_struct *task, long ret, u32 flags,
				      bool is_current)
{
	struct tr_syscall *r = (void *)s->rec;
	struct tail t = {.s = s, .off = sizeof(*r)};
	u32 nviews = st->plan.nviews;
	u16 ident = 0;

	if (is_current) {
		ident = st->told.ident + 1;
		if (!ident)
			ident = 1;
		st->told.ident = 0;
	}
	fill_header(&r->h, TR_EVENT_SYSCALL, st, task, is_current);
	r->h.flags |= flags;
	r->duration = r->h.time - st->entered;
	r->abi = st->abi;
	r->nr = st->nr;
	r->ret = ret;
	r->arg0 = st->args[0];
	r->arg1 = st->args[1];
	r->arg2 = st->args[2];
	r->arg3 = st->args[3];
	r->arg4 = st->args[4];
	r->arg5 = st->args[5];

	r->h.ident = ident;
	if (!nviews) {
		r->h.form = TR_FORM_SHORT;
		if (!emit(s, st->plan.lane, TR_CLASS_CALL, TR_SHORT_SYSCALL) && is_current)
			tell(st, &r->h);
		return;
	}
	__builtin_memset(s->rec + TR_SHORT_SYSCALL, 0, TR_TWO_SYSCALL - TR_SHORT_SYSCALL);
	if (nviews <= 2) {
		r->h.form = TR_FORM_TWO;
		t.off = TR_TWO_SYSCALL;
	} else {
		__builtin_memset(s->rec + TR_TWO_SYSCALL, 0, sizeof(*r) - TR_TWO_SYSCALL);
	}
	r->a_enter_len = r->a_kernel_len = r->a_exit_len = TR_NULL_LEN;
	r->b_enter_len = r->b_kernel_len = r->b_exit_len = TR_NULL_LEN;
	r->path_len = TR_NULL_LEN;
	TAIL_SLOT(r, a, &t, &st->slot[0]);
	if (nviews > 1)
		TAIL_SLOT(r, b, &t, &st->slot[1]);
	if (is_current && !(flags & TR_FLAG_NO_EXIT))
		TAIL_OBJECT(r, st, &t, ret);
	FORGET(&t);
	/* their strings follow the object's, as in the table */
	if (nviews > 2) {
		r->d_enter_len = r->d_kernel_len = r->d_exit_len = TR_NULL_LEN;
		TAIL_SLOT(r, c, &t, &st->slot[2]);
		if (nviews > 3)
			TAIL_SLOT(r, d, &t, &st->slot[3]);
	}
	if (!emit(s, st->plan.lane, TR_CLASS_CALL, t.off) && is_current)
		tell(st, &r->h);
}

/* Whether what was told of the current task is so still. */
static __always_inline bool same_task(struct task_state *st, struct task_struct *task)
{
	struct task_struct *t = use_cast ? CAST(struct task_struct, task) : task;
	struct told *told = &st->told;
	const struct cred *cred = t->real_cred;
	u64 diff = 0;

	diff |= told->comm[0] ^ *(u64 *)t->comm;
	diff |= told->comm[1] ^ *(u64 *)(t->comm + 8);
	diff |= told->cgroup ^ t->cgroups->dfl_cgrp->kn->id;
	diff |= told->tid ^ st->tid;
	diff |= told->pid ^ st->pid;
	diff |= told->pidns ^ st->pidns;
	diff |= told->mntns ^ st->mntns;
	diff |= told->ppid ^ (u32)t->real_parent->tgid;
	diff |= told->uid ^ cred->uid.val;
	diff |= told->gid ^ cred->gid.val;
	diff |= (u16)told->flags ^ (u16)st->flags;
	return !diff;
}

/*
 * Writes a call with one or two slots of a task that was told of: half of what
 * emit_call writes. Returns false where that cannot say it.
 */
static __always_inline bool emit_views(struct scratch *s, struct task_state *st, struct task_struct *task, long ret, u32 flags)
{
	struct tr_views *r = (void *)s->rec;
	struct tail t = {.s = s};
	u64 now, duration, n;

	if (!use_task_storage || st->plan.nviews > 2 || flags & TR_FLAG_NO_EXIT || !st->told.ident || !same_task(st, task))
		return false;
	now = bpf_ktime_get_boot_ns();
	duration = now - st->entered;
	if (duration >> 32)
		return false;
	r->form = TR_FORM_VIEWS;
	r->ident = st->told.ident;
	r->abi = st->abi;
	r->pad1[0] = 0;
	r->flags = st->flags | flags;
	r->cpu = bpf_get_smp_processor_id();
	r->tid = st->tid;
	r->call = st->calls;
	r->time = now;
	r->ret = ret;
	r->duration = duration;
	r->nr = st->nr;
	__builtin_memset(&r->ino, 0, __builtin_offsetof(struct tr_views, arg) - __builtin_offsetof(struct tr_views, ino));
	r->b_enter_len = r->b_kernel_len = r->b_exit_len = TR_NULL_LEN;
	r->path_len = TR_NULL_LEN;
	for (int i = 0; i < 6; i++)
		r->arg[i] = st->args[i];
	n = st->plan.nargs;
	barrier_var(n);
	if (n > 6)
		n = 6;
	r->args = n;
	t.off = n * 8 + __builtin_offsetof(struct tr_views, arg);
	FORGET(&t);
	TAIL_SLOT(r, a, &t, &st->slot[0]);
	if (st->plan.nviews > 1)
		TAIL_SLOT(r, b, &t, &st->slot[1]);
	TAIL_OBJECT(r, st, &t, ret);
	FORGET(&t);
	emit(s, st->plan.lane, TR_CLASS_CALL, t.off);
	return true;
}

/* The call of the current task: with all branches verified once, not on every path that leads there. */
__noinline int emit_current_call(u32 index, s64 ret, u32 flags)
{
	struct task_struct *task = current_task();
	struct task_state *st = recorded_state_of(task);
	struct scratch *s = scratch_at(index);

	if (!st || !s)
		return 0;
	if (st->plan.nviews && emit_views(s, st, task, ret, flags))
		return 0;
	emit_call(s, st, task, ret, flags, true);
	return 0;
}

/*
 * Writes a plain call of a task that was told of: a third of a short record,
 * and without a scratch buffer. Returns false where that cannot say it.
 */
static __always_inline bool emit_brief(struct task_state *st, struct task_struct *task, long ret, u32 flags)
{
	struct tr_brief r = {.form = TR_FORM_BRIEF, .class = TR_CLASS_CALL, .lane = TR_LANE_PLAIN};
	u32 lane = TR_LANE_PLAIN;
	u64 now, duration, mode = BPF_RB_NO_WAKEUP, n;
	struct lane_count *count;

	if (!use_task_storage || !st->told.ident || !same_task(st, task))
		return false;
	now = bpf_ktime_get_boot_ns();
	duration = now - st->entered;
	if (duration >> 32)
		return false;
	count = bpf_map_lookup_elem(&lanes, &lane);
	if (!count)
		return false;
	r.ident = st->told.ident;
	r.abi = st->abi;
	r.flags = st->flags | flags;
	r.cpu = bpf_get_smp_processor_id();
	r.tid = st->tid;
	r.call = st->calls;
	r.time = now;
	r.ret = ret;
	r.duration = duration;
	r.nr = st->nr;
	for (int i = 0; i < 6; i++)
		r.arg[i] = st->args[i];
	n = st->plan.nargs;
	barrier_var(n);
	if (n > 6)
		n = 6;
	r.args = n;
	n = n * 8 + __builtin_offsetof(struct tr_brief, arg);
	__sync_fetch_and_add(&count->seq, 1);
	r.seq = count->seq;
	if (!(r.seq & WAKEUP_EVERY) && bpf_ringbuf_query(&ring_plain, BPF_RB_AVAIL_DATA) >= wakeup_bytes)
		mode = BPF_RB_FORCE_WAKEUP;
	if (bpf_ringbuf_output(&ring_plain, &r, n, mode))
		count_loss(count, TR_CLASS_CALL, now);
	return true;
}

/* The exit views of the current task's call. */
__noinline int take_exits(u32 index, s64 ret)
{
	struct task_state *st = state_of_current();
	struct scratch *s = scratch_at(index);

	if (!st || !s)
		return 0;
	for (int k = 0; k < TR_LIMIT_VIEWS; k++) {
		if (k >= st->plan.nviews)
			break;
		if (st->execed)
			st->slot[k].exit = TR_VIEW_REPLACED;
		else if ((ret >= 0 || !st->plan.view[k].out) && !(k < 2 && exit_same(s, st, k)))
			take_exit(k, index);
	}
	return 0;
}

/* Whether slot 0 is a socket address that a cgroup program may see. */
static __always_inline bool has_address(u32 object)
{
	return object == TR_OBJECT_PEER || object == TR_OBJECT_BOUND || object == TR_OBJECT_SEND;
}

static __always_inline void on_sys_enter(struct task_state *st, struct task_struct *task, struct pt_regs *regs, long id)
{
	struct syscall_plan *plan;
	struct scratch *s;

	if (st->in_call && st->mode == MODE_RECORD) {
		/* the kernel skipped the sys_exit program: what is known of that call */
		s = get_scratch();
		if (s) {
			emit_current_call(s->index, 0, TR_FLAG_NO_EXIT);
			put_scratch(s);
		} else {
			lose(st->plan.lane, TR_CLASS_CALL);
		}
	}
	plan = begin_call(st, task, regs, id);
	if (!plan)
		return;
	if (st->mode != MODE_RECORD) {
		if (st->mode == MODE_SELFTEST)
			hit(TR_PROG_SYS_ENTER);
		else if (plan->object != TR_OBJECT_SELF) { /* armed: waits for execve */
			st->in_call = 0;
			return;
		} else {
			st->mode = MODE_RECORD;
		}
	}
	if (!plan->nviews)
		return;
	s = get_scratch();
	if (!s) {
		for (int k = 0; k < TR_LIMIT_VIEWS; k++) {
			st->slot[k].enter = TR_VIEW_LOST;
			st->slot[k].kernel = st->slot[k].exit = TR_VIEW_NONE;
		}
		return;
	}
	for (int k = 0; k < TR_LIMIT_VIEWS; k++)
		if (k < plan->nviews && !(k < 2 && enter_short(s, st, k)))
			take_enter(k, s->index);
	put_scratch(s);
	if (has_address(plan->object) && st->slot[0].enter != TR_VIEW_NULL) {
		struct sock_seen seen = {.object = plan->object, .many = st->slot[0].capture == TR_CAPTURE_MSG_NAMES};
		u64 task = bpf_get_current_pid_tgid();

		bpf_map_update_elem(&sock_calls, &task, &seen, 0);
	}
}

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long id)
{
	struct task_struct *task;
	struct task_state *st;

	if (stateless(low_half(regs)))
		return 0;
	task = current_task();
	st = recorded_state_of(task);

	if (!use_task_storage && (!st || st->mode != MODE_RECORD))
		st = take_mark(task, st);
	if (st)
		QUIET(on_sys_enter(st, task, regs, id));
	return 0;
}

static __always_inline bool is_restart(long ret)
{
	return ret == -512 || ret == -513 || ret == -514 || ret == -516;
}

static __always_inline void on_sys_exit(struct task_state *st, struct task_struct *task, struct pt_regs *regs, long ret)
{
	struct scratch *s;
	u32 flags = 0;

	if (st->mode == MODE_SELFTEST) {
		if (st->in_call)
			hit(TR_PROG_SYS_EXIT);
		goto done;
	}
	if (st->mode != MODE_RECORD)
		goto done;
	if (!st->entered_seen) {
		/* denied by seccomp or ptrace before sys_enter, or the recording began inside the call */
#if defined(__TARGET_ARCH_x86)
		long id = regs->orig_ax;
#else
		long id = regs->syscallno;
#endif
		if (id < 0 || !begin_call(st, task, regs, id))
			goto done;
		flags |= TR_FLAG_NO_ENTER;
		st->plan.nviews = 0;
	}
	if (st->watch) {
		if (st->watch & TR_WATCH_IDS)
			st->recheck = 1;
		watch_end(st);
	}
	if (!st->in_call)
		goto done;
	if (CALLS_FILTERED && !call_wanted(ret)) {
		if (has_address(st->plan.object)) {
			u64 id = bpf_get_current_pid_tgid();

			bpf_map_delete_elem(&sock_calls, &id);
		}
		goto moved;
	}
	if (is_restart(ret))
		flags |= TR_FLAG_RESTARTED;
#if defined(__TARGET_ARCH_x86)
	if (st->through) {
		int n = end_through(ret);

		if (n < 0) {
			/* nothing but registers was used */
			st->nr -= TR_THROUGH_NR;
			st->nr = st->nr < TR_THROUGH_IPC ? 102 : 117;
			for (int i = 0; i < 6; i++)
				st->args[i] = st->raw[i];
			st->plan.nviews = st->plan.object = 0;
			st->plan.nargs = 6;
			st->plan.lane = TR_LANE_PLAIN;
		} else {
			flags |= n;
		}
	}
#endif
	if (!st->plan.nviews && emit_brief(st, task, ret, flags))
		goto moved;
	s = scratch_or_lose(st->plan.lane, TR_CLASS_CALL);
	if (!s)
		goto done;
	if (st->plan.nviews) {
		s->ret = ret;
		if (has_address(st->plan.object))
			take_sock_seen(s->index);
		if (st->plan.facts & TR_FACT_EXIT && ret >= 0)
			shapes_at_exit(s->index, ret);
		take_exits(s->index, ret);
	}
	emit_current_call(s->index, ret, flags);
	put_scratch(s);
moved:
	if (st->plan.refresh)
		refresh_namespaces(st, (void *)bpf_get_current_task());
done:
	st->in_call = 0;
	st->entered_seen = 0;
	if (st->execed) {
		/* a thread that called execve has become its process' leader */
		st->execed = 0;
		st->tid = BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), pid);
	}
	if (st->recheck)
		scope_leave();
}

/* Whether the call that returns may change ids or namespaces; its task has no state, or one that is not kept. */
static __always_inline bool changes_ids(struct pt_regs *regs)
{
	struct syscall_plan *plan;
	u32 abi, key;
	long id;

#if defined(__TARGET_ARCH_x86)
	id = regs->orig_ax;
	abi = CURRENT(thread_info.status) & TS_COMPAT ? TR_ABI_IA32 : TR_ABI_AMD64;
	if (id & X32_SYSCALL_BIT) {
		abi = TR_ABI_X32;
		id &= ~X32_SYSCALL_BIT;
	}
#elif defined(__TARGET_ARCH_arm64)
	id = regs->syscallno;
	abi = CURRENT(thread_info.flags) & TIF_32BIT ? TR_ABI_ARM32 : TR_ABI_ARM64;
#endif
	if (id < 0 || id >= MAX_SYSCALL)
		return false;
	key = abi * MAX_SYSCALL + id;
	plan = bpf_map_lookup_elem(&syscalls, &key);
	return plan && plan->watch & TR_WATCH_IDS;
}

static __always_inline void enter_by_ids(struct pt_regs *regs);

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long ret)
{
	struct task_struct *task;
	struct task_state *st = 0;

	if (!stateless(low_half(regs))) {
		task = current_task();
		st = recorded_state_of(task);
	}
	if (st)
		QUIET(on_sys_exit(st, task, regs, ret));
	else if (SCOPE_IDS)
		QUIET(enter_by_ids(regs));
	return 0;
}

/*
 * From 7.0 on the kernel skips a tracepoint's program for a task while another
 * one is preempted within it, on that processor. These stand behind the two on
 * the same tracepoints, with a count of runs of their own, and do the work of a
 * call that has not been done. Only a task that finds both occupied is missed.
 */
SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter_spare, struct pt_regs *regs, long id)
{
	struct task_struct *task;
	struct task_state *st;

	if (stateless(low_half(regs)))
		return 0;
	task = current_task();
	st = recorded_state_of(task);
	if (st && !st->entered_seen)
		QUIET(on_sys_enter(st, task, regs, id));
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit_spare, struct pt_regs *regs, long ret)
{
	struct task_struct *task;
	struct task_state *st;

	if (stateless(low_half(regs)))
		return 0;
	task = current_task();
	st = recorded_state_of(task);
	if (st && (st->entered_seen || st->in_call))
		QUIET(on_sys_exit(st, task, regs, ret));
	return 0;
}

/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* sys_enter and sys_exit: one record for each call, when it returns. */
#pragma once

#include "views.h"
#include "watch.h"

/*
 * Calls to connect and bind in flight, for the cgroup programs: these cannot
 * reach task storage on older kernels. Keyed by pid_tgid; holds what the
 * program saw.
 */
struct sock_seen {
	u8 bind;
	u8 seen; /* how many times */
	u8 family; /* as the caller gave it: the protocol has not looked at it yet */
	u8 ip6; /* which program saw it, and with that where it looked for the address */
	u16 port; /* network byte order */
	u8 addr[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, u64);
	__type(value, struct sock_seen);
} sock_calls SEC(".maps");

/* regs is typed by BTF here: its fields are plain loads. */
static __always_inline void read_call(struct task_state *st, struct pt_regs *regs, long id)
{
#if defined(__TARGET_ARCH_x86)
	if (CURRENT(thread_info.status) & TS_COMPAT) {
		st->abi = TR_ABI_IA32;
		st->args[0] = (u32)regs->bx;
		st->args[1] = (u32)regs->cx;
		st->args[2] = (u32)regs->dx;
		st->args[3] = (u32)regs->si;
		st->args[4] = (u32)regs->di;
		st->args[5] = (u32)regs->bp;
	} else {
		st->abi = TR_ABI_AMD64;
		if (id >= 0 && id & X32_SYSCALL_BIT) {
			st->abi = TR_ABI_X32;
			id &= ~X32_SYSCALL_BIT;
		}
		st->args[0] = regs->di;
		st->args[1] = regs->si;
		st->args[2] = regs->dx;
		st->args[3] = regs->r10;
		st->args[4] = regs->r8;
		st->args[5] = regs->r9;
	}
#elif defined(__TARGET_ARCH_arm64)
	st->abi = CURRENT(thread_info.flags) & TIF_32BIT ? TR_ABI_ARM32 : TR_ABI_ARM64;
	st->args[0] = regs->orig_x0;
	st->args[1] = regs->regs[1];
	st->args[2] = regs->regs[2];
	st->args[3] = regs->regs[3];
	st->args[4] = regs->regs[4];
	st->args[5] = regs->regs[5];
#endif
	st->nr = id;
}

static __always_inline struct syscall_plan *plan_of(struct task_state *st)
{
	u32 key = (st->abi % TR_LIMIT_ABI) * MAX_SYSCALL + (st->nr & (MAX_SYSCALL - 1));

	if (st->nr >= MAX_SYSCALL)
		key = 0; /* ABI 0, number 0: what is done for numbers beyond the table */
	return bpf_map_lookup_elem(&syscalls, &key);
}

/* Starts a call in st: identity, number, arguments, plan. Returns the plan when it is recorded. */
static __always_inline struct syscall_plan *begin_call(struct task_state *st, struct pt_regs *regs, long id)
{
	struct syscall_plan *plan;

	if (!st->tid)
		identify(st, (void *)bpf_get_current_task());
	st->calls++;
	st->in_call = 0;
	st->entered_seen = 1;
	read_call(st, regs, id);
	plan = plan_of(st);
	st->watch = plan ? plan->watch : 0;
	if (st->watch)
		watch_begin();
	if (!plan || !plan->record)
		return 0;
	st->plan = *plan;
	st->entered = bpf_ktime_get_boot_ns();
	st->execed = 0;
	st->in_call = 1;
	return plan;
}

/* What a cgroup program saw of a connect or bind becomes a kernel view of slot 0. */
__noinline int take_sock_seen(u32 index)
{
	u64 id = bpf_get_current_pid_tgid();
	struct sock_seen *seen = bpf_map_lookup_elem(&sock_calls, &id);
	struct task_state *st = state_of_current();
	struct scratch *s = scratch_at(index);
	u32 len = seen && seen->ip6 ? 28 : 16;
	struct slot *slot;
	char *out;

	if (!st || !s)
		return 0;
	slot = &st->slot[0];
	out = VIEW_DATA(s);
	if (seen && seen->seen && seen->seen < 255) {
		/*
		 * The rest of the sockaddr is not shown to the program: it is
		 * taken from the enter view, so that the comparison is of
		 * family, address and port.
		 */
		if (slot->enter == TR_VIEW_OK && slot->len >= len)
			memcpy(out, slot->data, 32);
		else
			__builtin_memset(out, 0, 32);
		*(u16 *)out = seen->family;
		*(u16 *)(out + 2) = seen->port;
		if (len == 16) {
			memcpy(out + 4, seen->addr, 4);
		} else {
			memcpy(out + 8, seen->addr, 16);
		}
		if (slot->enter == TR_VIEW_OK && slot->len > len) {
			/* a longer sockaddr than its family needs: the bytes beyond are not used */
			bpf_probe_read_kernel(out + len, (slot->len - len) & 255, slot->data + len);
			len = slot->len;
		}
		witness_value(s, st, 0, TR_RUNG_CGROUP, TR_VIEW_OK, slot->uptr, len);
	}
	bpf_map_delete_elem(&sock_calls, &id);
	return 0;
}

static __always_inline u16 tail_slot(struct tail *t, struct slot *slot)
{
	return slot->enter == TR_VIEW_OK ? tail_bytes(t, slot->data, slot->len, TR_LIMIT_INLINE) : TR_NULL_LEN;
}

/* Writes the record of the call in st; looks its object up. */
static __always_inline void emit_call(struct scratch *s, struct task_state *st, struct task_struct *task, long ret, u32 flags,
				      bool is_current)
{
	struct tr_syscall *r = (void *)s->rec;
	struct tail t = {.s = s, .off = sizeof(*r)};
	u32 nviews = st->plan.nviews;

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

	if (!nviews) {
		emit(s, st->plan.lane, TR_CLASS_CALL, TR_SHORT_SYSCALL);
		return;
	}
	__builtin_memset(s->rec + TR_SHORT_SYSCALL, 0, sizeof(*r) - TR_SHORT_SYSCALL);
	r->a_enter_len = r->a_kernel_len = r->a_exit_len = TR_NULL_LEN;
	r->b_enter_len = r->b_kernel_len = r->b_exit_len = TR_NULL_LEN;
	r->path_len = TR_NULL_LEN;
	{
		struct slot *a = &st->slot[0];

		r->a_enter_status = a->enter;
		r->a_kernel_status = a->kernel;
		r->a_exit_status = a->exit;
		r->a_rungs = a->rungs;
		r->a_vma = a->vma;
		r->a_copies = a->copies;
		r->a_enter_len = tail_slot(&t, a);
	}
	if (nviews > 1) {
		struct slot *b = &st->slot[1];

		r->b_enter_status = b->enter;
		r->b_kernel_status = b->kernel;
		r->b_exit_status = b->exit;
		r->b_rungs = b->rungs;
		r->b_vma = b->vma;
		r->b_copies = b->copies;
		r->b_enter_len = tail_slot(&t, b);
	}
	if (is_current && !(flags & TR_FLAG_NO_EXIT)) {
		u32 object = st->plan.object;
		bool ok = ret >= 0;
		struct file *file;

		if (object == TR_OBJECT_RET_FD && ok) {
			file = file_of_fd(task, ret);
			if (file)
				r->path_len = tail_file(&t, file, &r->dev, &r->ino);
		} else if (object == TR_OBJECT_SELF && ok) {
			file = BPF_CORE_READ(task, mm, exe_file);
			if (file)
				r->path_len = tail_file(&t, file, &r->dev, &r->ino);
		} else if (object == TR_OBJECT_PEER || object == TR_OBJECT_BOUND) {
			struct sock *sk;

			file = file_of_fd(task, (int)st->args[0]);
			sk = sock_of_file(file);
			if (sk) {
				r->ino = BPF_CORE_READ(file, f_inode, i_ino);
				r->dev = BPF_CORE_READ(file, f_inode, i_sb, s_dev);
				r->path_len = tail_sock(&t, sk, object == TR_OBJECT_PEER);
			}
		}
	}
	emit(s, st->plan.lane, TR_CLASS_CALL, t.off);
}

static __always_inline void on_sys_enter(struct task_state *st, struct pt_regs *regs, long id)
{
	struct syscall_plan *plan;
	struct scratch *s;

	if (st->in_call && st->mode == MODE_RECORD) {
		/* the kernel skipped the sys_exit program: what is known of that call */
		s = get_scratch();
		if (s) {
			emit_call(s, st, (void *)bpf_get_current_task(), 0, TR_FLAG_NO_EXIT, true);
			put_scratch(s);
		} else {
			lose(st->plan.lane, TR_CLASS_CALL);
		}
	}
	plan = begin_call(st, regs, id);
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
		st->slot[0].enter = st->slot[1].enter = TR_VIEW_LOST;
		st->slot[0].kernel = st->slot[1].kernel = TR_VIEW_NONE;
		return;
	}
	take_enter(0, s->index);
	if (plan->nviews > 1)
		take_enter(1, s->index);
	put_scratch(s);
	if (plan->object == TR_OBJECT_PEER || plan->object == TR_OBJECT_BOUND) {
		struct sock_seen seen = {.bind = plan->object == TR_OBJECT_BOUND};
		u64 task = bpf_get_current_pid_tgid();

		bpf_map_update_elem(&sock_calls, &task, &seen, 0);
	}
}

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long id)
{
	struct task_state *st = state_of_current();

	if (!use_task_storage && (!st || st->mode != MODE_RECORD))
		st = take_mark((void *)bpf_get_current_task(), st);
	if (st)
		QUIET(on_sys_enter(st, regs, id));
	return 0;
}

static __always_inline bool is_restart(long ret)
{
	return ret == -512 || ret == -513 || ret == -514 || ret == -516;
}

static __always_inline void on_sys_exit(struct task_state *st, struct pt_regs *regs, long ret)
{
	struct task_struct *task = (void *)bpf_get_current_task();
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
		if (id < 0 || !begin_call(st, regs, id))
			goto done;
		flags |= TR_FLAG_NO_ENTER;
		st->plan.nviews = 0;
	}
	if (st->watch)
		watch_end(st);
	if (!st->in_call)
		goto done;
	s = get_scratch();
	if (!s) {
		lose(st->plan.lane, TR_CLASS_CALL);
		goto done;
	}
	if (is_restart(ret))
		flags |= TR_FLAG_RESTARTED;
	if (st->plan.nviews) {
		if (st->plan.object == TR_OBJECT_PEER || st->plan.object == TR_OBJECT_BOUND)
			take_sock_seen(s->index);
		if (st->execed) {
			st->slot[0].exit = st->slot[1].exit = TR_VIEW_REPLACED;
		} else {
			take_exit(0, s->index);
			if (st->plan.nviews > 1)
				take_exit(1, s->index);
		}
	}
	emit_call(s, st, task, ret, flags, true);
	put_scratch(s);
	if (st->plan.refresh)
		refresh_namespaces(st, task);
done:
	st->in_call = 0;
	st->entered_seen = 0;
	if (st->execed) {
		/* a thread that called execve has become its process' leader */
		st->execed = 0;
		st->tid = BPF_CORE_READ(task, pid);
	}
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long ret)
{
	struct task_state *st = state_of_current();

	if (st)
		QUIET(on_sys_exit(st, regs, ret));
	return 0;
}

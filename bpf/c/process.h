/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Life of processes: fork, exec, exit, and where they come into scope and leave it. */
#pragma once

#include "start.h"

/*
 * The current task creates child; st is NULL when it has no state. The row is
 * of the creator: a child whose creator is not recorded has a task row instead.
 */
static __always_inline void on_newtask(struct task_state *st, struct task_struct *child, unsigned long clone_flags)
{
	struct task_state *new;
	struct scratch *s;
	struct tr_fork *r;
	bool fits = true;

	if (st && st->mode == MODE_SELFTEST)
		hit(TR_PROG_TASK_NEWTASK);
	else if (!st || st->mode == MODE_OUT || scope_only | scope_not)
		fits = scope_fits_task(child);
	if (!st || (st->mode == MODE_OUT && fits)) {
		if (fits)
			adopt(child);
		return;
	}
	if (!st->tid)
		identify(st, (void *)bpf_get_current_task());
	s = scratch_or_lose(TR_LANE_WITNESS, TR_CLASS_PROCESS); /* and with it what the child does */
	if (!s)
		return;
	new = new_state(child);
	if (!new) {
		lose(TR_LANE_WITNESS, TR_CLASS_PROCESS);
		goto out;
	}
	new->mode = fits ? st->mode : MODE_OUT;
	identify(new, child);
	new->entered_seen = 1; /* its first sys_exit is the other end of the parent's fork */
	if (st->mode != MODE_RECORD)
		goto out;
	new->known = 1;
	r = rec_begin(s, sizeof(*r));
	fill_header(&r->h, TR_EVENT_FORK, st, (void *)bpf_get_current_task(), true);
	if (clone_flags & CLONE_VM)
		r->h.flags |= TR_FLAG_SHARED_VM;
	if (clone_flags & CLONE_THREAD)
		r->h.flags |= TR_FLAG_THREAD;
	r->child_tid = new->tid;
	r->child_pid = new->pid;
	r->child_start = new->start;
	r->clone_flags = clone_flags;
	r->exit_signal = clone_flags & CLONE_THREAD ? 0 : BPF_CORE_READ(child, exit_signal);
	emit(s, TR_LANE_WITNESS, TR_CLASS_PROCESS, sizeof(*r));
	if (fits)
		tell_names(address(child), s->index);
	if (st->in_call && st->plan.view[0].shape == TR_SHAPE_CLONE_ARGS)
		shape_clone_args(s->index, clone_flags, BPF_CORE_READ(child, exit_signal));
out:
	put_scratch(s);
}

SEC("tp_btf/task_newtask")
int BPF_PROG(task_newtask, struct task_struct *child, unsigned long clone_flags)
{
	struct task_state *st = any_state_of_current();

	if (st || may_begin())
		QUIET(on_newtask(st, child, clone_flags));
	return 0;
}

/*
 * The environment as the new image has it: the kernel view of an execve's third
 * argument, where that is recorded. A view of its own: most recordings have none.
 */
__noinline int witness_env(u32 index)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_state *st = state_of_current();
	struct scratch *s = scratch_at(index);
	u32 n, status = TR_VIEW_OK;
	struct slot *slot;
	u64 start, size;

	if (!st || !s || !st->in_call || st->plan.nviews < 3)
		return 0;
	slot = &st->slot[2];
	start = BPF_CORE_READ(task, mm, env_start);
	size = BPF_CORE_READ(task, mm, env_end) - start;
	n = size;
	if (size > TR_LIMIT_ARGV) {
		n = TR_LIMIT_ARGV;
		status = TR_VIEW_TRUNCATED;
	}
	barrier_var(n);
	n &= 2 * TR_LIMIT_ARGV - 1; /* old verifiers need the bound on the very register */
	if (n && bpf_probe_read_user(VIEW_DATA(s), n, (void *)start))
		status = TR_VIEW_UNREADABLE;
	slot->kernel = TR_VIEW_ELSEWHERE;
	slot->copies++;
	emit_view(s, st, 2, TR_SIDE_KERNEL, status, TR_RUNG_EXEC, slot->uptr, n, status == TR_VIEW_TRUNCATED ? size : 0);
	return 0;
}

static __always_inline void on_exec(struct task_state *st, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	unsigned long start, end;
	struct file *file;
	struct scratch *s;
	struct tr_exec *r;
	struct tail t;
	u32 n, status = TR_VIEW_OK;

	st->execed = 1;
	if (SCOPE_CHANGES)
		st->recheck = 1;
	s = scratch_or_lose(TR_LANE_WITNESS, TR_CLASS_PROCESS);
	if (!s)
		return;
	/* execveat makes up a filename of its own ("/dev/fd/N/name"): no view of the argument */
	if (st->in_call && st->plan.view[0].arg == 0)
		witness_name(s, st, 0, TR_RUNG_EXEC, st->slot[0].uptr, BPF_CORE_READ(bprm, filename));
	if (st->mode == MODE_SELFTEST) {
		if (st->in_call && st->slot[0].rungs & TR_RUNG_EXEC)
			hit(TR_PROG_SCHED_PROCESS_EXEC);
	}
	if (st->mode != MODE_RECORD)
		goto out;

	r = rec_begin(s, sizeof(*r));
	t = (struct tail){.s = s, .off = sizeof(*r)};
	fill_header(&r->h, TR_EVENT_EXEC, st, (void *)bpf_get_current_task(), true);
	r->old_tid = old_pid;
	r->interp_len = TR_NULL_LEN;
	r->filename_len = tail_str(&t, BPF_CORE_READ(bprm, filename));

	/* the arguments as the new image has them: just copied there by the kernel */
	start = BPF_CORE_READ(task, mm, arg_start);
	end = BPF_CORE_READ(task, mm, arg_end);
	n = end - start;
	if (end - start > TR_LIMIT_ARGV) {
		n = TR_LIMIT_ARGV;
		status = TR_VIEW_TRUNCATED;
		r->argv_size = end - start;
	}
	r->argv_len = TR_NULL_LEN;
	if (t.off < TAIL_ROOM) {
		if (n && n <= TR_LIMIT_ARGV && bpf_probe_read_user(s->rec + t.off, n, (void *)start)) {
			status = TR_VIEW_UNREADABLE;
		} else {
			r->argv_len = n;
			t.off += n;
		}
	}
	r->argv_status = status;

	file = BPF_CORE_READ(task, mm, exe_file);
	r->path_len = TR_NULL_LEN;
	if (file)
		r->path_len = tail_file(&t, file, &r->dev, &r->ino);
	r->interp_len = tail_str(&t, BPF_CORE_READ(bprm, interp));
	emit(s, TR_LANE_WITNESS, TR_CLASS_PROCESS, t.off);
	if (st->in_call && st->plan.nviews > 2)
		witness_env(s->index);
	tell_names(address(task), s->index);
out:
	put_scratch(s);
}

/* A task that is not recorded executes: it may be in scope by what it has become. */
static __always_inline struct task_state *enter_by_exec(struct task_struct *task, struct task_state *st)
{
	if (!SCOPE_CHANGES || (!st && !may_begin()) || !scope_fits_task(task))
		return 0;
	adopt(task);
	return state_of_current();
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct task_state *st = any_state_of_current();

	if (!st || st->mode == MODE_OUT)
		QUIET(st = enter_by_exec(task, st));
	if (st)
		QUIET(on_exec(st, task, old_pid, bprm));
	return 0;
}

static __always_inline void on_exit(struct task_state *st, struct task_struct *task)
{
	struct scratch *s;
	struct tr_exit *r;

	if (st->mode == MODE_SELFTEST)
		hit(TR_PROG_SCHED_PROCESS_EXIT);
	if (!st->known || st->mode == MODE_SELFTEST || st->mode == MODE_ARMED)
		return;
	s = scratch_or_lose(TR_LANE_WITNESS, TR_CLASS_PROCESS);
	if (!s)
		return;
	if (st->in_call && st->mode == MODE_RECORD) { /* exit(2) itself, or killed inside a call */
		emit_current_call(s->index, 0, TR_FLAG_NO_EXIT);
		st->in_call = 0;
	}
	r = rec_begin(s, sizeof(*r));
	fill_header(&r->h, TR_EVENT_EXIT, st, (void *)bpf_get_current_task(), true);
	r->exit_code = (u32)BPF_CORE_READ(task, exit_code);
	r->group_dead = BPF_CORE_READ(task, signal, live.counter) == 0;
	emit(s, TR_LANE_WITNESS, TR_CLASS_PROCESS, sizeof(*r));
	put_scratch(s);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct *task)
{
	struct task_state *st = any_state_of_current();

	if (st) {
		QUIET(on_exit(st, task));
		uncount_task(st);
	}
	if (st && !use_task_storage) {
		u64 key = (u64)task;

		bpf_map_delete_elem(&tasks_hash, &key);
	}
	return 0;
}

/* Run when the recording begins, and when tasks have moved: adopts the tasks in scope. */
SEC("iter/task")
int iter_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct task_state *st;

	if (!task || not_ours(task))
		return 0;
	st = state_of(task);
	if (st && st->mode == MODE_SELFTEST)
		return 0;
	if (!st && scope_only & SCOPE_BIT(SCOPE_TREE) && !in_tree(task))
		return 0;
	if (st && st->mode == MODE_RECORD) {
		if (SCOPE_CHANGES && !scope_fits_task(task))
			st->recheck = 1;
		return 0;
	}
	/* the launcher is about to become the command, whatever it is before */
	if ((st && st->mode == MODE_ARMED) || scope_fits_task(task)) {
		adopt(task);
	} else if (!st && scope_only & SCOPE_BIT(SCOPE_TREE)) {
		st = new_state(task);
		if (st) {
			st->mode = MODE_OUT;
			identify(st, task);
		}
	}
	return 0;
}

/* A task is moved into a cgroup: of several threads only the leader is told, the recorder has the others looked for. */
SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(cgroup_attach_task, struct cgroup *dst, const char *path, struct task_struct *task, bool threadgroup)
{
	struct task_state *st = state_of(task);
	struct scope_now *now = scope_now();

	if (not_ours(task) || (!st && !may_begin()) || (st && (st->mode == MODE_SELFTEST || st->mode == MODE_ARMED)))
		return 0;
	if (st && st->mode == MODE_RECORD)
		st->recheck = 1;
	else if (scope_fits_task(task))
		adopt(task);
	else
		return 0;
	if (now)
		__sync_fetch_and_add(&now->moves, 1);
	return 0;
}

/* A thread is about to be renamed, other than by an execve. */
SEC("tp_btf/task_rename")
int BPF_PROG(scope_rename, struct task_struct *task, const char *comm)
{
	struct task_state *st = state_of(task);

	if (not_ours(task) || (!st && !may_begin()) || (st && (st->mode == MODE_SELFTEST || st->mode == MODE_ARMED)))
		return 0;
	if (st && st->mode == MODE_RECORD)
		st->recheck = 1;
	else if (scope_matches(address(task), address(comm)))
		adopt(task);
	return 0;
}

/* Run once, when the recording ends: calls in flight are written without an exit. */
SEC("iter/task")
int iter_flush(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct task_state *st;
	struct scratch *s;

	if (!task)
		return 0;
	st = state_of(task);
	if (!st || !st->in_call || st->mode != MODE_RECORD)
		return 0;
	s = scratch_or_lose(st->plan.lane, TR_CLASS_CALL);
	if (!s)
		return 0;
	emit_call(s, st, task, 0, TR_FLAG_NO_EXIT, false);
	put_scratch(s);
	st->in_call = 0; /* its sys_exit, should it come now, writes nothing */
	return 0;
}

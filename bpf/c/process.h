/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Life of processes: fork, exec, exit, and the tasks that were there before. */
#pragma once

#include "syscall.h"

#define ANCESTORS 32

static __always_inline bool cgroup_in_scope(struct cgroup *cg)
{
	for (int i = 0; i < ANCESTORS && cg; i++) {
		if (BPF_CORE_READ(cg, kn, id) == scope_cgroup)
			return true;
		cg = (void *)BPF_CORE_READ(cg, self.parent);
	}
	return false;
}

static __always_inline bool in_scope(struct task_struct *task)
{
	if (scope_host)
		return true;
	if (scope_cgroup)
		return cgroup_in_scope(BPF_CORE_READ(task, cgroups, dfl_cgrp));
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

/* Begins to record a task that exists, and writes down what it is. */
static __always_inline void adopt(struct task_struct *task)
{
	struct task_state *st;
	struct fs_struct *fs;
	struct file *file;
	struct scratch *s;
	struct tr_task *r;
	struct tail t;
	u32 pos;

	if (BPF_CORE_READ(task, tgid) == recorder_tgid || BPF_CORE_READ(task, flags) & PF_KTHREAD)
		return;
	s = get_scratch();
	if (!s) {
		lose(TR_LANE_WITNESS, TR_CLASS_PROCESS);
		return;
	}
	st = new_state(task); /* or the one that it has */
	if (!st) {
		put_scratch(s);
		lose(TR_LANE_WITNESS, TR_CLASS_PROCESS);
		return;
	}
	identify(st, task);

	r = rec_begin(s, sizeof(*r));
	t = (struct tail){.s = s, .off = sizeof(*r)};
	fill_header(&r->h, TR_EVENT_TASK, st, task, false);
	r->h.flags |= TR_FLAG_INITIAL;
	if (st->tid != st->pid)
		r->h.flags |= TR_FLAG_THREAD;
	r->path_len = r->argv_len = r->cwd_len = TR_NULL_LEN;
	file = BPF_CORE_READ(task, mm, exe_file);
	if (file)
		r->path_len = tail_file(&t, file, &r->dev, &r->ino);
	fs = BPF_CORE_READ(task, fs);
	pos = build_path(s, BPF_CORE_READ(fs, pwd.dentry), BPF_CORE_READ(fs, pwd.mnt));
	if (pos < TR_LIMIT_PATH)
		r->cwd_len = tail_bytes(&t, s->tmp + (pos & (TR_LIMIT_PATH - 1)), TR_LIMIT_PATH - pos, TR_LIMIT_PATH);
	emit(s, TR_LANE_WITNESS, TR_CLASS_PROCESS, t.off);
	put_scratch(s);
}

static __always_inline void on_newtask(struct task_state *st, struct task_struct *child, unsigned long clone_flags)
{
	struct task_state *new;
	struct scratch *s;
	struct tr_fork *r;

	if (!st->tid)
		identify(st, (void *)bpf_get_current_task());
	s = get_scratch();
	if (!s) {
		lose(TR_LANE_WITNESS, TR_CLASS_PROCESS); /* and with it what the child does */
		return;
	}
	new = new_state(child);
	if (!new) {
		lose(TR_LANE_WITNESS, TR_CLASS_PROCESS);
		goto out;
	}
	identify(new, child);
	new->mode = st->mode;
	new->entered_seen = 1; /* its first sys_exit is the other end of the parent's fork */
	if (st->mode == MODE_SELFTEST)
		hit(TR_PROG_TASK_NEWTASK);
	if (st->mode != MODE_RECORD)
		goto out;
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
	if (st->in_call && st->plan.view[0].shape == TR_SHAPE_CLONE_ARGS)
		shape_clone_args(s->index, clone_flags, BPF_CORE_READ(child, exit_signal));
out:
	put_scratch(s);
}

SEC("tp_btf/task_newtask")
int BPF_PROG(task_newtask, struct task_struct *child, unsigned long clone_flags)
{
	struct task_state *st = state_of_current();

	if (st)
		QUIET(on_newtask(st, child, clone_flags));
	else if (scope_cgroup && in_scope(child)) /* clone3 can put a child into the recorded cgroup from outside */
		QUIET(adopt(child));
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
	s = get_scratch();
	if (!s) {
		lose(TR_LANE_WITNESS, TR_CLASS_PROCESS);
		return;
	}
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
out:
	put_scratch(s);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct task_state *st = state_of_current();

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
	if (st->mode != MODE_RECORD)
		return;
	s = get_scratch();
	if (!s) {
		lose(TR_LANE_WITNESS, TR_CLASS_PROCESS);
		return;
	}
	if (st->in_call) { /* exit(2) itself, or killed inside a call */
		emit_current_call(s->index, 0, TR_FLAG_NO_EXIT);
		st->in_call = 0;
	}
	r = rec_begin(s, sizeof(*r));
	fill_header(&r->h, TR_EVENT_EXIT, st, (void *)bpf_get_current_task(), true);
	r->exit_code = (u32)BPF_CORE_READ(task, exit_code);
	r->group_dead = BPF_CORE_READ(task, signal, live.counter) == 0;
	emit(s, TR_LANE_WITNESS, TR_CLASS_PROCESS, sizeof(*r));
	put_scratch(s);
	if (!use_task_storage) {
		u64 key = (u64)task;

		bpf_map_delete_elem(&tasks_hash, &key);
	}
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct *task)
{
	struct task_state *st = state_of_current();

	if (st)
		QUIET(on_exit(st, task));
	return 0;
}

/* Run once, when the recording begins: adopts the tasks in scope. */
SEC("iter/task")
int iter_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct task_state *st;

	if (!task || !in_scope(task))
		return 0;
	st = state_of(task);
	if (!st || st->mode == MODE_ARMED) /* the launcher is about to become the command */
		adopt(task);
	return 0;
}

/* A task is moved into a cgroup: of several threads only the leader is told. */
SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(cgroup_attach_task, struct cgroup *dst, const char *path, struct task_struct *task, bool threadgroup)
{
	if (!scope_cgroup || state_of(task) || !cgroup_in_scope(dst))
		return 0;
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
	s = get_scratch();
	if (!s) {
		lose(st->plan.lane, TR_CLASS_CALL);
		return 0;
	}
	emit_call(s, st, task, 0, TR_FLAG_NO_EXIT, false);
	put_scratch(s);
	st->in_call = 0; /* its sys_exit, should it come now, writes nothing */
	return 0;
}

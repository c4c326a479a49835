/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Process life beyond fork, exec and exit: signals, names, capabilities in use. */
#pragma once

#include "shapes.h"

/* The sender's row if the sender is recorded, else the target's. */
SEC("tp_btf/signal_generate")
int BPF_PROG(signal_generate, int sig, struct kernel_siginfo *info, struct task_struct *task, int group, int result)
{
	struct task_state *st = state_of_current();
	struct task_struct *own = (void *)bpf_get_current_task();
	bool sender = st && st->mode == MODE_RECORD;
	struct tr_signal *r;
	struct scratch *s;

	if (st && st->mode == MODE_SELFTEST)
		hit(hook_prog);
	if (!sender) {
		st = state_of(task);
		own = task;
		if (!st || st->mode != MODE_RECORD)
			return 0;
	}
	if (!st->tid)
		identify(st, own);
	s = scratch_or_lose(TR_LANE_WITNESS, TR_CLASS_WITNESS);
	if (!s)
		return 0;
	r = rec_begin(s, sizeof(*r));
	fill_header(&r->h, TR_EVENT_SIGNAL, st, own, false);
	r->sig = (u32)sig;
	if ((u64)info > 1)
		r->code = (s64)BPF_CORE_READ(info, si_code);
	else if (info)
		r->code = 0x80; /* SEND_SIG_PRIV: SI_KERNEL */
	r->target_tid = BPF_CORE_READ(task, pid);
	r->target_pid = BPF_CORE_READ(task, tgid);
	r->sender = (u32)(bpf_get_current_pid_tgid() >> 32);
	r->result = (u32)result;
	WITNESS_CALL(r, st);
	emit(s, TR_LANE_WITNESS, TR_CLASS_WITNESS, sizeof(*r));
	if (sender && st->in_call && st->plan.view[0].shape == TR_SHAPE_SIGINFO) {
		u64 at = 0; /* as a number: a typed pointer is not handed on */

		bpf_probe_read_kernel(&at, sizeof(at), (void *)ctx + 8);
		if (at > 1)
			shape_siginfo(s->index, at);
	}
	put_scratch(s);
	return 0;
}

SEC("tp_btf/task_rename")
int BPF_PROG(task_rename, struct task_struct *task, const char *comm)
{
	struct task_state *st = state_of_current();

	/* an execve renames too: its own row says that */
	if (!st || (st->in_call && st->plan.object == TR_OBJECT_SELF))
		return 0;
	QUIET(HOOK_RECORD(task_rename, TR_LANE_WITNESS, st, {
		r->old_len = tail_str(&t, (void *)task + bpf_core_field_offset(task->comm));
		r->new_len = tail_str(&t, comm);
		r->target_tid = BPF_CORE_READ(task, pid);
		r->target_pid = BPF_CORE_READ(task, tgid);
	}));
	return 0;
}

SEC("tp_btf/cap_capable")
int BPF_PROG(cap_capable, const struct cred *cred, struct user_namespace *target_ns, struct user_namespace *capable_ns, int cap, int ret)
{
	struct task_state *st = state_of_current();

	if (!st)
		return 0;
	QUIET(HOOK_RECORD(cap_capable, TR_LANE_WITNESS, st, {
		r->cap = (u32)cap;
		r->userns = BPF_CORE_READ(target_ns, ns.inum);
		r->granted_in = BPF_CORE_READ(capable_ns, ns.inum);
		r->result = (s64)ret;
		WITNESS_CALL(r, st);
	}));
	return 0;
}

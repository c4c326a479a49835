/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The kernel's side: what it really copied, opened, ran and connected to. */
#pragma once

#include "syscall.h"
#include "hooks.h"

u64 names_cache = 0; /* address of names_cache, once seen */

static __always_inline bool is_names_cache(struct kmem_cache *cache)
{
	char name[12] = {};

	if (names_cache)
		return (u64)cache == names_cache;
	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(cache, name));
	if (*(u64 *)name != 0x61635f73656d616eULL /* "names_ca" */ || *(u32 *)(name + 8) != 0x00656863 /* "che" */)
		return false;
	names_cache = (u64)cache;
	return true;
}

/* Whether a kernel string, with its NUL, ends within room bytes. */
static __always_inline bool ends_within(struct scratch *s, const char *name, u32 room)
{
	long n = bpf_probe_read_kernel_str(s->tmp, (room & (TR_LIMIT_PATH - 1)) + 1, name);

	return n > 0 && n <= room;
}

/* What putname frees: a name of the call in flight, or one that belongs to none. */
static __always_inline void on_putname(struct scratch *s, struct task_state *st, struct filename *f)
{
	const char *name = BPF_CORE_READ(f, name);
	struct tr_putname *r;
	u64 uptr;
	int k;

	if ((u64)name != (u64)f + bpf_core_field_offset(f->iname)) {
		/*
		 * Up to 6.x a name too long to stand behind its struct has a
		 * page of its own from the same cache; so have other users of
		 * it (getcwd, d_path). It belongs to a call whose argument is
		 * as long. Later such a page is freed before its struct.
		 */
		if (bpf_core_field_exists(f->uptr) && st->in_call && st->slot[0].capture == TR_CAPTURE_PATH &&
		    st->slot[0].len >= TR_LIMIT_PATH - 64)
			witness_name(s, st, 0, TR_RUNG_PUTNAME, st->slot[0].uptr, (void *)f);
		return;
	}
	/*
	 * From 7.0 on the struct has room for short names only. One too long
	 * for any name (ENAMETOOLONG) leaves its beginning there, without a
	 * NUL: the kernel has used nothing of it.
	 */
	if (bpf_core_field_size(f->iname) && !ends_within(s, name, bpf_core_field_size(f->iname)))
		return;
	k = witness_filename(s, st, TR_RUNG_PUTNAME, f, name, &uptr);
	if (k >= 0) {
		if (st->mode == MODE_SELFTEST && st->slot[SLOT(k)].rungs & TR_RUNG_PUTNAME)
			hit(TR_PROG_KMEM_CACHE_FREE);
		return;
	}
	if (st->in_call && !uptr && st->plan.nviews &&
	    (st->slot[0].capture == TR_CAPTURE_SOCKADDR || st->slot[0].capture == TR_CAPTURE_MSG_NAME)) {
		/* the kernel looks up its own copy of sun_path */
		long n = bpf_probe_read_kernel_str(VIEW_DATA(s) + 2, TR_LIMIT_SOCK, name);
		struct slot *slot = &st->slot[0];

		if (n <= 0)
			return;
		*(u16 *)VIEW_DATA(s) = AF_UNIX;
		/* what follows the path's NUL in the argument was not looked at */
		n += 1;
		if (slot->enter == TR_VIEW_OK && slot->len > n && n > 0 && n < TR_LIMIT_INLINE)
			bpf_probe_read_kernel(VIEW_DATA(s) + (n & 255), (slot->len - n) & 255, slot->data + (n & 255)), n = slot->len;
		witness_value(s, 0, TR_RUNG_PUTNAME, TR_VIEW_OK, slot->uptr, n);
		return;
	}
	if (st->mode != MODE_RECORD || (st->in_call && !st->plan.orphans))
		return;

	r = rec_begin(s, sizeof(*r));
	struct tail t = {.s = s, .off = sizeof(*r)};

	fill_header(&r->h, TR_EVENT_PUTNAME, st, (void *)bpf_get_current_task(), true);
	r->uptr = uptr;
	r->rung = TR_RUNG_PUTNAME;
	r->status = TR_VIEW_OK;
	WITNESS_CALL(r, st);
	r->name_len = tail_str(&t, name);
	emit(s, TR_LANE_WITNESS, TR_CLASS_WITNESS, t.off);
}

static __always_inline void putname(struct task_state *st, struct filename *f)
{
	struct scratch *s = scratch_or_lose(TR_LANE_WITNESS, TR_CLASS_WITNESS);

	if (!s)
		return;
	on_putname(s, st, f);
	put_scratch(s);
}

/*
 * The same for a name that is an argument's and what was shown of it, which
 * nearly all are: compared where it stands. Returns false for all else.
 */
static __always_inline bool same_name(struct task_state *st, u64 addr)
{
	struct filename *f = (void *)addr;
	struct slot *slot;
	const u64 *words;
	u64 name, one, diff = 0;
	u32 len;
	int k;

	if (!use_cast || !bpf_core_field_exists(f->uptr))
		return false;
	f = CAST(struct filename, addr);
	name = (u64)f->name;
	/* where on_putname looks again; beyond a word there may be another page */
	if (name != addr + bpf_core_field_offset(f->iname) || low_half((void *)name) & 7)
		return false;
	k = slot_of(st, (u64)f->uptr, TR_RUNG_PUTNAME);
	if (k < 0)
		return false;
	slot = &st->slot[SLOT(k)];
	len = slot->len + 1; /* with the NUL */
	if (slot->enter != TR_VIEW_OK || len > WORDWISE)
		return false;
	words = WORDS(name);
	for (u32 at = 0; at < WORDWISE; at += 8) {
		if (at >= len)
			break;
		one = words[at / 8] ^ *(u64 *)(slot->data + at);
		if (len - at < 8)
			one <<= (8 - (len - at)) * 8; /* both architectures are little-endian */
		diff |= one;
	}
	if (diff)
		return false;
	saw_same(slot, TR_RUNG_PUTNAME);
	return true;
}

/* The recorded task that is about to free a name, or NULL. */
static __always_inline struct task_state *names_task(void)
{
	struct task_state *st = freeing();

	if (!st || !(st->in_call ? st->plan.nviews || st->plan.orphans : st->flags & TR_FLAG_IO_WORKER))
		return 0;
	return st;
}

/*
 * The putname witness. getname() copies a user string into a struct filename
 * of names_cache; putname() frees it, in the same task, before the call
 * returns. What is freed holds the string that the kernel used and the user
 * pointer that it came from.
 */
SEC("raw_tp/kmem_cache_free")
int kmem_cache_free(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_state *st;

	if (!is_names_cache((void *)ctx->args[2]))
		return 0;
	st = names_task();
	if (!st)
		return 0;
	if (st->mode == MODE_RECORD && same_name(st, ctx->args[1]))
		return 0;
	QUIET(putname(st, (void *)ctx->args[1]));
	return 0;
}

/*
 * Before 5.12 the tracepoint comes after the free, which has put the free
 * list's pointer into the middle of the object (slub.c, set_freepointer):
 * only a name that ends before it is still whole.
 */
#define WHOLE_NAME 2000

static __always_inline void putname_freed(struct task_state *st, struct filename *f)
{
	struct scratch *s = scratch_or_lose(TR_LANE_WITNESS, TR_CLASS_WITNESS);

	if (!s)
		return;
	if (ends_within(s, (void *)f + bpf_core_field_offset(f->iname), WHOLE_NAME))
		on_putname(s, st, f);
	put_scratch(s);
}

/*
 * The same before 5.12, where the tracepoint does not say which cache: an
 * object whose first word points to just behind the struct that it would be,
 * and that came from an argument of the call in flight, is a struct filename.
 */
SEC("raw_tp/kmem_cache_free")
int kmem_cache_free_any(struct bpf_raw_tracepoint_args *ctx)
{
	struct filename *f = (void *)ctx->args[1];
	struct task_state *st = names_task();

	if (!st || (u64)BPF_CORE_READ(f, name) != (u64)f + bpf_core_field_offset(f->iname))
		return 0;
	QUIET(putname_freed(st, f));
	if (st->mode == MODE_SELFTEST && st->in_call && st->slot[0].rungs & TR_RUNG_PUTNAME)
		hit(TR_PROG_KMEM_CACHE_FREE_ANY);
	return 0;
}

/* A call that is not recorded needs no witnesses. */
#define UNSELECTED(st) (in_syscall(st) && !(st)->in_call)

WITNESS_HOOK(file_open, (struct file *, file))
{
	u32 rung = hook_rung, prog = hook_prog;
	struct task_struct *task = (void *)bpf_get_current_task();
	struct filename *f = 0;
	struct nameidata *nd;
	struct tr_file_open *r;
	struct scratch *s;
	u64 uptr = 0;
	int k = -1;

	if (UNSELECTED(st))
		return;
	s = scratch_or_lose(TR_LANE_WITNESS, TR_CLASS_WITNESS);
	if (!s)
		return;
	/* During a path walk: the name being walked, and where it was copied from. */
	nd = BPF_CORE_READ(task, nameidata);
	if (nd)
		f = BPF_CORE_READ(nd, name);
	if (f)
		k = witness_filename(s, st, rung, f, BPF_CORE_READ(f, name), &uptr);
	if (st->mode == MODE_SELFTEST && k >= 0 && st->slot[SLOT(k)].rungs & rung)
		hit(prog);
	if (st->mode != MODE_RECORD)
		goto out;

	r = rec_begin(s, sizeof(*r));
	struct tail t = {.s = s, .off = sizeof(*r)};

	fill_header(&r->h, TR_EVENT_FILE_OPEN, st, task, true);
	r->uptr = uptr;
	r->rung = rung;
	r->flags = BPF_CORE_READ(file, f_flags);
	r->mode = BPF_CORE_READ(file, f_inode, i_mode);
	WITNESS_CALL(r, st);
	r->name_len = TR_NULL_LEN;
	if (k >= 0 && st->slot[SLOT(k)].rungs & rung) {
		r->status = TR_VIEW_SAME;
	} else if (f) {
		r->status = TR_VIEW_OK;
		r->name_len = tail_str(&t, BPF_CORE_READ(f, name));
	}
	r->path_len = tail_file(&t, file, &r->dev, &r->ino);
	emit(s, TR_LANE_WITNESS, TR_CLASS_WITNESS, t.off);
out:
	put_scratch(s);
}

WITNESS_HOOK(bprm_check, (struct linux_binprm *, bprm))
{
	u32 rung = hook_rung, prog = hook_prog;
	struct tr_bprm_check *r;
	struct scratch *s;
	struct file *file;
	bool compared;

	if (UNSELECTED(st))
		return;
	s = scratch_or_lose(TR_LANE_WITNESS, TR_CLASS_WITNESS);
	if (!s)
		return;
	/*
	 * The first check of a call is of the file asked for; the following
	 * ones are of interpreters. execveat makes up a filename.
	 */
	compared = st->in_call && st->plan.object == TR_OBJECT_SELF && st->plan.view[0].arg == 0;
	if (compared && !(st->slot[0].taken & rung)) {
		witness_name(s, st, 0, rung, st->slot[0].uptr, BPF_CORE_READ(bprm, filename));
	}
	if (st->mode == MODE_SELFTEST && compared && st->slot[0].rungs & rung)
		hit(prog);
	if (st->mode != MODE_RECORD)
		goto out;

	r = rec_begin(s, sizeof(*r));
	struct tail t = {.s = s, .off = sizeof(*r)};

	fill_header(&r->h, TR_EVENT_BPRM_CHECK, st, (void *)bpf_get_current_task(), true);
	r->rung = rung;
	r->argc = BPF_CORE_READ(bprm, argc);
	WITNESS_CALL(r, st);
	r->filename_len = TR_NULL_LEN;
	if (compared && st->slot[0].rungs & rung) {
		r->status = TR_VIEW_SAME;
	} else {
		r->status = TR_VIEW_OK;
		r->filename_len = tail_str(&t, BPF_CORE_READ(bprm, filename));
	}
	r->path_len = TR_NULL_LEN;
	file = BPF_CORE_READ(bprm, file);
	if (file)
		r->path_len = tail_file(&t, file, &r->dev, &r->ino);
	r->interp_len = tail_str(&t, BPF_CORE_READ(bprm, interp));
	emit(s, TR_LANE_WITNESS, TR_CLASS_WITNESS, t.off);
out:
	put_scratch(s);
}

static __always_inline void on_socket_addr(struct task_state *st, struct socket *sock, void *address, int addrlen, u32 event, u32 object)
{
	u32 rung = hook_rung, prog = hook_prog;
	struct tr_socket_connect *r; /* bind's record has the same fields */
	struct scratch *s;
	u32 len = addrlen;
	bool compared;

	if (UNSELECTED(st))
		return;
	s = scratch_or_lose(TR_LANE_WITNESS, TR_CLASS_WITNESS);
	if (!s)
		return;
	if (len > TR_LIMIT_SOCK)
		len = TR_LIMIT_SOCK;
	barrier_var(len);
	len &= 2 * TR_LIMIT_SOCK - 1;
	compared = st->in_call && st->plan.object == object;
	if (compared && !bpf_probe_read_kernel(VIEW_DATA(s), len, address))
		witness_value(s, 0, rung, TR_VIEW_OK, st->slot[0].uptr, len);
	if (st->mode == MODE_SELFTEST && compared && st->slot[0].rungs & rung)
		hit(prog);
	if (st->mode != MODE_RECORD)
		goto out;

	r = rec_begin(s, sizeof(*r));
	struct tail t = {.s = s, .off = sizeof(*r)};

	fill_header(&r->h, event, st, (void *)bpf_get_current_task(), true);
	r->rung = rung;
	r->addrlen = addrlen;
	r->family = BPF_CORE_READ(sock, sk, __sk_common.skc_family);
	r->type = BPF_CORE_READ(sock, type);
	r->protocol = BPF_CORE_READ(sock, sk, sk_protocol);
	WITNESS_CALL(r, st);
	r->addr_len = TR_NULL_LEN;
	if (compared && st->slot[0].rungs & rung) {
		r->status = TR_VIEW_SAME;
	} else {
		r->status = TR_VIEW_OK;
		r->addr_len = tail_bytes(&t, address, len, TR_LIMIT_SOCK);
	}
	emit(s, TR_LANE_WITNESS, TR_CLASS_WITNESS, t.off);
out:
	put_scratch(s);
}

WITNESS_HOOK(socket_connect, (struct socket *, sock), (void *, address), (int, addrlen))
{
	on_socket_addr(st, sock, address, addrlen, TR_EVENT_SOCKET_CONNECT, TR_OBJECT_PEER);
}

WITNESS_HOOK(socket_bind, (struct socket *, sock), (void *, address), (int, addrlen))
{
	on_socket_addr(st, sock, address, addrlen, TR_EVENT_SOCKET_BIND, TR_OBJECT_BOUND);
}

/* cgroup programs: the sockaddr's family, address and port, as the protocol is about to use them. */
static __always_inline int on_sock_addr(struct bpf_sock_addr *ctx, u32 prog, u32 object, bool ip6)
{
	u64 id = bpf_get_current_pid_tgid();
	struct sock_seen *seen = bpf_map_lookup_elem(&sock_calls, &id);

	if (seen && seen->object == object) {
		struct sock_addr_seen *at = &seen->at[seen->many ? seen->count & (TR_LIMIT_MSGS - 1) : 0];

		hit(prog);
		at->family = ctx->user_family;
		at->ip6 = ip6;
		at->port = ctx->user_port;
		if (ip6) {
			at->addr[0] = ctx->user_ip6[0];
			at->addr[1] = ctx->user_ip6[1];
			at->addr[2] = ctx->user_ip6[2];
			at->addr[3] = ctx->user_ip6[3];
		} else {
			at->addr[0] = ctx->user_ip4;
		}
		if (seen->count < 255)
			seen->count++;
	}
	return 1; /* allow: tracerec never interferes */
}

#define CGROUP_HOOK(what, WHAT, OBJECT, ip6)                                              \
	SEC("cgroup/" #what)                                                               \
	int cgroup_##what(struct bpf_sock_addr *ctx)                                       \
	{                                                                                  \
		return on_sock_addr(ctx, TR_PROG_CGROUP_##WHAT, TR_OBJECT_##OBJECT, ip6);  \
	}

CGROUP_HOOK(connect4, CONNECT4, PEER, false)
CGROUP_HOOK(connect6, CONNECT6, PEER, true)
CGROUP_HOOK(bind4, BIND4, BOUND, false)
CGROUP_HOOK(bind6, BIND6, BOUND, true)
CGROUP_HOOK(sendmsg4, SENDMSG4, SEND, false)
CGROUP_HOOK(sendmsg6, SENDMSG6, SEND, true)

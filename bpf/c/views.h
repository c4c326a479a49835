/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The three views of an argument: taken, compared in place, written when they differ. */
#pragma once

#include "path.h"

/* What kind of mapping is behind a pointer that could not be read. */
struct vma_ctx {
	u32 class;
};

static long classify_vma(struct task_struct *task, struct vm_area_struct *vma, struct vma_ctx *ctx)
{
	unsigned long flags = BPF_CORE_READ(vma, vm_flags);
	bool file = BPF_CORE_READ(vma, vm_file);

	if (bpf_core_field_exists(vma->vm_userfaultfd_ctx) && BPF_CORE_READ(vma, vm_userfaultfd_ctx.ctx))
		ctx->class = TR_VMA_UFFD;
	else if (!file)
		ctx->class = flags & VM_SHARED ? TR_VMA_SHMEM : TR_VMA_ANONYMOUS;
	else if (flags & VM_WRITE)
		ctx->class = TR_VMA_FILE_RW;
	else
		ctx->class = TR_VMA_FILE_RO;
	return 0;
}

static __always_inline u32 vma_class(u64 addr)
{
	struct vma_ctx ctx = {.class = TR_VMA_UNKNOWN};
	long err;

	if (!have_find_vma)
		return TR_VMA_UNKNOWN;
	err = bpf_find_vma(bpf_get_current_task_btf(), addr, classify_vma, &ctx, 0);
	if (err == -2 /* ENOENT */)
		return TR_VMA_UNMAPPED;
	return ctx.class;
}

/*
 * A view record of len bytes that already stand in the scratch record, behind
 * the fixed part.
 */
static __always_inline void emit_view(struct scratch *s, struct task_state *st, u32 slot, u32 side, u32 status, u32 rung,
				      u64 uptr, u32 len, u32 true_len)
{
	struct tr_view *v;

	if (st->mode != MODE_RECORD)
		return;
	v = rec_begin(s, sizeof(*v));
	fill_header(&v->h, TR_EVENT_VIEW, st, (void *)bpf_get_current_task(), true);
	v->slot = slot;
	v->view = side;
	v->uptr = uptr;
	v->rung = rung;
	v->status = status;
	v->size = true_len;
	v->value_len = status == TR_VIEW_OK || status == TR_VIEW_TRUNCATED ? len : TR_NULL_LEN;
	if (v->value_len == TR_NULL_LEN)
		len = 0;
	if (len > TR_LIMIT_ARGV)
		len = TR_LIMIT_ARGV;
	emit(s, TR_LANE_WITNESS, TR_CLASS_VIEW, sizeof(*v) + len);
}

#define VIEW_DATA(s) ((s)->rec + sizeof(struct tr_view))

#define ARG_MORE 0xff /* no TR_VIEW_* */

/*
 * Reads the string of argv whose address is at at, behind those before it. Returns
 * ARG_MORE, or the status of the whole where it ends. A function of its own: the
 * verifier goes through it once, not for each string.
 */
__noinline u32 read_user_arg(u64 at, u32 wide, u32 index)
{
	struct scratch *s = scratch_at(index);
	u64 arg = 0;
	u32 off;
	long n;

	if (!s)
		return TR_VIEW_UNREADABLE;
	s->fault = at;
	if (bpf_probe_read_user(&arg, wide ? 8 : 4, (void *)at))
		return TR_VIEW_UNREADABLE;
	if (!arg)
		return TR_VIEW_OK;
	off = *(volatile u32 *)&s->off;
	if (off >= TR_LIMIT_ARGV)
		return TR_VIEW_TRUNCATED;
	s->fault = arg;
	n = bpf_probe_read_user_str(VIEW_DATA(s) + (off & (TR_LIMIT_ARGV - 1)), TR_LIMIT_ARGV, (void *)arg);
	if (n < 0)
		return TR_VIEW_UNREADABLE;
	*(volatile u32 *)&s->off = off + n;
	return n == TR_LIMIT_ARGV ? TR_VIEW_TRUNCATED : ARG_MORE; /* a string that was cut */
}

/*
 * Reads argv into the view record. Returns the length of the block in the low
 * half, the status in the high half; the address that failed is in the scratch.
 */
__noinline u64 read_user_argv_at(u64 uptr, u32 wide, u32 index)
{
	struct scratch *s = scratch_at(index);
	u64 status = TR_VIEW_TRUNCATED; /* more strings than are read */
	u32 off, step = wide ? 8 : 4;

	if (!s)
		return (u64)TR_VIEW_UNREADABLE << 32;
	*(volatile u32 *)&s->off = 0;
	for (int i = 0; i < TR_LIMIT_ARGC; i++) {
		u32 went = read_user_arg(uptr, wide, index);

		if (went != ARG_MORE) {
			status = went;
			break;
		}
		uptr += step;
	}
	off = *(volatile u32 *)&s->off;
	if (off > TR_LIMIT_ARGV) {
		off = TR_LIMIT_ARGV;
		if (status == TR_VIEW_OK)
			status = TR_VIEW_TRUNCATED;
	}
	return status << 32 | off;
}

static __always_inline bool is_wide(struct task_state *st)
{
	return st->abi == TR_ABI_AMD64 || st->abi == TR_ABI_ARM64;
}

static __always_inline u32 read_user_argv(struct scratch *s, struct task_state *st, u64 uptr, u8 *status, u8 *vma)
{
	u64 r = read_user_argv_at(uptr, is_wide(st), s->index);

	*status = r >> 32;
	if (*status == TR_VIEW_UNREADABLE)
		*vma = vma_class(s->fault);
	return r;
}

/* Bytes that an argument has by its size argument. */
static __always_inline u64 arg_size(struct task_state *st, struct view_plan *p)
{
	if (p->len_arg > 5)
		return p->max;
	return (u64)(u32)st->args[p->len_arg] * p->unit;
}

/* The address that a struct msghdr at uptr points to: where it is, and its length. */
static __always_inline long read_msg_name(bool wide, u64 uptr, u64 *name, u32 *len)
{
	u64 h[2] = {};

	if (bpf_probe_read_user(h, wide ? 16 : 8, (void *)uptr))
		return -1;
	*name = wide ? h[0] : (u32)h[0];
	*len = wide ? (u32)h[1] : h[0] >> 32;
	if (!*name)
		*len = 0;
	if (*len > TR_LIMIT_SOCK)
		*len = TR_LIMIT_SOCK;
	return 0;
}

/* The i-th address of a struct mmsghdr[], behind those before it: its length, as u16, and its bytes. */
static __always_inline long read_next_msg_name(struct scratch *s, bool wide, u64 uptr, u32 i)
{
	u32 off = *(volatile u32 *)&s->off & 2047; /* through memory: see FORGET */
	u64 name;
	u32 len;

	s->fault = uptr + i * (wide ? 64 : 32);
	if (read_msg_name(wide, s->fault, &name, &len))
		return -1;
	*(u16 *)(VIEW_DATA(s) + off) = len;
	s->fault = name;
	barrier_var(len);
	len &= 2 * TR_LIMIT_SOCK - 1;
	if (bpf_probe_read_user(VIEW_DATA(s) + off + 2, len, (void *)name))
		return -1;
	*(volatile u32 *)&s->off = off + 2 + len;
	return 0;
}

/* Addresses of a struct mmsghdr[] of count messages. */
static __always_inline u64 read_msg_names(struct scratch *s, bool wide, u64 uptr, u32 count)
{
	s->off = 0;
	for (u32 i = 0; i < TR_LIMIT_MSGS; i++) {
		if (i >= count)
			break;
		if (read_next_msg_name(s, wide, uptr, i))
			return (u64)TR_VIEW_UNREADABLE << 32;
	}
	return (u64)(count > TR_LIMIT_MSGS ? TR_VIEW_TRUNCATED : TR_VIEW_OK) << 32 | (*(volatile u32 *)&s->off & 2047);
}

#define SCM_RIGHTS 0x0000000100000001ULL /* with level SOL_SOCKET, as they stand in a struct cmsghdr */
#define CMSGS 4 /* control messages that are looked at: the kernel puts at most credentials, a label and a pidfd before */

/*
 * The descriptors that have arrived with a message: those in the control data of the
 * struct msghdr at uptr, put behind s->off bytes of the view. Returns how many bytes
 * they have in the low half, and the status in the high half.
 */
__noinline u64 read_rights(u64 uptr, u32 wide, u32 index)
{
	struct scratch *s = scratch_at(index);
	u64 at = 0, left = 0, what;
	u32 off;

	if (!s)
		return (u64)TR_VIEW_UNREADABLE << 32;
	off = *(volatile u32 *)&s->off & 1023; /* through memory: see FORGET */
	s->fault = uptr;
	if (bpf_probe_read_user(&at, wide ? 8 : 4, (void *)uptr + (wide ? 32 : 16)) ||
	    bpf_probe_read_user(&left, wide ? 8 : 4, (void *)uptr + (wide ? 40 : 20)))
		return (u64)TR_VIEW_UNREADABLE << 32;
	for (int i = 0; i < CMSGS; i++) {
		u64 len = 0, head = wide ? 16 : 12;
		u32 status = TR_VIEW_OK;
		u32 n;

		if (!at || left < head)
			break;
		s->fault = at;
		if (bpf_probe_read_user(&len, wide ? 8 : 4, (void *)at) || bpf_probe_read_user(&what, 8, (void *)at + head - 8))
			return (u64)TR_VIEW_UNREADABLE << 32;
		if (len < head || len > left)
			break;
		if (what == SCM_RIGHTS) {
			n = len - head;
			if (off + n > TR_LIMIT_RIGHTS) {
				n = off < TR_LIMIT_RIGHTS ? TR_LIMIT_RIGHTS - off : 0;
				status = TR_VIEW_TRUNCATED;
			}
			barrier_var(n);
			n &= 1023;
			if (n && bpf_probe_read_user(VIEW_DATA(s) + off, n, (void *)at + head))
				return (u64)TR_VIEW_UNREADABLE << 32;
			return (u64)status << 32 | n;
		}
		len = wide ? (len + 7) & ~7ULL : (len + 3) & ~3ULL;
		if (len > left)
			break;
		at += len;
		left -= len;
	}
	return (u64)TR_VIEW_NULL << 32;
}

/* Those of all messages of a struct mmsghdr[] of which count have arrived. */
static __always_inline u64 read_all_rights(struct scratch *s, u32 wide, u64 uptr, u32 count)
{
	u32 status = TR_VIEW_NULL;

	s->off = 0;
	for (u32 i = 0; i < TR_LIMIT_MSGS; i++) {
		u64 r;

		if (i >= count)
			break;
		r = read_rights(uptr + i * (wide ? 64 : 32), wide, s->index);
		if (r >> 32 == TR_VIEW_NULL)
			continue;
		status = r >> 32;
		if (status == TR_VIEW_UNREADABLE)
			break;
		*(volatile u32 *)&s->off += (u32)r & 1023;
		if (status == TR_VIEW_TRUNCATED)
			break;
	}
	if (count > TR_LIMIT_MSGS && status == TR_VIEW_OK)
		status = TR_VIEW_TRUNCATED;
	return (u64)status << 32 | (*(volatile u32 *)&s->off & 2047);
}

/*
 * Reads the user memory of slot k of the current task's call into the view
 * record. Returns its length in the low half and the status in the high half;
 * the address that failed is in the scratch, and the true length of what is
 * too long. Global, as all larger steps are: verified once, not on every path
 * that leads there.
 */
__noinline u64 read_user_at(u32 k, u32 index)
{
	struct task_state *st = state_of_current();
	struct scratch *s = scratch_at(index);
	u64 status = TR_VIEW_OK, uptr, size;
	struct view_plan *p;
	u32 n, max;

	if (!st || !s)
		return (u64)TR_VIEW_UNREADABLE << 32;
	p = &st->plan.view[SLOT(k)];
	uptr = st->slot[SLOT(k)].uptr;
	s->fault = uptr;
	s->true_len = 0;
	max = p->max > TR_LIMIT_BYTES ? TR_LIMIT_BYTES : p->max;
	if (p->capture == TR_CAPTURE_PATH || p->capture == TR_CAPTURE_STRING) {
		/* one more than PATH_MAX, to tell a name that fills it from one that is too long */
		long len = bpf_probe_read_user_str(VIEW_DATA(s), TR_LIMIT_PATH + 1, (void *)uptr);

		if (len <= 0) {
			s->fault = uptr + TR_LIMIT_INLINE; /* the first page was resident, where a page ends is not known */
			return (u64)TR_VIEW_UNREADABLE << 32;
		}
		if (len > TR_LIMIT_PATH)
			status = TR_VIEW_TRUNCATED;
		return status << 32 | (u32)(len - 1);
	}
	if (p->capture == TR_CAPTURE_RIGHTS) {
		if (p->len_arg <= 5) /* an array of messages */
			return read_all_rights(s, is_wide(st), uptr, s->ret);
		s->off = 0;
		return read_rights(uptr, is_wide(st), index);
	}
	if (p->capture == TR_CAPTURE_HANDLE) {
		/* struct file_handle says itself how long it is; one that is too long is refused */
		n = 0;
		if (bpf_probe_read_user(&n, sizeof(n), (void *)uptr))
			return (u64)TR_VIEW_UNREADABLE << 32;
		size = 8 + (n > TR_LIMIT_HANDLE ? 0 : n);
	} else if (p->capture == TR_CAPTURE_MSG_NAMES)
		return read_msg_names(s, is_wide(st), uptr, arg_size(st, p));
	else if (p->capture == TR_CAPTURE_MSG_NAME) {
		if (read_msg_name(is_wide(st), uptr, &uptr, &n))
			return (u64)TR_VIEW_UNREADABLE << 32;
		if (!n)
			return (u64)TR_VIEW_NULL << 32;
		size = n;
	} else {
		size = arg_size(st, p);
	}
	if (size > max) {
		/* a sockaddr that is too long is refused whole */
		if (p->capture == TR_CAPTURE_BYTES) {
			status = TR_VIEW_TRUNCATED;
			s->true_len = size;
		}
		size = max;
	}
	n = size;
	barrier_var(n);
	n &= 2 * TR_LIMIT_BYTES - 1; /* old verifiers need the bound on the very register */
	s->fault = uptr;
	if (n && bpf_probe_read_user(VIEW_DATA(s), n, (void *)uptr))
		return (u64)TR_VIEW_UNREADABLE << 32;
	return status << 32 | n;
}

/* Takes the enter view of slot k of the current task's call. */
__noinline int take_enter(u32 k, u32 index)
{
	struct task_state *st = state_of_current();
	struct scratch *s = scratch_at(index);

	if (!st || !s)
		return 0;

	struct view_plan *p = &st->plan.view[SLOT(k)];
	struct slot *slot = &st->slot[SLOT(k)];
	u32 arg = p->arg > 5 ? 5 : p->arg;
	u8 status, vma = 0;
	u32 n;
	u64 r;

	slot->uptr = st->args[arg];
	slot->len = slot->true_len = 0;
	slot->kernel = slot->exit = TR_VIEW_NONE;
	slot->rungs = slot->vma = slot->copies = slot->taken = 0;
	slot->capture = p->capture;
	slot->enter = TR_VIEW_NONE;
	if (p->out)
		return 0;
	if (p->when_arg <= 5 && (u32)st->args[p->when_arg] != p->when)
		return 0;
	if (st->late) {
		/* nor was the pointer there to be read */
		slot->enter = TR_VIEW_UNREADABLE;
		slot->vma = vma_class(st->words_at);
		return 0;
	}

	if (!slot->uptr) {
		slot->enter = TR_VIEW_NULL;
		return 0;
	}
	if (p->capture == TR_CAPTURE_PATH || p->capture == TR_CAPTURE_STRING) {
		long len = bpf_probe_read_user_str(slot->data, TR_LIMIT_INLINE + 1, (void *)slot->uptr);

		if (len < 0) {
			slot->enter = TR_VIEW_UNREADABLE;
			slot->vma = vma_class(slot->uptr);
			return 0;
		}
		if (len <= TR_LIMIT_INLINE) {
			slot->enter = TR_VIEW_OK;
			slot->len = len - 1;
			return 0;
		}
	}
	if (p->capture == TR_CAPTURE_ARGV) {
		n = read_user_argv(s, st, slot->uptr, &status, &vma);
		s->true_len = 0;
	} else {
		r = read_user_at(k, index);
		status = r >> 32;
		n = r;
		if (status == TR_VIEW_UNREADABLE)
			vma = vma_class(s->fault);
	}
	slot->vma = vma;
	slot->enter = status;
	if (status == TR_VIEW_UNREADABLE || status == TR_VIEW_NULL)
		return 0;
	slot->len = n;
	if (p->capture != TR_CAPTURE_ARGV && status == TR_VIEW_OK && n <= TR_LIMIT_INLINE) {
		barrier_var(n);
		if (n)
			bpf_probe_read_kernel(slot->data, n & 255, VIEW_DATA(s));
		return 0;
	}
	slot->enter = TR_VIEW_ELSEWHERE;
	emit_view(s, st, k, TR_SIDE_ENTER, status, 0, slot->uptr, n, s->true_len);
	return 0;
}

/* Whether the first len bytes at tmp are those of the slot. */
static __always_inline bool same_as_slot(const char *tmp, struct slot *slot, u32 len)
{
	u64 diff = 0;
	u32 at;

	for (at = 0; at < TR_LIMIT_INLINE; at += 8) {
		if (at + 8 > len)
			break;
		if (*(u64 *)(tmp + at) != *(u64 *)(slot->data + at))
			return false;
	}
	if (len & 7) { /* both architectures are little-endian */
		at = len & 248;
		diff = (*(u64 *)(tmp + at) ^ *(u64 *)(slot->data + at)) << (8 - (len & 7)) * 8;
	}
	return !diff;
}

/*
 * The enter view of a short name, which is what most are, without a call of
 * take_enter. Returns false where it is something else. By way of the scratch:
 * what the kernel checks of where it copies to takes longer for a slab's memory.
 */
static __always_inline bool enter_short(struct scratch *s, struct task_state *st, u32 k)
{
	struct view_plan *p = &st->plan.view[k];
	struct slot *slot = &st->slot[k];
	u32 arg = p->arg > 5 ? 5 : p->arg;
	u64 uptr = st->args[arg];
	long len;

	if ((p->capture != TR_CAPTURE_PATH && p->capture != TR_CAPTURE_STRING) || p->out || p->when_arg <= 5 || st->late || !uptr)
		return false;
	len = bpf_probe_read_user_str(s->tmp, WORDWISE, (void *)uptr);
	if (len <= 0 || len >= WORDWISE)
		return false;
	slot->uptr = uptr;
	slot->len = len - 1;
	slot->true_len = 0;
	slot->enter = TR_VIEW_OK;
	slot->kernel = slot->exit = TR_VIEW_NONE;
	slot->rungs = slot->vma = slot->copies = slot->taken = 0;
	slot->capture = p->capture;
	copy_words(slot->data, s->tmp, len);
	return true;
}

/* Whether the user memory of such a view is what it was; false where that is not certain. */
static __always_inline bool exit_same(struct scratch *s, struct task_state *st, u32 k)
{
	struct slot *slot = &st->slot[k];

	if (slot->enter != TR_VIEW_OK || (slot->capture != TR_CAPTURE_PATH && slot->capture != TR_CAPTURE_STRING) || slot->len >= WORDWISE - 1)
		return false;
	if (bpf_probe_read_user_str(s->tmp, WORDWISE, (void *)slot->uptr) != slot->len + 1 || !same_as_slot(s->tmp, slot, slot->len))
		return false;
	slot->exit = TR_VIEW_SAME;
	return true;
}

/* A witness has seen what the kernel uses for a slot. */
static __always_inline void saw(struct slot *slot, u32 rung)
{
	if (slot->copies < 255)
		slot->copies++;
	slot->taken |= rung;
}

/* And it equals the enter view. */
static __always_inline void saw_same(struct slot *slot, u32 rung)
{
	saw(slot, rung);
	if (slot->kernel == TR_VIEW_NONE)
		slot->kernel = TR_VIEW_SAME;
	slot->rungs |= rung;
}

/*
 * A witness has seen len bytes (at VIEW_DATA) that the kernel uses for slot k.
 * Equal to the enter view: a bit. Different, or not comparable here: a record.
 */
__noinline int witness_value_at(u32 k, u32 rung_status, u64 uptr, u32 len, u32 index)
{
	struct task_state *st = state_of_current();
	struct scratch *s = scratch_at(index);
	u32 rung = rung_status & 0xff, status = rung_status >> 8;
	struct slot *slot;

	if (!st || !s)
		return 0;
	slot = &st->slot[SLOT(k)];
	if (slot->enter == TR_VIEW_OK && status == TR_VIEW_OK && len == slot->len && len <= TR_LIMIT_INLINE &&
	    same_as_slot(VIEW_DATA(s), slot, len)) {
		saw_same(slot, rung);
		return 0;
	}
	saw(slot, rung);
	/* Which copy came first is settled by the order of the records. */
	if (slot->kernel == TR_VIEW_NONE)
		slot->kernel = TR_VIEW_ELSEWHERE;
	emit_view(s, st, SLOT(k), TR_SIDE_KERNEL, status, rung, uptr, len, 0);
	return 0;
}

static __always_inline void witness_value(struct scratch *s, u32 k, u32 rung, u32 status, u64 uptr, u32 len)
{
	witness_value_at(k, rung | status << 8, uptr, len, s->index);
}

/* Whether the len bytes at VIEW_DATA are the enter view of slot k. */
__noinline int equals_slot(u32 k, u32 len, u32 index)
{
	struct task_state *st = state_of_current();
	struct scratch *s = scratch_at(index);
	struct slot *slot;

	if (!st || !s)
		return 0;
	slot = &st->slot[SLOT(k)];
	return slot->enter == TR_VIEW_OK && slot->len == len && len <= TR_LIMIT_INLINE && same_as_slot(VIEW_DATA(s), slot, len);
}

/*
 * The slot for a kernel name copied from uptr: -1 when it is of no argument of
 * the call in flight. A connect or bind to a path makes the kernel look its
 * own copy of sun_path up, as a name without a user pointer.
 */
static __always_inline int slot_of(struct task_state *st, u64 uptr, u32 rung)
{
	int found = -1;

	if (!st->in_call || !uptr)
		return -1;
	for (int k = 0; k < TR_LIMIT_VIEWS; k++) {
		if (k >= st->plan.nviews)
			break;
		if (st->slot[k].capture != TR_CAPTURE_PATH || st->slot[k].uptr != uptr)
			continue;
		/* one pointer for both arguments: each copy goes to the one that has none */
		if (found < 0 || st->slot[0].rungs & rung)
			found = k;
	}
	return found;
}

/* Reads a kernel string to where a view's value stands; returns its length, -1 when unreadable. */
static __always_inline long read_kernel_name(struct scratch *s, const char *name, u32 *status)
{
	long n = bpf_probe_read_kernel_str(VIEW_DATA(s), TR_LIMIT_PATH, name);
	char end = 0;

	/* a name that is refused as too long fills its page, without a NUL */
	if (n == TR_LIMIT_PATH)
		bpf_probe_read_kernel(&end, 1, name + TR_LIMIT_PATH - 1);
	*status = end ? TR_VIEW_TRUNCATED : TR_VIEW_OK;
	return n - 1;
}

/* A kernel string for path slot k. */
static __always_inline void witness_name(struct scratch *s, struct task_state *st, u32 k, u32 rung, u64 uptr, const char *name)
{
	u32 status;
	long n = read_kernel_name(s, name, &status);

	if (n >= 0)
		witness_value(s, k, rung, status, uptr, n);
}

/*
 * The slot for the name at VIEW_DATA where struct filename does not say which
 * user pointer it came from (7.0 and later): the argument that equals it, else
 * the last one without a copy, as the names of a call are freed in the reverse
 * order of their arguments. A rung's further names in a call are the kernel's
 * own, or another file system's.
 */
static __always_inline int slot_by_order(struct scratch *s, struct task_state *st, u32 rung, u32 len)
{
	int found = -1;

	for (int k = TR_LIMIT_VIEWS - 1; k >= 0; k--) {
		struct slot *slot = &st->slot[k];

		if (k >= st->plan.nviews || slot->capture != TR_CAPTURE_PATH || slot->taken & rung)
			continue;
		if (equals_slot(k, len, s->index))
			return k;
		if (found < 0)
			found = k;
	}
	return found;
}

/* A struct filename's string and user pointer; returns the slot that it belongs to, or -1. */
static __always_inline int witness_filename(struct scratch *s, struct task_state *st, u32 rung, struct filename *f,
					    const char *name, u64 *uptr)
{
	u32 status;
	long n;
	int k;

	if (bpf_core_field_exists(f->uptr)) {
		*uptr = (u64)BPF_CORE_READ(f, uptr);
		k = slot_of(st, *uptr, rung);
		if (k >= 0)
			witness_name(s, st, k, rung, *uptr, name);
		return k;
	}
	*uptr = 0;
	if (!st->in_call)
		return -1;
	/* of an execve's names the last one freed is the caller's: bprm->filename tells instead */
	if (rung == TR_RUNG_PUTNAME && st->plan.object == TR_OBJECT_SELF)
		return -1;
	n = read_kernel_name(s, name, &status);
	if (n < 0)
		return -1;
	k = slot_by_order(s, st, rung, n);
	if (k >= 0)
		witness_value(s, k, rung, status, st->slot[SLOT(k)].uptr, n);
	return k;
}

/* Takes the exit view of slot k of the current task's call and compares it with the enter view. */
__noinline int take_exit(u32 k, u32 index)
{
	struct task_state *st = state_of_current();
	struct scratch *s = scratch_at(index);
	struct slot *slot;
	u8 status, vma = 0;
	u32 n;
	u64 r;

	if (!st || !s)
		return 0;
	slot = &st->slot[SLOT(k)];
	if (slot->enter == TR_VIEW_NONE && !st->plan.view[SLOT(k)].out)
		return 0;
	if (!slot->uptr) {
		slot->exit = TR_VIEW_NULL;
		return 0;
	}
	if (slot->enter == TR_VIEW_OK && (slot->capture == TR_CAPTURE_PATH || slot->capture == TR_CAPTURE_STRING)) {
		/* mostly it is what it was: without the detour of what may be long */
		long len = bpf_probe_read_user_str(VIEW_DATA(s), TR_LIMIT_INLINE + 1, (void *)slot->uptr);

		if (len > 0 && len == slot->len + 1 && same_as_slot(VIEW_DATA(s), slot, slot->len)) {
			slot->exit = TR_VIEW_SAME;
			return 0;
		}
	}
	if (slot->capture == TR_CAPTURE_ARGV) {
		n = read_user_argv(s, st, slot->uptr, &status, &vma);
		s->true_len = 0;
	} else {
		r = read_user_at(k, index);
		status = r >> 32;
		n = r;
	}
	slot->exit = status;
	if (status == TR_VIEW_UNREADABLE || status == TR_VIEW_NULL)
		return 0;
	if (slot->enter == TR_VIEW_OK && status == TR_VIEW_OK && n == slot->len && n <= TR_LIMIT_INLINE && same_as_slot(VIEW_DATA(s), slot, n)) {
		slot->exit = TR_VIEW_SAME;
		return 0;
	}
	slot->exit = TR_VIEW_ELSEWHERE;
	emit_view(s, st, k, TR_SIDE_EXIT, status, 0, slot->uptr, n, s->true_len);
	return 0;
}

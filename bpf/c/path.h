/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Where an object is: dentries upward across mounts; bpf_d_path is not allowed here. */
#pragma once

#include "record.h"

#define PATH_DEPTH 48

/*
 * Copies the beginning of *ptr to where tmp has no path: one read serves
 * several fields that stand close to each other. Not on the stack, of which all
 * functions of a program have 512 bytes together before 6.13.
 */
#define COPY_AT(s) ((s)->tmp + TR_LIMIT_PATH)
#define COPY_SIZE 128
#define COPY(s, ptr) bpf_probe_read_kernel(COPY_AT(s), COPY_SIZE, ptr)

/* A field of *ptr from that copy; one that is beyond it is read alone. */
#define COPIED(s, ptr, field)                                                                  \
	({                                                                                     \
		typeof((ptr)->field) v_ = 0;                                                   \
		u32 at_ = bpf_core_field_offset((ptr)->field);                                 \
                                                                                               \
		if (at_ + sizeof(v_) <= COPY_SIZE)                                             \
			v_ = *(typeof(v_) *)(COPY_AT(s) + at_);                                \
		else                                                                           \
			bpf_probe_read_kernel(&v_, sizeof(v_), (void *)(ptr) + at_);           \
		v_;                                                                            \
	})
#define NAME_MAX 255

enum {
	PATH_ON,
	PATH_TOP, /* the root of the mount namespace */
	PATH_END, /* no way on */
};

/*
 * One step upwards for build_path_at, from where the scratch is: puts a name before
 * the path, or crosses a mount. A function of its own: the verifier goes through it
 * once, not for each step.
 */
__noinline u32 path_step(u32 index)
{
	struct scratch *s = scratch_at(index);
	struct dentry *dentry, *parent;
	const unsigned char *name;
	u32 len, at, pos;

	if (!s)
		return PATH_END;
	dentry = (void *)s->dentry;
	if (s->dentry == s->root) {
		struct mount *mnt = (void *)s->mnt, *up = BPF_CORE_READ(mnt, mnt_parent);

		if (up == mnt)
			return PATH_TOP;
		s->dentry = (u64)BPF_CORE_READ(mnt, mnt_mountpoint);
		s->mnt = (u64)up;
		s->root = (u64)BPF_CORE_READ(up, mnt.mnt_root);
		return PATH_ON;
	}
	COPY(s, dentry);
	parent = COPIED(s, dentry, d_parent);
	len = COPIED(s, dentry, d_name.len) & NAME_MAX;
	name = COPIED(s, dentry, d_name.name);
	pos = *(volatile u32 *)&s->pos;
	if (pos < NAME_MAX + 2)
		return PATH_END;
	if (parent == dentry)
		return PATH_END; /* the root of a detached or pseudo file system, not of its mount */
	at = (pos - len) & (TR_LIMIT_PATH - 1);
	if (bpf_probe_read_kernel(s->tmp + at, len, name))
		return PATH_END;
	at = (at - 1) & (TR_LIMIT_PATH - 1);
	s->tmp[at] = '/';
	s->pos = at;
	s->dentry = (u64)parent;
	return PATH_ON;
}

/*
 * Builds the path from the root of the mount namespace, whatever the task's
 * own root, at the end of the first TR_LIMIT_PATH bytes of tmp. Returns where
 * it starts; TR_LIMIT_PATH when there is none (a pipe's or socket's dentry has
 * a name and no directory: it is given without a slash). A path deeper than
 * PATH_DEPTH loses its beginning and then starts without a slash too.
 * A global function is verified once, not at every call.
 */
__noinline u32 build_path_at(u64 dentry_addr, u64 vfsmnt_addr, u32 index)
{
	struct vfsmount *vfsmnt = (void *)vfsmnt_addr;
	struct mount *mnt = container_of(vfsmnt, struct mount, mnt);
	struct scratch *s = scratch_at(index);
	u32 pos, went = PATH_ON;

	if (!s)
		return TR_LIMIT_PATH;
	s->pos = TR_LIMIT_PATH;
	s->dentry = dentry_addr;
	s->mnt = (u64)mnt;
	s->root = (u64)BPF_CORE_READ(mnt, mnt.mnt_root);
	for (int i = 0; i < PATH_DEPTH; i++) {
		went = path_step(index);
		if (went != PATH_ON)
			break;
	}
	pos = *(volatile u32 *)&s->pos;
	if (pos == TR_LIMIT_PATH && went != PATH_TOP) {
		struct dentry *dentry = (void *)s->dentry;
		u32 len = BPF_CORE_READ(dentry, d_name.len) & NAME_MAX;

		pos = TR_LIMIT_PATH - len;
		bpf_probe_read_kernel(s->tmp + (pos & (TR_LIMIT_PATH - 1)), len, BPF_CORE_READ(dentry, d_name.name));
	} else if (pos == TR_LIMIT_PATH) {
		pos--;
		s->tmp[pos & (TR_LIMIT_PATH - 1)] = '/';
	}
	return pos;
}

static __always_inline u32 build_path(struct scratch *s, struct dentry *dentry, struct vfsmount *vfsmnt)
{
	return build_path_at((u64)dentry, (u64)vfsmnt, s->index);
}

/* Appends the path that was built at the end of the first TR_LIMIT_PATH bytes of tmp and begins at pos. */
static __always_inline u16 tail_built(struct tail *t, u32 pos)
{
	if (pos >= TR_LIMIT_PATH)
		return TR_NULL_LEN;
	return tail_bytes(t, t->s->tmp + (pos & (TR_LIMIT_PATH - 1)), TR_LIMIT_PATH - pos, TR_LIMIT_PATH);
}

/*
 * Whether file_tail goes by walk_tail: where it is called for each open. For a process or
 * a descriptor at the beginning a few helpers cost nothing beside verifying it.
 */
const volatile u32 use_walk = 1;

#define WALK_DEPTH 24
#define WALK_NAME 40 /* longer names are not behind their dentry */

/*
 * What file_tail does, for most files: with loads instead of helpers, and written
 * from the root downwards, so that it stands where it is wanted. Returns
 * TR_NULL_LEN for all that is out of the ordinary.
 */
static __always_inline u32 walk_tail(struct scratch *s, u32 from)
{
	struct file *file = CAST(struct file, s->file);
	struct dentry *dentry, *root, *parent;
	u64 *walk = (void *)s->tmp; /* what is passed on the way up */
	struct mount *mnt, *up;
	u64 off = from;

	mnt = CAST(struct mount, container_of(file->f_path.mnt, struct mount, mnt));
	dentry = file->f_path.dentry;
	root = mnt->mnt.mnt_root;
	s->pos = 0;
	for (int i = 0; i < WALK_DEPTH; i++) {
		u32 n = *(volatile u32 *)&s->pos & 31; /* through memory: see FORGET */

		if (dentry == root) {
			up = mnt->mnt_parent;
			if (up == mnt)
				goto down;
			dentry = mnt->mnt_mountpoint;
			mnt = up;
			root = mnt->mnt.mnt_root;
			continue;
		}
		parent = dentry->d_parent;
		if (parent == dentry)
			break;
		walk[n] = (u64)dentry;
		*(volatile u32 *)&s->pos = n + 1;
		dentry = parent;
	}
	return TR_NULL_LEN;
down:
	barrier_var(off); /* the verifier must see the bound on the register that is used */
	if (off > TAIL_ROOM)
		return TR_NULL_LEN;
	*(volatile u32 *)&s->off = off;
	if (!*(volatile u32 *)&s->pos) {
		s->rec[off] = '/';
		return 1;
	}
	for (int i = 0; i < WALK_DEPTH; i++) {
		u32 n = *(volatile u32 *)&s->pos & 31;
		const u64 *words;
		u64 name;
		char *to;
		u32 len;

		if (!n)
			break;
		n = (n - 1) & 31;
		*(volatile u32 *)&s->pos = n;
		dentry = CAST(struct dentry, walk[n]);
		len = dentry->d_name.len & NAME_MAX;
		name = (u64)dentry->d_name.name;
		off = *(volatile u32 *)&s->off;
		barrier_var(off);
		if (off > TAIL_ROOM)
			return TR_NULL_LEN;
		to = s->rec + off;
		*to++ = '/';
		*(volatile u32 *)&s->off = off + 1 + len;
		if (len > WALK_NAME || low_half((void *)name) & 7) {
			if (bpf_probe_read_kernel(to, len, (void *)name))
				return TR_NULL_LEN;
			continue;
		}
		words = WORDS(name);
		/* All of them, without a branch for each: what is too much is written over. */
		*(u64 *)to = words[0];
		*(u64 *)(to + 8) = words[1];
		*(u64 *)(to + 16) = words[2];
		*(u64 *)(to + 24) = words[3];
		*(u64 *)(to + 32) = words[4];
	}
	off = *(volatile u32 *)&s->off - from;
	return off > TR_LIMIT_PATH ? TR_NULL_LEN : off;
}

/*
 * Writes the path of the scratch's file at off of the record, and its device
 * and inode into the scratch. Returns the length of the path.
 */
__noinline u32 file_tail(u32 index, u32 off)
{
	struct scratch *s = scratch_at(index);
	struct tail t = {.s = s, .off = off};
	struct inode *inode;
	struct file *file;
	u32 pos;

	if (!s)
		return TR_NULL_LEN;
	if (use_cast && use_walk) {
		pos = walk_tail(s, off);
		if (pos != TR_NULL_LEN) {
			inode = CAST(struct file, s->file)->f_inode;
			s->ino = inode->i_ino;
			s->dev = inode->i_sb->s_dev;
			return pos;
		}
	}
	file = (void *)s->file;
	COPY(s, file);
	inode = COPIED(s, file, f_inode);
	s->ino = 0;
	s->dev = 0;
	if (!inode)
		return TR_NULL_LEN;
	s->ino = BPF_CORE_READ(inode, i_ino);
	s->dev = BPF_CORE_READ(inode, i_sb, s_dev);
	return tail_built(&t, build_path(s, COPIED(s, file, f_path.dentry), COPIED(s, file, f_path.mnt)));
}

/* Appends the path of file to the tail; fills dev and inode. */
static __always_inline u16 tail_file(struct tail *t, struct file *file, u32 *dev, u64 *ino)
{
	u32 len;

	t->s->file = (u64)file;
	len = file_tail(t->s->index, t->off);
	*dev = t->s->dev;
	*ino = t->s->ino;
	if (len <= TR_LIMIT_PATH)
		t->off += len;
	return len;
}

/* The file behind a descriptor of the current task, or NULL. */
static __always_inline struct file *file_of_fd(struct task_struct *task, long fd)
{
	struct file **fds, *file = 0;
	u32 max;

	if (use_task_storage) { /* plain loads */
		struct fdtable *fdt = bpf_get_current_task_btf()->files->fdt;

		max = fdt->max_fds;
		fds = fdt->fd;
	} else {
		struct fdtable *fdt = BPF_CORE_READ(task, files, fdt);

		max = BPF_CORE_READ(fdt, max_fds);
		fds = BPF_CORE_READ(fdt, fd);
	}
	if (fd < 0 || fd >= max)
		return 0;
	if (use_cast)
		return (void *)WORDS(fds + fd)[0];
	bpf_probe_read_kernel(&file, sizeof(file), fds + fd);
	return file;
}

/* The socket behind a file, or NULL when it is none. */
static __always_inline struct sock *sock_of_file(struct file *file)
{
	struct socket *sock;

	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	sock = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(sock, sk);
}

/* Appends the socket's peer or own address as a sockaddr. */
static __always_inline u16 tail_sock(struct tail *t, struct sock *sk, bool peer)
{
	u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	if (family == AF_UNIX) {
		struct unix_sock *u = (void *)sk;
		struct unix_address *addr;
		u32 len;

		if (peer)
			u = (void *)BPF_CORE_READ(u, peer);
		if (!u)
			return TR_NULL_LEN;
		addr = BPF_CORE_READ(u, addr);
		if (!addr)
			return TR_NULL_LEN;
		len = BPF_CORE_READ(addr, len);
		/* name starts with the family, as in struct sockaddr_un */
		return tail_bytes(t, (void *)addr + bpf_core_field_offset(addr->name), len, TR_LIMIT_SOCK);
	}

	struct {
		u16 family;
		u16 port; /* network byte order */
		u32 ip4_or_flow;
		u8 ip6[16];
		u32 scope;
	} a = {.family = family};

	if (peer) {
		a.port = BPF_CORE_READ(sk, __sk_common.skc_dport);
	} else {
		u16 num = BPF_CORE_READ(sk, __sk_common.skc_num);

		a.port = num >> 8 | num << 8;
	}
	if (family == AF_INET) {
		a.ip4_or_flow = peer ? BPF_CORE_READ(sk, __sk_common.skc_daddr) : BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
		return tail_bytes(t, &a, 16, 16);
	}
	if (family == AF_INET6) {
		if (peer)
			BPF_CORE_READ_INTO(&a.ip6, sk, __sk_common.skc_v6_daddr);
		else
			BPF_CORE_READ_INTO(&a.ip6, sk, __sk_common.skc_v6_rcv_saddr);
		return tail_bytes(t, &a, 28, 28);
	}
	return TR_NULL_LEN;
}

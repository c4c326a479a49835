/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Security hooks as events of their own. Names of arguments are the kernel's: they are looked up. */
#pragma once

#include "shapes.h"

#define HOOK_BYTES 128 /* of a struct or value that is kept as bytes */

static __always_inline u64 kernel_u64(const void *at)
{
	u64 v = 0;

	bpf_probe_read_kernel(&v, sizeof(v), at);
	return v;
}

/* Programs. */

LSM_HOOK(bprm_creds_for_exec, (struct linux_binprm *, bprm))
{
	struct file *file = BPF_CORE_READ(bprm, file);

	r->filename_len = tail_str(t, BPF_CORE_READ(bprm, filename));
	PUT_FILE(r, t, file);
}

LSM_HOOK(bprm_committed_creds, (struct linux_binprm *, bprm))
{
	struct task_struct *task = (void *)bpf_get_current_task();
	const struct cred *cred = BPF_CORE_READ(task, real_cred); /* bprm->cred has been handed over */
	struct file *file = BPF_CORE_READ(bprm, file);

	PUT_FILE(r, t, file);
	r->euid = BPF_CORE_READ(cred, euid.val);
	r->egid = BPF_CORE_READ(cred, egid.val);
	r->effective = CAPS(cred, cap_effective);
	r->secureexec = BPF_CORE_READ_BITFIELD_PROBED(bprm, secureexec);
}

/* Files and memory. */

LSM_HOOK(file_permission, (struct file *, file), (int, mask))
{
	PUT_FILE(r, t, file);
	r->mask = (u32)mask;
}

LSM_HOOK(file_ioctl, (struct file *, file), (u32, cmd), (u64, arg))
{
	PUT_FILE(r, t, file);
	r->cmd = cmd;
	r->arg = arg;
}

LSM_HOOK(file_mprotect, (struct vm_area_struct *, vma), (u64, reqprot), (u64, prot))
{
	struct file *file = BPF_CORE_READ(vma, vm_file);

	PUT_FILE(r, t, file);
	r->vm_start = BPF_CORE_READ(vma, vm_start);
	r->vm_end = BPF_CORE_READ(vma, vm_end);
	r->reqprot = reqprot;
	r->prot = prot;
}

LSM_HOOK(mmap_file, (struct file *, file), (u64, reqprot), (u64, flags))
{
	PUT_FILE(r, t, file);
	r->reqprot = reqprot;
	r->flags = flags;
}

LSM_HOOK(mmap_addr, (u64, addr))
{
	r->addr = addr;
}

/* Directories, without a mount. */

#define PUT_CHILD(r, t, dir, dentry)                              \
	do {                                                      \
		(r)->dir_ino = BPF_CORE_READ(dir, i_ino);         \
		PUT_ENTRY(r, t, dentry, (struct vfsmount *)0);    \
	} while (0)

LSM_HOOK(inode_create, (struct inode *, dir), (struct dentry *, dentry), (u16, mode))
{
	PUT_CHILD(r, t, dir, dentry);
	r->mode = mode;
}

LSM_HOOK(inode_unlink, (struct inode *, dir), (struct dentry *, dentry))
{
	PUT_CHILD(r, t, dir, dentry);
}

LSM_HOOK(inode_rename, (struct inode *, old_dir), (struct dentry *, old_dentry), (struct inode *, new_dir), (struct dentry *, new_dentry))
{
	r->new_path_len = put_path(t, new_dentry, 0);
	PUT_CHILD(r, t, old_dir, old_dentry);
	r->new_dir_ino = BPF_CORE_READ(new_dir, i_ino);
	r->new_ino = BPF_CORE_READ(new_dentry, d_inode, i_ino);
}

LSM_HOOK(inode_link, (struct dentry *, old_dentry), (struct inode *, dir), (struct dentry *, new_dentry))
{
	r->new_path_len = put_path(t, new_dentry, 0);
	PUT_CHILD(r, t, dir, old_dentry);
}

LSM_HOOK(inode_symlink, (struct inode *, dir), (struct dentry *, dentry), (const char *, old_name))
{
	r->target_len = tail_str(t, old_name);
	PUT_CHILD(r, t, dir, dentry);
}

LSM_HOOK(inode_mkdir, (struct inode *, dir), (struct dentry *, dentry), (u16, mode))
{
	PUT_CHILD(r, t, dir, dentry);
	r->mode = mode;
}

LSM_HOOK(inode_rmdir, (struct inode *, dir), (struct dentry *, dentry))
{
	PUT_CHILD(r, t, dir, dentry);
}

LSM_HOOK(inode_mknod, (struct inode *, dir), (struct dentry *, dentry), (u16, mode), (u32, dev))
{
	PUT_CHILD(r, t, dir, dentry);
	r->mode = mode;
	r->node_dev = dev;
}

LSM_HOOK(inode_setattr, (struct dentry *, dentry), (struct iattr *, attr))
{
	PUT_ENTRY(r, t, dentry, (struct vfsmount *)0);
	r->valid = BPF_CORE_READ(attr, ia_valid);
	r->mode = BPF_CORE_READ(attr, ia_mode);
	r->new_uid = BPF_CORE_READ(attr, ia_uid.val);
	r->new_gid = BPF_CORE_READ(attr, ia_gid.val);
	r->size = BPF_CORE_READ(attr, ia_size);
	shape_times(hook_rung, (u64)attr, BPF_CORE_READ(dentry, d_sb, s_time_gran));
}

LSM_HOOK(inode_setxattr, (struct dentry *, dentry), (const char *, name), (const void *, value), (u64, size), (int, flags))
{
	r->name_len = tail_str(t, name);
	r->value_len = tail_bytes(t, value, size > HOOK_BYTES ? HOOK_BYTES : size, HOOK_BYTES);
	PUT_ENTRY(r, t, dentry, (struct vfsmount *)0);
	r->size = size;
	r->flags = (u32)flags;
}

LSM_HOOK(inode_removexattr, (struct dentry *, dentry), (const char *, name))
{
	r->name_len = tail_str(t, name);
	PUT_ENTRY(r, t, dentry, (struct vfsmount *)0);
}

/* Directories, with a mount (CONFIG_SECURITY_PATH). */

#define MOUNT_OF(at) BPF_CORE_READ(at, mnt)

LSM_HOOK(path_unlink, (struct path *, dir), (struct dentry *, dentry))
{
	PUT_ENTRY(r, t, dentry, MOUNT_OF(dir));
}

LSM_HOOK(path_mkdir, (struct path *, dir), (struct dentry *, dentry), (u16, mode))
{
	PUT_ENTRY(r, t, dentry, MOUNT_OF(dir));
	r->mode = mode;
}

LSM_HOOK(path_rmdir, (struct path *, dir), (struct dentry *, dentry))
{
	PUT_ENTRY(r, t, dentry, MOUNT_OF(dir));
}

/* dev comes as mknod(2) has it. */
LSM_HOOK(path_mknod, (struct path *, dir), (struct dentry *, dentry), (u16, mode), (u32, dev))
{
	PUT_ENTRY(r, t, dentry, MOUNT_OF(dir));
	r->mode = mode;
	r->node_dev = (dev >> 8 & 0xfff) << 20 | (dev & 0xff) | (dev >> 12 & 0xfff00);
}

LSM_HOOK(path_truncate, (struct path *, path))
{
	PUT_AT(r, t, path);
}

LSM_HOOK(path_symlink, (struct path *, dir), (struct dentry *, dentry), (const char *, old_name))
{
	r->target_len = tail_str(t, old_name);
	PUT_ENTRY(r, t, dentry, MOUNT_OF(dir));
}

/* Of the old name there is no mount in the hook: it is in the new one's, or link(2) fails. */
LSM_HOOK(path_link, (struct dentry *, old_dentry), (struct path *, new_dir), (struct dentry *, new_dentry))
{
	r->new_path_len = put_path(t, new_dentry, MOUNT_OF(new_dir));
	PUT_ENTRY(r, t, old_dentry, MOUNT_OF(new_dir));
}

LSM_HOOK(path_rename, (struct path *, old_dir), (struct dentry *, old_dentry), (struct path *, new_dir), (struct dentry *, new_dentry))
{
	r->new_path_len = put_path(t, new_dentry, MOUNT_OF(new_dir));
	PUT_ENTRY(r, t, old_dentry, MOUNT_OF(old_dir));
	r->new_ino = BPF_CORE_READ(new_dentry, d_inode, i_ino);
}

LSM_HOOK(path_chmod, (struct path *, path), (u16, mode))
{
	PUT_AT(r, t, path);
	r->mode = mode;
}

LSM_HOOK(path_chown, (struct path *, path), (u32, uid), (u32, gid))
{
	PUT_AT(r, t, path);
	r->new_uid = uid;
	r->new_gid = gid;
}

LSM_HOOK(path_chroot, (struct path *, path))
{
	PUT_AT(r, t, path);
}

LSM_HOOK(path_notify, (struct path *, path), (u64, mask), (u32, obj_type))
{
	PUT_AT(r, t, path);
	r->mask = mask;
	r->type = obj_type;
}

/* Mounts. */

LSM_HOOK(sb_mount, (const char *, dev_name), (struct path *, path), (const char *, type), (u64, flags))
{
	r->source_len = tail_str(t, dev_name);
	r->fstype_len = tail_str(t, type);
	PUT_AT(r, t, path);
	r->flags = flags;
}

LSM_HOOK(sb_umount, (struct vfsmount *, mnt), (int, flags))
{
	struct dentry *root = BPF_CORE_READ(mnt, mnt_root);

	PUT_ENTRY(r, t, root, mnt);
	r->flags = (u32)flags;
}

LSM_HOOK(sb_pivotroot, (struct path *, old_path), (struct path *, new_path))
{
	/* the kernel names the arguments by what they are to become */
	r->put_old_len = put_path(t, BPF_CORE_READ(old_path, dentry), MOUNT_OF(old_path));
	PUT_AT(r, t, new_path);
}

LSM_HOOK(move_mount, (struct path *, from_path), (struct path *, to_path))
{
	r->from_len = put_path(t, BPF_CORE_READ(from_path, dentry), MOUNT_OF(from_path));
	PUT_AT(r, t, to_path);
}

/* Sockets. */

LSM_HOOK(socket_create, (u32, family), (u32, type), (u32, protocol), (u32, kern))
{
	r->family = family;
	r->type = type;
	r->protocol = protocol;
	r->kern = kern;
}

#define PUT_SOCKET(r, sock)                                                            \
	do {                                                                           \
		(r)->family = BPF_CORE_READ(sock, sk, __sk_common.skc_family);         \
		(r)->type = BPF_CORE_READ(sock, type);                                 \
		(r)->protocol = BPF_CORE_READ(sock, sk, sk_protocol);                  \
	} while (0)

LSM_HOOK(socket_listen, (struct socket *, sock), (u32, backlog))
{
	r->addr_len = tail_sock(t, BPF_CORE_READ(sock, sk), false);
	PUT_SOCKET(r, sock);
	r->backlog = backlog;
}

LSM_HOOK(socket_accept, (struct socket *, sock))
{
	r->addr_len = tail_sock(t, BPF_CORE_READ(sock, sk), false);
	PUT_SOCKET(r, sock);
}

LSM_HOOK(socket_sendmsg, (struct socket *, sock), (struct msghdr *, msg), (u32, size))
{
	void *name = BPF_CORE_READ(msg, msg_name);
	u32 len = BPF_CORE_READ(msg, msg_namelen);

	if (name && len)
		r->addr_len = tail_bytes(t, name, len > TR_LIMIT_SOCK ? TR_LIMIT_SOCK : len, TR_LIMIT_SOCK);
	PUT_SOCKET(r, sock);
	r->size = size;
}

LSM_HOOK(socket_setsockopt, (struct socket *, sock), (u32, level), (u32, optname))
{
	PUT_SOCKET(r, sock);
	r->level = level;
	r->optname = optname;
}

/* Tasks and their rights. */

LSM_HOOK(task_fix_setuid, (const struct cred *, new), (const struct cred *, old))
{
	r->old_uid = BPF_CORE_READ(old, uid.val);
	r->old_euid = BPF_CORE_READ(old, euid.val);
	r->new_uid = BPF_CORE_READ(new, uid.val);
	r->new_euid = BPF_CORE_READ(new, euid.val);
	r->new_suid = BPF_CORE_READ(new, suid.val);
	r->new_fsuid = BPF_CORE_READ(new, fsuid.val);
}

LSM_HOOK(capset, (const struct cred *, old), (const void *, effective), (const void *, inheritable), (const void *, permitted))
{
	r->effective = kernel_u64(effective);
	r->permitted = kernel_u64(permitted);
	r->inheritable = kernel_u64(inheritable);
	r->old_effective = CAPS(old, cap_effective);
	r->old_permitted = CAPS(old, cap_permitted);
}

LSM_HOOK(capable, (struct user_namespace *, ns), (u32, cap), (u32, opts))
{
	r->cap = cap;
	r->userns = BPF_CORE_READ(ns, ns.inum);
	r->opts = opts;
}

#define PUT_TARGET(r, t, task)                                                                                   \
	do {                                                                                                     \
		(r)->target_comm_len = tail_str(t, __builtin_preserve_access_index(&(task)->comm));              \
		(r)->target_tid = BPF_CORE_READ(task, pid);                                                      \
		(r)->target_pid = BPF_CORE_READ(task, tgid);                                                     \
	} while (0)

LSM_HOOK(ptrace_access_check, (struct task_struct *, child), (u32, mode))
{
	PUT_TARGET(r, t, child);
	r->mode = mode;
}

LSM_HOOK(ptrace_traceme, (struct task_struct *, parent))
{
	PUT_TARGET(r, t, parent);
}

#define SEND_SIG_PRIV 1 /* info below is no pointer: 0 of a user, 1 of the kernel */
#define SI_KERNEL 0x80

LSM_HOOK(task_kill, (struct task_struct *, p), (struct kernel_siginfo *, info), (int, sig))
{
	PUT_TARGET(r, t, p);
	r->sig = (u32)sig;
	if ((u64)info > SEND_SIG_PRIV)
		r->code = (s64)BPF_CORE_READ(info, si_code);
	else if (info)
		r->code = SI_KERNEL;
}

LSM_HOOK(task_prctl, (u32, option), (u64, arg2), (u64, arg3), (u64, arg4), (u64, arg5))
{
	r->option = option;
	r->arg2 = arg2;
	r->arg3 = arg3;
	r->arg4 = arg4;
	r->arg5 = arg5;
}

LSM_HOOK(task_setrlimit, (struct task_struct *, p), (u32, resource), (struct rlimit *, new_rlim))
{
	r->target_tid = BPF_CORE_READ(p, pid);
	r->target_pid = BPF_CORE_READ(p, tgid);
	r->resource = resource;
	r->cur = BPF_CORE_READ(new_rlim, rlim_cur);
	r->max = BPF_CORE_READ(new_rlim, rlim_max);
}

LSM_HOOK(userns_create, (const struct cred *, cred))
{
	r->euid = BPF_CORE_READ(cred, euid.val);
	r->effective = CAPS(cred, cap_effective);
	r->parent = BPF_CORE_READ(cred, user_ns, ns.inum);
}

/* The kernel itself. */

LSM_HOOK(settime, (struct timespec64 *, ts))
{
	r->sec = BPF_CORE_READ(ts, tv_sec);
	r->nsec = BPF_CORE_READ(ts, tv_nsec);
	if (ts)
		shape_clock(hook_rung, BPF_CORE_READ(ts, tv_sec), BPF_CORE_READ(ts, tv_nsec));
}

LSM_HOOK(kernel_read_file, (struct file *, file), (u32, id), (u8, contents))
{
	PUT_FILE(r, t, file);
	r->id = id;
	r->contents = contents & 1;
}

LSM_HOOK(kernel_post_read_file, (struct file *, file), (u64, size), (u32, id))
{
	PUT_FILE(r, t, file);
	r->id = id;
	r->size = size;
}

LSM_HOOK(kernel_load_data, (u32, id), (u8, contents))
{
	r->id = id;
	r->contents = contents & 1;
}

LSM_HOOK(kernel_module_request, (const char *, kmod_name))
{
	r->name_len = tail_str(t, kmod_name);
}

LSM_HOOK(bpf, (u32, cmd), (const void *, attr), (u32, size))
{
	r->attr_len = tail_bytes(t, attr, size > HOOK_BYTES ? HOOK_BYTES : size, HOOK_BYTES);
	r->cmd = cmd;
	r->size = size;
}

LSM_HOOK(bpf_map, (struct bpf_map *, map), (u32, fmode))
{
	r->name_len = tail_str(t, __builtin_preserve_access_index(&map->name));
	r->id = BPF_CORE_READ(map, id);
	r->type = BPF_CORE_READ(map, map_type);
	r->fmode = fmode;
}

LSM_HOOK(bpf_prog, (struct bpf_prog *, prog))
{
	struct bpf_prog_aux *aux = BPF_CORE_READ(prog, aux);

	r->name_len = tail_str(t, __builtin_preserve_access_index(&aux->name));
	r->id = BPF_CORE_READ(aux, id);
	r->type = BPF_CORE_READ(prog, type);
}

LSM_HOOK(perf_event_open, (u32, type))
{
	r->type = type;
}

#define PUT_KEY(r, t, key)                                                                  \
	do {                                                                                \
		(r)->description_len = tail_str(t, BPF_CORE_READ(key, index_key.description)); \
		(r)->type_len = tail_str(t, BPF_CORE_READ(key, index_key.type, name));      \
	} while (0)

LSM_HOOK(key_alloc, (struct key *, key), (u64, flags))
{
	PUT_KEY(r, t, key);
	r->flags = flags;
}

LSM_HOOK(key_permission, (u64, key_ref), (u32, need_perm))
{
	struct key *key = (void *)(key_ref & ~1ULL); /* the lowest bit says that it is possessed */

	PUT_KEY(r, t, key);
	r->serial = (u32)BPF_CORE_READ(key, serial);
	r->need = need_perm;
}

/* The payload is a secret: it is compared where it is, and written only if it differs from what was shown. */
LSM_HOOK(key_post_create_or_update, (struct key *, key), (const void *, payload), (u64, payload_len), (u8, create))
{
	PUT_KEY(r, t, key);
	r->serial = (u32)BPF_CORE_READ(key, serial);
	r->size = payload_len;
	r->created = create & 1;
	shape_payload(hook_rung, (u64)payload, payload_len);
}

LSM_HOOK(fs_context_parse_param, (struct fs_parameter *, param))
{
	u64 type = BPF_CORE_READ_BITFIELD_PROBED(param, type);

	r->key_len = tail_str(t, BPF_CORE_READ(param, key));
	if (type == bpf_core_enum_value(enum fs_value_type, fs_value_is_string))
		r->value_len = tail_str(t, BPF_CORE_READ(param, string));
	r->type = type;
}

LSM_HOOK(inode_getxattr, (struct dentry *, dentry), (const char *, name))
{
	r->name_len = tail_str(t, name);
	PUT_ENTRY(r, t, dentry, (struct vfsmount *)0);
}

LSM_HOOK(inode_set_acl, (struct dentry *, dentry), (const char *, acl_name), (struct posix_acl *, kacl))
{
	r->name_len = tail_str(t, acl_name);
	PUT_ENTRY(r, t, dentry, (struct vfsmount *)0);
	r->entries = BPF_CORE_READ(kacl, a_count);
}

/* A message's text stands behind its struct; what is longer than a page goes on elsewhere. */
LSM_HOOK(msg_queue_msgsnd, (struct msg_msg *, msg), (u32, msqflg))
{
	u64 size = BPF_CORE_READ(msg, m_ts);

	r->text_len = tail_bytes(t, (void *)msg + bpf_core_type_size(struct msg_msg), size > HOOK_BYTES ? HOOK_BYTES : size, HOOK_BYTES);
	r->type = BPF_CORE_READ(msg, m_type);
	r->size = size;
	r->flags = msqflg;
}

LSM_HOOK(sem_semop, (const void *, sops), (u32, nsops), (u32, alter))
{
	u64 size = (u64)nsops * 6; /* struct sembuf */

	r->sops_len = tail_bytes(t, sops, size > HOOK_BYTES ? HOOK_BYTES : size, HOOK_BYTES);
	r->nsops = nsops;
	r->alter = alter;
}

LSM_HOOK(sb_statfs, (struct dentry *, dentry))
{
	PUT_ENTRY(r, t, dentry, (struct vfsmount *)0);
}

LSM_HOOK(task_alloc, (u64, clone_flags))
{
	r->clone_flags = clone_flags;
}

LSM_HOOK(kernel_post_load_data, (const void *, buf), (u64, size), (u32, id))
{
	r->head_len = tail_bytes(t, buf, size > HOOK_BYTES ? HOOK_BYTES : size, HOOK_BYTES);
	r->size = size;
	r->id = id;
}

LSM_HOOK(uring_sqpoll)
{
}

LSM_HOOK(uring_override_creds, (const struct cred *, new))
{
	r->new_uid = BPF_CORE_READ(new, uid.val);
	r->new_euid = BPF_CORE_READ(new, euid.val);
	r->effective = CAPS(new, cap_effective);
}

LSM_HOOK(uring_cmd, (struct io_uring_cmd *, ioucmd))
{
	struct file *file = BPF_CORE_READ(ioucmd, file);

	PUT_FILE(r, t, file);
	r->cmd = BPF_CORE_READ(ioucmd, cmd_op);
}

/* Makes room in the numbers for a reason that the kernel does not have. */
#define LOCKDOWN_ROOM(what, reason)                                                                            \
	do {                                                                                                   \
		if (!bpf_core_enum_value_exists(enum lockdown_reason, reason) && (what) >= (u32)(reason))     \
			(what)++;                                                                              \
	} while (0)

/*
 * Reasons are put between others from version to version, and by backports:
 * written as 7.3 numbers them. In the order of those numbers.
 */
LSM_HOOK(locked_down, (u32, what))
{
	LOCKDOWN_ROOM(what, LOCKDOWN_DEVICE_TREE);
	LOCKDOWN_ROOM(what, LOCKDOWN_BPF_WRITE_USER);
	LOCKDOWN_ROOM(what, LOCKDOWN_DBG_WRITE_KERNEL);
	LOCKDOWN_ROOM(what, LOCKDOWN_RTAS_ERROR_INJECTION);
	LOCKDOWN_ROOM(what, LOCKDOWN_XEN_USER_ACTIONS);
	LOCKDOWN_ROOM(what, LOCKDOWN_DBG_READ_KERNEL);
	LOCKDOWN_ROOM(what, LOCKDOWN_XFRM_SECRET);
	r->what = what;
}

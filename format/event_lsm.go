package format

// Fields that rows of security hooks share.
var (
	lsmObject = []Field{{"path", ColPath, 0, ""}, {"dev", ColDev, 0, ""}, {"ino", ColIno, 0, ""}}
	// In inode hooks there is no mount: the path is from the root of the
	// file system, and what is about to be created has no inode yet.
	lsmEntry = []Field{
		{"path", ColPath, 0, "from the root of its file system"},
		{"dev", ColDev, 0, "of the file system"},
		{"ino", ColIno, 0, "0 for what is about to be created"},
		{"dir_ino", ColArg0, KindInode, "of the directory"},
	}
	lsmChild = []Field{
		{"path", ColPath, 0, ""}, {"dev", ColDev, 0, "of the file system"},
		{"ino", ColIno, 0, "0 for what is about to be created"},
	}
	lsmTarget = []Field{{"target_tid", ColArg0, KindTID, ""}, {"target_pid", ColArg1, KindTGID, ""}}
	lsmSocket = []Field{
		{"family", ColArg1, KindFamily, "sk->sk_family"}, {"type", ColArg2, KindSockType, "sock->type"},
		{"protocol", ColArg3, KindSockProto, "sk->sk_protocol"},
	}
	lsmCommon = []Field{{"rung", ColARungs, 0, ""}, {"nr", ColNR, 0, "syscall in flight"}, {"abi", ColABI, 0, ""}}
)

// ladder is a security hook on its three rungs. The programs are made from
// one body, hook_NAME.
func ladder(name, hook, function string) []Hook {
	return []Hook{
		{HookLSM, hook, "lsm_" + name, RungLSM},
		{HookFentry, function, "fentry_" + name, RungFentry},
		{HookKprobe, function, "kprobe_" + name, RungKprobe},
	}
}

// lsmEvent is a security hook as an event of its own. Fields are those of the
// hook; function is empty where it is security_NAME.
func lsmEvent(id EventID, name, function string, groups Groups, on bool, doc string, fields ...[]Field) Event {
	if function == "" {
		function = "security_" + name
	}
	e := Event{
		ID: id, Name: name, Class: ClassWitness, Lane: LaneWitness, Hooks: ladder(name, name, function),
		Groups: GroupLSM | groups, Default: on, Since: 1, MinKernel: "5.10", Doc: function + ": " + doc,
	}
	for _, f := range append(fields, lsmCommon) {
		e.Fields = append(e.Fields, f...)
	}
	return e
}

// since says which kernel is the first to have the hook.
func (e Event) since(kernel string) Event {
	e.MinKernel = kernel
	return e
}

// lsmEvents are the security hooks that witness no argument: rare ones that
// change what a system trusts are on by default; those that every program
// runs into by the thousands are not.
var lsmEvents = []Event{
	lsmEvent(EventBprmCredsForExec, "bprm_creds_for_exec", "", GroupProcess|GroupCred, false, "the credentials of a program about to be run are being made",
		[]Field{{"filename", ColAKernel, KindPath, "bprm->filename"}}, lsmObject),
	lsmEvent(EventBprmCommittedCreds, "bprm_committed_creds", "", GroupProcess|GroupCred, false, "a program has taken on its credentials",
		lsmObject, []Field{
			{"euid", ColArg0, KindUID, ""}, {"egid", ColArg1, KindGID, ""}, {"effective", ColArg2, KindCapSet, ""},
			{"secureexec", ColArg3, KindCount, "1 when the program gained rights: AT_SECURE"},
		}),

	lsmEvent(EventFilePermission, "file_permission", "", GroupFile|GroupDesc, false, "an open file is read, written or listed",
		lsmObject, []Field{{"mask", ColArg0, KindMay, ""}}),
	lsmEvent(EventFileIoctl, "file_ioctl", "", GroupDesc, false, "ioctl(2)",
		lsmObject, []Field{{"cmd", ColArg0, KindIoctl, ""}, {"arg", ColArg1, KindArg, ""}}),
	lsmEvent(EventFileMprotect, "file_mprotect", "", GroupMemory, false, "the protection of a mapping changes",
		lsmObject, []Field{
			{"vm_start", ColArg0, KindPointer, "of the mapping"}, {"vm_end", ColArg1, KindPointer, ""},
			{"reqprot", ColArg2, KindProt, "as asked for"}, {"prot", ColArg3, KindProt, "as applied"},
		}),
	lsmEvent(EventMmapFile, "mmap_file", "", GroupMemory, false, "a file, or memory without one, is mapped",
		lsmObject, []Field{{"reqprot", ColArg0, KindProt, "as asked for"}, {"flags", ColArg1, KindMmapFlags, ""}}),
	lsmEvent(EventMmapAddr, "mmap_addr", "", GroupMemory, false, "an address is chosen for a mapping",
		[]Field{{"addr", ColArg0, KindPointer, ""}}),

	lsmEvent(EventInodeCreate, "inode_create", "", GroupFile, false, "a regular file is created",
		lsmEntry, []Field{{"mode", ColArg1, KindMode, ""}}),
	lsmEvent(EventInodeUnlink, "inode_unlink", "", GroupFile, false, "a name of a file is removed", lsmEntry),
	lsmEvent(EventInodeRename, "inode_rename", "", GroupFile, false, "a name changes",
		[]Field{{"new_path", ColAKernel, KindPath, "from the root of its file system"}}, lsmEntry,
		[]Field{{"new_dir_ino", ColArg1, KindInode, ""}, {"new_ino", ColArg2, KindInode, "of what is replaced; 0 for none"}}),
	lsmEvent(EventInodeLink, "inode_link", "", GroupFile, false, "a file gets a further name",
		[]Field{{"new_path", ColAKernel, KindPath, "from the root of its file system"}}, lsmEntry),
	lsmEvent(EventInodeSymlink, "inode_symlink", "", GroupFile, false, "a symbolic link is created",
		[]Field{{"target", ColAKernel, KindPath, "the kernel's copy"}}, lsmEntry),
	lsmEvent(EventInodeMkdir, "inode_mkdir", "", GroupFile, false, "a directory is created",
		lsmEntry, []Field{{"mode", ColArg1, KindMode, ""}}),
	lsmEvent(EventInodeRmdir, "inode_rmdir", "", GroupFile, false, "a directory is removed", lsmEntry),
	lsmEvent(EventInodeMknod, "inode_mknod", "", GroupFile, true, "a device, fifo or socket is created",
		lsmEntry, []Field{{"mode", ColArg1, KindMode, ""}, {"node_dev", ColArg2, KindDev, "of the device"}}),
	lsmEvent(EventInodeSetattr, "inode_setattr", "", GroupFile, false, "owner, mode, size or times of a file change",
		lsmChild, []Field{
			{"valid", ColArg0, KindAttrs, "which of the following are meant"}, {"mode", ColArg1, KindMode, ""},
			{"new_uid", ColArg2, KindUID, ""}, {"new_gid", ColArg3, KindGID, ""}, {"size", ColArg4, KindSize, ""},
		}),
	lsmEvent(EventInodeSetxattr, "inode_setxattr", "", GroupFile, true, "an extended attribute is set",
		[]Field{{"name", ColAKernel, KindText, "the kernel's copy"}, {"value", ColBKernel, KindText, "the kernel's copy, 128 bytes at most"}},
		lsmChild, []Field{{"size", ColArg0, KindSize, ""}, {"flags", ColArg1, KindXattrFlags, ""}}),
	lsmEvent(EventInodeRemovexattr, "inode_removexattr", "", GroupFile, true, "an extended attribute is removed",
		[]Field{{"name", ColAKernel, KindText, "the kernel's copy"}}, lsmChild),

	lsmEvent(EventPathUnlink, "path_unlink", "", GroupFile, false, "a name of a file is removed", lsmChild),
	lsmEvent(EventPathMkdir, "path_mkdir", "", GroupFile, false, "a directory is created", lsmChild, []Field{{"mode", ColArg0, KindMode, ""}}),
	lsmEvent(EventPathRmdir, "path_rmdir", "", GroupFile, false, "a directory is removed", lsmChild),
	lsmEvent(EventPathMknod, "path_mknod", "", GroupFile, false, "a file, device, fifo or socket is created",
		lsmChild, []Field{{"mode", ColArg0, KindMode, ""}, {"node_dev", ColArg1, KindDev, "of the device"}}),
	lsmEvent(EventPathTruncate, "path_truncate", "", GroupFile, false, "a file is cut by name", lsmObject),
	lsmEvent(EventPathSymlink, "path_symlink", "", GroupFile, true, "a symbolic link is created",
		[]Field{{"target", ColAKernel, KindPath, "the kernel's copy"}}, lsmChild),
	lsmEvent(EventPathLink, "path_link", "", GroupFile, true, "a file gets a further name",
		[]Field{{"new_path", ColAKernel, KindPath, ""}}, lsmChild),
	lsmEvent(EventPathRename, "path_rename", "", GroupFile, true, "a name changes",
		[]Field{{"new_path", ColAKernel, KindPath, ""}}, lsmChild, []Field{{"new_ino", ColArg0, KindInode, "of what is replaced; 0 for none"}}),
	lsmEvent(EventPathChmod, "path_chmod", "", GroupFile, true, "the mode of a file changes", lsmObject, []Field{{"mode", ColArg0, KindMode, ""}}),
	lsmEvent(EventPathChown, "path_chown", "", GroupFile, true, "the owner of a file changes",
		lsmObject, []Field{{"new_uid", ColArg0, KindUID, ""}, {"new_gid", ColArg1, KindGID, ""}}),
	lsmEvent(EventPathChroot, "path_chroot", "", GroupFile|GroupMount, true, "chroot(2)", lsmObject),
	lsmEvent(EventPathNotify, "path_notify", "", GroupWatch, true, "an object is watched: inotify, fanotify",
		lsmObject, []Field{{"mask", ColArg0, KindFSNotify, ""}, {"type", ColArg1, KindCount, "enum fsnotify_obj_type: 0 inode; from 5.17 1 mount, 2 file system, before 2 and 3"}}),

	lsmEvent(EventSbMount, "sb_mount", "", GroupMount, true, "mount(2)",
		[]Field{{"source", ColAKernel, KindPath, "the kernel's copy"}, {"fstype", ColBKernel, KindText, "the kernel's copy"}},
		lsmObject, []Field{{"flags", ColArg0, KindMountFlags, ""}}),
	lsmEvent(EventSbUmount, "sb_umount", "", GroupMount, true, "umount(2)", lsmObject, []Field{{"flags", ColArg0, KindUmountFlags, ""}}),
	lsmEvent(EventSbPivotroot, "sb_pivotroot", "", GroupMount, true, "pivot_root(2)",
		[]Field{{"put_old", ColAKernel, KindPath, "where the old root goes"}}, lsmObject),
	lsmEvent(EventMoveMount, "move_mount", "", GroupMount, true, "move_mount(2)",
		[]Field{{"from", ColAKernel, KindPath, ""}}, lsmObject),

	lsmEvent(EventSocketCreate, "socket_create", "", GroupNet, false, "a socket is created",
		[]Field{
			{"kern", ColArg0, KindCount, "1 for a socket of the kernel's own"}, {"family", ColArg1, KindFamily, ""},
			{"type", ColArg2, KindSockType, ""}, {"protocol", ColArg3, KindSockProto, ""},
		}),
	lsmEvent(EventSocketListen, "socket_listen", "", GroupNet, true, "a socket begins to listen",
		[]Field{{"addr", ColAKernel, KindSockAddr, "its own address"}}, lsmSocket, []Field{{"backlog", ColArg0, KindCount, ""}}),
	lsmEvent(EventSocketAccept, "socket_accept", "", GroupNet, true, "a connection is about to be accepted",
		[]Field{{"addr", ColAKernel, KindSockAddr, "the listening socket's own address"}}, lsmSocket),
	lsmEvent(EventSocketSendmsg, "socket_sendmsg", "", GroupNet, false, "a message is sent",
		[]Field{{"addr", ColAKernel, KindSockAddr, "msg->msg_name: the kernel's copy; null when connected"}}, lsmSocket,
		[]Field{{"size", ColArg0, KindSize, ""}}),
	lsmEvent(EventSocketSetsockopt, "socket_setsockopt", "", GroupNet, false, "setsockopt(2)",
		lsmSocket, []Field{{"level", ColArg0, KindSockLevel, ""}, {"optname", ColArg4, KindSockOpt, ""}}),

	lsmEvent(EventTaskFixSetuid, "task_fix_setuid", "", GroupCred, true, "user ids change",
		[]Field{
			{"old_uid", ColArg0, KindUID, ""}, {"old_euid", ColArg1, KindUID, ""}, {"new_uid", ColArg2, KindUID, ""},
			{"new_euid", ColArg3, KindUID, ""}, {"new_suid", ColArg4, KindUID, ""}, {"new_fsuid", ColArg5, KindUID, ""},
		}),
	lsmEvent(EventCapset, "capset", "", GroupCred, true, "capset(2)",
		[]Field{
			{"effective", ColArg0, KindCapSet, ""}, {"permitted", ColArg1, KindCapSet, ""}, {"inheritable", ColArg2, KindCapSet, ""},
			{"old_effective", ColArg3, KindCapSet, ""}, {"old_permitted", ColArg4, KindCapSet, ""},
		}),
	lsmEvent(EventCapable, "capable", "", GroupCred, false, "a capability is asked for; whether it is granted is decided after the hook",
		[]Field{{"cap", ColArg0, KindCap, ""}, {"userns", ColArg1, KindInode, "user namespace it is asked for"}, {"opts", ColArg2, KindCapOpt, "CAP_OPT_*"}}),
	lsmEvent(EventPtraceAccessCheck, "ptrace_access_check", "", GroupPtrace, true, "a process asks to look into another",
		[]Field{{"target_comm", ColAKernel, KindComm, ""}}, lsmTarget, []Field{{"mode", ColArg2, KindPtraceMode, ""}}),
	lsmEvent(EventPtraceTraceme, "ptrace_traceme", "", GroupPtrace, true, "a process asks to be traced by its parent",
		[]Field{{"target_comm", ColAKernel, KindComm, "of the parent"}}, lsmTarget),
	lsmEvent(EventTaskKill, "task_kill", "", GroupSignal, false, "a process sends a signal",
		[]Field{{"target_comm", ColAKernel, KindComm, ""}}, lsmTarget,
		[]Field{{"sig", ColArg2, KindSignal, "0 only asks"}, {"code", ColArg3, KindSigCode, ""}}),
	lsmEvent(EventTaskPrctl, "task_prctl", "", GroupProcess, false, "prctl(2)",
		[]Field{
			{"option", ColArg0, KindPrctlOption, ""}, {"arg2", ColArg1, KindArg, ""}, {"arg3", ColArg2, KindArg, ""},
			{"arg4", ColArg3, KindArg, ""}, {"arg5", ColArg4, KindArg, ""},
		}),
	lsmEvent(EventTaskSetrlimit, "task_setrlimit", "", GroupProcess, false, "a resource limit changes",
		lsmTarget, []Field{{"resource", ColArg2, KindRLimit, ""}, {"cur", ColArg3, KindSize, ""}, {"max", ColArg4, KindSize, ""}}),

	lsmEvent(EventSettime, "settime", "security_settime64", GroupTime, true, "the wall clock is set",
		[]Field{{"sec", ColArg0, KindCount, "seconds since 1970; 0 when only the time zone is set"}, {"nsec", ColArg1, KindCount, ""}}),
	lsmEvent(EventKernelReadFile, "kernel_read_file", "", GroupModule, true, "the kernel reads a file: module, firmware, kexec image",
		lsmObject, []Field{{"id", ColArg0, KindReadFile, "what for"}, {"contents", ColArg1, KindCount, "1 when all of it will be shown to post_read_file"}}),
	lsmEvent(EventKernelPostReadFile, "kernel_post_read_file", "", GroupModule, true, "the kernel has read a file",
		lsmObject, []Field{{"id", ColArg0, KindReadFile, "what for"}, {"size", ColArg1, KindSize, ""}}),
	lsmEvent(EventKernelLoadData, "kernel_load_data", "", GroupModule, true, "the kernel takes data without a file: init_module(2), kexec_load(2)",
		[]Field{{"id", ColArg0, KindReadFile, "what for"}, {"contents", ColArg1, KindCount, ""}}),
	lsmEvent(EventKernelModuleRequest, "kernel_module_request", "", GroupModule, true, "the kernel asks user space for a module",
		[]Field{{"name", ColAKernel, KindText, ""}}),
	lsmEvent(EventBPF, "bpf", "", GroupBPF, true, "bpf(2)",
		[]Field{{"attr", ColAKernel, KindNone, "the kernel's copy of union bpf_attr, 128 bytes at most"}, {"cmd", ColArg0, KindBPFCmd, ""}, {"size", ColArg1, KindSize, "of attr"}}),
	lsmEvent(EventBPFMap, "bpf_map", "", GroupBPF, true, "a descriptor of a BPF map is made",
		[]Field{{"name", ColAKernel, KindText, ""}, {"id", ColArg0, KindCount, ""}, {"type", ColArg1, KindBPFMapType, "enum bpf_map_type"}, {"fmode", ColArg2, KindFMode, ""}}),
	lsmEvent(EventBPFProg, "bpf_prog", "", GroupBPF, true, "a descriptor of a BPF program is made",
		[]Field{{"name", ColAKernel, KindText, ""}, {"id", ColArg0, KindCount, ""}, {"type", ColArg1, KindBPFProgType, "enum bpf_prog_type"}}),
	lsmEvent(EventPerfEventOpen, "perf_event_open", "", GroupBPF, true, "perf_event_open(2)",
		[]Field{{"type", ColArg0, KindPerfAccess, ""}}),
	lsmEvent(EventKeyAlloc, "key_alloc", "", GroupKey, true, "a key is created",
		[]Field{{"description", ColAKernel, KindText, ""}, {"type", ColBKernel, KindText, ""}, {"flags", ColArg0, KindKeyAlloc, ""}}),
	lsmEvent(EventKeyPermission, "key_permission", "", GroupKey, false, "a key is used",
		[]Field{{"description", ColAKernel, KindText, ""}, {"type", ColBKernel, KindText, ""}, {"serial", ColArg0, KindCount, ""}, {"need", ColArg1, KindKeyNeed, ""}}),
	lsmEvent(EventUringSqpoll, "uring_sqpoll", "", GroupIOUring, true, "a ring with a polling thread is created").since("5.16"),
	lsmEvent(EventUringOverrideCreds, "uring_override_creds", "", GroupIOUring|GroupCred, true, "an io_uring request takes on other credentials",
		[]Field{{"new_uid", ColArg0, KindUID, ""}, {"new_euid", ColArg1, KindUID, ""}, {"effective", ColArg2, KindCapSet, ""}}).since("5.16"),
	lsmEvent(EventUringCmd, "uring_cmd", "", GroupIOUring, true, "a driver's command through io_uring",
		lsmObject, []Field{{"cmd", ColArg0, KindArg, ""}}).since("6.0"),
	lsmEvent(EventUsernsCreate, "userns_create", "security_create_user_ns", GroupNamespace, true, "a user namespace is created",
		[]Field{{"euid", ColArg0, KindUID, "of its owner"}, {"effective", ColArg1, KindCapSet, "before"}, {"parent", ColArg2, KindInode, "user namespace it is created in"}}).since("6.1"),
	lsmEvent(EventLockedDown, "locked_down", "", GroupSystem, false, "something that kernel lockdown may forbid",
		[]Field{{"what", ColArg0, KindLockdown, ""}}),
}

// furtherHooks came later; numbers of events are append-only.
var furtherHooks = []Event{
	lsmEvent(EventFsContextParseParam, "fs_context_parse_param", "", GroupMount, true, "a file system is configured with a parameter",
		[]Field{{"key", ColAKernel, KindText, "the kernel's copy"}, {"value", ColBKernel, KindText, "the kernel's copy, of a string"}, {"type", ColArg0, KindFSValue, "enum fs_value_type"}}),
	lsmEvent(EventInodeGetxattr, "inode_getxattr", "", GroupFile, false, "an extended attribute is read",
		[]Field{{"name", ColAKernel, KindText, "the kernel's copy"}}, lsmChild),
	lsmEvent(EventInodeSetACL, "inode_set_acl", "", GroupFile, true, "an access control list is set",
		[]Field{{"name", ColAKernel, KindText, "of the attribute that holds it"}}, lsmChild, []Field{{"entries", ColArg0, KindCount, "of the list"}}).since("6.2"),
	lsmEvent(EventKeyPostCreateOrUpdate, "key_post_create_or_update", "", GroupKey, true, "a key has been created, or its payload set",
		[]Field{{"description", ColAKernel, KindText, ""}, {"type", ColBKernel, KindText, ""}, {"serial", ColArg0, KindCount, ""}, {"size", ColArg1, KindSize, "of the payload, which is only compared"}, {"created", ColArg2, KindCount, "1 when it is new"}}).since("6.9"),
	lsmEvent(EventMsgQueueMsgsnd, "msg_queue_msgsnd", "", GroupIPC, false, "a System V message is sent",
		[]Field{{"text", ColAKernel, KindBytes, "the first bytes of the kernel's copy"}, {"type", ColArg0, KindLong, ""}, {"size", ColArg1, KindSize, ""}, {"flags", ColArg2, KindIPCMsgFlags, ""}}),
	lsmEvent(EventSemSemop, "sem_semop", "", GroupIPC, false, "operations on System V semaphores",
		[]Field{{"sops", ColAKernel, KindBytes, "the first bytes of the kernel's copy"}, {"nsops", ColArg0, KindCount, ""}, {"alter", ColArg1, KindCount, "1 when one changes a value"}}),
	lsmEvent(EventSbStatfs, "sb_statfs", "", GroupFile, false, "the status of a file system is read", lsmChild),
	lsmEvent(EventTaskAlloc, "task_alloc", "", GroupProcess, false, "a task is about to be created: also one that is then refused",
		[]Field{{"clone_flags", ColArg0, KindCloneFlags, ""}}),
	lsmEvent(EventKernelPostLoadData, "kernel_post_load_data", "", GroupModule, true, "what was given from memory, a module or a kernel, is about to be used",
		[]Field{{"head", ColAKernel, KindBytes, "the first bytes of the kernel's copy"}, {"size", ColArg0, KindSize, ""}, {"id", ColArg1, KindReadFile, ""}}),
}

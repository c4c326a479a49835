package format

// Mounts. The strings that mount and fsconfig take besides paths are copied with strndup_user, which no witness sees.
var mountSyscalls = []Syscall{
	{Name: "mount", NR: nr(165, 21, 40, 21), Args: []Arg{{"source", KindText}, {"target", KindPath}, {"filesystemtype", KindText}, {"mountflags", KindMountFlags}, {"data", KindPointer}},
		Views: with(paths(1), optional(stringView(0, mountSource)), optional(stringView(2, mountType)), optional(stringView(4))), Groups: GroupMount | GroupFile, Default: true, Doc: "mounts a file system; target is copied last"},
	{Name: "umount", NR: nr32(22, noNR), Args: []Arg{{"target", KindPath}},
		Views: paths(0), Groups: GroupMount | GroupFile, Default: true, Doc: "unmounts; i386's call without flags"},
	{Name: "umount2", NR: nr(166, 52, 39, 52), Args: []Arg{{"target", KindPath}, {"flags", KindUmountFlags}},
		Views: paths(0), Groups: GroupMount | GroupFile, Default: true, Doc: "unmounts"},
	{Name: "pivot_root", NR: nr(155, 217, 41, 218), Args: []Arg{{"new_root", KindPath}, {"put_old", KindPath}},
		Views: paths(0, 1), Groups: GroupMount | GroupFile, Default: true, Doc: "changes the root mount"},
	{Name: "open_tree", NR: all(428), Args: []Arg{dirfdArg, pathArg, {"flags", KindOpenTreeFlags}},
		Views: paths(1), Groups: GroupMount | GroupFile | GroupDesc, Default: true, Doc: "opens or copies a mount"},
	{Name: "open_tree_attr", NR: all(467), Args: []Arg{dirfdArg, pathArg, {"flags", KindOpenTreeFlags}, {"attr", KindPointer}, {"size", KindSize}},
		Views: paths(1), Groups: GroupMount | GroupFile | GroupDesc, Default: true, Doc: "opens or copies a mount with attributes (6.15)"},
	{Name: "move_mount", NR: all(429), Args: []Arg{{"from_dirfd", KindDirFD}, {"from_pathname", KindPath}, {"to_dirfd", KindDirFD}, {"to_pathname", KindPath}, {"flags", KindMoveMountFlags}},
		Views: paths(1, 3), Groups: GroupMount | GroupFile, Default: true, Doc: "attaches or moves a mount"},
	{Name: "fsopen", NR: all(430), Args: []Arg{{"fs_name", KindText}, {"flags", KindFsopenFlags}},
		Views: with(nil, stringView(0)), Groups: GroupMount | GroupDesc, Default: true, Doc: "begins to configure a file system"},
	{Name: "fsconfig", NR: all(431), Args: []Arg{fdArg, {"cmd", KindFsconfigCmd}, {"key", KindText}, {"value", KindPointer}, {"aux", KindInt}},
		Views: with(nil, optional(stringView(2)),
			stringView(3).when(1, fsconfigSetString), pathView(3, pathWitness).when(1, fsconfigSetPath), bytesView(3, KindBytes, 4).when(1, fsconfigSetBinary)),
		Groups: GroupMount, Default: true, Doc: "configures a file system"},
	{Name: "fsmount", NR: all(432), Args: []Arg{fdArg, {"flags", KindFsmountFlags}, {"attr_flags", KindMountAttrs}},
		Groups: GroupMount | GroupDesc, Default: true, Doc: "makes a mount of it"},
	{Name: "fspick", NR: all(433), Args: []Arg{dirfdArg, pathArg, {"flags", KindFspickFlags}},
		Views: paths(1), Groups: GroupMount | GroupFile | GroupDesc, Default: true, Doc: "begins to reconfigure a file system"},
	{Name: "mount_setattr", NR: all(442), Args: []Arg{dirfdArg, pathArg, {"flags", KindMountSetattrFlags}, {"attr", KindPointer}, {"size", KindSize}},
		Views: with(paths(1), bytesView(3, KindBytes, 4)), Groups: GroupMount | GroupFile, Default: true, Doc: "changes a mount's attributes"},
	{Name: "statmount", NR: all(457), Args: []Arg{{"req", KindPointer}, {"buf", KindPointer}, {"bufsize", KindSize}, {"flags", KindArg}},
		Groups: GroupMount, Default: true, Doc: "describes a mount (6.8)"},
	{Name: "listmount", NR: all(458), Args: []Arg{{"req", KindPointer}, {"mnt_ids", KindPointer}, {"nr_mnt_ids", KindSize}, {"flags", KindListmountFlags}},
		Groups: GroupMount, Default: true, Doc: "lists mounts (6.8)"},
	{Name: "swapon", NR: nr(167, 87, 224, 87), Args: []Arg{pathArg, {"flags", KindSwapFlags}},
		Views: []ArgView{pathView(0, filePathWitness)}, Groups: GroupMount | GroupFile | GroupSystem, Default: true, Doc: "swaps to a file or device"},
	{Name: "swapoff", NR: nr(168, 115, 225, 115), Args: []Arg{pathArg},
		Views: []ArgView{pathView(0, filePathWitness)}, Groups: GroupMount | GroupFile | GroupSystem, Default: true, Doc: "stops doing so"},
}

// Modules and other kernels.
var moduleSyscalls = []Syscall{
	{Name: "init_module", NR: nr(175, 128, 105, 128), Args: []Arg{{"module_image", KindPointer}, {"len", KindSize}, {"param_values", KindText}},
		Views: with(nil, bytesView(0, KindBytes, 1), stringView(2)), Groups: GroupModule, Default: true, Doc: "loads a kernel module from memory"},
	{Name: "finit_module", NR: nr(313, 350, 273, 379), Args: []Arg{fdArg, {"param_values", KindText}, {"flags", KindFinitFlags}},
		Views: with(nil, stringView(1)), Groups: GroupModule, Default: true, Doc: "loads a kernel module from a file"},
	{Name: "delete_module", NR: nr(176, 129, 106, 129), Args: []Arg{{"name", KindText}, {"flags", KindDeleteModuleFlags}},
		Views: with(nil, stringView(0)), Groups: GroupModule, Default: true, Doc: "unloads a kernel module"},
	{Name: "kexec_load", NR: withX32(nr(246, 283, 104, 347), 528), Args: []Arg{{"entry", KindArg}, {"nr_segments", KindSize}, {"segments", KindPointer}, {"flags", KindKexecFlags}},
		Groups: GroupModule | GroupSystem, Default: true, Doc: "loads another kernel"},
	{Name: "kexec_file_load", NR: nr(320, noNR, 294, 401), Args: []Arg{{"kernel_fd", KindFD}, {"initrd_fd", KindFD}, {"cmdline_len", KindSize}, {"cmdline", KindText}, {"flags", KindKexecFileFlags}},
		Views: with(nil, optional(bytesView(3, KindText, 2))), Groups: GroupModule | GroupSystem, Default: true, Doc: "loads another kernel from a file"},
	{Name: "create_module", NR: withX32(nr(174, 127, noNR, noNR), noNR), Args: []Arg{{"name", KindText}, {"size", KindSize}},
		Groups: GroupModule, Default: true, Doc: "of Linux 2.4"},
	{Name: "get_kernel_syms", NR: withX32(nr(177, 130, noNR, noNR), noNR), Args: []Arg{{"table", KindPointer}},
		Groups: GroupModule, Default: true, Doc: "of Linux 2.4"},
	{Name: "query_module", NR: withX32(nr(178, 167, noNR, noNR), noNR), Args: []Arg{{"name", KindText}, {"which", KindInt}, {"buf", KindPointer}, {"bufsize", KindSize}, {"ret", KindPointer}},
		Groups: GroupModule, Default: true, Doc: "of Linux 2.4"},
}

// Kernel key rings.
var keySyscalls = []Syscall{
	{Name: "add_key", NR: nr(248, 286, 217, 309), Args: []Arg{{"type", KindText}, {"description", KindText}, {"payload", KindPointer}, {"plen", KindSize}, {"keyring", KindKeyring}},
		Views:  with(nil, stringView(0, keyType), optional(stringView(1, keyDescription)), optional(bytesView(2, KindBytes, 3))),
		Groups: GroupKey, Default: true, Doc: "adds a key"},
	{Name: "request_key", NR: nr(249, 287, 218, 310), Args: []Arg{{"type", KindText}, {"description", KindText}, {"callout_info", KindText}, {"dest_keyring", KindKeyring}},
		Views: with(nil, stringView(0), stringView(1), optional(stringView(2))), Groups: GroupKey, Default: true, Doc: "asks for a key"},
	{Name: "keyctl", NR: nr(250, 288, 219, 311), Args: []Arg{{"operation", KindKeyctlOp}, {"arg2", KindArg}, {"arg3", KindArg}, {"arg4", KindArg}, {"arg5", KindArg}},
		Groups: GroupKey, Default: true, Doc: "manages keys"},
}

// BPF, performance events, sandboxes.
var bpfSyscalls = []Syscall{
	{Name: "bpf", NR: nr(321, 357, 280, 386), Args: []Arg{{"cmd", KindBPFCmd}, {"attr", KindPointer}, {"size", KindSize}},
		Views: with(nil, optional(bytesView(1, KindBPFAttr, 2, bpfAttr))), Groups: GroupBPF | GroupDesc, Default: true, Doc: "loads and uses BPF programs and maps"},
	{Name: "perf_event_open", NR: nr(298, 336, 241, 364), Args: []Arg{{"attr", KindPointer}, {"pid", KindPID}, {"cpu", KindInt}, {"group_fd", KindFD}, {"flags", KindPerfFlags}},
		Views: with(nil, structView(0, KindPerfAttr, 64, 64)), Groups: GroupBPF | GroupDesc, Default: true, Doc: "opens a performance event"},
	{Name: "seccomp", NR: nr(317, 354, 277, 383), Args: []Arg{{"operation", KindSeccompOp}, {"flags", KindSeccompFlags}, {"args", KindPointer}},
		Groups: GroupBPF, Default: true, Doc: "filters the process' own syscalls"},
	{Name: "landlock_create_ruleset", NR: all(444), Args: []Arg{{"attr", KindPointer}, {"size", KindSize}, {"flags", KindLandlockFlags}},
		Groups: GroupBPF | GroupDesc, Default: true, Doc: "begins a Landlock sandbox"},
	{Name: "landlock_add_rule", NR: all(445), Args: []Arg{{"ruleset_fd", KindFD}, {"rule_type", KindLandlockRule}, {"rule_attr", KindPointer}, {"flags", KindArg}},
		Groups: GroupBPF, Default: true, Doc: "adds to it"},
	{Name: "landlock_restrict_self", NR: all(446), Args: []Arg{{"ruleset_fd", KindFD}, {"flags", KindLandlockSelfFlags}},
		Groups: GroupBPF, Default: true, Doc: "enters it"},
	{Name: "uretprobe", NR: nr(335, noNR, noNR, noNR),
		Groups: GroupBPF, Doc: "entered by the kernel's own trampoline where a function returns that uprobes watch (6.11)"},
	{Name: "uprobe", NR: nr(336, noNR, noNR, noNR), Groups: GroupBPF, Doc: "entered by the kernel's own trampoline at a uprobe (6.18)"},
}

package format

// startEvents are what was there when a task came into scope: when the
// recording began, or when it moved into what is recorded.
//
// A task's state is its task row and the rows with FlagInitial and the same
// tid and start behind it: cred, caps, groups, namespace, root and fd, the
// working directory in the task row. A thread other than the leader has rows
// of its own only for what it does not share with the leader. What was found
// at the beginning stands before the first event, and is closed by a state row.
//
// A file that goes on with a recording (Segment) begins with rows of which it
// repeats some, and with fd and mount rows that say what by then was open and
// mounted, as replay of all files before has it, closed by a state row with
// FlagInitial.
//
// A state row says what was at its time. A task runs on while its state is
// read, so a reader takes of a call that ended (time + duration) before the
// state row's time that its effect is in the row already, whatever the order
// of the rows; a call that ended later may be in it or not, and its effect is
// applied: a descriptor that an open returned or a close ended comes out the
// same either way.
var startEvents = []Event{
	{
		ID: EventFD, Name: "fd", Class: ClassProcess, Lane: LaneWitness,
		Hooks: []Hook{{HookIter, "task_file", "iter_fd", 0}},
		Fields: []Field{
			{"fd", ColArg0, KindFD, "its number"},
			{"flags", ColArg1, KindOpenFlags, "file->f_flags, and O_CLOEXEC when the descriptor is closed by execve"},
			{"pos", ColArg2, KindSize, "file->f_pos"},
			{"family", ColArg3, KindFamily, "of a socket: sk->sk_family"}, {"type", ColArg4, KindSockType, "of a socket"},
			{"protocol", ColCLen, KindSockProto, "of a socket"},
			{"description", ColArg5, KindPointer, "identity of the open file: equal in all descriptors that share position and flags. No address: as such only within the recording"},
			{"mode", ColALen, KindMode, "inode->i_mode: type and permissions; without a type: an anonymous inode, whose class the path is"},
			{"links", ColBLen, KindCount, "inode->i_nlink; 0: the file was deleted"},
			{"state", ColAVMA, KindSockState, "of a socket: sk->sk_state"},
			{"mnt", ColDLen, KindCount, "id of the mount, as in mount rows"},
			{"dev", ColDev, 0, ""}, {"ino", ColIno, 0, "of a pipe or socket: the number by which its ends are known; with the highest bit set one that replay gave them, where no row had the kernel's"},
			{"path", ColPath, 0, "from the root of the mount namespace; of an anonymous inode its class: [eventfd], [eventpoll], [io_uring]"},
			{"local", ColAKernel, KindSockAddr, "of a socket: its own address"},
			{"peer", ColBKernel, KindSockAddr, "of a socket: the address of the other end"},
		},
		Since: 1, MinKernel: "5.10",
		Doc: "a descriptor that was open when the task came into scope; the row's own task has it",
	},
	{
		ID: EventMount, Name: "mount", Class: ClassProcess, Hooks: []Hook{{HookUser, "", "", 0}},
		Fields: []Field{
			{"mnt", ColArg0, KindCount, "id of the mount"}, {"parent", ColArg1, KindCount, "id of the mount that it is in"},
			{"dev", ColDev, 0, "of the file system"},
			{"path", ColPath, 0, "where it is mounted, from the root of the row's task"},
			{"root", ColAEnter, KindPath, "which directory of its file system it shows"},
			{"fstype", ColAKernel, KindString, "type of the file system"},
			{"source", ColBKernel, KindString, "what is mounted: a device, or what the one who mounted it said"},
			{"options", ColBEnter, KindString, "of the mount"},
			{"super", ColCEnter, KindString, "options of the file system"},
			{"propagation", ColCKernel, KindString, "shared:N, master:N, propagate_from:N, unbindable; null: private"},
		},
		Since: 1, MinKernel: "5.10",
		Doc: "a mount that was there in the mount namespace (mntns) of the row's task; namespaces of recorded tasks only, each once",
	},
	{
		ID: EventGroups, Name: "groups", Class: ClassProcess, Lane: LaneWitness, Hooks: []Hook{{HookIter, "task", "", 0}},
		Fields: []Field{{"groups", ColAKernel, KindGIDs, "supplementary groups, at most 1024; null: none"}},
		Since:  1, MinKernel: "5.10",
		Doc: "supplementary groups of a task when it came into scope",
	},
	{
		ID: EventCgroup, Name: "cgroup", Class: ClassProcess, Lane: LaneWitness,
		Hooks: []Hook{{HookIter, "task", "", 0}},
		Fields: []Field{
			{"id", ColArg0, KindCgroup, "as in the column cgroup"},
			{"path", ColPath, 0, "from the root of the hierarchy"},
			{"runtime", ColAKernel, KindString, "docker, containerd, cri-o, podman, lxc, systemd-nspawn, garden, buildkit…: who made it, by its name; null: no container"},
			{"container", ColBKernel, KindString, "id or name of the container"},
			{"unit", ColCKernel, KindString, "systemd unit, the innermost: sshd.service, session-4.scope"},
			{"pod", ColDKernel, KindString, "uid of the Kubernetes pod"},
		},
		Since: 1, MinKernel: "5.10",
		Doc: "a cgroup, the first time that a recorded task is in it; the row's own task is that one",
	},
	{
		ID: EventNameOf, Name: "name", Class: ClassProcess, Lane: LaneWitness,
		Hooks: []Hook{{HookIter, "task", "", 0}},
		Fields: []Field{
			{"of", ColArg0, KindNameOf, "what is named: a user, a group, the host of a uts namespace"},
			{"id", ColArg1, KindCount, "uid, gid, inode number of the namespace"},
			{"name", ColAKernel, KindString, "null: there is none"},
		},
		Since: 1, MinKernel: "5.10",
		Doc: "the name of an id that recorded tasks have, as the recording host knows it, when it is first seen",
	},
	{
		ID: EventState, Name: "state", Class: ClassProcess, Hooks: []Hook{{HookUser, "", "", 0}},
		Fields: []Field{
			{"tasks", ColArg0, KindCount, "task rows before; in a file that goes on with a recording, tasks that live"}, {"fds", ColArg1, KindCount, "fd rows before"}, {"mounts", ColArg2, KindCount, "mount rows before"},
			{"since", ColArg3, KindTime, "when the first was read"},
			{"missing", ColAKernel, KindText, "what could not be read, and why; null: nothing"},
		},
		Since: 1, MinKernel: "5.10",
		Doc: "the state at the beginning is complete: rows of initial state behind are of tasks that came into scope later",
	},
}

// What an EventNameOf row names.
const (
	NameUser uint64 = iota + 1
	NameGroup
	NameHost // of a uts namespace
)
